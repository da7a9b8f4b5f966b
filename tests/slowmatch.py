"""The matcher's definition, read literally and slowly with `re`: what the fast one must agree with.

The ways of matching are those of `identify.catalogue.Match`, the precedence is that of
`identify.matcher._TIERS`, written down here a second time on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from stagedoor.identify.catalogue import Catalogue, Match, Signature
from stagedoor.model.facts import CRAWLERS

_LATER = ("headless", "downloader", "http-library", "browser", "unknown")
_PEOPLE = ("subsonic-client", "podcast-app", "feed-reader", "cast-device")


def _tier(signature: Signature) -> int:
    if signature.purpose in _PEOPLE:
        return 1
    if signature.purpose == "music-player":
        return 2
    if signature.fallback and signature.purpose in {*CRAWLERS, "robot"}:
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


def _blanks(text: bytes) -> bytes:
    """`%20` and `+` read as blanks, as `identify.matcher.plain` has it."""
    found = b""
    while escape := re.search(rb"%([2-9A-Fa-f][0-9A-Fa-f])", text):
        found += text[: escape.start()] + bytes([int(escape[1], 16)])
        text = text[escape.end() :]
    found += text
    if b" " not in found and (b"+(" in found or b";+" in found):
        return found.replace(b"++", b" \0").replace(b"+", b" ").replace(b"\0", b"+")
    return re.sub(rb"([0-9A-Za-z])\+(?=[A-Za-z])", rb"\1 ", found)


def _claims(catalogue: Catalogue, agent: bytes) -> Iterator[tuple[tuple[int, bool, int, int], str]]:
    for number, signature in enumerate(catalogue.signatures):
        if signature.robots_only or any(
            _blanks(w.encode()).lower() in agent.lower() for w in signature.unless
        ):
            continue
        for token in signature.tokens:
            if _pattern(signature.match, _blanks(token.encode())).search(agent):
                yield (_tier(signature), signature.fallback, -len(token), number), signature.name


def slow_name(catalogue: Catalogue, agent: bytes) -> str:
    """The name that `agent` must be taken for."""
    if not re.search(rb"[0-9A-Za-z\x80-\xff]", agent):
        return "anonymous"
    found = min(_claims(catalogue, _blanks(agent)), default=None)
    return found[1] if found else "unknown"
