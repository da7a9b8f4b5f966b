"""`stagedoor platforms`: what the platforms say that hold your music.

report    all that is known, as HTML and JSON
check     fetch their public pages, once a day at most
history   every change, with its diff
import    older versions from Open Terms Archive
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from stagedoor.model.errors import StagedoorError, did_you_mean


def shared_arguments() -> argparse.ArgumentParser:
    """What `watch` takes as well."""
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--state", type=Path, default=Path("~/.stagedoor"), metavar="DIR",
        help="where the history is kept (~/.stagedoor)",
    )  # fmt: skip
    shared.add_argument("--rules", type=Path, metavar="DIR", help="laid over the shipped profiles")
    shared.add_argument(
        "--host", action="append", default=[], metavar="NAME", help="a further host, by name"
    )
    return shared


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add its own commands."""
    shared = shared_arguments()
    what = parser.add_subparsers(
        dest="what", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    report = what.add_parser("report", parents=[shared], help="a folder with HTML and JSON")
    report.add_argument("out", type=Path, metavar="OUT")
    check = what.add_parser(
        "check", parents=[shared], help="fetch their public pages, once a day at most"
    )
    check.add_argument("wanted", nargs="*", metavar="PROFILE|URL", help="without one: all profiles")
    history = what.add_parser("history", parents=[shared], help="every change, with its diff")
    history.add_argument("wanted", nargs="?", metavar="PROFILE")
    brought = what.add_parser(
        "import", parents=[shared], help="older versions from Open Terms Archive"
    )
    brought.add_argument("folder", type=Path, metavar="DIR", help="a dataset, or a clone")


def run(options: argparse.Namespace) -> int:
    """Run one of them; 0 where all is well."""
    from stagedoor.platforms import opening

    def tell(news: Any) -> None:
        print(news.sentence)

    create = options.what in {"check", "import"}
    found = opening.observer(
        options.rules, options.host, options.state.expanduser(), tell, create=create
    )
    try:
        if options.what == "report":
            return _report(found, options.out)
        if options.what == "history":
            return _history(found, options.wanted)
        if options.what == "import":
            from stagedoor.platforms.archive_versions import take_in

            print(f"{take_in(found, options.folder)} versions read.")
            return 0
        return asyncio.run(_check(found, options))
    finally:
        found.history.close()


def _report(found: Any, out: Path) -> int:
    from markupsafe import Markup

    from stagedoor.platforms.platform_report import report
    from stagedoor.platforms.timeline_pages import as_json, whole_page

    whole = report(found)
    try:
        out.mkdir(parents=True, exist_ok=True)
        page = str(whole_page(whole, Markup(""), inline=True))
        (out / "platforms.html").write_text(page, "utf-8")
        (out / "platforms.json").write_bytes(as_json(whole))
    except OSError as error:
        raise StagedoorError(f"{out} cannot be written: {error.strerror}") from error
    print(f"Wrote platforms.html and platforms.json into {out}.")
    return 0


def _history(found: Any, wanted: str | None) -> int:
    from stagedoor.platforms.changes import as_text, compare
    from stagedoor.platforms.platform_report import day
    from stagedoor.record.terminal import printable

    profile = found.profiles.named(wanted) if wanted else None
    if wanted and profile is None:
        raise StagedoorError(_unknown(found, wanted))
    last: dict[tuple[str, str, str], Any] = {}
    for entry in found.history.entries(platform=profile.id if profile else ""):
        words = f"{day(entry.at)}  {entry.platform}  {entry.subject}"
        if entry.kind != "text":
            print(f"{words}: {entry.body.get('state', 'signals')}")
            continue
        key = (entry.platform, entry.subject, entry.body.get("language", ""))
        before = last.get(key)
        last[key] = entry
        print(f"{words} ({entry.body.get('language') or '?'}, {entry.body.get('via')})")
        if before is not None:
            for line in as_text(compare(found.kept(before), found.kept(entry), found.rules)):
                print(f"    {printable(line, 2000)}")
    faults = list(found.history.faults())
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


async def _check(found: Any, options: argparse.Namespace) -> int:
    from stagedoor.fetch.client import HttpClient
    from stagedoor.load import rule_folder
    from stagedoor.platforms import opening
    from stagedoor.platforms.polite_check import POLICY, Checker

    version = rule_folder.program_version()
    agent = f"Stagedoor/{version} (reads public terms, once a day at most)"
    crawlers = opening.crawlers(rule_folder.load(options.rules).catalogue)
    bad = 0
    for wanted in options.wanted or [profile.id for profile in found.profiles.all]:
        # A client each: what it may reach depends on the first server that it asks.
        client = HttpClient(POLICY)
        checker = Checker(found, client, agent, crawlers, lambda: int(time.time()))
        if "://" in wanted:
            looked = await checker.page(wanted)
        else:
            profile = found.profiles.named(wanted)
            if profile is None:
                raise StagedoorError(_unknown(found, wanted))
            looked = await checker.check(profile)
        for one in looked:
            print(f"{one.url}: {one.outcome}")
            bad += one.outcome not in {"read", "was read within a day"}
    return 1 if bad else 0


def _unknown(found: Any, wanted: str) -> str:
    known = [profile.id for profile in found.profiles.all]
    hint = did_you_mean(wanted, known) or f"known: {', '.join(known)}"
    return f'there is no profile "{wanted}" — {hint}'
