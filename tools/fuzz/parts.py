"""What targets share: inputs in several parts, and the catalogue that ships."""

from __future__ import annotations

from functools import cache

from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy

SEPARATOR = b"\x1e"


def split(data: bytes, count: int) -> list[bytes]:
    """`data` in exactly `count` parts; what is missing is empty."""
    found = data.split(SEPARATOR, count - 1)
    return found + [b""] * (count - len(found))


def fields(data: bytes) -> tuple[tuple[str, str], ...]:
    """Header lines as the door reads them: one character a byte."""
    lines = (line.partition(b":") for line in data.split(b"\n")[:100])
    return tuple(
        (name.decode("latin-1"), value.strip().decode("latin-1"))
        for name, colon, value in lines
        if colon
    )


@cache
def policy() -> Policy:
    """What ships, read once."""
    return rule_folder.load()
