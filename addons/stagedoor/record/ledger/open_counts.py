"""Counts of refusals that still grow: kept beside the chain, so that a kill loses seconds of them.

A count becomes an entry of the chain when its hour is over, when the guard ends, and, where it was
killed, at the next start. Until then it stands in a table of its own and is not sealed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson

from stagedoor.evidence.entries import Summary, Visit

TABLE = """
CREATE TABLE IF NOT EXISTS counting(
  number INTEGER PRIMARY KEY, body BLOB NOT NULL, personal BLOB) STRICT;
"""
"""`body`: what `Summary.body` says and the rest of the visit; `personal`: NULL once it was erased."""
_PERSONAL = ("address", "agent", "why")


def there(db: sqlite3.Connection) -> bool:
    """Whether the file has the table: older ones do not."""
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'counting'").fetchone()
    return found is not None


def save(db: sqlite3.Connection, growing: Sequence[Summary]) -> None:
    """Write down how far these have come; what was erased stays so."""
    db.executemany(
        "INSERT INTO counting VALUES (?, ?, ?) ON CONFLICT(number) DO UPDATE SET body = excluded.body",
        ((one.number, *_split(one)) for one in growing),
    )


def settle(db: sqlite3.Connection, summary: Summary) -> Summary:
    """The count is complete and becomes an entry: without personal parts where they were erased."""
    erased = db.execute(
        "DELETE FROM counting WHERE number = ? RETURNING personal IS NULL", (summary.number,)
    ).fetchone()
    if erased and erased[0]:
        return replace(summary, visit=replace(summary.visit, address="", agent="", why=""))
    return summary


def left(db: sqlite3.Connection) -> list[Summary]:
    """All counts that are in the table."""
    if not there(db):
        return []
    return [
        _join(number, body, personal)
        for number, body, personal in db.execute("SELECT * FROM counting ORDER BY number")
    ]


def erase(db: sqlite3.Connection, meant: Callable[[Mapping[str, str]], bool]) -> int:
    """Erase the personal parts of counts one of whose parts is meant; returns how many."""
    gone = 0
    for one in left(db):
        parts = [content for _, content in one.visit.personal(whole=one.whole)]
        if one.visit.agent + one.visit.address and any(map(meant, parts)):
            db.execute("UPDATE counting SET personal = NULL WHERE number = ?", (one.number,))
            gone += len(parts)
    return gone


def _split(summary: Summary) -> tuple[bytes, bytes]:
    fields: dict[str, Any] = asdict(summary)
    visit = fields["visit"]
    personal = {name: visit.pop(name) for name in _PERSONAL}
    # Of what was asked for, only the site is kept: the count is about many requests.
    for name in ("method", "path", "resource", "request"):
        visit[name] = ""
    return orjson.dumps(fields), orjson.dumps(personal)


def _join(number: int, body: bytes, personal: bytes | None) -> Summary:
    fields = orjson.loads(body)
    known = orjson.loads(personal) if personal else dict.fromkeys(_PERSONAL, "")
    visit = {**fields.pop("visit"), **known}
    visit["purposes"] = tuple(visit["purposes"])
    return Summary(Visit(**visit), **{**fields, "number": number})
