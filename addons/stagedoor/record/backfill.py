"""Today's numbers from before the guard's start, from the ledger, where that is cheap to read.

The ledger has what machines were handed and refused; a request is counted by its taking, its
refusal, or the signal file it was handed. What listeners did it does not have.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import orjson

from stagedoor.evidence.entries import VISITS
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import GUARDED_KINDS, Client
from stagedoor.record.daily import MOST_ROWS, Day
from stagedoor.record.distinct import Distinct
from stagedoor.record.ledger.database import Book
from stagedoor.record.today import Key, Row

MOST_ENTRIES = 50_000
"""Half a second of reading; a longer day is not read, and the desk says since when it counts."""


def fill(day: Day, state: Path) -> bool:
    """Add what the ledger in `state` has of today; False where it has too much, or cannot be read."""
    midnight = day.midnight
    try:
        book = Book(state)
        try:
            with book.reading():
                found, distinct = read(book, midnight, day.since)
        finally:
            book.close()
    except (StagedoorError, sqlite3.Error, ValueError, KeyError, TypeError):
        return False  # the ledger's own thread reports it
    if found:
        day.add(found, distinct, midnight)
    return bool(found)


def read(book: Book, midnight: float, until: float) -> tuple[dict[Key, Row], Distinct]:
    """Rows and recordings of what was between two times; none where that is too much."""
    rows: dict[Key, Row] = {}
    distinct = Distinct()
    first, _ = book.beginning(int(midnight * 1000))
    for number, row in enumerate(book.rows(first)):
        if number >= MOST_ENTRIES:
            return {}, Distinct()
        if row.kind not in VISITS:
            continue
        body = orjson.loads(row.body)
        at = body["at"] / 1000
        if midnight <= at < until:
            key = body["client"], body["proof"]
            if key not in rows and len(rows) >= MOST_ROWS:
                continue
            client = Client(
                body["client"],
                body["operator"],
                body["purpose"],
                body["proof"],
                further=tuple(body.get("purposes", ())[1:]),
            )
            _add(rows.setdefault(key, Row(client)), row.kind, body, at)
            if row.kind == "taking" and body["resource"] in GUARDED_KINDS:
                distinct.add(key, "taken", body["path"])
                if body["against"]:
                    distinct.add(key, "asked", body["path"])
    return rows, distinct


def _add(row: Row, kind: str, body: dict[str, Any], at: float) -> None:
    row.seen(at)
    if kind == "summary":
        row.knocks += body["count"]
        row.hours[time.localtime(at).tm_hour] += body["count"]
        row.refused += body["count"]
        return
    knock = kind in {"taking", "refusal"} or (kind == "notice" and body["resource"] == "signal")
    if knock:
        row.knocks += 1
        row.hours[time.localtime(at).tm_hour] += 1
    if kind == "notice":
        row.told += 1
    elif kind == "refusal":
        row.refused += 1
    elif kind == "taking":
        guarded = body["resource"] in GUARDED_KINDS
        row.taken += 1
        row.taken_against += body["against"]
        row.against += body["against"]
        row.track_requests += body["against"] and guarded
        row.recordings += guarded
        row.recorded += body["bytes"] * guarded
        row.bytes += body["bytes"]
