"""Texts that were published: their SHA-256, and what a robots.txt among them means."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from stagedoor.signals.robots import access
from stagedoor.signals.robots.lines import Robots

MOST_TEXTS = 32
"""Texts whose hash and meaning are kept: at most 16 MB."""


def digest_of(text: bytes) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text).hexdigest()


class Texts:
    """Remembers the last texts, so that none is hashed or read twice."""

    def __init__(self) -> None:
        self._digests: OrderedDict[tuple[str, bytes], str] = OrderedDict()
        self._robots: OrderedDict[str, Robots] = OrderedDict()

    def digest(self, path: str, text: bytes) -> tuple[str, bool]:
        """The SHA-256 of what is published at `path`, and whether it has not been seen there."""
        known = self._digests.get((path, text))
        if known is not None:
            return known, False
        known = self._digests[path, text] = digest_of(text)
        while len(self._digests) > MOST_TEXTS:
            self._digests.popitem(last=False)
        return known, True

    def robots(self, digest: str, load: Callable[[str], bytes | None]) -> Robots | None:
        """The robots.txt of this SHA-256, parsed; `load` gives its text, None where it is gone."""
        if not digest:
            return None
        known = self._robots.get(digest)
        if known is None:
            text = load(digest)
            if text is None:
                return None
            known = self._robots[digest] = access.read(text)
            while len(self._robots) > MOST_TEXTS:
                self._robots.popitem(last=False)
        return known
