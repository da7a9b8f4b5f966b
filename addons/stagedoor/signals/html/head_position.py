"""The position in a page where its tags go.

- Directly after `<head>`; without one, before the first thing that makes a browser open the head
  by itself. Never before a doctype, which would mean quirks mode.
- After `<meta charset>` where that comes first (AMP asks for it), and, where neither the response's
  header nor a byte order mark says the encoding, anywhere it stands in the first 1,024 bytes: it is
  not pushed out of what browsers search for it.
- Nowhere in fragments, and in what is called HTML and is none. A page shows itself by a doctype,
  `<html>`, `<head>`, `<body>`, `<frameset>`, `<title>` or `<meta>` before any text.
- In XHTML only directly after `<head>`: an XML parser adds nothing by itself.

What browsers do: HTML Standard, sections 13.2.6.4.1 to 13.2.6.4.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stagedoor.signals.html.charsets import PRESCAN, attributes, said
from stagedoor.signals.html.tokens import RAW, Scanner, Token

_SHOWS_PAGE: Final = frozenset({b"html", b"head", b"body", b"frameset", b"title", b"meta"})
_OPENS_HEAD: Final = frozenset({b"head", b"body", b"html", b"br"})
"""End tags that do, where nothing has opened the head yet."""
_LIGHT: Final = frozenset({b"meta", b"link", b"base", b"basefont", b"bgsound"})
"""What stands in a head and has no content."""


class Walk:
    """One way through a page's tokens. `place` is where tags would go, -1 as long as nowhere."""

    __slots__ = ("_look", "_open", "page", "place", "scanner", "xml")

    def __init__(self, *, xml: bool) -> None:
        self.scanner = Scanner(xml=xml)
        self.xml = xml
        self.page = False
        self.place = -1
        self._look = True
        self._open = b""

    def on(self, *, look_for_charset: bool) -> bool:
        """As far as the tokens go; true when the place is final. `look_for_charset`: the page may
        still say its encoding; otherwise only the head's first tag matters.
        """
        self._look = look_for_charset
        step = self._xhtml if self.xml else self._html
        while token := self.scanner.next():
            if step(token):
                return True
        return False

    def _xhtml(self, token: Token) -> bool:
        written = bytes(self.scanner.text[token.begin : token.end])
        if token.kind == "doctype":
            return b"[" in written  # declarations of its own, with quotes and tags of their own
        if token.kind == "comment":
            return False
        if token.kind == "start" and not written.endswith(b"/>"):
            if written.startswith(b"<html") and token.name == b"html" and not self._open:
                self.page, self._open = True, b"html"
                return False
            if written.startswith(b"<head") and token.name == b"head" and self._open:
                self.place = token.end
        return True

    def _html(self, token: Token) -> bool:
        if token.kind == "doctype":
            self.page = True
        if token.kind in {"doctype", "comment"}:
            return False
        if token.kind == "end" and token.name == self._open:
            self._open = b""
            return False
        if token.kind == "end" and self.place < 0 and token.name not in _OPENS_HEAD:
            return False  # what browsers ignore there
        if token.kind != "start":
            return self._final(token)
        self.page = self.page or token.name in _SHOWS_PAGE
        if token.name == b"html" and self.place < 0:
            return False
        if token.name == b"head" and self.place < 0:
            self.place = token.end
            return False
        self._final(token)
        if token.name == b"meta" and said(self._attributes(token)):
            self.place = token.end
            return True
        if self.page and (not self._look or token.begin >= PRESCAN):
            return True
        if token.name in RAW:
            self._open = token.name
            self.scanner.raw(token.name)
            return False
        return token.name not in _LIGHT

    def _attributes(self, token: Token) -> Iterator[tuple[bytes, bytes]]:
        written = bytes(self.scanner.text[token.begin : token.end])
        return attributes(written[1 + len(token.name) :])

    def _final(self, token: Token) -> bool:
        """The head is open now in any case, and ends here."""
        if self.place < 0:
            self.place = token.begin
        return True
