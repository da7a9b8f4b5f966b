"""The quota of one household: how much of it is written in full in an hour.

A household is an IPv4 address or an IPv6 /64. What is beyond the quota is only counted, so that no
client decides how long others are remembered. An hour is one of the clock's.
"""

from __future__ import annotations

from collections import Counter

from stagedoor.model.client_keys import client_key

HOUR = 3_600_000
"""Milliseconds."""


class HouseholdQuota:
    """Counts per hour: at most `each` for one household, at most `total` for all together.

    Memory is bounded by `total`: a household is only remembered for what was admitted.
    """

    def __init__(self, each: int, total: int) -> None:
        self._each, self._total = each, total
        self._hour = -1
        self._admitted = 0
        self._counts: Counter[str] = Counter()

    def admits(self, address: str, now: int) -> bool:
        """Whether one more of `address` is within the quota at `now`, in Unix milliseconds."""
        hour = now // HOUR
        if hour != self._hour:
            self._hour, self._admitted = hour, 0
            self._counts.clear()
        if self._admitted >= self._total:
            return False
        key = client_key(address)
        if self._counts[key] >= self._each:
            return False
        self._counts[key] += 1
        self._admitted += 1
        return True
