"""Keys under which recordings are remembered: the same in every process."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

MAX_CACHED = 512
"""Characters; longer texts are rare, and each of them a possible attack on memory."""


def recording_key(path: str) -> bytes:
    """The key of a recording, 8 bytes whatever the path's length."""
    return _short(path) if len(path) <= MAX_CACHED else _digest(path)


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()


@lru_cache(maxsize=8192)
def _short(text: str) -> bytes:
    """Few recordings and agents are asked for again and again: one object serves all."""
    return _digest(text)
