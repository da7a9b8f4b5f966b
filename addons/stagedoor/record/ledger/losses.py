"""Entries of the ledger that will never be written: counted, until their count stands in it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

QUIET = 60.0
"""Seconds between two lines in the log that say the same about losses."""

_log = logging.getLogger("stagedoor.ledger")


class Loss(NamedTuple):
    """So many entries `since` then, in Unix milliseconds, and why the first of them."""

    entries: int
    since: int
    why: str


class Losses:
    """One ledger's. `failed` is called with the number of entries; `trouble` says what is wrong with the
    disk, empty where nothing is; `now` is the clock, in Unix milliseconds. For any thread.
    """

    def __init__(
        self, failed: Callable[[int], None], trouble: Callable[[], str], now: Callable[[], int]
    ) -> None:
        self._failed, self._trouble, self._now = failed, trouble, now
        self._guard = threading.Lock()
        self._so_far = Loss(0, 0, "")
        self._quiet_until = 0.0

    def lose(self, count: int, why: str) -> None:
        """So many more are lost."""
        with self._guard:
            before, since, first = self._so_far
            if not before:
                since, first = self._now(), self._trouble() or why
            if time.monotonic() > self._quiet_until:
                self._quiet_until = time.monotonic() + QUIET
                _log.warning(
                    "Entries of the ledger are being lost: %s. The site goes on; how many were "
                    "lost will stand in the ledger.", first,
                )  # fmt: skip
            self._so_far = Loss(before + count, since, first)
        self._failed(count)

    def so_far(self) -> Loss:
        """Those that do not stand in the ledger yet."""
        with self._guard:
            return self._so_far

    def entered(self, count: int, now: int) -> None:
        """So many stand in the ledger as lost; what is lost by now was lost since then."""
        with self._guard:
            self._so_far = Loss(self._so_far.entries - count, now, self._so_far.why)
