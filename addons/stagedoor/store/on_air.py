"""Time on air: how long each household has been sent live streams, and how many are open.

A pause of up to PAUSE does not end it: players reconnect, and a phone changes its network. Kept of
those with an open stream, and for PAUSE of those that had one; bounded.
"""

from __future__ import annotations

from collections import Counter, OrderedDict

from stagedoor.model.client_keys import network_key

PAUSE = 600.0
"""Seconds after which listening has ended."""
MOST = 20_000
"""Households that are remembered; who was heard of longest ago is forgotten."""


class _Household:
    __slots__ = ("last", "open", "since")

    def __init__(self, at: float) -> None:
        self.since = self.last = at
        self.open = 0


class OnAir:
    """Of one guard."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._households: OrderedDict[str, _Household] = OrderedDict()
        self._networks: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._households)

    def sent(self, household: str, at: float, change: int = 0) -> None:
        """A portion of a live stream went out; `change` is 1 where it has begun, -1 where it ended."""
        found = self._households.get(household)
        if found is None or (not found.open and at - found.last > PAUSE):
            if found is None and change < 0:
                return  # it was forgotten meanwhile
            self._households[household] = found = _Household(at)
            self._make_room(at)
        self._households.move_to_end(household)
        found.last = at
        if change and (network := network_key(household)):
            self._networks[network] += change
            if self._networks[network] <= 0:
                del self._networks[network]
        found.open = max(0, found.open + change)

    def _make_room(self, at: float) -> None:
        """Let go of who has stopped; where that is not enough, of who was heard of longest ago."""
        while self._households:
            key, oldest = next(iter(self._households.items()))
            gone = not oldest.open and at - oldest.last > PAUSE
            if not gone and len(self._households) <= self._most:
                return
            del self._households[key]
            network = network_key(key)
            if oldest.open and network in self._networks:
                self._networks[network] -= oldest.open
                if self._networks[network] <= 0:
                    del self._networks[network]

    def seconds(self, household: str, at: float) -> float:
        """How long it has been on air; 0 where it is not."""
        found = self._households.get(household)
        if found is None or (not found.open and at - found.last > PAUSE):
            return 0.0
        return at - found.since

    def streams(self, household: str) -> int:
        """Live streams that are open there."""
        found = self._households.get(household)
        return found.open if found is not None else 0

    def streams_in(self, network: str) -> int:
        """Live streams that are open in a whole network."""
        return self._networks[network]
