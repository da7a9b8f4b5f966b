"""`stagedoor init DIR`: begin a rules directory of one's own, with the stance to edit.

The schemas come along, so that the first line of the stance leads an editor to one.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from stagedoor.cli import schema_files
from stagedoor.cli.invocation import as_called
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.rules.policy import STANCE


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("folder", type=Path, metavar="DIR")


def run(options: argparse.Namespace) -> int:
    """Write a stance.yaml and schemas into a folder; StagedoorError where one exists or it fails."""
    folder: Path = options.folder
    target = folder / STANCE
    shipped = (rule_folder.SHIPPED_RULES / STANCE).read_bytes()
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
    print(
        as_called(f"Wrote {target}. Edit it, then: stagedoor serve --rules {folder} --upstream URL")
    )
    return 0
