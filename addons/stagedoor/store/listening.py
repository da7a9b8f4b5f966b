"""Listening time: the sound each visitor is sent in an hour; more than an hour is no listening.

Kept for the hour, by household; what is reported is a number without one.
"""

from __future__ import annotations

from collections import OrderedDict

MOST = 10_000
"""Visitors in one hour; of those who were quiet longest, the hour is reported early."""
HOUR = 3600.0


class Listening:
    """Seconds of sound by seconds of the clock, reported when a visitor's hour is over."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._hour = 0
        self._heard: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heard)

    def sent(self, client: str, seconds: float, at: float) -> tuple[float, ...]:
        """A visitor was sent so much sound; the ratios of the hours that have ended by that."""
        ended: tuple[float, ...] = ()
        hour = int(at // HOUR)
        if hour != self._hour:
            ended = tuple(seconds / HOUR for seconds in self._heard.values())
            self._heard.clear()
            self._hour = hour
        self._heard[client] = self._heard.get(client, 0.0) + seconds
        self._heard.move_to_end(client)
        while len(self._heard) > self._most:
            ended += (self._heard.popitem(last=False)[1] / HOUR,)
        return ended
