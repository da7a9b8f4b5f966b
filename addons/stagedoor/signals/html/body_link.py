"""A link put into a page's body while the page streams: at its beginning where that is plain to see.

From a place in the head on, tokens are followed to `<body>`, or to the first thing that opens a body
by itself; the link goes there. Programs that read links in their order then find it before all others.
Where the way is not plain (frames, `<noscript>`, a script with a comment in it, a body that is too far
away) the link goes behind the page's end: browsers take what stands there into the body.

Only the token that is not complete yet is kept back, so that what a site sends early arrives early.
"""

from __future__ import annotations

from typing import Final

from stagedoor.signals.html.tokens import RAW, Scanner, Token

MOST: Final = 262_144
"""Bytes of a head that are followed."""
_HEAD: Final = frozenset({b"meta", b"link", b"base", b"basefont", b"bgsound", b"head", b"html"})
_UNCLEAR: Final = frozenset({b"noscript", b"template", b"frameset", b"noframes"})


class BodyLink:
    """Feed what follows a place in the head, take it back with the link in it, once."""

    __slots__ = ("_frames", "_link", "_out", "_scanner")

    def __init__(self, link: bytes, *, follow: bool = True) -> None:
        """`follow`: the page's encoding is one byte for each letter of markup."""
        self._link = link
        self._scanner: Scanner | None = Scanner() if follow else None
        self._out = 0
        """How much of the scanner's text has gone out."""
        self._frames = False

    def feed(self, data: bytes) -> bytes:
        """More of the page; returns what can go out."""
        scanner = self._scanner
        if scanner is None:
            return data
        scanner.feed(data)
        while token := scanner.next():
            place = self._place(token)
            if place >= 0:
                return self._settle(place)
            if self._scanner is None:
                return self._rest(scanner)
        if len(scanner.text) > MOST:
            self._scanner = None
            return self._rest(scanner)
        sent, self._out = self._out, max(self._out, scanner.settled)
        return bytes(scanner.text[sent : self._out])

    def finish(self) -> bytes:
        """The page is over; returns what was kept back, and the link where it found no place."""
        scanner, self._scanner = self._scanner, None
        rest = self._rest(scanner) if scanner is not None else b""
        link = b"" if self._frames else self._link
        self._link = b""
        return rest + link

    def _place(self, token: Token) -> int:
        """Where the link goes; -1: not here. Without a scanner behind it: nowhere before the end."""
        scanner = self._scanner
        assert scanner is not None
        if token.kind in {"comment", "doctype", "end"} or token.name in _HEAD:
            return -1
        if token.kind == "start" and token.name in RAW:
            scanner.raw(token.name)
            return -1
        if token.name == b"body":
            return token.end
        if token.kind == "start" and token.name not in _UNCLEAR:
            return token.begin
        self._frames = token.name == b"frameset"
        self._scanner = None
        return -1

    def _settle(self, place: int) -> bytes:
        scanner, self._scanner = self._scanner, None
        assert scanner is not None
        text = scanner.text
        link, self._link = self._link, b""
        return bytes(text[self._out : place] + link + text[place:])

    def _rest(self, scanner: Scanner) -> bytes:
        return bytes(scanner.text[self._out :])
