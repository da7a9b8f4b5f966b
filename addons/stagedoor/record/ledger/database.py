"""The ledger's file: SQLite, so that many may read while one writes, and a killed writer harms nothing.

transactions.py writes it.

    entries   number, kind, canonical JSON, hash        the chain, see evidence/chain.py
    aside     number, part, salt, JSON                  personal parts, which can be erased
    texts     SHA-256, bytes                            what was published, each text once
    thinned   number, SHA-256 of that entry and of those after it that went with it: thinning.py
    head      number and hash of the last entry         so that a cut-off end is found
    counting  counts that are to become entries         open_counts.py

Every writer takes the head from the file, inside its transaction: `stagedoor evidence erase` may
write while the guard runs.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import orjson

from stagedoor.evidence import chain
from stagedoor.evidence.entries import Limits, Summary
from stagedoor.evidence.verification import DIGEST, Aside, Row, Stored, Thinned
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger import handings, open_counts
from stagedoor.record.ledger.handings import Handed, Used
from stagedoor.record.ledger.transactions import Writer, older_seal
from stagedoor.record.ledger.write_ahead import log_beside

FILE = "ledger.sqlite"
_APPLICATION = 0x57A6ED00
_VERSION = 2
"""2: entries can go and leave their digest (`thinned`). What 1 wrote is a part of it."""
_NEEDED = (3, 37)
"""For STRICT tables: what is stored has the type it was given."""
_BUSY = 5_000
"""Milliseconds to wait for another writer."""

_log = logging.getLogger("stagedoor.ledger")

_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS kinds ON entries(kind);
CREATE TABLE IF NOT EXISTS aside(
  seq INTEGER NOT NULL, part TEXT NOT NULL, salt BLOB NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY(seq, part)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts(hash BLOB PRIMARY KEY, text BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS thinned(
  first INTEGER PRIMARY KEY, digests BLOB NOT NULL
  CHECK(length(digests) > 0 AND length(digests) % {DIGEST} = 0)) STRICT;
CREATE TABLE IF NOT EXISTS head(
  one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
{open_counts.TABLE}
{handings.INDEX}
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""


class Book:
    """The file, open. Raises sqlite3.Error where the disk does not do what it should."""

    def __init__(self, state: Path, *, create: bool = False, file: str = FILE) -> None:
        """`file`: the name of a copy.

        Raises StagedoorError where the file is no ledger, or there is none and none is wanted.
        """
        self.path = state / file
        if sqlite3.sqlite_version_info < _NEEDED:
            raise StagedoorError(
                f"the ledger needs SQLite 3.37, and this Python has {sqlite3.sqlite_version} — "
                "upgrade Python or the system's SQLite"
            )
        if not create and not self.path.is_file():
            raise StagedoorError(
                f"there is no ledger in {state} — name the guard's state directory with --state"
            )
        beside = log_beside(self.path)
        if beside and self.path.is_file() and not self.path.stat().st_size:
            raise _emptied(self.path)  # before SQLite opens it, and removes the log
        if create:  # SQLite gives its logs the mode of the file itself
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
        # check_same_thread: opened by one thread, used by another, never by two at a time.
        self._db = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=_BUSY / 1000
        )
        try:
            self._prepare(create=create, beside=beside)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, *, create: bool, beside: bool) -> None:
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
            if version < _VERSION:
                self._follow(version, create=create)
            elif create and not (open_counts.there(self._db) and handings.there(self._db)):
                self._lay_out()
            return
        if beside:
            raise _emptied(self.path)
        if not create:
            raise StagedoorError(f"{self.path} is empty: nothing has been written yet")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._lay_out()
        self.checkpoint()

    def _lay_out(self) -> None:
        try:
            self._db.executescript(_SCHEMA)
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _follow(self, version: int, *, create: bool) -> None:
        """Read an older form; a guard, which may `create`, keeps a copy and brings it up to date."""
        if not create:
            self._db.execute("CREATE TEMP TABLE thinned(first INTEGER PRIMARY KEY, digests BLOB)")
            return
        copy = self.path.with_name(f"ledger-form-{version}.sqlite")
        if not copy.exists():
            self.backup(copy)
        self._lay_out()
        _log.warning(
            "The ledger was brought from form %d to form %d; as it was it is kept in %s, and may be "
            "removed once `stagedoor evidence verify` finds the ledger whole.",
            version, _VERSION, copy,
        )  # fmt: skip

    def backup(self, out: Path) -> None:
        """Copy all of it to `out`, also while a guard writes. Raises OSError, sqlite3.Error."""
        part = out.with_name(out.name + ".part")
        with suppress(FileNotFoundError):
            part.unlink()
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            with closing(sqlite3.connect(part, isolation_level=None)) as copy:
                self._db.backup(copy)
                # A copy is one file: nothing of it may wait in a log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
            handle = os.open(part, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            part.rename(out)
        finally:
            with suppress(FileNotFoundError):
                part.unlink()

    def head(self) -> tuple[int, bytes, int] | None:
        """Number, hash and time of the newest entry; None where there is none."""
        row = self._db.execute(
            "SELECT seq, hash, body FROM entries ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return None if row is None else (row[0], row[1], orjson.loads(row[2])["at"])

    def checkpoint(self) -> None:
        """Write into the file itself what stands in the log beside it; waits for no reader.

        Where somebody reads, what can be written is, and the rest comes with the next checkpoint.
        """
        self._db.execute("PRAGMA busy_timeout = 0")
        try:
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            self._db.execute(f"PRAGMA busy_timeout = {_BUSY}")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def writing(self, now: int, limits: Limits) -> Iterator[Writer]:
        """A transaction: all that is written in it stands, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            writer = Writer(self._db, now, limits)
            yield writer
            writer.finish()
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

    def links(self, first: int = 0) -> Iterator[Row | Thinned]:
        """All entries from number `first` on, also those of which only the digest is left."""
        gone = self._thinned(first)
        ahead = next(gone, None)
        for row in self.rows(first):
            while ahead is not None and ahead.seq < row.seq:
                yield ahead
                ahead = next(gone, None)
            yield row
        while ahead is not None:
            yield ahead
            ahead = next(gone, None)

    def _thinned(self, first: int) -> Iterator[Thinned]:
        for start, digests in self._db.execute(
            "SELECT first, digests FROM thinned WHERE first >= ? ORDER BY first", (first,)
        ):
            for place in range(0, len(digests), DIGEST):
                yield Thinned(start + place // DIGEST, digests[place : place + DIGEST])

    def bodies(self, kind: str) -> list[bytes]:
        """The entries of one of the rarer kinds, oldest first."""
        found = self._db.execute("SELECT body FROM entries WHERE kind = ? ORDER BY seq", (kind,))
        return [row[0] for row in found]

    def beginning(self, at: int) -> tuple[int, bytes]:
        """The last seal before `at`, else the first entry there is; and the hash before it."""
        if found := older_seal(self._db, at):
            (raw,) = self._db.execute("SELECT body FROM entries WHERE seq = ?", (found,)).fetchone()
            return found, bytes.fromhex(orjson.loads(raw)["head"])
        if prunings := self.bodies("pruning"):
            last = orjson.loads(prunings[-1])
            return int(last["start"]), bytes.fromhex(last["before"])
        return 1, chain.GENESIS

    def handings(self, serial: str) -> list[Handed]:
        """The entries about the handing of a mark, the first one first."""
        return handings.find(self._db, serial)

    def uses(self, serial: str) -> list[Used]:
        """The entries about uses of a mark, the first one first."""
        return handings.uses(self._db, serial)

    def counting(self) -> list[Summary]:
        """Refusals that stand in no entry yet, because they are still being counted."""
        return open_counts.left(self._db)

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
            self.links(-(1 << 63)),  # also what was added before entry 1
            self.texts(),
            head,
            self.bodies("pruning"),
            self.bodies("erasure"),
            [row[0] for row in strays],
            self.bodies("thinning"),
        )

    def damage(self) -> str:
        """What SQLite itself finds wrong with the file; empty where all is well."""
        told: str = self._db.execute("PRAGMA integrity_check(1)").fetchone()[0]
        return "" if told == "ok" else told


def _emptied(path: Path) -> StagedoorError:
    return StagedoorError(
        f"{path} is empty, but entries wait in {path.name}-wal beside it: only one of the two was "
        "copied, or the file was cut — keep both as they are and put a backup in their place "
        "(`stagedoor evidence backup` makes one); nothing was changed"
    )
