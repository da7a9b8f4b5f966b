"""Metrics and desk of a counter: the mode is a setting of its own."""

from __future__ import annotations

from dataclasses import replace

from stagedoor.fronts.served_desk import ServedDesk
from stagedoor.model.facts import Mode


class CounterDesk(ServedDesk):
    """One counter's."""

    def change(self, mode: Mode, site: str) -> None:
        """Apply the settings with this mode."""
        service = self.of(site)
        assert service.settings is not None
        service.apply(replace(service.settings, mode=mode))
