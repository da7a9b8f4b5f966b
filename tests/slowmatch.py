"""The matcher's definition, read literally and slowly with `re`: what the fast one must agree with.

The ways of matching are those of `identify.catalogue.Match`, the precedence is that of
`identify.matcher._TIERS`, written down here a second time on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from stagedoor.identify.catalogue import Catalogue, Match, Signature

_LATER = ("headless", "downloader", "http-library", "browser", "unknown")
_PEOPLE = ("subsonic-client", "podcast-app", "feed-reader", "cast-device")


def _tier(signature: Signature) -> int:
    if signature.purpose in _PEOPLE:
        return 1
    if signature.purpose == "music-player":
        return 2
    if signature.purpose == "robot" and signature.fallback:
        return 3
    return 4 + _LATER.index(signature.purpose) if signature.purpose in _LATER else 0


@cache
def _pattern(match: Match, token: bytes) -> re.Pattern[bytes]:
    free_before = rb"(?<![0-9A-Za-z])" if token[:1].isalnum() else b""
    free_after = rb"(?![0-9A-Za-z])" if token[-1:].isalnum() else b""
    body = re.escape(token)
    patterns = {
        "word": free_before + body + free_after,
        "suffix": body + free_after,
        "prefix": rb"\A" + body + free_after,
        "exact": rb"\A" + body + rb"\Z",
    }
    return re.compile(patterns[match], re.IGNORECASE | re.DOTALL)  # of bytes: ASCII letters only


def _claims(catalogue: Catalogue, agent: bytes) -> Iterator[tuple[tuple[int, bool, int, int], str]]:
    for number, signature in enumerate(catalogue.signatures):
        if signature.robots_only or any(
            w.encode().lower() in agent.lower() for w in signature.unless
        ):
            continue
        for token in signature.tokens:
            if _pattern(signature.match, token.encode()).search(agent):
                yield (_tier(signature), signature.fallback, -len(token), number), signature.name


def slow_name(catalogue: Catalogue, agent: bytes) -> str:
    """The name that `agent` must be taken for."""
    found = min(_claims(catalogue, agent), default=None)
    return found[1] if found else "unknown"
