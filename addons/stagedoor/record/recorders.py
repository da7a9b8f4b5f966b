"""Recorders: one interface, and the hub that passes each event to those who subscribe to its kind.

A recorder that fails is counted and logged, and fails no request.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from stagedoor.model.events import Event, Failed

_log = logging.getLogger("stagedoor.door")

Handlers = Mapping[type[Event], Callable[[Any], None]]
"""For each kind of event, what is done with it."""


class Recorder(Protocol):
    """Somebody who wants to know what happens."""

    def handlers(self) -> Handlers:
        """The kinds of events it records. A handler must return at once; it may raise."""

    def close(self) -> None:
        """Write what is still to be written."""


class Recorders:
    """The recorders of one guard."""

    def __init__(self) -> None:
        self._recorders: list[Recorder] = []
        self._handlers: dict[type[Event], tuple[Callable[[Any], None], ...]] = {}
        self._failing = False

    def add(self, recorder: Recorder) -> None:
        """Let it know of everything from now on."""
        self._recorders.append(recorder)
        for kind, handle in recorder.handlers().items():
            self._handlers[kind] = (*self._handlers.get(kind, ()), handle)

    def emit(self, event: Event) -> None:
        """Something has happened."""
        for handle in self._handlers.get(type(event), ()):
            try:
                handle(event)
            except Exception:  # noqa: BLE001 (a failing recorder never fails a request)
                self._failed(handle, event)

    def _failed(self, handle: Callable[[Any], None], event: Event) -> None:
        if self._failing:  # the one that counts failures fails itself
            return
        self._failing = True
        try:
            _log.exception(
                "%s could not record an event (%s)",
                getattr(handle, "__qualname__", type(handle).__name__).partition(".")[0],
                type(event).__name__,
            )
            self.emit(Failed("record", "unrecorded"))
        finally:
            self._failing = False

    def close(self) -> None:
        """Let every recorder write what it still has."""
        for recorder in self._recorders:
            recorder.close()
        self._recorders.clear()
        self._handlers.clear()
