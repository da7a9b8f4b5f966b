"""Today's numbers from before the guard's start, from the ledger, where that is cheap to read.

The ledger has what machines were handed and refused; a request is counted by its taking, its
refusal, or the signal file it was handed. What listeners did it does not have, but who took far more
than anybody can hear.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from stagedoor.evidence.entries import VISITS
from stagedoor.evidence.verification import Aside
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import GUARDED_KINDS, PEOPLE, Client
from stagedoor.record.audience import MOST_TAKERS
from stagedoor.record.daily import MOST_ROWS, Day
from stagedoor.record.distinct import Distinct
from stagedoor.record.ledger.database import Book
from stagedoor.record.today import Key, Past, Row, Taker

MOST_ENTRIES = 50_000
"""Half a second of reading; a longer day is not read, and the desk says since when it counts."""


def fill(day: Day, state: Path) -> bool:
    """Add what the ledger in `state` has of today; False where it has too much, or cannot be read."""
    midnight = day.midnight
    try:
        book = Book(state)
        try:
            with book.reading():
                found = read(book, midnight, day.since)
        finally:
            book.close()
    except (StagedoorError, sqlite3.Error, ValueError, KeyError, TypeError):
        return False  # the ledger's own thread reports it
    if found is not None:
        day.add(*found, midnight)
    return found is not None


def read(book: Book, midnight: float, until: float) -> tuple[Past, Distinct] | None:
    """What was between two times, and the recordings; None where there is nothing or too much."""
    past, distinct = Past(), Distinct()
    first, _ = book.beginning(int(midnight * 1000))
    came = False
    for number, row in enumerate(book.rows(first)):
        if number >= MOST_ENTRIES:
            return None
        if row.kind not in VISITS:
            continue
        body = orjson.loads(row.body)
        at = body["at"] / 1000
        if midnight <= at < until:
            came = True
            _add(past, distinct, row.kind, body)
            if "sweep" in body:
                _sweep(past, body, row.asides)
    return (past, distinct) if came else None


def _add(past: Past, distinct: Distinct, kind: str, body: dict[str, Any]) -> None:
    at = body["at"] / 1000
    person = body["purpose"] in PEOPLE
    refused = body["count"] if kind == "summary" else int(kind == "refusal")
    knocks = refused or int(kind == "taking" or (kind == "notice" and body["resource"] == "signal"))
    hour = past.hours[time.localtime(at).tm_hour]
    hour[2 if person else 0] += knocks
    hour[1] += refused
    if person:
        past.people_refused += refused
        return
    key = body["client"], body["proof"]
    row = past.rows.get(key)
    if row is None:
        if len(past.rows) >= MOST_ROWS:
            return
        row = past.rows[key] = Row(_client(body))
    row.seen(at)
    row.knocks += knocks
    row.refused += refused
    row.hours[time.localtime(at).tm_hour] += knocks
    if kind == "notice":
        row.told += 1
    elif kind == "taking":
        _take(row, body)
    _against(row, distinct, key, body)
    if kind == "taking" and body["resource"] in GUARDED_KINDS:
        distinct.add(key, "taken", body["path"])


def _sweep(past: Past, body: dict[str, Any], asides: Iterable[Aside]) -> None:
    """A taker, by its network: where that was erased, nobody can tell it from others."""
    where = next((orjson.loads(one.body)["network"] for one in asides if one.part == "visitor"), "")
    found = body["sweep"]
    key = found["scope"], where, body["client"]
    known = past.takers.get(key)
    if known is None and len(past.takers) >= MOST_TAKERS:
        return
    taker = known or Taker(where, found["scope"], _client(body))
    larger = found["recordings"] > taker.recordings
    past.takers[key] = replace(
        taker,
        recordings=found["recordings"] if larger else taker.recordings,
        seconds=found["seconds"] if larger else taker.seconds,
        last=max(taker.last, body["at"] / 1000),
    )


def _client(body: dict[str, Any]) -> Client:
    return Client(
        body["client"],
        body["operator"],
        body["purpose"],
        body["proof"],
        further=tuple(body.get("purposes", ())[1:]),
    )


def _take(row: Row, body: dict[str, Any]) -> None:
    guarded = body["resource"] in GUARDED_KINDS
    row.taken += 1
    row.taken_against += body["against"]
    row.recordings += guarded
    row.recorded += body["bytes"] * guarded
    row.bytes += body["bytes"]


def _against(row: Row, distinct: Distinct, key: Key, body: dict[str, Any]) -> None:
    """Requests for what a signal forbids; of those that are only counted no path is known."""
    against = int(body.get("against", 0))  # entries of earlier versions do not say it of refusals
    row.against += against
    if "recordings" in body:
        row.track_requests += body["recordings"]
        if body["recordings"]:
            distinct.least(key)
    elif against and body["resource"] in GUARDED_KINDS:
        row.track_requests += 1
        distinct.add(key, "asked", body["path"])
