"""Tokens of HTML, one chunk after the other.

As the HTML Standard's tokenizer (section 13.2.5) sees them, no further than a page's head needs.
Every byte is looked at once, wherever a chunk ends: what has been searched is not searched again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["start", "end", "comment", "doctype", "text"]
"""`comment` is also what a browser makes one of: `<!…>`, `<?…>`, `</ …>`. `text`: characters that
are no white space, or what this module does not follow; nothing comes after it."""


@dataclass(frozen=True, slots=True)
class Token:
    """`name` in lower case, for tags. `begin` and `end` count bytes from the page's first."""

    kind: Kind
    begin: int
    end: int
    name: bytes = b""


_DONE: Final = "done"

# State → the bytes that end it, what each of them leads to, and what all others lead to.
_STATES: dict[str, tuple[re.Pattern[bytes], dict[int, str], str]] = {
    name: (re.compile(stop), {ord(key): value for key, value in ways.items()}, rest)
    for name, stop, ways, rest in (
        ("name", rb"[\t\n\f\r />]", {">": _DONE}, "between"),
        ("between", rb"[^\t\n\f\r /]", {">": _DONE}, "attribute"),
        ("attribute", rb"[\t\n\f\r />=]", {">": _DONE, "/": "between", "=": "value"}, "after"),
        ("after", rb"[^\t\n\f\r ]", {">": _DONE, "/": "between", "=": "value"}, "attribute"),
        ("value", rb"[^\t\n\f\r ]", {">": _DONE, '"': "double", "'": "single"}, "bare"),
        ("bare", rb"[\t\n\f\r >]", {">": _DONE}, "between"),
        ("double", rb'"', {}, "between"),
        ("single", rb"'", {}, "between"),
        ("angle", rb">", {">": _DONE}, _DONE),
    )
}
_LETTER = re.compile(rb"[A-Za-z]")
_NAME = re.compile(rb"</?([^\t\n\f\r />]*)")
_NOT_SPACE = re.compile(rb"[^\t\n\f\r ]")
_COMMENT_END = re.compile(rb"--!?>")
_RAW_END = {
    name: re.compile(rb"</%s(?=[\t\n\f\r />])" % name, re.IGNORECASE)
    for name in (b"title", b"style", b"script")
}
RAW = frozenset(_RAW_END)
"""Elements whose content is no markup and ends with their end tag."""


class Scanner:
    """Feed bytes, take tokens. `xml`: a processing instruction ends with `?>`."""

    __slots__ = ("_at", "_begin", "_kind", "_raw", "_state", "_xml", "text")

    def __init__(self, *, xml: bool = False) -> None:
        self.text = bytearray()
        self._xml = xml
        self._begin = 0
        self._at = 0
        self._kind: Kind = "comment"
        self._state = ""
        """Empty between tokens."""
        self._raw = b""

    def feed(self, data: bytes) -> None:
        """More of the page."""
        self.text += data

    @property
    def settled(self) -> int:
        """How many bytes lie before every token that is still to come."""
        return self._at if self._raw or not self._state else self._begin

    def raw(self, name: bytes) -> None:
        """The token just taken opened element `name`, one of RAW: its end tag comes next."""
        self._raw, self._begin = name, self._at

    def next(self) -> Token | None:
        """The next token; None where the page has to go on for one."""
        if self._raw:
            return self._text_of_raw()
        if not self._state:
            known = self._open()
            if known is not None or not self._state:
                return known
        if self._state == "comment":
            return self._comment()
        if self._state == "instruction":
            return self._until(b"?>")
        while self._state != _DONE:
            stop, ways, rest = _STATES[self._state]
            found = stop.search(self.text, self._at)
            if found is None:
                self._at = len(self.text)
                return None
            self._at = found.end()
            self._state = ways.get(self.text[found.start()], rest)
        return self._token()

    def _token(self) -> Token:
        self._state = ""
        name = b""
        if self._kind in {"start", "end"}:
            found = _NAME.match(self.text, self._begin, self._at)
            name = found[1].lower() if found else b""
        return Token(self._kind, self._begin, self._at, name)

    def _open(self) -> Token | None:
        """Find out which kind of token begins; leaves the state empty where more is needed."""
        text = self.text
        found = _NOT_SPACE.search(text, self._at)
        if found is None:
            self._at = len(text)
            return None
        self._at = begin = found.start()
        head = bytes(text[begin : begin + 9]).lower()
        if head in {b"<", b"</", b"<!", b"<!-"} or (
            head != b"<!doctype" and b"<!doctype".startswith(head)
        ):
            return None
        self._begin = begin
        if _LETTER.match(head, 1) and head[:1] == b"<":
            self._kind, self._state, self._at = "start", "name", begin + 1
        elif head[:2] == b"</":
            closes = _LETTER.match(head, 2)
            self._kind, self._state = ("end", "name") if closes else ("comment", "angle")
            self._at = begin + 2
        elif head[:4] == b"<!--":
            self._kind, self._state, self._at = "comment", "comment", begin + 2
        elif head[:2] == b"<!":
            self._kind = "doctype" if head == b"<!doctype" else "comment"
            self._state, self._at = "angle", begin + 2
        elif head[:2] == b"<?":
            self._kind, self._at = "comment", begin + 2
            self._state = "instruction" if self._xml else "angle"
        else:
            return Token("text", begin, begin)
        return None

    def _comment(self) -> Token | None:
        """`-->` may share dashes with `<!--`, `--!>` may not."""
        while found := _COMMENT_END.search(self.text, self._at):
            if found[0] == b"-->" or found.start() >= self._begin + 4:
                self._at = found.end()
                return self._token()
            self._at = found.start() + 1
        self._at = max(self._at, len(self.text) - 3)
        return None

    def _until(self, closing: bytes) -> Token | None:
        found = self.text.find(closing, self._at)
        if found < 0:
            self._at = max(self._at, len(self.text) - len(closing) + 1)
            return None
        self._at = found + len(closing)
        return self._token()

    def _text_of_raw(self) -> Token | None:
        found = _RAW_END[self._raw].search(self.text, self._at)
        if found is None:
            self._at = max(self._at, len(self.text) - len(self._raw) - 2)
            return None
        if self._raw == b"script" and self.text.find(b"<!--", self._begin, found.start()) >= 0:
            # Whether this ends the script depends on what is nested in the "comment".
            return Token("text", self._begin, self._begin)
        self._raw = b""
        self._begin, self._at = found.start(), found.start() + 2
        self._kind, self._state = "end", "name"
        return self.next()
