"""Outages of the site: when its failures were reported, one more line says that it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from stagedoor.model.units import told_duration

_log = logging.getLogger("stagedoor.door")


class Outage:
    """The present outage, if there is one; a failure that was not reported begins none."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = 0.0
        self._failures = 0
        self.lasts = False
        """Whether a failure was reported since the site last answered."""

    def failed(self, *, reported: bool) -> None:
        """A request has got no answer of the site's; `reported` where a line says so."""
        if reported and not self.lasts:
            self.lasts, self._began, self._failures = True, self._clock(), 0
        self._failures += 1

    def answered(self) -> None:
        """The site has answered."""
        if not self.lasts:
            return
        self.lasts = False
        took = told_duration(max(1, round(self._clock() - self._began)))
        times = f"{self._failures:,} time{'s' * (self._failures != 1)}"
        _log.info("the site answers again, after %s; it had failed %s", took, times)
