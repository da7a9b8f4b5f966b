"""One request as the memory counts it: once, however often it is decided about.

A response's type can make the guard decide a second time. What the memory has answered for this
request then stands, else a rate would be used up twice.
"""

from __future__ import annotations

from stagedoor.model.facts import Behaviour, Rate
from stagedoor.store.memory import Memory


class Turn:
    """A visitor's request in the memory; `at` is seconds of a clock that never goes back."""

    __slots__ = ("_address", "_at", "_memory", "_waits", "behaviour")

    def __init__(self, memory: Memory, address: str, at: float, recording: str) -> None:
        self._memory, self._address, self._at = memory, address, at
        self._waits: dict[str, float] = {}
        self.behaviour: Behaviour = memory.seen(address, at, recording)

    def wait(self, rule: str, rate: Rate) -> float:
        """Seconds until the visitor is within `rate` again; 0 where it is."""
        seconds = self._waits.get(rule)
        if seconds is None:
            seconds = self._memory.wait(self._address, rule, rate, self._at)
            self._waits[rule] = seconds
        return seconds
