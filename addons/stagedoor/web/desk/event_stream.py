"""Server-sent events: the parts of the page that have changed, drawn once for all who look.

While nobody looks, nothing is drawn.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from markupsafe import Markup

EVERY = 2.0
"""Seconds between two looks: numbers for people, and a guard that has better things to do."""
AGAIN = 20.0
"""Seconds after which the page is drawn anew although nobody came: who was here now is gone."""
MOST = 8
"""Pages that look on at once; the next one takes the place of the oldest."""

Parts = Mapping[str, Markup]


class Live:
    """Draws for all who look on. Used from the desk's own loop only."""

    def __init__(self, version: Callable[[], object], draw: Callable[[], Parts | None]) -> None:
        self._version, self._draw = version, draw
        self._drawn: Parts = {}
        self._as_of: tuple[object, float] = (None, 0.0)
        self._looking: list[asyncio.Event] = []
        self._task: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Event:
        """One more looks on; the event is set whenever there is something new."""
        while len(self._looking) >= MOST:
            self.leave(self._looking[0])
        found = asyncio.Event()
        found.set()
        self._looking.append(found)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._follow(), name="stagedoor desk")
        return found

    def leave(self, looking: asyncio.Event) -> None:
        """One fewer."""
        if looking in self._looking:
            self._looking.remove(looking)
            looking.set()

    def is_wanted(self, looking: asyncio.Event) -> bool:
        """False for one whose place was taken."""
        return looking in self._looking

    async def _follow(self) -> None:
        """Until nobody looks any more."""
        while self._looking:
            await asyncio.sleep(EVERY)
            if self.parts(fresh=True):
                for looking in self._looking:
                    looking.set()

    def parts(self, *, fresh: bool = False, first: bool = False) -> Parts:
        """The page's parts as drawn last; `fresh`: only where they were drawn anew.

        `first`: for a page that was made a moment ago, which nothing older may replace.
        """
        drawn, at = self._as_of
        version, now = self._version(), time.monotonic()
        old = now - at > AGAIN or (version != drawn and (first or now - at >= EVERY / 2))
        if old or not self._drawn:
            self._as_of = version, now
            self._drawn = self._draw() or self._drawn
        elif fresh:
            return {}
        return self._drawn
