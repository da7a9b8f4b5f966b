"""Writes into the ledger's file, within one transaction: entries, seals, prunings, erasures."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from stagedoor.evidence import chain, entries
from stagedoor.evidence.entries import (
    DAY,
    PARTS,
    About,
    InForce,
    Limits,
    Part,
    Publication,
    Summary,
)
from stagedoor.record.ledger import open_counts
from stagedoor.record.ledger.thinning import Thinned, thin, used

_ENOUGH = 0.9
"""Of the size allowed: what pruning goes down to, so that it is not due again at once."""
_MOST_RANGES = 2_000
"""In one entry about an erasure, so that it stays below 64 kB."""

Test = Callable[[Mapping[str, str]], bool]
"""Whether a personal part is one of those meant."""


class Writer:
    """Adds to the chain. `sealed` are the seals it set: number and hash."""

    def __init__(self, db: sqlite3.Connection, now: int, limits: Limits) -> None:
        self._db, self._now, self._limits = db, now, limits
        head = db.execute("SELECT seq, hash FROM head").fetchone()
        self.seq: int = head[0] if head else 0
        self.hash: bytes = head[1] if head else chain.GENESIS
        self._rows: list[tuple[int, str, bytes, bytes]] = []
        self._asides: list[tuple[int, Part, bytes, bytes]] = []
        self.sealed: list[tuple[int, bytes]] = []
        last = self._one("SELECT seq, body FROM entries WHERE kind = 'seal' ORDER BY seq DESC")
        self._seal_seq: int = last[0] if last else 0
        first = last or self._one("SELECT seq, body FROM entries ORDER BY seq")
        self._day = (orjson.loads(first[1])["at"] if first else now) // DAY

    def _one(self, query: str, *values: object) -> Any:
        return self._db.execute(f"{query} LIMIT 1", values).fetchone()

    def add(self, kind: str, body: Mapping[str, Any]) -> int:
        """One more entry; returns its number. Sets a seal before it where one is due."""
        if self._due():
            self.seal()
        return self._add(kind, chain.canonical(body))

    def _add(self, kind: str, raw: bytes) -> int:
        self.seq += 1
        self.hash = chain.link(self.seq, self.hash, chain.digest(raw))
        self._rows.append((self.seq, kind, raw, self.hash))
        return self.seq

    def about(self, entry: About) -> None:
        """An entry about a client, and its personal parts beside the chain."""
        if isinstance(entry, Summary):
            entry = open_counts.settle(self._db, entry)
        body = entry.body()
        body["kind"] = entry.kind
        personal = {}
        parts = []
        for part, content in entry.visit.personal(whole=entry.whole):
            salt, raw = os.urandom(chain.SALT), chain.canonical(content)
            personal[part] = chain.commit(salt, raw)
            parts.append((part, salt, raw))
        body["personal"] = personal
        seq = self.add(entry.kind, body)
        self._asides.extend((seq, *part) for part in parts)

    def count(self, growing: Sequence[Summary]) -> None:
        """Counts that still grow, so that a kill loses little of them; no entries yet."""
        open_counts.save(self._db, growing)

    def publish(self, publication: Publication, text: bytes) -> None:
        """A publication, and its text where it is a new one."""
        if publication.text:
            self._db.execute(
                "INSERT INTO texts VALUES (?, ?) ON CONFLICT DO NOTHING",
                (bytes.fromhex(publication.text), text),
            )
        self.add(publication.kind, {**publication.body(), "kind": publication.kind})

    def start(self, program: str, site: str = "") -> None:
        """The guard starts; where the last start has no end, that is written down, too."""
        last = self._one(
            "SELECT kind FROM entries WHERE kind IN ('start', 'end') ORDER BY seq DESC"
        )
        after = None
        if last and last[0] == "start":
            newest = self._one("SELECT body FROM entries ORDER BY seq DESC")
            after = orjson.loads(newest[0])["at"]
        self.add("start", entries.started(self._now, program, after, site))
        for summary in open_counts.left(self._db):
            self.about(summary)  # of a guard that was killed

    def _due(self) -> bool:
        if self.seq == self._seal_seq:
            return False
        return self.seq - self._seal_seq >= self._limits.seal_every or self._now // DAY > self._day

    def seal_if_due(self) -> None:
        """A day without visitors is sealed as well."""
        if self._due():
            self.seal()

    def seal(self) -> None:
        """Seal everything since the last seal."""
        self._flush()
        force: InForce = {}
        last = self._one("SELECT body FROM entries WHERE seq = ?", self._seal_seq)
        if last:
            entries.follow(force, orjson.loads(last[0]))
        for (raw,) in self._db.execute(
            "SELECT body FROM entries WHERE kind IN ('start', 'end', 'publication') AND seq > ?"
            " ORDER BY seq",
            (self._seal_seq,),
        ):
            entries.follow(force, orjson.loads(raw))
        body = entries.seal(self._now, self._seal_seq + 1, self.seq, self.hash, force)
        self._seal_seq = self._add("seal", chain.canonical(body))
        self._day = self._now // DAY
        self.sealed.append((self.seq, self.hash))

    def age(self) -> int:
        """Erase personal parts that are too old, to the day; returns how many went."""
        self._flush()
        gone = 0
        for part, days in self._limits.ages():
            before = self._seal_older_than(days)
            first, count = self._db.execute(
                "SELECT min(seq), count(*) FROM aside WHERE part = ? AND seq < ?", (part, before)
            ).fetchone()
            if count:
                self._db.execute("DELETE FROM aside WHERE part = ? AND seq < ?", (part, before))
                ranges = [(first, before - 1)]
                self.add("erasure", entries.erasure(self._now, "age", [part], ranges, count))
            gone += count
        return gone

    def _seal_older_than(self, days: int) -> int:
        """The number of the youngest seal of that age; 0 where there is none."""
        return older_seal(self._db, self._now - days * DAY)

    def erase(self, meant: Test) -> int:
        """Erase all personal parts of the entries one of whose parts is meant; returns how many."""
        self._flush()
        found = sorted(
            {seq for seq, raw in self._db.execute("SELECT seq, body FROM aside")
             if meant(orjson.loads(raw))}
        )  # fmt: skip
        ranges = entries.runs(found)
        gone = 0
        for place in range(0, len(ranges), _MOST_RANGES):
            some = ranges[place : place + _MOST_RANGES]
            count = 0
            for pair in some:
                count += self._db.execute(
                    "DELETE FROM aside WHERE seq BETWEEN ? AND ?", pair
                ).rowcount
            self.add("erasure", entries.erasure(self._now, "request", PARTS, some, count))
            gone += count
        return gone + open_counts.erase(self._db, meant)

    def prune(self) -> int:
        """Take away what is too old, from seal to seal; returns how many entries went."""
        self._flush()
        (first,) = self._one("SELECT min(seq) FROM entries")
        start = max(self._seal_older_than(self._limits.keep), first or 0)
        return self._cut_up_to(start, first, "age") if first and start > first else 0

    def make_room(self) -> list[Thinned]:
        """Where the file is too large: entries of the kinds that take too much go, see thinning.py.

        Where all that is left is what no kind has too much of, the oldest seal's entries go.
        """
        self._flush()
        if used(self._db) <= self._limits.max_bytes:
            return []
        enough = int(self._limits.max_bytes * _ENOUGH)
        gone: list[Thinned] = []
        for one in thin(self._db, enough):
            gone.append(one)
            for place in range(0, len(one.ranges), _MOST_RANGES):
                some = one.ranges[place : place + _MOST_RANGES]
                count = sum(last - first + 1 for first, last in some)
                self.add("thinning", entries.thinning(self._now, one.what, some, count))
        self._flush()
        while used(self._db) > self._limits.max_bytes:
            (first,) = self._one("SELECT min(seq) FROM entries")
            following = self._one(
                "SELECT seq FROM entries WHERE kind = 'seal' AND seq > ? ORDER BY seq", first
            )
            if not following:
                break
            count = self._cut_up_to(following[0], first, "size")
            gone.append(Thinned("entries of all kinds", [(first, following[0] - 1)], count))
            self._flush()
        return gone

    def _cut_up_to(self, start: int, first: int, why: str) -> int:
        """Take away everything before the seal `start`; returns how many entries went."""
        (raw,) = self._one("SELECT body FROM entries WHERE seq = ?", start)
        before = bytes.fromhex(orjson.loads(raw)["head"])
        gone: int = self._db.execute("DELETE FROM entries WHERE seq < ?", (start,)).rowcount
        self._db.execute("DELETE FROM aside WHERE seq < ?", (start,))
        self._db.execute("DELETE FROM thinned WHERE first < ?", (start,))
        self._drop_texts(start)
        # All before `start` are gone, now or earlier: their number is the total.
        self.add("pruning", entries.pruning(self._now, first, start, before, start - 1, why))
        return gone

    def _drop_texts(self, start: int) -> None:
        (raw,) = self._one("SELECT body FROM entries WHERE seq = ?", start)
        kept = {one["text"] for one in orjson.loads(raw)["in_force"]}
        for (body,) in self._db.execute("SELECT body FROM entries WHERE kind = 'publication'"):
            kept.add(orjson.loads(body)["text"])
        there = [row[0] for row in self._db.execute("SELECT hash FROM texts")]
        self._db.executemany(
            "DELETE FROM texts WHERE hash = ?", [(of,) for of in there if of.hex() not in kept]
        )

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?)", self._rows)
        self._db.executemany("INSERT INTO aside VALUES (?, ?, ?, ?)", self._asides)
        self._rows.clear()
        self._asides.clear()

    def finish(self) -> None:
        """Write what was added, and the new head."""
        self._flush()
        self._db.execute(
            "INSERT INTO head VALUES (1, ?, ?) ON CONFLICT(one) DO UPDATE"
            " SET seq = excluded.seq, hash = excluded.hash",
            (self.seq, self.hash),
        )


def older_seal(db: sqlite3.Connection, at: int) -> int:
    """The last seal before the first that is younger than `at`; 0 where there is none.

    Not simply the last that is older: a computer whose clock once stood in 1970 must not lose
    everything before that day for it.
    """
    found = 0
    for seq, raw in db.execute("SELECT seq, body FROM entries WHERE kind = 'seal' ORDER BY seq"):
        if orjson.loads(raw)["at"] > at:
            break
        found = seq
    return found
