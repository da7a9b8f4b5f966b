"""Values that logs write in many ways: times, addresses, request targets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

_UNITS = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""From this number on, a count of seconds since 1970 is one of nanoseconds, microseconds,
milliseconds: in seconds it would be in the year 5138 or later."""
_FORMATS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%d/%b/%Y:%H:%M:%S",
    "%d/%b/%Y:%H:%M:%S.%f",
    "%d/%b/%Y %H:%M:%S %z",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S.%f",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S UTC %Y",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S UTC",
)
_ABSOLUTE = re.compile(r"(?:https?|wss?)://([^/?#\s]*)([^#\s]*)", re.IGNORECASE)


def seconds(value: Any) -> float:
    """Unix seconds, from a number in any unit or one of the ways to write a time.

    ValueError, TypeError or OverflowError where it is none. Without a zone, it is UTC.
    """
    if isinstance(value, bool):
        raise TypeError("yes or no is no time")
    if isinstance(value, int | float):
        return _of_number(float(value))
    return written(str(value))


def _of_number(number: float) -> float:
    size = abs(number)
    for least, factor in _UNITS:
        if size >= least:
            return number / factor
    return number


@lru_cache(maxsize=1024)
def written(text: str) -> float:
    """The same for a text."""
    text = text.strip().removeprefix("[").removesuffix("]")
    try:
        return _of_number(float(text))
    except ValueError:
        pass
    try:
        return _utc(datetime.fromisoformat(text.replace(",", ".")))
    except ValueError:
        pass
    for form in _FORMATS:
        try:
            return _utc(datetime.strptime(text, form))  # noqa: DTZ007 (_utc gives it a zone)
        except ValueError:
            continue
    try:
        return _utc(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError):
        raise ValueError(f'"{text[:40]}" is no time') from None


def _utc(when: datetime) -> float:
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=1024)
def is_address(text: str) -> bool:
    """Whether `text` is an IP address, perhaps with a port."""
    return bool(bare_address(text))


def bare_address(text: str) -> str:
    """`192.0.2.1:80`, `[2001:db8::1]:80` … without the port; empty where it is no address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text.partition("%")[0]))
    except ValueError:
        return ""


def split_target(target: str) -> tuple[str, str]:
    """`https://host/path?query` → its host and the rest; a plain path has no host."""
    found = _ABSOLUTE.fullmatch(target)
    if found is None:
        return "", target
    rest = found[2]
    return found[1], rest if rest.startswith("/") else f"/{rest}"


def chain(forwarded_for: bytes, peer: bytes) -> bytes:
    """An address together with what was forwarded for it: `client, proxy,,peer`.

    The tally resolves it, by the proxies that are trusted (client_addresses.py).
    """
    if not forwarded_for or forwarded_for == b"-":
        return peer
    return b"%b,,%b" % (forwarded_for, peer)
