"""`stagedoor canary find`: who was handed the links in a list that somebody publishes.

Reads texts of any kind (CSV, JSON lines, HTML …), compressed with gzip or zstd or not, and Parquet where
pyarrow is installed. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stagedoor.cli.invocation import as_called
from stagedoor.cli.shared_options import add_site
from stagedoor.model.errors import StagedoorError

if TYPE_CHECKING:
    from stagedoor.cli.published_lists import Found
    from stagedoor.record.ledger.database import Book


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands that this one has."""
    what = parser.add_subparsers(
        dest="what", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    find = what.add_parser("find", help="which marks are in it, to whom and when each was handed")
    find.add_argument("files", nargs="+", metavar="FILE", help="what was published; - reads stdin")
    find.add_argument(
        "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
    )
    add_site(find)
    find.add_argument("--json", action="store_true", help="one JSON line for each mark")


def run(options: argparse.Namespace) -> int:
    """0 where a mark was found, 1 where there is none, 2 where the ledger is not whole."""
    from stagedoor.cli.published_lists import marks_in
    from stagedoor.verify.mark_keys import read_keys

    ring = read_keys(options.state)
    if not ring:
        raise StagedoorError(
            f"there are no keys of marks in {options.state} — no link was ever marked there"
        )
    found = marks_in(options.files, ring)
    book = _book(options.state)
    broken = ""
    try:
        if book is not None:
            broken = _broken(book)
        rows = [_row(one, book) for one in found]
    finally:
        if book is not None:
            book.close()
    if options.json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False, sort_keys=True))
    else:
        _say(rows, options.files, whole=book is not None and not broken)
    if broken:
        print(f"The ledger is not whole: {broken}", file=sys.stderr)
        return 2
    return 0 if rows else 1


def _book(state: Path) -> Book | None:
    from stagedoor.record.ledger.database import FILE, Book

    return Book(state) if (state / FILE).is_file() else None


def _broken(book: Book) -> str:
    from stagedoor.evidence.verification import check

    with book.reading():
        return str(check(book.stored()).broken or "")


def _row(one: Found, book: Book | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "mark": one.mark.serial,
        "kind": one.mark.kind,
        "times": one.times,
        "first": {"file": one.file, "line": one.line},
        "hour": one.mark.at,
        "handed": None,
        "uses": [],
    }
    if book is None:
        return row
    if handings := book.handings(one.mark.serial):
        first = handings[0]
        handout = first.handout()
        row["handed"] = {
            "entry": first.seq, "at": first.body["at"], "client": handout.client,
            "operator": handout.operator, "proof": handout.proof, "path": handout.path,
            "network": handout.network,
        }  # fmt: skip
    row["uses"] = [
        {
            "entry": use.seq, "at": use.body["at"], "client": use.body["client"],
            "proof": use.body["proof"], "path": use.body["path"], "near": use.body["near"],
        }
        for use in book.uses(one.mark.serial)
    ]  # fmt: skip
    return row


def _say(rows: list[dict[str, Any]], files: list[str], *, whole: bool) -> None:
    from stagedoor.evidence.wording import when, who

    where = ", ".join("what came in" if name == "-" else name for name in files)
    if not rows:
        print(f"No mark of this site is in {where}.")
        return
    marks = "One mark" if len(rows) == 1 else f"{len(rows):,} marks"
    print(f"{marks} of this site in {where}:")
    for row in rows:
        times = "once" if row["times"] == 1 else f"{row['times']:,} times"
        place = f"{row['first']['file']}, line {row['first']['line']:,}"
        print(f"\n{row['mark']}  {row['kind']}, {times}; first in {place}")
        handed = row["handed"]
        if handed is None:
            hour = when(row["hour"] * 1000)[:16]
            print(f"    handed out by this site in the hour of {hour} UTC; the ledger has no more")
        else:
            of = f" of {handed['operator']}" if handed["operator"] else ""
            network = f", in {handed['network']}" if handed["network"] else ""
            print(
                f"    handed to {who(handed['client'], handed['proof'])}{of}{network}\n"
                f"    on {when(handed['at'])} UTC with {handed['path']} (entry {handed['entry']:,})"
            )
        for use in row["uses"]:
            print(
                f"    used on {when(use['at'])} UTC by {who(use['client'], use['proof'])}, from "
                f"{'the same' if use['near'] else 'another'} network: {use['path']} "
                f"(entry {use['entry']:,})"
            )
    if whole:
        print(as_called("\nThe ledger is whole. To hand it on: stagedoor evidence export --help"))
