"""What the other guards say, carried out on this guard's memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable

import orjson

from stagedoor.store.memory import MemoryStore
from stagedoor.store.operations import HELD, TRACKS, Operation, Replay
from stagedoor.store.shared_tracks import SharedTracks

VERSION = 1
"""Of entries: `[version, guard, number, operations]`. Others are left out."""
GONE = 30
"""Seconds after which a guard that says nothing is gone, and its live streams with it."""
_SEEN = 8192
"""Entries of which it is known that they were carried out: one whose answer was lost comes twice."""


class Others:
    """`node` is this guard's name, whose own entries come back. `clock` gives its times."""

    def __init__(
        self,
        memory: MemoryStore,
        node: str,
        heard: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.wanted: set[str] = set()
        """SHA-256 of each robots.txt that is missing here."""
        self.tracks: SharedTracks | None = None
        self.lost = 0
        """What nobody understands."""
        self._memory, self._node = memory, node
        self._heard, self._clock = heard, clock
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._streams: dict[str, Counter[str]] = {}
        """Live streams that are open at each guard, by household."""
        self._missed: dict[str, float] = {}

    def said(self, replay: Replay, entry: bytes, offset: float) -> None:
        """An entry of the log whose times are `replay`'s; `offset` as there."""
        try:
            version, node, number, operations = orjson.loads(entry)
            if version != VERSION or node == self._node or (node, number) in self._seen:
                return
            self._seen[node, number] = None
        except (ValueError, TypeError):
            self.lost += 1
            return
        if len(self._seen) > _SEEN:
            self._seen.popitem(last=False)
        for one in operations:
            try:
                done = replay.carry_out(self._memory, one, offset)
                self._noticed(node, one, done=done)
            except (ValueError, TypeError, LookupError, AttributeError):
                self.lost += 1

    def _noticed(self, node: str, operation: Operation, *, done: bool) -> None:
        """What it means beside the memory."""
        word = operation[0]
        if word in HELD:
            if done:
                self._heard()
        elif word == "o":
            if operation[3]:
                self._streams.setdefault(node, Counter())[operation[2]] += int(operation[3])
        elif word in TRACKS:
            if self.tracks is not None:
                self.tracks.carry_out(operation)
        elif word == "v" and operation[4] and self._memory.text(operation[4]) is None:
            self.wanted.add(operation[4])

    def gone(self, there: set[str], now: float) -> None:
        """`there` are the guards that have said something within GONE. Of the others, live streams
        have ended; after as long again, because the server may have forgotten who is there.
        """
        for node in [one for one in self._streams if one not in there]:
            if now - self._missed.setdefault(node, now) < GONE:
                continue
            for home, streams in self._streams.pop(node).items():
                self._memory.aired(home, self._clock(), -streams)
        self._missed = {
            node: since
            for node, since in self._missed.items()
            if node in self._streams and node not in there
        }
