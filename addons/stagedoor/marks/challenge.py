"""One challenge: a signed question that a browser answers by calculating, or a visitor by waiting.

    bytes   field
    0-3     Unix time at which it was made
    4       bits: how much there is to calculate
    5       wait: after how many seconds it is good without a calculation
    6-13    a random salt
    14-29   the beginning of an HMAC-SHA256 over all of that and the household that it was handed to

It is written in base64url, 40 characters. Nobody has to remember it: what was forged or altered, is too
old, or was handed to another household is worth nothing. That it counts once is kept elsewhere.

The calculation has PARTS parts, so that it takes about as long each time. Part `i` is solved by a
number `n` for which the SHA-256 of `CHALLENGE.i.n` begins with `bits` - 3 bits of zero: all together
that takes 2^`bits` hashes on average. The answer is the numbers with dots between them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final, Literal

from stagedoor.marks.keyring import Keyring

PARTS: Final = 8
LIFE: Final = 1_800
"""Seconds for which a challenge can be solved."""
FEWEST_BITS, MOST_BITS = 4, 28
Fault = Literal["forged", "expired"]
"""forged: by anybody without the key, or handed to another household."""
_FIELDS: Final = struct.Struct(">IBB8s")
_SIGNATURE: Final = 16
_SKEW: Final = 60
"""Seconds by which the clock of another guard with the same keys may be ahead."""
_FORM: Final = re.compile(r"[A-Za-z0-9_-]{40}")
_ANSWER: Final = re.compile(rf"[0-9]{{1,12}}(?:\.[0-9]{{1,12}}){{{PARTS - 1}}}")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What stands in it; `text` is the whole as it was handed out."""

    text: str
    at: int
    bits: int
    wait: int

    def waited(self, now: float) -> bool:
        """Whether its visitor has waited for long enough at the Unix time `now`."""
        return now - self.at >= self.wait

    def answered(self, answer: str) -> bool:
        """Whether this is the answer to it."""
        if not _ANSWER.fullmatch(answer):
            return False
        zeros = part_bits(self.bits)
        return all(
            _begins_with_zeros(f"{self.text}.{number}.{found}", zeros)
            for number, found in enumerate(answer.split("."))
        )


def part_bits(bits: int) -> int:
    """How many bits of zero each part asks for."""
    return max(1, bits - (PARTS.bit_length() - 1))


def make(ring: Keyring, at: float, bits: int, wait: int, salt: bytes, household: str) -> str:
    """A challenge for this household; `salt` is 8 random bytes. ValueError where no key is in force."""
    fields = _FIELDS.pack(int(at), min(max(bits, FEWEST_BITS), MOST_BITS), min(wait, 255), salt)
    signature = _signed(ring, int(at), fields, household)
    if not signature:
        raise ValueError("no key is in force at this time")
    return urlsafe_b64encode(fields + signature).decode()


def read(ring: Keyring, text: str, household: str, now: float) -> Challenge | Fault:
    """The challenge, where it was made for this household, and not too long ago."""
    if not _FORM.fullmatch(text):
        return "forged"
    data = urlsafe_b64decode(text)
    fields, signature = data[: _FIELDS.size], data[_FIELDS.size :]
    at, bits, wait, _ = _FIELDS.unpack(fields)
    expected = _signed(ring, at, fields, household)
    if not expected or not hmac.compare_digest(expected, signature):
        return "forged"
    if not -_SKEW <= now - at <= LIFE:
        return "expired"
    return Challenge(text, at, bits, wait)


def _signed(ring: Keyring, at: int, fields: bytes, household: str) -> bytes:
    data = fields + household.encode("utf-8", "surrogateescape")
    return ring.sign(at, "challenge", data)[:_SIGNATURE]


def _begins_with_zeros(text: str, zeros: int) -> bool:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4]) >> (32 - zeros) == 0
