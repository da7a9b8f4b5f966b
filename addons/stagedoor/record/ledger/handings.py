"""Handings of marks in the ledger's file, found by their serial.

An index over the entries themselves: it is pruned and thinned with them, and can always be made anew.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

import orjson

from stagedoor.model.events import Handout
from stagedoor.model.facts import Proof, Purpose, network

_SERIAL = "json_extract(CAST(body AS TEXT), '$.mark')"
INDEX = f"CREATE INDEX IF NOT EXISTS handings ON entries({_SERIAL}) WHERE kind = 'handing';"
_log = logging.getLogger("stagedoor.ledger")


class Handed(NamedTuple):
    """An entry about a handing: its number, its body, and what is left of its personal parts."""

    seq: int
    body: Mapping[str, Any]
    personal: Mapping[str, str]

    def handout(self) -> Handout:
        """As the guard knows it."""
        body = self.body
        address = self.personal.get("address", "")
        return Handout(
            serial=body["mark"],
            kind=body["what"],
            at=body["at"] / 1000,
            client=body["client"],
            operator=body["operator"],
            purpose=cast("Purpose", body["purpose"]),
            proof=cast("Proof", body["proof"]),
            network=network(address) if address else self.personal.get("network", ""),
            path=body["path"],
        )


def there(db: sqlite3.Connection) -> bool:
    """Whether the file has the index: older ones do not."""
    found = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'handings'").fetchone()
    return found is not None


def find(db: sqlite3.Connection, serial: str) -> list[Handed]:
    """The handings of this serial, the first one first: after a restart it may be written down again."""
    found = []
    for seq, raw in db.execute(
        f"SELECT seq, body FROM entries WHERE kind = 'handing' AND {_SERIAL} = ? ORDER BY seq",  # noqa: S608 (ours)
        (serial,),
    ).fetchall():
        personal: dict[str, str] = {}
        for (part,) in db.execute("SELECT body FROM aside WHERE seq = ?", (seq,)):
            personal.update(orjson.loads(part))
        found.append(Handed(seq, orjson.loads(raw), personal))
    return found


class Used(NamedTuple):
    """An entry about a use: its number and its body."""

    seq: int
    body: Mapping[str, Any]


def uses(db: sqlite3.Connection, serial: str) -> list[Used]:
    """The uses of this mark; there are few such entries, and all are looked at."""
    found = db.execute("SELECT seq, body FROM entries WHERE kind = 'use' ORDER BY seq")
    rows = (Used(seq, orjson.loads(raw)) for seq, raw in found)
    return [row for row in rows if row.body["mark"] == serial]


class HandingIndex:
    """Reads beside the ledger's writer, for uses of marks that were handed out long ago."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._failed = False

    def look_up(self, serial: str) -> Handout | None:
        """What the mark stands for; None where the ledger does not know."""
        try:
            if self._db is None:
                uri = f"{self._path.absolute().as_uri()}?mode=ro"
                self._db = sqlite3.connect(uri, uri=True, timeout=0.05, check_same_thread=False)
            found = find(self._db, serial)
        except sqlite3.Error as error:
            if not self._failed:
                self._failed = True
                _log.warning("the ledger cannot be asked about marked links: %s", error)
            return None
        self._failed = False
        return found[0].handout() if found else None

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
