"""Insertion of tags into a page while it streams. No other byte changes, nor how the page is read.

Where they go: `head_position.py`. They are written in the page's encoding, and not at all where that is not
known, where an escape may have switched it before that place (ISO-2022-JP), or where a page would
no longer say its encoding within the bytes that browsers search for it (HTML Standard, section
13.2.3.2).

Tags that are there already stay. Theirs and ours add up: of robots directives all count.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from html import escape
from typing import Final, Literal, Self

from stagedoor.signals.html.body_link import BodyLink
from stagedoor.signals.html.charsets import (
    PRESCAN,
    Family,
    by_declaration,
    by_mark,
    family,
    prescan,
)
from stagedoor.signals.html.head_position import Walk

Outcome = Literal["tagged", "not-html", "no-place", "charset", "coding"]
"""`no-place`: no place was found in the first HOLD bytes. `coding`: the page's compression is
broken, or more than compression."""

HOLD: Final = 65_536
"""Characters of a page that are looked at, and kept back, for a place. Heads of real pages open
within the first two hundred; licences in comments before them take a few thousand."""

_TAG: Final = re.compile(r"<(?:meta|link)(?: [a-z-]+=\"[^\"<>]*\")+ />")
_SHIFT: Final = re.compile(rb"[\x0e\x0f\x1b]")


@dataclass(frozen=True, slots=True)
class Tags:
    """What goes into every page: `<meta … />` and `<link … />`, which HTML and XHTML read alike.

    `marker` goes into entity tags: another text is another page. Raises ValueError for a text that
    is not ASCII or is anything but such tags.
    """

    text: str
    marker: str
    link: str = ""
    """What goes into the body of an HTML page, see `body_link.py`."""

    @classmethod
    def of(cls, text: str, link: str = "") -> Self:
        """Tags of a text, as `meta()` writes it; it may be empty where there is a link."""
        if not (text or link) or _TAG.sub("", text).strip("\n") or not (text + link).isascii():
            raise ValueError(f'not a row of <meta name="…" content="…" />: {text!r}')
        return cls(text, f"-sd{hashlib.sha256((text + link).encode()).hexdigest()[:8]}", link)

    def without_link(self) -> Tags:
        """The same for those who are not shown the link; the page is the same to caches."""
        return replace(self, link="")


def meta(name: str, content: str) -> str:
    """One `<meta>`; what is not ASCII becomes a character reference."""
    written = [
        escape(part).encode("ascii", "xmlcharrefreplace").decode() for part in (name, content)
    ]
    return '<meta name="{}" content="{}" />'.format(*written)


class Inserter:
    """Feed a page's bytes, take them back with the tags.

    `charset` is the header's, or empty. `outcome` is None until it is known what becomes of the
    page; from then on bytes pass as they come. At most HOLD characters are kept back.
    """

    __slots__ = (
        "_charset", "_declared", "_family", "_held", "_link", "_settled", "_skip", "_tags", "_walk", "_xml",
        "outcome", "where",
    )  # fmt: skip

    def __init__(self, tags: Tags, charset: str = "", *, xml: bool = False) -> None:
        self._tags = tags
        self._charset = charset.strip("\"' ")
        self._xml = xml
        self._link: BodyLink | None = None
        self._walk = Walk(xml=xml)
        self._held = bytearray()
        self._family: Family | None = None
        self._declared = False
        self._skip = 0
        self._settled = False
        self.outcome: Outcome | None = None
        self.where = -1
        """How many bytes of the page stand before the tags; -1 where there are none."""

    def feed(self, data: bytes) -> bytes:
        """More of the page; returns what can go out."""
        if self._link is not None:
            return self._link.feed(data)
        if self.outcome is not None:
            return data
        before = len(self._held)
        self._held += data
        return self._go(before, last=False)

    def finish(self) -> bytes:
        """The page is over; returns what was kept back."""
        rest = b"" if self.outcome is not None else self._go(len(self._held), last=True)
        return rest + self._link.finish() if self._link is not None else rest

    @property
    def _coding(self) -> str:
        return "ascii" if self._family == "ascii" else self._family or "ascii"

    def _go(self, before: int, *, last: bool) -> bytes:
        if self._family is None:
            if not self._sniff(last=last):
                return b""
            before = self._skip
        if self._family == "unknown":
            return self._leave("charset")
        if not self._settled:
            self._walk.scanner.feed(self._characters(before))
            full = len(self._walk.scanner.text) >= HOLD
            done = self._walk.on(look_for_charset=not self._declared)
            if not done and not full and not last:
                return b""
            if full and not done and self._walk.place < 0:
                return self._leave("no-place")
            self._settled = True
        return self._settle(last=last)

    def _sniff(self, *, last: bool) -> bool:
        """Whether the encoding's family is known by now."""
        start = bytes(self._held[:6])
        marked = by_mark(start, whole=last)
        if marked is None:
            return False
        found, self._skip = marked
        if found == "unknown":
            if self._charset:
                found = family(self._charset)
            elif start[:1] in {b"<", b"\0"} and b"\0" in start[:2]:
                if len(start) < 6 and not last:
                    return False
                found = by_declaration(start)
            elif len(start) < 2 and not last:
                return False
            else:
                self._family = "ascii"  # a page may still say which; browsers guess none but these
                return True
        self._family, self._declared = found, True
        return True

    def _characters(self, before: int) -> bytes:
        """What has come since `before`, one byte a character, no more than HOLD altogether."""
        room = HOLD - len(self._walk.scanner.text)
        if self._family == "ascii":
            return bytes(self._held[before : before + room])
        begin = self._skip + 2 * len(self._walk.scanner.text)
        units = self._held[begin : begin + 2 * room]
        high, low = (0, 1) if self._family == "utf-16be" else (1, 0)
        pairs = zip(units[high::2], units[low::2], strict=False)
        return bytes(b if a == 0 and b < 0x80 else 0x80 for a, b in pairs)

    def _settle(self, *, last: bool) -> bytes:
        """Put the tags in, unless that would change how the rest is read."""
        if not self._walk.page:
            return self._leave("not-html")
        if self._walk.place < 0:
            return self._leave("no-place")
        wide = self._family != "ascii"
        at = self._skip + self._walk.place * (2 if wide else 1)
        tags = self._tags.text.encode(self._coding)
        if not wide and _SHIFT.search(self._held, 0, at):
            return self._leave("charset")
        if not self._declared:
            start = bytes(self._held[:PRESCAN])
            found = prescan(start)
            kept = found == prescan(start[:at] + tags + start[at:]) if at <= len(start) else True
            if len(start) < PRESCAN and not last and not (found and kept):
                return b""
            if not kept:
                return self._leave("charset")
        self.outcome, self.where = "tagged", at
        start, rest = bytes(self._held[:at] + tags), self._release(at)
        if self._tags.link and not self._xml:
            self._link = BodyLink(self._tags.link.encode(self._coding), follow=not wide)
            rest = self._link.feed(rest)
        return start + rest

    def _leave(self, outcome: Outcome) -> bytes:
        self.outcome = outcome
        return self._release(0)

    def _release(self, begin: int) -> bytes:
        data = bytes(self._held[begin:])
        self._held = bytearray()
        self._walk = Walk(xml=False)
        return data
