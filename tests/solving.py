"""Solves a challenge as a browser does, in other words."""

from __future__ import annotations

import hashlib

from stagedoor.marks.challenge import PARTS, Challenge, part_bits


def solve(challenge: Challenge) -> str:
    """The answer to it."""
    numbers = []
    for part in range(PARTS):
        number = 0
        while True:
            digest = hashlib.sha256(f"{challenge.text}.{part}.{number}".encode()).digest()
            if int.from_bytes(digest) < 1 << (256 - part_bits(challenge.bits)):
                break
            number += 1
        numbers.append(str(number))
    return ".".join(numbers)
