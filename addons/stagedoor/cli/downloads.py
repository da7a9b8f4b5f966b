"""`stagedoor downloads`: how often people downloaded each recording, by month, for sponsors."""

from __future__ import annotations

import argparse
import csv
import re
import sys
from pathlib import Path

from stagedoor.cli.shared_options import add_site
from stagedoor.model.errors import StagedoorError

_RULES = (
    "Counted after the rules of IAB's Podcast Measurement Guidelines, and not certified: people "
    "only, once in 24 hours for each address and app, from one minute of sound on."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.description = _RULES
    parser.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
    )
    add_site(parser)
    parser.add_argument("--month", metavar="YYYY-MM", help="2026-11 (every month)")


def run(options: argparse.Namespace) -> int:
    """Print CSV: month, recording, downloads. The rules go to standard error."""
    from stagedoor.record.download_counts import FILE, read_downloads

    if options.month and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", options.month):
        raise StagedoorError(f"--month {options.month}: that is no month — write 2026-11")
    months = read_downloads(options.state / FILE)
    if not months:
        raise StagedoorError(
            f"{options.state} holds no downloads yet: a guard that runs with this state directory "
            "counts them, and writes once a minute"
        )
    print(_RULES, file=sys.stderr)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(("month", "recording", "downloads"))
    for month, counts in sorted(months.items()):
        if options.month in {None, month}:
            ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
            out.writerows((month, _plain(track), count) for track, count in ranked)
    return 0


def _plain(track: str) -> str:
    """A path as a cell: a spreadsheet must not take it for a formula."""
    return f"'{track}" if track[:1] in {"=", "+", "-", "@"} else track
