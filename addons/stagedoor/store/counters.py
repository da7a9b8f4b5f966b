"""Counts over a window that slides, and rates."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from stagedoor.model.facts import Rate

MINUTE, HOUR = 60.0, 3600.0


class Sliding:
    """A count over a window that slides: this window's, and the last one's in proportion.

    Exact for an even stream, off by a few per cent otherwise, and two numbers in size (the way
    Cloudflare's rate limits count, 2017).
    """

    __slots__ = ("before", "now", "window")

    def __init__(self) -> None:
        self.window = -1
        self.now = self.before = 0

    def add(self, amount: int, at: float, seconds: float) -> None:
        """Count `amount` at the time `at`. What comes late counts where it belongs."""
        window = int(at // seconds)
        if window >= self.window:
            self._turn(window)
            self.now += amount
        elif window == self.window - 1:
            self.before += amount

    def count(self, at: float, seconds: float) -> int:
        """How much there was within the last `seconds`. Changes nothing."""
        gone = max(0, int(at // seconds) - self.window)
        now, before = (self.now, self.before) if not gone else (0, self.now if gone == 1 else 0)
        left = 1.0 - (at % seconds) / seconds
        return now + int(before * left)

    def _turn(self, window: int) -> None:
        if window == self.window:
            return
        self.before = self.now if window == self.window + 1 else 0
        self.window, self.now = window, 0


@dataclass(slots=True)
class ClientCounters:
    """What one client has done lately; `first` is when it was first seen."""

    first: float
    requests: Sliding = field(default_factory=Sliding)
    audio: Sliding = field(default_factory=Sliding)
    recordings: OrderedDict[bytes, float] = field(default_factory=OrderedDict)
    """When each was last asked for, by its key; the oldest first."""
    due: dict[str, float] = field(default_factory=dict)
    """For each rule with a rate: when the next request would be on time (GCRA's TAT)."""


def wait(due: float, rate: Rate, at: float) -> float:
    """Seconds until a client is within `rate` again; 0 where it is.

    GCRA: a whole `rate` at once is fine, and each request becomes free again after its share of
    the time. What is refused does not count, so that waiting helps.
    """
    late = max(due, at) + rate.seconds / rate.requests - at - rate.seconds
    # Sums of fractions may end a hair above the whole time.
    return min(late, rate.seconds) if late > 1e-9 else 0.0


def due_after(due: float, rate: Rate, at: float) -> float:
    """When the next request is on time, once this one has counted."""
    return max(due, at) + rate.seconds / rate.requests
