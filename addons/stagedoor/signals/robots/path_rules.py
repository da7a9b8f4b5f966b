"""Paths of robots.txt: one spelling for comparing, `*` and `$`, and the longest match.

RFC 9309, section 2.2.2 and 2.2.3. Both the rule and the request are brought to one spelling:

- an encoded unreserved character is decoded (`%62` → `b`), any other escape is written `%C3`;
- octets outside ASCII, and those that may not stand in a URI, are encoded;
- a reserved character stays as it was written (`/` is not `%2F`), except that `: / ? @`, which mean
  nothing within a query, are decoded there: the RFC's own table has `?baz=https://foo.bar` equal
  to `?baz=https%3A%2F%2Ffoo.bar`;
- in a request `*` and `$` are encoded, so that a rule's `%2A` and `%24` mean the characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_AS_WRITTEN = _UNRESERVED + b"/?:@!&'()+,;=*$"
_ESCAPE_OR_ODD = re.compile(rb"%[0-9A-Fa-f]{2}|[^" + re.escape(_AS_WRITTEN) + rb"]")
_PLAIN = re.compile(rb"[" + re.escape(_UNRESERVED + b"/?&=") + rb"]*")
_NEUTRAL_IN_QUERY = re.compile(rb"%(?:2F|3A|3F|40)")


def _one_spelling(match: re.Match[bytes]) -> bytes:
    found = match.group()
    octet = int(found[1:], 16) if len(found) > 1 else found[0]
    return bytes([octet]) if octet in _UNRESERVED else b"%%%02X" % octet


def _decoded(match: re.Match[bytes]) -> bytes:
    return bytes([int(match.group()[1:], 16)])


def spelled(path: bytes) -> bytes:
    """`path` in the one spelling, `*` and `$` left alone."""
    if _PLAIN.fullmatch(path):
        return path
    before, mark, query = _ESCAPE_OR_ODD.sub(_one_spelling, path).partition(b"?")
    return before + mark + _NEUTRAL_IN_QUERY.sub(_decoded, query)


def requested(path_and_query: str | bytes) -> bytes:
    """A request's path with its query, as rules are compared with it; begins with `/`."""
    if isinstance(path_and_query, str):
        path_and_query = path_and_query.encode("utf-8", "surrogateescape")
    path = spelled(path_and_query).replace(b"*", b"%2A").replace(b"$", b"%24")
    return path if path.startswith(b"/") else b"/" + path


def pattern(written: bytes) -> bytes:
    """A rule's path in the one spelling; only a last `$` still stands for the end."""
    body = spelled(written)
    anchor = body[-1:] if body.endswith(b"$") else b""
    return body.removesuffix(b"$").replace(b"$", b"%24") + anchor


def literal(spelled_pattern: bytes) -> bytes | None:
    """What a path must begin with, where that is all a pattern asks; None for other patterns."""
    body = spelled_pattern.rstrip(b"*")
    return None if b"*" in body or body.endswith(b"$") else body


class _Wild:
    """A pattern with `*` or `$`. Every part is looked for once, from where the last one ended."""

    __slots__ = ("_first", "_last", "_rest", "_whole")

    def __init__(self, spelled_pattern: bytes) -> None:
        anchored = spelled_pattern.endswith(b"$")
        self._first, *rest = spelled_pattern.removesuffix(b"$").split(b"*")
        self._whole = anchored and not rest
        self._last = rest.pop() if anchored and rest else None
        self._rest = tuple(filter(None, rest))

    def matches(self, path: bytes) -> bool:
        if self._whole or not path.startswith(self._first):
            return path == self._first
        at = len(self._first)
        for part in self._rest:
            found = path.find(part, at)
            if found < 0:
                return False
            at = found + len(part)
        if self._last is None:
            return True
        return path.endswith(self._last) and len(path) - len(self._last) >= at


class Longest[T]:
    """Patterns and what is said at each; asked for a path, it answers with the longest that match.

    Plain prefixes are looked up, one look for each length that occurs; only patterns with `*` or
    `$` are tried one by one, and only those that could still win.
    """

    def __init__(self, entries: Iterable[tuple[bytes, T]]) -> None:
        """`entries`: patterns as `pattern()` gives them; an empty one matches every path."""
        plain: dict[bytes, list[T]] = {}
        wild: dict[bytes, list[T]] = {}
        for text, payload in entries:
            where = wild if b"*" in text or text.endswith(b"$") else plain
            where.setdefault(text, []).append(payload)
        self._plain = {text: tuple(payloads) for text, payloads in plain.items()}
        self._lengths = sorted({len(text) for text in plain}, reverse=True)
        self._wild = [
            (len(text), _Wild(text), tuple(wild[text]))
            for text in sorted(wild, key=len, reverse=True)
        ]

    def match(self, path: bytes) -> tuple[T, ...]:
        """All that is said at the longest matching patterns, in octets; `path` from `requested`."""
        best = -1
        found: tuple[T, ...] = ()
        for length in self._lengths:
            if length <= len(path) and path[:length] in self._plain:
                best, found = length, self._plain[path[:length]]
                break
        for length, wild, payloads in self._wild:
            if length < best:
                break
            if wild.matches(path):
                found = found + payloads if length == best else payloads
                best = length
        return found
