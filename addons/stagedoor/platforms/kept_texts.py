"""What platforms said, by date: a file of its own beside the ledger, chained in the same way.

The ledger is evidence about visitors of the artist's site, with quotas and personal parts; texts of
platforms are public, never erased, and are also kept where there is no guard. So they have a file of
their own. Entries are hashed as the ledger's are (evidence/chain.py).

    entries   seq, at (s since 1970), kind, platform, subject, canonical JSON, hash
    texts     SHA-256 of the text, text       each text once
    looked    when something was last looked at; no part of the chain
    files     robots.txt and well-known files of a host, as they were last fetched
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from stagedoor.audit.responses import Fetched
from stagedoor.evidence import chain
from stagedoor.model.errors import StagedoorError

FILE = "platforms.sqlite"
EntryKind = Literal["text", "audit", "setting", "unread"]
Via = Literal["browser", "check", "archive"]
DAY = 86_400
_APPLICATION = 0x57A6EDF1
_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS entries(
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, platform TEXT NOT NULL,
  subject TEXT NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS subjects ON entries(kind, platform, subject, at);
CREATE TABLE IF NOT EXISTS texts(hash TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS looked(
  kind TEXT, platform TEXT, subject TEXT, at INTEGER NOT NULL,
  PRIMARY KEY(kind, platform, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files(
  host TEXT, path TEXT, at INTEGER NOT NULL, status INTEGER NOT NULL, type TEXT NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY(host, path)) STRICT, WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION};
PRAGMA user_version = {_VERSION};
COMMIT;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was seen. `at` is in seconds since 1970."""

    seq: int
    at: int
    kind: EntryKind
    platform: str
    subject: str
    body: Mapping[str, Any]


class History:
    """The file, open. One thread at a time; raises StagedoorError where it cannot be used."""

    def __init__(self, state: Path, *, create: bool = True) -> None:
        self.path = state / FILE
        if not create and not self.path.is_file():
            raise StagedoorError(
                f"nothing has been kept in {state} yet — run a check, or the watch"
            )
        try:
            state.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=5
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StagedoorError(f"{self.path} cannot be used: {error}") from error
        self._lock = threading.RLock()

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        mine = self._db.execute("PRAGMA application_id").fetchone()[0]
        if version > _VERSION or (version and mine != _APPLICATION):
            raise sqlite3.DatabaseError("it was written by a newer Stagedoor, or is something else")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if not version:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    # -- writing -------------------------------------------------------------------------------

    def add(
        self, kind: EntryKind, platform: str, subject: str, at: int, body: Mapping[str, Any],
        text: str = "",
    ) -> None:  # fmt: skip
        """Append an entry; `text` is kept besides, and its hash stands in the entry."""
        whole: dict[str, Any] = {
            **body, "at": at, "kind": kind, "platform": platform, "subject": subject,
        }  # fmt: skip
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if text:
                    whole["text"] = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
                    self._db.execute(
                        "INSERT OR IGNORE INTO texts VALUES(?, ?)", (whole["text"], text)
                    )
                row = self._db.execute("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1")
                last, before = row.fetchone() or (0, chain.GENESIS)
                written = chain.canonical(whole)
                digest = chain.link(last + 1, before, chain.digest(written))
                self._db.execute(
                    "INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?)",
                    (last + 1, at, kind, platform, subject, written, digest),
                )
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def looked(self, kind: EntryKind, platform: str, subject: str, at: int) -> None:
        """Note that something was looked at, whether or not it was new."""
        with self._lock:
            self._db.execute(
                "INSERT INTO looked VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "at = max(at, excluded.at)",
                (kind, platform, subject, at),
            )

    def keep_file(self, host: str, path: str, at: int, file: Fetched) -> None:
        """Keep a public file of a host until the next time."""
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO files VALUES(?, ?, ?, ?, ?, ?)",
                (host, path, at, file.status or 0, file.content_type, file.body[:600_000]),
            )

    # -- reading -------------------------------------------------------------------------------

    def file(self, host: str, path: str) -> tuple[int, Fetched] | None:
        """A public file of a host, and when it was fetched."""
        with self._lock:
            row = self._db.execute(
                "SELECT at, status, type, body FROM files WHERE host = ? AND path = ?", (host, path)
            ).fetchone()
        if row is None:
            return None
        at, status, kind, body = row
        fields = (("content-type", kind),) if kind else ()
        return at, Fetched(f"https://{host}{path}", status or None, fields, body)

    def last_look(self, kind: EntryKind, platform: str, subject: str = "") -> int | None:
        """When something of this kind was last looked at."""
        where = " AND subject = ?" if subject else ""
        with self._lock:
            row = self._db.execute(
                f"SELECT max(at) FROM looked WHERE kind = ? AND platform = ?{where}",  # noqa: S608
                (kind, platform, *((subject,) if subject else ())),
            ).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def entries(
        self, kind: EntryKind | None = None, platform: str = "", subject: str = ""
    ) -> list[Entry]:
        """Entries by date, the oldest first; of one date in the order they were written."""
        words, values = ["1"], []
        for name, value in (("kind", kind), ("platform", platform), ("subject", subject)):
            if value:
                words.append(f"{name} = ?")
                values.append(value)
        with self._lock:
            rows = self._db.execute(
                "SELECT seq, at, kind, platform, subject, body FROM entries "  # noqa: S608
                f"WHERE {' AND '.join(words)} ORDER BY at, seq",
                values,
            ).fetchall()
        return [Entry(row[0], row[1], row[2], row[3], row[4], orjson.loads(row[5])) for row in rows]

    def latest(self, kind: EntryKind, platform: str, subject: str) -> Entry | None:
        """The newest entry about something."""
        found = self.entries(kind, platform, subject)
        return found[-1] if found else None

    def text(self, entry: Entry) -> str:
        """The text that an entry refers to; empty where it has none."""
        with self._lock:
            row = self._db.execute(
                "SELECT text FROM texts WHERE hash = ?", (entry.body.get("text", ""),)
            ).fetchone()
        return str(row[0]) if row else ""

    def faults(self) -> Iterator[str]:
        """What does not fit in the chain or its texts; nothing where all is whole."""
        before = chain.GENESIS
        with self._lock:
            rows = self._db.execute("SELECT seq, body, hash FROM entries ORDER BY seq").fetchall()
            texts = dict(self._db.execute("SELECT hash, text FROM texts").fetchall())
        for number, (seq, body, found) in enumerate(rows, 1):
            if seq != number or chain.link(seq, before, chain.digest(body)) != found:
                yield f"entry {number} does not follow from the one before it"
                return
            before = found
            name = orjson.loads(body).get("text")
            if name and hashlib.sha256(texts.get(name, "").encode()).hexdigest() != name:
                yield f"the text of entry {number} is missing or another"
