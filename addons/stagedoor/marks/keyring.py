"""Signs marks and reads them back. Keys come from outside (`verify/mark_keys.py`).

A mark is signed with the key that is in force in its hour, so its hour also says by which key to read
it. Old keys stay in the ring to recognise what they have signed. A mark that was forged or altered, or
that another guard signed, reads as None: with 45 bits of signature, one guess in 3.5 × 10^13 does not.
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from stagedoor.marks.mark import (
    FORM,
    LENGTH,
    SERIAL_LENGTH,
    Mark,
    MarkKind,
    hour_of,
    of_serial,
    spelt,
)

_SIGNED_BITS = 5 * (LENGTH - SERIAL_LENGTH)


class Key(NamedTuple):
    """A secret, and the Unix time of the hour from which on it signs."""

    since: int
    secret: bytes


class Keyring:
    """Every key there ever was, in any order. Without one, nothing is signed and nothing read."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = tuple(sorted(keys))
        self._from = [hour_of(key.since) for key in self.keys]

    def __bool__(self) -> bool:
        return bool(self.keys)

    def issue(self, kind: MarkKind, at: float, number: int) -> str:
        """A mark of this kind, made at the Unix time `at`. `number`: its own, of 32 bits; no two
        marks of one kind and hour may have the same. ValueError where no key is in force yet.
        """
        mark = Mark(kind, hour_of(at), number & 0xFFFF_FFFF)
        secret = self._secret(mark.hour)
        if secret is None:
            raise ValueError("no key is in force at this time")
        return mark.serial + _signature(secret, mark.serial)

    def number(self, at: float, *parts: str) -> int:
        """A number that is the same for the same parts as long as the key of `at` signs, and says
        nothing about them to anybody without it.
        """
        secret = self._secret(hour_of(at)) or b""
        text = "".join(f"{len(part)}:{part}" for part in parts)
        digest = hmac.digest(secret, b"number " + text.encode("utf-8", "surrogateescape"), "sha256")
        return int.from_bytes(digest[:4])

    def sign(self, at: float, what: str, data: bytes) -> bytes:
        """32 bytes that only a guard with the key of `at` can make of this; b"" where none is in force.
        What is signed as one thing (`what`) is never good for another.
        """
        secret = self._secret(hour_of(at))
        if secret is None:
            return b""
        return hmac.digest(secret, b"signed %s " % what.encode() + data, "sha256")

    def read(self, text: str) -> Mark | None:
        """The mark, where one of these keys has signed it. Case does not matter."""
        if not FORM.fullmatch(text):
            return None
        text = text.lower()
        mark = of_serial(text[:SERIAL_LENGTH])
        secret = self._secret(mark.hour) if mark is not None else None
        if secret is None:
            return None
        signature = _signature(secret, text[:SERIAL_LENGTH])
        return mark if hmac.compare_digest(signature, text[SERIAL_LENGTH:]) else None

    def _secret(self, hour: int) -> bytes | None:
        found = bisect_right(self._from, hour)
        return self.keys[found - 1].secret if found else None


def _signature(secret: bytes, serial: str) -> str:
    digest = hmac.digest(secret, b"mark " + serial.encode(), "sha256")
    return spelt(int.from_bytes(digest[:8]) >> 64 - _SIGNED_BITS, LENGTH - SERIAL_LENGTH)
