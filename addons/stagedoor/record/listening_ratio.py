"""How much sound each visitor takes in an hour of the clock: more than an hour, and nobody listens.

Kept in memory for the hour, by address; what is told is a number without one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST = 10_000
"""Visitors in one hour; of those who were quiet longest, the hour is told early."""
HOUR = 3600.0


class Listening:
    """`tell` gets the ratio of each visitor's hour: seconds of sound by seconds of the clock."""

    def __init__(self, tell: Callable[[float], None], most: int = MOST) -> None:
        self._tell, self._most = tell, most
        self._hour = 0
        self._heard: OrderedDict[str, float] = OrderedDict()

    def heard(self, address: str, seconds: float, now: float) -> None:
        """A visitor was sent so much sound at `now`, in seconds."""
        hour = int(now // HOUR)
        if hour != self._hour:
            self._end()
            self._hour = hour
        self._heard[address] = self._heard.get(address, 0.0) + seconds
        self._heard.move_to_end(address)
        while len(self._heard) > self._most:
            self._tell(self._heard.popitem(last=False)[1] / HOUR)

    def _end(self) -> None:
        for seconds in self._heard.values():
            self._tell(seconds / HOUR)
        self._heard.clear()
