"""Refusals: so many of a household in an hour are entries, the others one entry with a count.

The count is kept in memory until its hour is over or the guard ends; a guard that is killed loses
the counts of that hour, and its next start says that the end before was unclean.
"""

from __future__ import annotations

import threading
from dataclasses import replace

from stagedoor.evidence.entries import Summary, Visit
from stagedoor.model.client_keys import client_key
from stagedoor.record.household_quota import HOUR, HouseholdQuota

OF_A_HOUSEHOLD = 60
"""Refusals in full, in an hour."""
OF_ALL = 2_000
"""Refusals in full, in an hour, of all households together: 32 bytes of each stay in the ledger."""
MOST = 500
"""Summaries of an hour that name a household; what is beyond is summed up by client alone."""
SEVERAL = "several clients"
"""The name in a summary where even the clients were too many."""

_Key = tuple[str, str, str]
"""Household, client, proof."""


class RefusalSummaries:
    """Used by requests, which count, and by the writer, which takes what is complete."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._quota = HouseholdQuota(OF_A_HOUSEHOLD, OF_ALL)
        self._hour = -1
        self._open: dict[_Key, Summary] = {}
        self._complete: list[Summary] = []
        self.counted = 0
        """Refusals that are no entries of their own, since the start."""

    def admits(self, visit: Visit, now: int) -> bool:
        """Whether this refusal is to be an entry of its own; else it has been counted here."""
        with self._guard:
            self._turn(now)
            if self._quota.admits(visit.address, now):
                return True
            self._count(visit, now)
            return False

    def take(self, now: int, *, end: bool = False) -> list[Summary]:
        """The summaries of hours that are over; at the `end` those of this hour, too."""
        with self._guard:
            self._turn(now)
            if end:
                self._close()
            found, self._complete = self._complete, []
            return found

    def wait(self, now: int) -> float | None:
        """Seconds until there may be something to take; None where nothing was counted."""
        with self._guard:
            if self._complete:
                return 0.0
            return (HOUR - now % HOUR) / 1000 if self._open else None

    def _turn(self, now: int) -> None:
        if now // HOUR != self._hour:
            self._close()
            self._hour = now // HOUR

    def _close(self) -> None:
        self._complete.extend(self._open.values())
        self._open.clear()

    def _count(self, visit: Visit, now: int) -> None:
        key = client_key(visit.address), visit.client, visit.proof
        if key not in self._open and len(self._open) >= MOST:
            key, visit = ("", *key[1:]), replace(visit, address="", agent="", why="")
            if key not in self._open and len(self._open) >= 2 * MOST:
                key = "", SEVERAL, "unverified"
                visit = replace(visit, client=SEVERAL, operator="", purpose="", proof=key[2])
        before = self._open.get(key)
        if before is None:
            self._open[key] = Summary(replace(visit, at=now), now, 1)
        else:
            later = replace(before.visit, at=max(now, before.visit.at))
            self._open[key] = Summary(later, before.since, before.count + 1)
        self.counted += 1
