"""What a ledger says in the log about its disk, each thing once: trouble and its end, seals, room."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger.thinning import Thinned

UNREADABLE = (ValueError, KeyError, TypeError)
"""What reading back an entry that somebody has changed may raise."""

_log = logging.getLogger("stagedoor.ledger")
_FIXES = {
    sqlite3.SQLITE_FULL: "make room on that disk",
    sqlite3.SQLITE_IOERR: "look after that disk, or its quota",
    sqlite3.SQLITE_READONLY: "fix the rights of that file and its directory",
    sqlite3.SQLITE_CANTOPEN: "fix the rights of that file and its directory",
    sqlite3.SQLITE_BUSY: "end the other program that holds it",
    sqlite3.SQLITE_CORRUPT: "keep a copy, and move it out of the state directory",
    sqlite3.SQLITE_NOTADB: "keep a copy, and move it out of the state directory",
}


class DiskReports:
    """One ledger's, whose file is in `state`."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.trouble = ""
        """What is wrong with the disk now; empty where nothing is."""
        self.made_room = 0
        """Entries that went before their age."""

    def failed(self, error: Exception) -> None:
        """The ledger could not be written."""
        told = str(error)
        if told == self.trouble:
            return
        self.trouble = told
        if isinstance(error, StagedoorError):
            _log.warning("%s. The site goes on; nothing is recorded.", told)
            return
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extended part
        if isinstance(error, UNREADABLE):
            code = sqlite3.SQLITE_CORRUPT
        _log.warning(
            "The ledger in %s cannot be written: %s — %s. The site goes on; entries wait in memory, "
            "and are lost and counted when there are too many.",
            self._state, told, _FIXES.get(code, "look after that disk"),
        )  # fmt: skip

    def fixed(self, lost: int) -> None:
        """It was written; so many entries were lost until then."""
        if self.trouble:
            _log.warning("The ledger is written again; %s entries were lost.", f"{lost:,}")
        self.trouble = ""

    def thinned(self, gone: Sequence[Thinned], most: int) -> None:
        """These went because it had reached its size of `most` bytes."""
        counts: Counter[str] = Counter()
        for one in gone:
            counts[one.what] += one.count
        self.made_room += counts.total()
        _log.warning(
            "The ledger reached its size of %s MB, so entries went before their age: %s. The chain "
            "stays whole. See whether a client floods the site; `stagedoor evidence export` keeps "
            "what you need.",
            f"{most / 1e6:,.0f}",
            ", ".join(f"{count:,} {what}" for what, count in counts.items()),
        )  # fmt: skip
