"""Numbers, sizes, days and durations as a language writes them, by the rules of CLDR (Babel).

Times are Unix seconds or milliseconds as the name says, sizes are bytes, decimal as disks are counted.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from math import ceil

from babel import Locale
from babel.dates import format_date, format_skeleton, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit

from stagedoor.model.languages import Language

_UNITS = ("B", "kB", "MB", "GB", "TB")
_LARGER = (
    *(timedelta(days=days) for days in (30, 7, 1)), timedelta(hours=1), timedelta(minutes=1),
)  # fmt: skip
_PARTS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@cache
def locale(language: Language) -> Locale:
    """Babel's rules for a language."""
    return Locale(language)


def is_one(count: int, language: Language) -> bool:
    """Whether the language speaks of so many as of one: in French, of nothing as well."""
    return bool(locale(language).plural_form(count) == "one")


def number(count: float, language: Language) -> str:
    """1,234 or 1.234 or 1 234."""
    return str(format_decimal(count, locale=locale(language)))


def volume(count: int, language: Language) -> str:
    """So many bytes: 514.4 kB or 514,4 kB."""
    amount, unit = float(count), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    form = "#,##0.0" if unit else "#,##0"
    written = format_decimal(amount, format=form, locale=locale(language))
    return f"{written}\N{NO-BREAK SPACE}{_UNITS[unit]}"


def short_day(day: date, language: Language) -> str:
    """Day and month: 11/29 or 29.11. or 29/11."""
    return str(format_skeleton("Md", day, locale=locale(language)))


def long_day(day: date, language: Language) -> str:
    """July 9, 2026 or 9. Juli 2026."""
    return str(format_date(day, "long", locale=locale(language)))


def utc_day(milliseconds: int, language: Language) -> str:
    """The day of a time, in UTC: Oct 1, 2026 or 01.10.2026."""
    return str(format_date(_utc(milliseconds), "medium", locale=locale(language)))


def utc_second(milliseconds: int, language: Language) -> str:
    """Day and second in UTC: Oct 1, 2026, 12:00:00."""
    at = _utc(milliseconds)
    return f"{utc_day(milliseconds, language)}, {at:%H:%M:%S}"


def utc_hour(milliseconds: int, language: Language) -> str:
    """Day and month, and the minute, in UTC: Oct 1 12:00 or 1. Okt. 12:00."""
    at = _utc(milliseconds)
    return f"{format_skeleton('MMMd', at, locale=locale(language))} {at:%H:%M}"


def _utc(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def lasting(milliseconds: int, language: Language) -> str:
    """A duration in its two largest units: 3 days 4 hours, 3 Tage 4 Stunden; < 1 second."""
    seconds, parts = max(milliseconds // 1000, 0), []
    for unit, length in _PARTS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(format_unit(count, f"duration-{unit}", locale=locale(language)))
    return " ".join(parts[:2]) or f"< {format_unit(1, 'duration-second', locale=locale(language))}"


@lru_cache(maxsize=2048)
def from_now(seconds: int, language: Language) -> str:
    """When it is so many seconds later: in 2 minutes, in 2 Tagen; never less than it is."""
    span = timedelta(seconds=seconds)
    for unit in _LARGER:
        if span >= 2 * unit:
            span = ceil(span / unit) * unit
            break
    return str(format_timedelta(span, threshold=2, add_direction=True, locale=locale(language)))
