"""Refusals: so many of a household in an hour are entries, the others one entry with a count.

A count becomes an entry when its hour is over or the guard ends. Meanwhile the writer keeps it in the
file, see open_counts.py, so that a guard that is killed loses the last seconds of it at most.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from stagedoor.evidence.entries import Refusal, Summary, Visit
from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import GUARDED_KINDS, network
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
        self._grown: set[_Key] = set()
        self._begun = False
        self._complete: list[Summary] = []
        self._number = 0
        self.counted = 0
        """Refusals that are no entries of their own, since the start."""

    def admits(self, refusal: Refusal, now: int) -> bool:
        """Whether this refusal is to be an entry of its own; else it has been counted here."""
        with self._guard:
            self._turn(now)
            if self._quota.admits(refusal.visit.address, now):
                return True
            self._count(refusal, now)
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

    @property
    def growing(self) -> bool:
        """Whether a count is not in the file as it is."""
        return bool(self._grown)

    def begun(self) -> bool:
        """Whether counts have begun to grow where none did: the writer may sleep, and is to be woken."""
        with self._guard:
            begun, self._begun = self._begun, False
            return begun

    def grown(self) -> list[Summary]:
        """Counts that are not in the file as they are."""
        with self._guard:
            return [self._open[key] for key in self._grown]

    def saved(self, counts: Sequence[Summary]) -> None:
        """The file has these."""
        with self._guard:
            known = {one.number: one.count for one in counts}
            self._grown = {
                key
                for key in self._grown
                if known.get(self._open[key].number) != self._open[key].count
            }

    def _turn(self, now: int) -> None:
        if now // HOUR != self._hour:
            self._close()
            self._hour = now // HOUR

    def _close(self) -> None:
        self._complete.extend(self._open.values())
        self._open.clear()
        self._grown.clear()

    def _count(self, refusal: Refusal, now: int) -> None:
        visit = refusal.visit
        key = client_key(visit.address), visit.client, visit.proof
        if key not in self._open and len(self._open) >= MOST:
            key, visit = ("", *key[1:]), replace(visit, address="", agent="", why="")
            if key not in self._open and len(self._open) >= 2 * MOST:
                key = "", SEVERAL, "unverified"
                visit = _nobody(visit)
        before = self._open.get(key)
        if before is None:
            self._number += 1
            before = Summary(visit, now, 0, number=self._number, whole=refusal.whole)
        whole, address = before.whole and refusal.whole, before.visit.address
        if not whole:  # it would stand in the file until the hour is over
            address = network(address).partition("/")[0]
        self._open[key] = Summary(
            replace(before.visit, at=max(now, before.visit.at), address=address),
            before.since,
            before.count + 1,
            before.against + refusal.against,
            before.recordings + (refusal.against and visit.resource in GUARDED_KINDS),
            before.number,
            whole,
        )
        self._begun = self._begun or not self._grown
        self._grown.add(key)
        self.counted += 1


def _nobody(visit: Visit) -> Visit:
    return replace(visit, client=SEVERAL, operator="", purpose="", proof="unverified", purposes=())
