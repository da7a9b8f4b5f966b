"""Links in pages, feeds, JSON and playlists, marked as they pass. Everything else stays, byte for byte.

What says which page or episode it is stays as it is: canonical links, a feed's own address, `guid`, `id`
and their like in JSON. An item of an RSS feed that has no `guid` gets one, the address that it had
before: programs tell such items by that, and would see a new one with each mark.

Bytes come in any pieces. At most HOLD of them are kept back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

from stagedoor.marks.marked_links import PARAMETER, Form

Text = Literal["html", "xml", "json", "lines", "listing"]
"""html: pages, with scripts in them. xml: feeds and playlists. lines: M3U, HLS, PLS. listing: one of
these, by its first bytes."""
Wanted = Callable[[str], bool]
"""Whether this address gets a mark."""

HOLD: Final = 64 << 10
_BOM: Final = b"\xef\xbb\xbf"
_AROUND: Final = 1024
"""Bytes before and behind a link that are looked at: the tag it stands in."""

_QUOTED: Final = rb"""(?<=["'=])[^"'<>\s]*[./][^"'<>\s]*(?=["'<>\s])"""
_TOKEN: Final = re.compile(rb"(?!)()()|" + _QUOTED)
_XML_TOKEN: Final = re.compile(
    rb"""(<(?:\w+:)?(?:location|BaseURL)\b[^<>]{0,512}>\s*(?:<!\[CDATA\[)?)([^<>"'\s\]]+)(?=[<\s\]])|"""
    + _QUOTED
)
_ITEM: Final = re.compile(
    rb"""<(item)\b|<(guid)\b|<enclosure\b[^<>]*?\burl\s*=\s*["']([^"'<>]*)["']|(</item\s*>)""",
    re.IGNORECASE,
)
_STAYS: Final = re.compile(
    rb"""\brel\s*=\s*["']?[^"'<>]*\b(?:canonical|self|hub|amphtml|shortlink)\b""", re.IGNORECASE
)
_NAMING_TAG: Final = re.compile(rb"<(?:\w+:)?(?:guid|id)\b", re.IGNORECASE)
_NAMING_KEY: Final = re.compile(
    rb"""["'](?:_?id|guid|@id|uuid|identifier|canonical(?:[_-]?url)?|self|feed_url)["']\s*:\s*["']\Z""",
    re.IGNORECASE,
)
_ORIGIN: Final = re.compile(rb"(?:https?:)?(?:\\?/){2}[^/\\?#]*", re.IGNORECASE)
_LINE_URI: Final = re.compile(rb'(?<=URI=")([^"]+)(?=")')
_PLS: Final = re.compile(rb"(File\d+\s*=\s*)(.*)\Z", re.IGNORECASE | re.DOTALL)
_OTHER_KEY: Final = re.compile(rb"[A-Za-z]+\d*\s*=|\[", re.IGNORECASE)
_NO_URIS: Final = (b"#EXT-X-DATERANGE", b"#EXT-X-SESSION-DATA")
_ESCAPED: Final = ((b"\\/", b"/"), (b"\\u0026", b"&"), (b"\\u002F", b"/"), (b"\\u002f", b"/"))
_ENTITIES: Final = ((b"&#38;", b"&"), (b"&#x26;", b"&"), (b"&amp;", b"&"))
_ENDS: Final = (b">", b'"', b"'", b"<", b" ", b"\n", b"\t", b"\r")


class LinkRewriter:
    """Feed the bytes of one resource, take them back. `mark` is asked for when the first link is found
    that gets one, and again for each; `found` counts them.
    """

    __slots__ = (
        "_amp", "_form", "_guid", "_in_item", "_mark", "_rest", "_text", "_url", "_wanted", "found",
    )  # fmt: skip

    def __init__(self, text: Text, wanted: Wanted, mark: Callable[[], str], form: Form = "query") -> None:  # fmt: skip
        self._text, self._wanted, self._mark, self._form = text, wanted, mark, form
        self._amp = b"&"
        self._rest = b""
        self._in_item = self._guid = False
        self._url = b""
        self.found = 0

    def feed(self, data: bytes) -> bytes:
        """More of it; returns what can go out."""
        data = self._rest + data
        if not self._settled(data):
            self._rest = data
            return b""
        cut = self._cut(data)
        if cut <= 0:
            if len(data) <= HOLD:
                self._rest = data
                return b""
            cut = len(data)
        self._rest = data[cut:]
        return self._marked(data[: cut + 1])[: -1 if cut < len(data) else None]

    def finish(self) -> bytes:
        """It is over; returns the rest."""
        data, self._rest = self._rest, b""
        self._settled(data + b"\n#")
        return self._marked(data + b"\n")[:-1]

    def _settled(self, data: bytes) -> bool:
        """Whether it is known how it is written."""
        if self._text == "listing":
            start = data[:_AROUND].removeprefix(_BOM).lstrip()
            if not start or _BOM.startswith(data) or start == b"[":
                return len(data) > _AROUND
            first = start[:1]
            if first == b"<":
                self._text = "xml"
            elif first == b"{" or (first == b"[" and start[1:2] in b" \r\n\t{"):
                self._text = "json"
            else:
                self._text = "lines"
        if self._text == "xml":
            self._amp = b"&amp;"
        return True

    def _cut(self, data: bytes) -> int:
        """Where `data` can be cut without cutting a link, or the tag around it."""
        if self._text == "lines":
            return max(data.rfind(b"\n"), data.rfind(b"\r"))
        if self._text == "xml":
            cut = data.rfind(b"</")
        elif self._text == "json":
            cut = data.rfind(b'",')
        else:
            tag, end = data.rfind(b"<"), data.rfind(b">")
            if tag <= end:
                return max(end, data.rfind(b'",'), data.rfind(b"\n"))
            cut = tag if len(data) - tag <= 2 * _AROUND else 0  # so long a tag is none
        if cut > 0 or len(data) <= 2 * _AROUND:
            return cut
        return max(data.rfind(sign) for sign in _ENDS)

    def _marked(self, data: bytes) -> bytes:
        if self._text == "lines":
            return b"".join(map(self._line, data.splitlines(keepends=True)))

        def one(found: re.Match[bytes]) -> bytes:
            if found[2] is not None:
                return found[1] + self._link(found[2])
            link = self._link(found[0])
            if link is not found[0] and self._names(data, found.start()):
                self.found -= 1
                return found[0]
            return link

        out = (_XML_TOKEN if self._text == "xml" else _TOKEN).sub(one, data)
        return self._with_guids(out, data) if self._text == "xml" else out

    def _names(self, data: bytes, at: int) -> bool:
        """Whether the address at this place says which resource it is, and leads nowhere."""
        if _NAMING_KEY.search(data, max(0, at - 40), at):
            return True
        start = data.rfind(b"<", max(0, at - _AROUND), at)
        if start < 0 or data.rfind(b">", start, at) >= 0:
            return False
        end = data.find(b">", at, at + _AROUND)
        tag = data[start : end if end >= 0 else at + _AROUND]
        return _NAMING_TAG.match(tag) is not None or _STAYS.search(tag) is not None

    def _line(self, line: bytes) -> bytes:
        """One line of a playlist."""
        body = line.rstrip(b"\r\n")
        end = line[len(body) :]
        if body.startswith(b"#"):
            if body.startswith(_NO_URIS):
                return line
            return _LINE_URI.sub(lambda found: self._link(found[0]), body) + end
        if (file := _PLS.match(body)) is not None:
            return file[1] + self._link(file[2]) + end
        stripped = body.strip()
        if not stripped or _OTHER_KEY.match(stripped):
            return line
        return body.replace(stripped, self._link(stripped)) + end

    def _link(self, raw: bytes) -> bytes:
        """The address as it is written, with a mark where it gets one; else the same object."""
        plain = raw
        if b"\\" in raw:
            for written, meant in _ESCAPED:
                plain = plain.replace(written, meant)
        if b"&" in raw and self._text != "lines":
            for written, meant in _ENTITIES:
                plain = plain.replace(written, meant)
        if not self._wanted(plain.decode("utf-8", "surrogateescape")):
            return raw
        self.found += 1
        mark = self._mark().encode()
        if self._form == "path":
            origin = _ORIGIN.match(raw)
            start = origin.end() if origin else 0
            if raw[start : start + 1] in {b"/", b"\\"}:
                return b"%s/%s-%s%s" % (raw[:start], PARAMETER.encode(), mark, raw[start:])
        before, sign, fragment = raw.partition(b"#")
        if sign and before.endswith(b"&"):  # &#38; is no fragment
            before, sign, fragment = raw, b"", b""
        first = self._amp if b"?" in before else b"?"
        return before + first + PARAMETER.encode() + b"=" + mark + sign + fragment

    # -- items without a guid --------------------------------------------------------------------------

    def _with_guids(self, out: bytes, data: bytes) -> bytes:
        """`out` with a guid in each item that has none; `data` is the same before it was marked."""
        if not self._in_item and b"<item" not in data and b"<ITEM" not in data:
            return out
        adding: list[bytes] = []
        for found in _ITEM.finditer(data):
            if found[1]:
                self._in_item, self._guid, self._url = True, False, b""
            elif found[2]:
                self._guid = True
            elif found[3] is not None:
                self._url = self._url or found[3]
            else:
                needs = self._in_item and not self._guid and bool(self._url)
                adding.append(self._url if needs else b"")
                self._in_item = False
        if not any(adding):
            return out
        urls = iter(adding)

        def ended(found: re.Match[bytes]) -> bytes:
            url = next(urls, b"")
            guid = b'<guid isPermaLink="false">' + url + b"</guid>" if url else b""
            return guid + found[0]

        return _ITEM_END.sub(ended, out)


_ITEM_END: Final = re.compile(rb"</item\s*>", re.IGNORECASE)


def text_of(kind: str, content_type: str) -> Text | None:
    """How a resource is written; None for what holds no links of ours."""
    media = content_type.partition(";")[0].strip().lower()
    if kind in {"playlist", "feed"}:
        return "listing"
    if media == "text/html":
        return "html"
    if media.endswith(("/json", "+json")):
        return "json"
    return "xml" if media.endswith(("/xml", "+xml")) else None
