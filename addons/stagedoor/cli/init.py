"""`stagedoor init DIR`: begin a rules directory of one's own, with the stance to edit.

The schemas come along, so that the first line of the stance leads an editor to one.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from stagedoor.cli import schema_files
from stagedoor.cli.invocation import as_called
from stagedoor.cli.site_guess import guess
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.rules.policy import STANCE


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument(
        "--site",
        metavar="URL",
        help="where your site answers: it is asked what it runs on, and both go into the stance",
    )


def run(options: argparse.Namespace) -> int:
    """Write a stance.yaml and schemas into a folder; StagedoorError where one exists or it fails."""
    folder: Path = options.folder
    target = folder / STANCE
    shipped = (rule_folder.SHIPPED_RULES / STANCE).read_bytes()
    profile = ""
    if options.site:
        profile = guess(options.site, rule_folder.load().profiles)
        shipped = _with_site(shipped, options.site, profile)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            file.write(shipped)
    except FileExistsError:
        raise StagedoorError(f"{target} is there already; nothing was changed") from None
    except OSError as error:
        raise StagedoorError(
            f"{target} cannot be written: {os.strerror(error.errno or 0)} — choose another folder"
        ) from error
    found = sorted((rule_folder.SHIPPED_RULES / "schema").glob("*.json"))
    schema_files.write(folder / "schema", {path.name: path.read_text("utf-8") for path in found})
    if options.site and profile:
        print(f"{options.site} looks like {profile}: the stance says so (site.profile).")
    elif options.site:
        print(f"{options.site} is nothing that has a profile: recordings are known by their names.")
    print(
        as_called(f"Wrote {target}. Edit it, then: stagedoor serve --rules {folder} --upstream URL")
    )
    return 0


def _with_site(stance: bytes, url: str, profile: str) -> bytes:
    """The stance with the site in it: its lines about starting stand there as comments."""
    text = stance.decode("utf-8")
    parts = urlsplit(url)
    wanted = {"upstream": f"{parts.scheme}://{parts.netloc}", "profile": profile}
    text = re.sub(r"(?m)^# site:", "site:", text)
    for word, value in wanted.items():
        if value:
            text = re.sub(rf"(?m)^#   {word}: \S+", f"  {word}: {value}", text)
    return text.encode()
