"""The ledger's file: SQLite, so that many may read while one writes, and a killed writer harms nothing.

pen.py writes it.

    entries   number, kind, canonical JSON, hash        the chain, see evidence/chain.py
    aside     number, part, salt, JSON                  personal parts, which can be erased
    texts     SHA-256, bytes                            what was published, each text once
    head      number and hash of the last entry         so that a cut-off end is found

Every writer takes the head from the file, inside its transaction: `stagedoor evidence erase` may
write while the guard runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import orjson

from stagedoor.evidence import chain
from stagedoor.evidence.entries import Limits
from stagedoor.evidence.verification import Aside, Row, Stored
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger.transactions import Pen, older_seal

FILE = "ledger.sqlite"
_APPLICATION = 0x57A6ED00
_VERSION = 1
_NEEDED = (3, 37)
"""For STRICT tables: what is stored has the type it was given."""
_BUSY = 5_000
"""Milliseconds to wait for another writer."""

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS kinds ON entries(kind);
CREATE TABLE IF NOT EXISTS aside(
  seq INTEGER NOT NULL, part TEXT NOT NULL, salt BLOB NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(seq, part)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts(hash BLOB PRIMARY KEY, text BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS head(
  one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""


class Book:
    """The file, open. Raises sqlite3.Error where the disk does not do what it should."""

    def __init__(self, state: Path, *, create: bool = False) -> None:
        """Raises StagedoorError where the file is no ledger, or there is none and none is wanted."""
        self.path = state / FILE
        if sqlite3.sqlite_version_info < _NEEDED:
            raise StagedoorError(
                f"the ledger needs SQLite 3.37, and this Python has {sqlite3.sqlite_version} — "
                "upgrade Python or the system's SQLite"
            )
        if not create and not self.path.is_file():
            raise StagedoorError(
                f"there is no ledger in {state} — name the guard's state directory with --state"
            )
        # check_same_thread: opened by one thread, used by another, never by two at a time.
        self._db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY / 1000
        )
        try:
            self._prepare(create=create)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, *, create: bool) -> None:
        try:
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            mine = self._db.execute("PRAGMA application_id").fetchone()[0]
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise StagedoorError(
                    f"{self.path} is damaged, or no ledger: {error} — keep it, it may be evidence, "
                    "but move it out of the state directory; a new one is begun at the next start"
                ) from error
            raise
        if version > _VERSION or (version and mine != _APPLICATION):
            raise StagedoorError(
                f"{self.path} was written by a newer Stagedoor, or is no ledger — upgrade, or name "
                "another state directory"
            )
        # Erased must mean gone: freed space is overwritten.
        self._db.execute("PRAGMA secure_delete = ON")
        # A commit survives the end of the process; a power cut may take the last few seconds,
        # and leaves a whole chain all the same.
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA journal_size_limit = 4194304")
        if version:
            return
        if not create:
            raise StagedoorError(f"{self.path} is empty: nothing has been written yet")
        self._db.execute("PRAGMA journal_mode = WAL")
        try:
            self._db.executescript(_SCHEMA)
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def writing(self, now: int, limits: Limits) -> Iterator[Pen]:
        """A transaction: all that is written in it stands, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            pen = Pen(self._db, now, limits)
            yield pen
            pen.finish()
            self._db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                if self._db.in_transaction:  # SQLite rolls some back by itself
                    self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One view of the file, whatever is written meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def forget(self) -> bool:
        """Write back what waits in the log beside the file, so that erased text is in neither."""
        busy: int = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        return not busy

    def rows(self, first: int = 0) -> Iterator[Row]:
        """The entries from number `first` on, with their personal parts."""
        asides = self._db.execute(
            "SELECT seq, part, salt, body FROM aside WHERE seq >= ? ORDER BY seq, part", (first,)
        )
        ahead = next(asides, None)
        for seq, kind, body, of in self._db.execute(
            "SELECT seq, kind, body, hash FROM entries WHERE seq >= ? ORDER BY seq", (first,)
        ):
            mine = []
            while ahead is not None and ahead[0] <= seq:
                if ahead[0] == seq:
                    mine.append(Aside(*ahead[1:]))
                ahead = next(asides, None)
            yield Row(seq, kind, body, of, tuple(mine))

    def bodies(self, kind: str) -> list[bytes]:
        """The entries of one of the rarer kinds, oldest first."""
        found = self._db.execute("SELECT body FROM entries WHERE kind = ? ORDER BY seq", (kind,))
        return [row[0] for row in found]

    def beginning(self, at: int) -> tuple[int, bytes]:
        """The last seal before `at`, else the first entry there is; and the hash before it."""
        first = self._db.execute("SELECT min(seq) FROM entries").fetchone()[0] or 1
        found = max(first, older_seal(self._db, at))
        before = self._db.execute("SELECT hash FROM entries WHERE seq = ?", (found - 1,)).fetchone()
        if before is None and (prunings := self.bodies("pruning")):
            return found, bytes.fromhex(orjson.loads(prunings[-1])["before"])
        return found, before[0] if before else chain.GENESIS

    def texts(self) -> Iterator[tuple[bytes, bytes]]:
        """Every published text, with its hash."""
        return iter(self._db.execute("SELECT hash, text FROM texts ORDER BY hash"))

    def text(self, of: str) -> bytes | None:
        """One published text."""
        row = self._db.execute(
            "SELECT text FROM texts WHERE hash = ?", (bytes.fromhex(of),)
        ).fetchone()
        return None if row is None else row[0]

    def stored(self) -> Stored:
        """All of it, to be checked; inside `reading`."""
        head = self._db.execute("SELECT seq, hash FROM head").fetchone()
        strays = self._db.execute(
            "SELECT DISTINCT seq FROM aside WHERE seq NOT IN (SELECT seq FROM entries) LIMIT 10"
        )
        return Stored(
            self.rows(),
            self.texts(),
            head,
            self.bodies("pruning"),
            self.bodies("erasure"),
            [row[0] for row in strays],
        )

    def damage(self) -> str:
        """What SQLite itself finds wrong with the file; empty where all is well."""
        told: str = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        return "" if told == "ok" else told
