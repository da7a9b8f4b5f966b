"""Patterns of paths as robots.txt writes them (RFC 9309, 2.2.2 and 2.2.3): `*` and a final `$`.

TDMRep's locations, RSL's scopes and ai.txt's extensions are written the same way. No backtracking:
each piece between two stars is looked for once, from left to right.
"""

from __future__ import annotations

import re
from urllib.parse import quote

_CODED = re.compile(r"%([0-9A-Fa-f]{2})|[^!-~]+")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def normalised(path: str) -> str:
    """`path` (or a pattern) in one spelling: `%6d` is `m`, `%c3` is `%C3`, `ü` is `%C3%BC`."""
    return _CODED.sub(_spelled, path)


def _spelled(found: re.Match[str]) -> str:
    if not found[1]:
        return quote(found[0], safe="", errors="surrogatepass")
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()


def pattern(written: str) -> str:
    """A pattern in the one spelling; only a last `$` stands for the end."""
    body = normalised(written)
    return body.removesuffix("$").replace("$", "%24") + "$" * body.endswith("$")


def requested(path: str) -> str:
    """A path (with its query) that is asked for, in the one spelling."""
    return normalised(path).replace("*", "%2A").replace("$", "%24")


def matches(pattern: str, path: str) -> bool:
    """Whether a `pattern` holds for a `requested` path from its first character on."""
    anchored = pattern.endswith("$")
    first, *others = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not others:
        return not anchored or at == len(path)
    *middle, last = others
    for piece in middle:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    if anchored:
        return len(path) - len(last) >= at and path.endswith(last)
    return path.find(last, at) >= 0
