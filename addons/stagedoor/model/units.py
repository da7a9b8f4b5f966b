"""Durations and sizes as people write them: `10m`, `1h 30m`, `2 hours`, `500 MB`.

Seconds and bytes inside the program, words outside of it.
"""

from __future__ import annotations

import re

_PART = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Z]+)\s*")
SECONDS = {
    "ms": 0.001,
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
BYTES = {"b": 1.0, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12}
"""Decimal, as disks and access logs are counted."""
LONGEST = 366 * 86400.0


def duration(text: object) -> float:
    """Seconds in `text`; ValueError with the fix where it is no duration."""
    fix = "write for example 10s, 5m or 1h 30m"
    if isinstance(text, str):
        found = _sum(text, SECONDS)
        if found is not None and 0 < found <= LONGEST:
            return found
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise ValueError(f'"{text}" has no unit — write {text}s, {text}m or {text}h')
    raise ValueError(f'"{_short(text)}" is not a duration — {fix}')


def size(text: object) -> float:
    """Bytes in `text`; ValueError with the fix where it is no size."""
    if isinstance(text, str):
        found = _sum(text, BYTES)
        if found is not None and found <= 1e18:
            return found
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise ValueError(f'"{text}" has no unit — write {text}MB or {text}GB')
    raise ValueError(f'"{_short(text)}" is not a size — write for example 500MB or 2GB')


def _sum(text: str, units: dict[str, float]) -> float | None:
    total, end = 0.0, 0
    if not text.strip() or len(text) > 64:
        return None
    while end < len(text):
        part = _PART.match(text, end)
        unit = units.get(part[2].lower()) if part else None
        if part is None or unit is None:
            return None
        total += float(part[1]) * unit
        end = part.end()
    return total


def _short(text: object) -> str:
    shown = str(text)
    return shown if len(shown) < 40 else shown[:37] + "…"


def told_duration(seconds: float) -> str:
    """`90.0` → `1m 30s`; what is shorter than a second in milliseconds."""
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    rest, parts = round(seconds), []
    for name, length in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, rest = divmod(rest, length)
        if count:
            parts.append(f"{count}{name}")
    return " ".join(parts[:2])


def told_size(count: float) -> str:
    """`2_500_000` → `2.5 MB`."""
    for name, unit in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= unit:
            return (
                f"{count / unit:.3g} {name}"
                if count < unit * 1000
                else f"{count / unit:,.0f} {name}"
            )
    return f"{count:.0f} bytes"
