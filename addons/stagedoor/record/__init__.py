"""Recorders: what happens is counted, logged, and kept as evidence. One file each."""

from __future__ import annotations

from typing import Protocol

from stagedoor.model.facts import Event


class Sink(Protocol):
    """Somebody who wants to know what was decided."""

    def record(self, event: Event) -> None:
        """Take note of `event`. Must return at once; may raise, which is counted and forgiven."""

    def close(self) -> None:
        """Write what is still to be written."""
