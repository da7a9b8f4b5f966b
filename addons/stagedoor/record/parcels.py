"""The recorders of a worker: it has none, and passes every event on to the first worker.

So there is one ledger with one writer, one decision log, one desk, and the figures of all workers are
added up where they are scraped. Nothing waits: events go in parcels, many times a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from stagedoor.model.events import Event, Loaded, Reloaded
from stagedoor.record.collectors import Source
from stagedoor.record.suite import Suite

Parcel = tuple[str, Sequence[Event], dict[str, float]]
"""The site, empty where there is one or none is meant; events, in their order; the late metrics of this
worker."""
_OF_EACH = frozenset({Loaded, Reloaded})
"""Events that every worker has for itself, and the first reports for all."""
MOST = 256
"""Events in a parcel."""


class ForwardingSuite(Suite):
    """`send` takes a parcel, and says whether it could; `soon` calls a function in a moment."""

    def __init__(
        self,
        send: Callable[[Parcel], bool],
        soon: Callable[[Callable[[], None]], object],
        site: str = "",
    ) -> None:
        super().__init__(site)
        self._send, self._soon = send, soon
        self._events: list[Event] = []
        self._sources: dict[str, Source] = {}
        self._due = False
        self.lost = 0
        """Events that could not be passed on."""

    def watch(self, name: str, source: Source) -> None:
        """Its value goes with every parcel."""
        self._sources[name] = source

    def emit(self, event: Event) -> None:
        """Something has happened."""
        if type(event) in _OF_EACH:
            return
        self._events.append(event)
        if len(self._events) >= MOST:
            self.flush()
        elif not self._due:
            self._due = True
            self._soon(self.flush)

    def flush(self) -> None:
        """Pass on what has happened, and the metrics."""
        self._due = False
        events, self._events = self._events, []
        values = {name: source() or 0.0 for name, source in self._sources.items()}
        if not self._send((self.site, events, values)):
            self.lost += len(events)

    def reopen(self) -> None:
        """It has no files."""

    def open(self, state: Path | None, *, ledger: bool, program: str, site: str = "") -> None:
        """It has no files."""

    def fill(self, state: Path) -> None:
        """It has no desk."""

    def close(self) -> None:
        """Pass on the last."""
        self.flush()
        super().close()
