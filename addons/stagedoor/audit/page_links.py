"""Links of a page, a feed or a playlist. The input is not trusted: bounded, linear, no entities."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit, urlunsplit
from xml.parsers import expat

from lxml import etree

from stagedoor.model.facts import Kind
from stagedoor.resources.kinds import classify
from stagedoor.resources.paths import normalise
from stagedoor.signals.html.head import decoded

MOST = 200
"""Links of one kind that are kept of one document."""
_CHUNK = 16_384
_DEPTH = 64
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml"})
_SOUND: frozenset[Kind] = frozenset({"audio", "playlist"})
_WHOLE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SAFE = "/%:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Links:
    """Absolute addresses, each once, in the order they were found."""

    recordings: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()


def joined(base: str, reference: str) -> str:
    """`reference` as an address that can be asked; empty where it is none (mailto:, nonsense)."""
    try:
        parts = urlsplit(urljoin(base, reference.strip()))
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            return ""
        _ = parts.port  # raises where it is no number
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:  # UnicodeError is one
        return ""
    if any(ord(character) <= 0x20 or character in '<>"\\^`{|}\x7f' for character in host):
        return ""
    path, query = (quote(text, safe=_SAFE + "?") for text in (parts.path, parts.query))
    return urlunsplit((parts.scheme, host.lower(), path or "/", query, ""))


def sounds(url: str) -> bool:
    """Whether an address looks like a recording or a playlist."""
    return classify(normalise(urlsplit(url).path)).kind in _SOUND


class _Page:
    """What lxml calls for each tag of a page."""

    def __init__(self, url: str) -> None:
        self.base = url
        self.recordings: dict[str, None] = {}
        self.feeds: dict[str, None] = {}
        self._url = url
        self._based = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        href, src = attributes.get("href", ""), attributes.get("src", "")
        if tag == "base" and href and not self._based:
            self.base, self._based = joined(self._url, href) or self._url, True
        elif tag == "audio" or (
            tag == "source" and attributes.get("type", "audio/")[:6] == "audio/"
        ):
            self._keep(self.recordings, src)
        elif tag == "meta" and attributes.get("property", "").lower() in _OPEN_GRAPH:
            self._keep(self.recordings, attributes.get("content", ""))
        elif tag == "a" and href:
            self._linked(href)
        elif tag == "link" and "alternate" in attributes.get("rel", "").lower().split():
            kind = attributes.get("type", "").partition(";")[0].strip().lower()
            if kind in _FEED_TYPES:
                self._keep(self.feeds, href)

    def _linked(self, href: str) -> None:
        url = joined(self.base, href)
        if url and sounds(url):
            self._keep(self.recordings, url)
        elif url and classify(normalise(urlsplit(url).path)).kind == "feed":
            self._keep(self.feeds, url)

    def _keep(self, among: dict[str, None], reference: str) -> None:
        url = joined(self.base, reference) if reference.strip() else ""
        if url and len(among) < MOST:
            among[url] = None

    def close(self) -> None:
        pass


_OPEN_GRAPH = frozenset({"og:audio", "og:audio:url", "og:audio:secure_url"})


def in_page(data: bytes, charset: str, url: str) -> Links:
    """Recordings and feeds that the page at `url` plays or links to."""
    target = _Page(url)
    parser = etree.HTMLParser(target=target, encoding="utf-8")
    page = decoded(data, charset).encode("utf-8", "replace")
    try:
        for at in range(0, len(page), _CHUNK):
            parser.feed(page[at : at + _CHUNK])
        parser.close()
    except etree.LxmlError:
        pass
    return Links(tuple(target.recordings), tuple(target.feeds))


class _StopError(Exception):
    pass


def in_feed(data: bytes, url: str) -> tuple[str, ...]:
    """The enclosures of an RSS or Atom feed, also of one that was not read to its end."""
    found: dict[str, None] = {}
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH or len(found) >= MOST:
            raise _StopError
        local = name.rpartition(" ")[2]
        reference = ""
        if local == "enclosure":
            reference = attributes.get("url", "")
        elif local == "link" and attributes.get("rel") == "enclosure":
            reference = attributes.get("href", "")
        if reference and (address := joined(url, reference)):
            found[address] = None

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise _StopError

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = refuse
    with suppress(expat.ExpatError, _StopError, ValueError, LookupError):
        parser.Parse(data, True)
    return tuple(found)


def in_playlist(data: bytes, url: str) -> str:
    """The first entry of an M3U or HLS playlist; empty where there is none."""
    for line in data.decode("utf-8-sig", "replace").splitlines()[:10_000]:
        entry = line.strip()
        if entry and not entry.startswith("#"):
            # `C:\music\a.mp3` and `spotify:…` lead nowhere on this site.
            return (
                "" if _WHOLE.match(entry) and not entry.startswith("http") else joined(url, entry)
            )
    return ""
