"""One mark: what was handed out, when, and a number of its own. Twenty letters, a to z and 2 to 7.

    letters  bits  field
    0-10     3     kind
             20    hour, since EPOCH
             32    number
    11-19    45    the beginning of an HMAC-SHA256 over the first eleven letters

Letters are base 32 (RFC 4648, section 6) in small letters: they survive a change of case, and need no
escape in an address, a cookie, XML or JSON. The first eleven are the serial: it names the handing-out
in the ledger, and lets nobody in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

MarkKind = Literal["canary", "page", "feed", "playlist", "bought", "challenge"]
"""canary: a machine was handed a link. All others are passes: they came with a page, a feed's or a
playlist's address, a purchase, a challenge that was solved.
"""
MARK_KINDS: tuple[MarkKind, ...] = get_args(MarkKind)
PASSES: frozenset[MarkKind] = frozenset(MARK_KINDS[1:])

EPOCH: Final = 1_735_689_600
"""Unix seconds: 2025-01-01, 00:00 UTC."""
HOUR: Final = 3600
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
LENGTH, SERIAL_LENGTH = 20, 11
_HOURS, _NUMBERS = 1 << 20, 1 << 32
_VALUE: Final = {letter: value for value, letter in enumerate(LETTERS)}
FORM: Final = re.compile(r"[A-Za-z2-7]{20}")
"""What has the form of a mark, in any case."""
_SERIAL: Final = re.compile(r"[A-Za-z2-7]{11}")


@dataclass(frozen=True, slots=True)
class Mark:
    """`hour` counts hours since EPOCH, below 2^20; `number` is below 2^32."""

    kind: MarkKind
    hour: int
    number: int

    @property
    def at(self) -> int:
        """The hour in which it was made: Unix seconds of its beginning."""
        return EPOCH + self.hour * HOUR

    @property
    def serial(self) -> str:
        """The mark without its signature."""
        value = (MARK_KINDS.index(self.kind) << 20 | self.hour) << 32 | self.number
        return spelt(value, SERIAL_LENGTH)


def hour_of(at: float) -> int:
    """The hour of a Unix time, as marks count it; times before 2025 are in the first one."""
    return min(max(0, int(at - EPOCH) // HOUR), _HOURS - 1)


def of_serial(serial: str) -> Mark | None:
    """The mark with this serial; None where it is none."""
    if not _SERIAL.fullmatch(serial):
        return None
    value = 0
    for letter in serial.lower():
        value = value << 5 | _VALUE[letter]
    kind = value >> 52
    if kind >= len(MARK_KINDS):
        return None
    return Mark(MARK_KINDS[kind], value >> 32 & _HOURS - 1, value & _NUMBERS - 1)


def spelt(value: int, length: int) -> str:
    """The lowest 5 × `length` bits of a number as letters."""
    return "".join(LETTERS[value >> shift & 31] for shift in range(5 * (length - 1), -1, -5))
