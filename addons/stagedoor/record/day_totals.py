"""Totals of whole days, for the desk's chart: one small file in the state directory, `days.json`.

    {"2026-11-29": [612, 41, 1830]}     requests of machines, refused ones, requests of people

Each run of the guard adds what it counted itself, so a restart loses nothing and counts nothing
twice. The file is written when an hour begins and when the guard ends; a guard that is killed loses
an hour of the chart at most. A file that cannot be read or written costs the chart its past, and
nothing else.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import orjson

FILE = "days.json"
KEPT = 400
"""Days."""
_MOST_BYTES = 1 << 20
Totals = tuple[int, int, int]
"""Requests of machines, refused requests, requests of people."""

_log = logging.getLogger("stagedoor.desk")


class DayTotals:
    """What was counted before this run, and what this run counts, by date (`2026-11-29`)."""

    def __init__(self, state: Path | None) -> None:
        self._path = state / FILE if state is not None else None
        self._before: dict[str, Totals] = _read(self._path) if self._path else {}
        self._now: dict[str, Totals] = {}

    @property
    def kept(self) -> bool:
        """Whether days outlive the guard."""
        return self._path is not None

    def put(self, day: str, counted: Totals) -> None:
        """Totals of a day so far, of this run alone."""
        self._now[day] = counted
        while len(self._now) > KEPT:
            del self._now[min(self._now)]

    def last(self, days: int, today: str) -> Mapping[str, Totals]:
        """So many days up to `today`, the oldest first; a day that nothing is known of has zeros."""
        end = date.fromisoformat(today)
        found = ((end - timedelta(back)).isoformat() for back in range(days - 1, -1, -1))
        return {day: self._total(day) for day in found}

    def _total(self, day: str) -> Totals:
        one, two = self._before.get(day, (0, 0, 0)), self._now.get(day, (0, 0, 0))
        return one[0] + two[0], one[1] + two[1], one[2] + two[2]

    def write(self) -> None:
        """Into the file, whole or not at all."""
        if self._path is None:
            return
        days = sorted({*self._before, *self._now})[-KEPT:]
        text = orjson.dumps({day: self._total(day) for day in days})
        fresh = self._path.with_name(f"{FILE}.{os.getpid()}.tmp")
        try:
            fresh.touch(mode=0o600)
            fresh.write_bytes(text)
            fresh.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            _log.warning("the totals of days were not written: %s (%s)", error.strerror, self._path)


def _read(path: Path) -> dict[str, Totals]:
    try:
        with path.open("rb") as file:
            found = orjson.loads(file.read(_MOST_BYTES))
        return {
            date.fromisoformat(day).isoformat(): (int(machines), int(refused), int(people))
            for day, (machines, refused, people) in found.items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError):
        _log.warning("%s cannot be read: the chart begins today — remove the file", path)
        return {}
