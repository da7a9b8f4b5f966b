"""`stagedoor replay`: what would these rules have done to last month?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from stagedoor.cli import log_files, replay_report
from stagedoor.cli.shared_options import add_rules
from stagedoor.fronts.replay.formats import FORMATS, Format
from stagedoor.fronts.replay.summary import as_json, summarise
from stagedoor.fronts.replay.tally import Tally
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="logs of nginx, Apache or Caddy, HAR or mitmproxy flow files, plain or gzip; - reads "
        "standard input",
    )
    add_rules(parser)
    parser.add_argument(
        "--diff", type=Path, metavar="DIR", help="rules from before: show whose verdict changes"
    )
    parser.add_argument("--format", choices=FORMATS, default="auto", help="if it is not guessed")
    parser.add_argument("--since", metavar="DAY", help="2026-10-01, or a time; UTC")
    parser.add_argument(
        "--until", metavar="DAY", help="the last day (or a time that is no more in)"
    )
    parser.add_argument("--json", action="store_true", help="everything, for programs")


def run(options: argparse.Namespace) -> int:
    """Replay `options.files`; 1 where one of them could not be read to its end.

    `options` has files, rules, diff (a directory with the rules before, or None), format, since,
    until and json.
    """
    new = rule_folder.load(options.rules)
    policies = (new,) if options.diff is None else (rule_folder.load(options.diff), new)
    tally = Tally(
        policies,
        since=_moment(options.since) if options.since else float("-inf"),
        until=_moment(options.until, whole_day=True) if options.until else float("inf"),
    )
    faults = _read(options.files, options.format, tally)
    summary = summarise(tally)
    if options.json:
        found = {
            "files": list(options.files),
            "faults": faults,
            "claims_checked": False,
            **as_json(summary),
        }
        sys.stdout.buffer.write(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
        sys.stdout.buffer.flush()
    else:
        replay_report.show(summary, Console(highlight=False, markup=False, emoji=False))
    return 1 if faults else 0


def _read(names: Sequence[str], form: Format, tally: Tally) -> list[str]:
    """Count all files; the messages about those that cannot be read, which are printed as well."""
    console = Console(stderr=True, highlight=False, markup=False)
    columns = (
        TextColumn("reading", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    sizes = [log_files.size_of(name) for name in names]
    total = None if None in sizes else sum(size for size in sizes if size)
    faults: list[str] = []
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=total)
        for name in names:
            try:
                log_files.replay(name, form, tally, lambda n: progress.advance(task, n))
            except log_files.LogError as error:
                faults.append(replay_report.clean(str(error)))
                console.print(faults[-1], soft_wrap=True)
    return faults


def _moment(text: str, *, whole_day: bool = False) -> float:
    """A day or a time (UTC unless it says otherwise) in Unix seconds; `whole_day`: a day's end."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise StagedoorError(f'"{text}" is no day — write it like 2026-10-31') from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    if whole_day and len(text) == len("2026-10-31"):
        when += timedelta(days=1)
    return when.timestamp()
