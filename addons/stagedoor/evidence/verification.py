"""Verification of the chain: reads every entry in order, and names the first that is wrong.

What is found with no help from outside: any row of any table that was changed, taken away, added or
swapped with another. What is not: a person who writes the whole ledger anew from some entry on, all
hashes and the head included. Against that helps a seal that was noted elsewhere (the log has them,
an export can be time-stamped): `holds` asks for it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from stagedoor.evidence import chain

DIGEST = 32
"""Bytes of a SHA-256."""
_NO_ENTRIES: Mapping[int, bytes] = {}


@dataclass(frozen=True, slots=True)
class Aside:
    """A personal part that stands beside the chain."""

    part: str
    salt: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as it is stored."""

    seq: int
    kind: str
    body: bytes
    hash: bytes
    asides: tuple[Aside, ...] = ()


@dataclass(frozen=True, slots=True)
class Thinned:
    """An entry that made room for others: only the SHA-256 of its body is left."""

    seq: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """A ledger to be checked. `rows` and `texts` are read once.

    `prunings`, `erasures` and `thinnings` are the bodies of those entries, which the rows hold as well; `strays`
    are numbers of entries that are not there but have personal parts.
    """

    rows: Iterable[Row | Thinned]
    texts: Iterable[tuple[bytes, bytes]]
    head: tuple[int, bytes] | None
    prunings: Sequence[bytes] = ()
    erasures: Sequence[bytes] = ()
    strays: Sequence[int] = ()
    thinnings: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """The first thing that is wrong; `seq` is 0 where it is no entry's."""

    seq: int
    what: str

    def __str__(self) -> str:
        return f"entry {self.seq}: {self.what}" if self.seq else self.what


@dataclass(slots=True)
class Findings:
    """What was found, and where the reading ended; `broken` is None where all is right."""

    broken: Break | None = None
    first: int = 0
    last: int = 0
    head: bytes = chain.GENESIS
    since: int = 0
    until: int = 0
    texts: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    erased: Counter[str] = field(default_factory=Counter)
    """Personal parts that are gone, by reason."""
    prunings: list[Mapping[str, Any]] = field(default_factory=list)
    erasures: list[Mapping[str, Any]] = field(default_factory=list)
    thinnings: list[Mapping[str, Any]] = field(default_factory=list)
    thinned: int = 0
    """Entries of which only the digest is left."""
    losses: list[Mapping[str, Any]] = field(default_factory=list)
    unclean: list[Mapping[str, Any]] = field(default_factory=list)
    """Starts after an end that was none."""
    gone: list[int] = field(default_factory=list)
    """Entries whose hashes were noted elsewhere, and that were pruned: nothing can be said of them."""


class _Broken(Exception):  # noqa: N818 (not an error: what was asked for)
    def __init__(self, seq: int, what: str) -> None:
        super().__init__(what)
        self.found = Break(seq, what)


def check(stored: Stored, holds: Mapping[int, bytes] = _NO_ENTRIES) -> Findings:
    """Read all of it. `holds`: entries whose hashes were noted elsewhere."""
    found = Findings()
    try:
        _check(stored, found, holds)
    except _Broken as broken:
        found.broken = broken.found
    return found


