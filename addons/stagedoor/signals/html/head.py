"""The signals in an HTML page: what stands in its head, read by one scanner for all standards.

The scanner is libxml2's tokenizer (lxml), which builds no tree here and is stopped at `<body>`. The
standard library's html.parser needs 7 s for 32 kB of `<a ` (Python 3.13.0); parsers that
build trees are quadratic in nested elements. What stands in a comment, a title or a script is text.
"""

from __future__ import annotations

import codecs
from urllib.parse import urljoin

from lxml import etree

from stagedoor.signals import registry
from stagedoor.signals.html.head_elements import Head
from stagedoor.signals.links import Link
from stagedoor.signals.meaning import Statement
from stagedoor.signals.standards import rsl

LIMIT = 512_000
"""Octets of a page that are read; heads that are longer say what they say before."""
_CHUNK = 16_384
_ITEMS = 1_000
"""Elements of one kind that are kept."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NOT_ASCII = {
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "iso-2022-jp": "iso2022_jp",
}
"""Charsets in which markup is not ASCII. All others can be read as UTF-8 with some of the text
damaged; names and values of signals are ASCII."""


class _BodyReached(Exception):  # noqa: N818 (no error: the way out of the parser)
    pass


class _Target:
    """What lxml calls for each tag."""

    def __init__(self) -> None:
        self.metas: list[tuple[str, str]] = []
        self.licences: list[str] = []
        self.inline: list[bytes] = []
        self._script: list[str] | None = None
        self._templates = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "body":
            raise _BodyReached
        self._templates += tag == "template"
        if self._templates:
            return
        if tag == "meta" and len(self.metas) < _ITEMS and attributes.get("name"):
            self.metas.append((attributes["name"].strip(), attributes.get("content", "")))
        elif tag == "link" and len(self.licences) < _ITEMS:
            url = rsl.licence(Link(attributes.get("href", "").strip(), dict(attributes)))
            self.licences += [url] if url else []
        elif tag == "script" and len(self.inline) < _ITEMS:
            kind = attributes.get("type", "").partition(";")[0].strip().lower()
            self._script = [] if kind == rsl.MEDIA_TYPE else None

    def end(self, tag: str) -> None:
        self._templates -= tag == "template" and self._templates > 0
        if tag == "script" and self._script is not None:
            self.inline.append("".join(self._script).strip().encode("utf-8", "replace"))
            self._script = None

    def data(self, text: str) -> None:
        if self._script is not None:
            self._script.append(text)

    def close(self) -> None:
        pass


def scan(data: bytes, charset: str = "") -> Head:
    """What stands in the head of a page. `charset` is the Content-Type's, and may be empty."""
    target = _Target()
    parser = etree.HTMLParser(target=target, encoding="utf-8")
    page = decoded(data[:LIMIT], charset).encode("utf-8", "replace")
    try:
        for at in range(0, len(page), _CHUNK):
            parser.feed(page[at : at + _CHUNK])
        parser.close()
    except (_BodyReached, etree.LxmlError):
        pass
    return Head(tuple(target.metas), tuple(target.licences), tuple(target.inline))


def decoded(data: bytes, charset: str) -> str:
    """A page as text in which its markup can be read; what is no ASCII may be damaged."""
    marked = next((codec for mark, codec in _MARKS if data.startswith(mark)), "")
    codec = marked or _NOT_ASCII.get(charset.strip("\"' \t").lower(), "utf-8")
    return data.decode(codec, "replace").removeprefix("\ufeff")


def read(data: bytes, charset: str = "", url: str = "") -> tuple[Statement, ...]:
    """What a page at `url` (absolute) says of itself. Licences it names are to be fetched."""
    return read_head(scan(data, charset), url)


def read_head(head: Head, url: str) -> tuple[Statement, ...]:
    """The same of a head that was scanned before."""
    return tuple(
        statement
        for standard in registry.current().written
        if standard.page is not None
        for statement in standard.page.read(head, url)
    )


def licences(head: Head, url: str) -> tuple[str, ...]:
    """The absolute URLs of the licences that a page at `url` names."""
    found = []
    for reference in head.licences:
        try:
            found.append(urljoin(url, reference))
        except ValueError:  # a host in brackets that is no address
            continue
    return tuple(found)
