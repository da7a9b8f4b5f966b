"""How many different recordings: exact up to a bound, beyond it a lower bound that says so.

A recording is a normalised path. Neither a query string nor a host makes another one: nobody who
writes a new number behind one path, or a new name into Host, seems to have asked for many. Where
all recordings have one path and differ in the query (Subsonic), one is counted: too few, never too
many.
"""

from __future__ import annotations

from typing import Literal

from stagedoor.evidence.entries import MAX_PATH
from stagedoor.record.today import Key

What = Literal["asked", "taken"]
MOST = 4_096
"""Different recordings that are kept for one row; few artists have as many."""
MOST_IN_ALL = 65_536
"""For all rows together: some 6 MB."""


class Distinct:
    """Different recordings of one day, for each row; of each name only a hash is kept."""

    def __init__(self) -> None:
        self._seen: dict[tuple[Key, What], set[int]] = {}
        self._more: set[Key] = set()
        self._kept = 0

    def add(self, key: Key, what: What, path: str) -> None:
        """One request for a recording, or one that was handed out."""
        self._keep(key, what, hash(path[:MAX_PATH]))  # as the ledger keeps it

    def _keep(self, key: Key, what: What, name: int) -> None:
        seen = self._seen.setdefault((key, what), set())
        if name in seen:
            return
        if len(seen) >= MOST or self._kept >= MOST_IN_ALL:
            self._more.add(key)
            return
        seen.add(name)
        self._kept += 1

    def least(self, key: Key) -> None:
        """There may be more than was kept: some were only counted."""
        self._more.add(key)

    def join(self, other: Distinct) -> None:
        """Add what was counted elsewhere in this process."""
        self._more |= other._more
        for (key, what), names in other._seen.items():
            for name in names:
                self._keep(key, what, name)

    def count(self, key: Key, what: What) -> int:
        """How many different ones there were, at least."""
        return len(self._seen.get((key, what), ()))

    def more(self, key: Key) -> bool:
        """Whether there may be more than `count` says."""
        return key in self._more