def _check(stored: Stored, found: Findings, holds: Mapping[int, bytes]) -> None:
    start, before = _beginning(stored.prunings)
    erased = _Erased(stored.erasures)
    wanted: set[str] = set()
    noted = dict(holds)
    if noted.pop(start - 1, before) != before:
        raise _Broken(start - 1, "it was not the one whose hash was noted elsewhere")
    expected = start
    thinned = _Thinnings(stored.thinnings)
    for row in stored.rows:
        if row.seq != expected:
            raise _Broken(expected, _gap(expected, row.seq, start))
        if isinstance(row, Thinned):
            if not thinned.has(row.seq):
                raise _Broken(row.seq, "it is missing, and no thinning accounts for it")
            before, expected = chain.link(row.seq, before, row.digest), expected + 1
            if noted.pop(row.seq, before) != before:
                raise _Broken(row.seq, "it is not the one whose hash was noted elsewhere")
            found.first, found.thinned = found.first or row.seq, found.thinned + 1
            continue
        try:
            body = _body(row, before)
            _kept(row, body, erased, found)
            _learn(body, row, before, wanted, found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _Broken(row.seq, "its hash is right, but it cannot be read") from error
        if noted.pop(row.seq, row.hash) != row.hash:
            raise _Broken(row.seq, "it is not the one whose hash was noted elsewhere")
        before, expected = row.hash, expected + 1
    _ending(stored, found, expected, before)
    _texts(stored.texts, wanted, found)
    for seq in sorted(noted):
        if seq >= start:
            raise _Broken(seq, "its hash was noted elsewhere, but the entry is missing")
        found.gone.append(seq)


def _beginning(prunings: Sequence[bytes]) -> tuple[int, bytes]:
    """The number of the first entry there must be, and the hash before it."""
    if not prunings:
        return 1, chain.GENESIS
    try:
        last = orjson.loads(prunings[-1])
        return int(last["start"]), bytes.fromhex(last["before"])
    except (ValueError, KeyError, TypeError) as error:
        raise _Broken(0, "the entry about the last pruning cannot be read") from error


def _gap(expected: int, seq: int, start: int) -> str:
    if seq < expected:
        return f"before it there is an entry {seq}, which should not be there"
    gone = "it is missing" if seq == expected + 1 else f"it and all up to {seq - 1} are missing"
    return gone + (", and no pruning accounts for it" if expected == start == 1 else "")


def _body(row: Row, before: bytes) -> Mapping[str, Any]:
    if chain.link(row.seq, before, chain.digest(row.body)) != row.hash:
        raise _Broken(row.seq, "it was changed, or is not the one that followed the entry before")
    body = orjson.loads(row.body)
    if not isinstance(body, dict) or body.get("kind") != row.kind:
        raise _Broken(row.seq, f"it is stored as “{row.kind}”, and is not")
    return body


def _kept(row: Row, body: Mapping[str, Any], erased: _Erased, found: Findings) -> None:
    """The personal parts are those the entry was committed to, or were erased on the record."""
    promised = dict(body.get("personal", {}))
    for aside in row.asides:
        made = chain.commit(aside.salt, aside.body) if len(aside.salt) == chain.SALT else ""
        if promised.pop(aside.part, None) != made:
            raise _Broken(row.seq, f"its personal part “{aside.part}” was changed or added")
        if erased.why(row.seq, aside.part):
            raise _Broken(row.seq, f"its personal part “{aside.part}” was erased, but is back")
    for part in promised:
        why = erased.why(row.seq, part)
        if not why:
            raise _Broken(
                row.seq, f"its personal part “{part}” is missing, and no erasure accounts for it"
            )
        found.erased[why] += 1


def _learn(
    body: Mapping[str, Any], row: Row, before: bytes, wanted: set[str], found: Findings
) -> None:
    kind = row.kind
    found.first, found.since = found.first or row.seq, found.since or body["at"]
    found.last, found.head, found.until = row.seq, row.hash, body["at"]
    found.kinds[kind] += 1
    if kind == "seal":
        if body["head"] != before.hex():
            raise _Broken(row.seq, "this seal belongs to another chain")
        if row.seq == found.first:
            wanted.update(one["text"] for one in body["in_force"])
    elif kind == "publication" and body["text"]:
        wanted.add(body["text"])
    elif kind == "pruning":
        found.prunings.append(body)
    elif kind == "thinning":
        found.thinnings.append(body)
    elif kind == "erasure":
        found.erasures.append(body)
    elif kind == "loss":
        found.losses.append(body)
    elif kind == "start" and body["unclean_after"] is not None:
        found.unclean.append(body)


def _ending(stored: Stored, found: Findings, expected: int, before: bytes) -> None:
    last = expected - 1
    if stored.head is None:
        if found.first:
            raise _Broken(0, "the ledger's head is missing")
        if stored.strays:
            raise _Broken(stored.strays[0], "it is missing, but has personal parts")
        return
    seq, of = stored.head
    if seq > last:
        raise _Broken(expected, f"the ledger ended with entry {seq}, and is cut off here")
    if (seq, of) != (last, before):
        raise _Broken(last, "the ledger's head is another one")
    if stored.strays:
        raise _Broken(stored.strays[0], "it is missing, but has personal parts")


def _texts(texts: Iterable[tuple[bytes, bytes]], wanted: set[str], found: Findings) -> None:
    for of, text in texts:
        if hashlib.sha256(text).digest() != of:
            raise _Broken(0, f"the published text {of.hex()[:16]}… was changed")
        if of.hex() not in wanted:
            raise _Broken(0, f"the text {of.hex()[:16]}… was never published")
        wanted.discard(of.hex())
        found.texts += 1
    for missing in sorted(wanted):
        raise _Broken(0, f"the published text {missing[:16]}… is missing")


class _Erased:
    """Which personal parts were erased, and why."""

    def __init__(self, bodies: Iterable[bytes]) -> None:
        found: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for raw in bodies:
            try:
                body = orjson.loads(raw)
                for part in body["parts"]:
                    found.setdefault((part, body["why"]), []).extend(
                        (int(first), int(last)) for first, last in body["ranges"]
                    )
            except (ValueError, KeyError, TypeError) as error:
                raise _Broken(0, "an entry about an erasure cannot be read") from error
        self._ranges = {key: _merged(ranges) for key, ranges in found.items()}

    def why(self, seq: int, part: str) -> str:
        """Why `part` of entry `seq` is gone; empty where nothing accounts for it."""
        for why in ("request", "age"):
            ranges = self._ranges.get((part, why), [])
            place = bisect_right(ranges, seq, key=lambda one: one[0]) - 1
            if place >= 0 and ranges[place][1] >= seq:
                return why
        return ""


class _Thinnings:
    """Which entries the ledger says made room for others."""

    def __init__(self, bodies: Iterable[bytes]) -> None:
        ranges: list[tuple[int, int]] = []
        for raw in bodies:
            try:
                ranges += [(int(first), int(last)) for first, last in orjson.loads(raw)["ranges"]]
            except (ValueError, KeyError, TypeError) as error:
                raise _Broken(0, "an entry about a thinning cannot be read") from error
        self._ranges = _merged(ranges)

    def has(self, seq: int) -> bool:
        """Whether an entry accounts for its absence."""
        place = bisect_right(self._ranges, seq, key=lambda one: one[0]) - 1
        return place >= 0 and self._ranges[place][1] >= seq


def _merged(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same numbers in ascending ranges that do not overlap."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
