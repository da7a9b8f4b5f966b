"""Thinning of a full ledger: the oldest entries go, of the kind that takes more than its share.

An entry that goes leaves its SHA-256, 32 bytes, so the chain is computed from end to end as before
and a taking that is kept is still bound to every hash that was ever noted. An entry of its own says
which numbers went. So a flood of one kind pushes out nothing but itself.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stagedoor.evidence import chain
from stagedoor.evidence.entries import runs

_OVERHEAD = 450
"""Bytes of an entry besides its body, about: hash, index, personal parts."""
_ROUNDS = 12
_AGAINST = "instr(body, CAST('\"against\":true' AS BLOB))"
"""No text in an entry can hold this: its quotes would be escaped."""
_PROVEN = 'instr(body, CAST(\'"proof":"verified"\' AS BLOB)) > 0'


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a full ledger entries of one sort may take before they make room."""

    what: str
    where: str
    """The entries, as SQL says it."""
    share: float


SHARES = (
    Share("refusals", "kind IN ('refusal', 'summary')", 0.15),
    Share("proofs", "kind = 'proof'", 0.05),
    Share("handings of marks", "kind = 'handing'", 0.10),
    Share("uses of marked links", "kind = 'use'", 0.05),
    Share("takings that were allowed", f"kind = 'taking' AND NOT {_AGAINST}", 0.15),
    Share("notices", "kind = 'notice'", 0.20),
    Share("takings against the signals", f"kind = 'taking' AND {_AGAINST}", 0.30),
)


@dataclass(frozen=True, slots=True)
class Thinned:
    """What went of one sort: ranges of numbers (from, to; both included), `count` in all."""

    what: str
    ranges: Sequence[tuple[int, int]]
    count: int


def used(db: sqlite3.Connection) -> int:
    """Bytes of the file that are in use."""
    pages, free, size = (
        db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def thin(db: sqlite3.Connection, wanted: int) -> Iterator[Thinned]:
    """Make the file no larger than `wanted` bytes in use, as far as that is possible."""
    (end,) = db.execute("SELECT max(seq) FROM entries WHERE kind = 'seal'").fetchone()
    sizes = {share: _size(db, share) for share in SHARES}
    for _ in range(_ROUNDS):
        too_much = used(db) - wanted
        total = sum(sizes.values())
        if too_much <= 0 or not total or end is None:
            return
        share = max(SHARES, key=lambda one: sizes[one] / one.share)
        # Pages that are not quite empty stay in use: what is measured follows in the next round.
        above = sizes[share] - share.share * total
        found, freed = _oldest(db, share, end, min(too_much, above))
        if not found:
            sizes[share] = 0  # the rest of it is younger than the last seal
            continue
        sizes[share] -= freed
        yield _remove(db, share, found)


def _size(db: sqlite3.Connection, share: Share) -> int:
    (size,) = db.execute(
        f"SELECT total(length(body) + {_OVERHEAD}) FROM entries WHERE {share.where}"  # noqa: S608 (ours)
    ).fetchone()
    return int(size)


def _oldest(
    db: sqlite3.Connection, share: Share, end: int, wanted: float
) -> tuple[dict[int, bytes], int]:
    """Digests of the entries to go, by number, and the bytes that makes; unproven ones first."""
    found: dict[int, bytes] = {}
    freed = 0
    for seq, body in db.execute(
        f"SELECT seq, body FROM entries WHERE {share.where} AND seq < ?"  # noqa: S608 (ours)
        f" ORDER BY {_PROVEN}, seq",
        (end,),
    ):
        if freed >= wanted:
            break
        found[seq] = chain.digest(body)
        freed += len(body) + _OVERHEAD
    return found, freed


def _remove(db: sqlite3.Connection, share: Share, found: dict[int, bytes]) -> Thinned:
    ranges = runs(sorted(found))
    db.executemany(
        "INSERT INTO thinned VALUES (?, ?)",
        ((first, b"".join(found[seq] for seq in range(first, last + 1))) for first, last in ranges),
    )
    db.executemany("DELETE FROM entries WHERE seq BETWEEN ? AND ?", ranges)
    db.executemany("DELETE FROM aside WHERE seq BETWEEN ? AND ?", ranges)
    return Thinned(share.what, ranges, len(found))
