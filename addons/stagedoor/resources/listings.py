"""Listings: playlists and feeds, read as they pass, a line or a tag at a time.

What they name is reported at once; nothing is kept of them but what a line or a tag needs, and after
MOST bytes no more is read. Formats: M3U and HLS (RFC 8216, with variants, ranges, parts, keys and
init segments), DASH (ISO/IEC 23009-1), PLS, XSPF, ASX, RSS with enclosures, Atom, and the podcast
namespace's alternate enclosures.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple
from urllib.parse import urljoin, urlsplit

from stagedoor.resources.dash_manifests import manifest
from stagedoor.resources.paths import normalise
from stagedoor.resources.track_keys import track_key

MOST: Final = 8 << 20
"""Bytes of one listing that are read: a feed of a thousand episodes has about five million."""
MOST_LINE: Final = 16 << 10
"""Bytes of one line or tag; a longer one is left out."""
MOST_NAMED: Final = 20_000
"""Resources that one listing may name."""

Role = Literal["variant", "segment", "key", "recording", "episode", "live", "ended"]
"""variant: another playlist of the same track. key: what a segment cannot be read without. live,
ended: the listing itself goes on for ever, or does not."""


class Listed(NamedTuple):
    """A resource that a listing names: its key, what it is to the listing, how long it is, and where
    in the track it begins, in seconds. `again`: a further byte range of the file named before.
    """

    key: str
    kind: Role
    seconds: float = 0.0
    offset: float = 0.0
    again: bool = False


Report = Callable[[Listed], None]
_LONGEST: Final = 7 * 24 * 3600.0
_START: Final = 1024
"""Bytes that show what it is."""
_MOST_DASH: Final = 512 << 10
_DASH = re.compile(rb"<(?:\w+:)?MPD[\s>]")


class Reader:
    """Reads one listing. `target` is what was asked for, `hosts` are the site's names."""

    def __init__(self, target: str, hosts: frozenset[str], report: Report) -> None:
        self._base = urljoin("http://site.invalid/", target[: MOST_LINE // 4])
        self._hosts = hosts
        self._report = report
        self._named = self._read = 0
        self._rest = b""
        self._mode: Literal["", "lines", "tags", "dash"] = ""
        self._m3u = _M3u(self)
        self._tags = _Tags(self)
        self._whole = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes, out of their coding."""
        self._read += len(data)
        if self.full:
            self._rest = b""
            return
        data = self._rest + data
        if not self._mode:
            if len(data) < _START:
                self._rest = data
                return
            self._begin(data)
        self._rest = self._cut(data)

    @property
    def full(self) -> bool:
        """No more is read."""
        return self._read > MOST or self._named >= MOST_NAMED

    def end(self) -> None:
        """It has ended."""
        if self.full:
            return
        if not self._mode:
            self._begin(self._rest)
        self._cut(self._rest + b"\n")
        if self._mode == "lines":
            self._m3u.end()
        elif self._mode == "dash":
            for uri, kind, seconds, offset in manifest(bytes(self._whole)):
                self.name(uri, kind, seconds, offset)

    def _begin(self, data: bytes) -> None:
        """By its first bytes: tags or lines."""
        start = data[:_START].removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start.startswith(b"<"):
            self._mode = "lines"
        else:
            self._mode = "dash" if _DASH.search(start) else "tags"

    def _cut(self, data: bytes) -> bytes:
        """Hand on all that is complete; returns the rest."""
        if self._mode == "dash":
            if len(self._whole) < _MOST_DASH:
                self._whole += data
            return b""
        if self._mode == "lines":
            *lines, rest = data.replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                if len(line) <= MOST_LINE:
                    self._m3u.line(line.strip())
            return rest if len(rest) <= MOST_LINE else b""
        end = 0
        for found in _TAG.finditer(data):
            self._tags.tag(found[0])
            end = found.end()
        return data[max(end, len(data) - MOST_LINE) :]

    # -- what is named -----------------------------------------------------------------------------

    def name(self, uri: str, kind: Role, seconds: float = 0.0, offset: float = 0.0, *, again: bool = False) -> None:  # fmt: skip
        """Report the resource at `uri`, where it is one of this site."""
        key = self.key(uri)
        if key and self._named < MOST_NAMED:
            self._named += 1
            seconds = seconds if 0 < seconds < _LONGEST else 0.0
            self._report(Listed(key, kind, seconds, offset, again))

    def itself(self, kind: Role) -> None:
        """Report what the listing is."""
        self._report(Listed("", kind))

    def key(self, uri: str) -> str:
        """The key of `uri`; empty where it is none of this site's."""
        try:
            parts = urlsplit(urljoin(self._base, uri.strip()[:MOST_LINE]))
            host = (parts.hostname or "").lower()
        except ValueError:
            return ""
        if parts.scheme not in {"http", "https"}:
            return ""
        path, query = parts.path, parts.query
        if host != "site.invalid" and host not in self._hosts:
            # Podcast statistics put their own address in front: /redirect.mp3/example.org/a.mp3
            for own in self._hosts:
                _, found, behind = path.partition(f"/{own}/")
                if found:
                    path = "/" + behind
                    break
            else:
                return ""
        target = f"{path}?{query}" if query else path
        return track_key(normalise(target), target)


_ATTRIBUTE = re.compile(r'(?<![A-Z0-9-])([A-Z0-9-]+)=("[^"]*"|[^",]*)')
"""A name is only looked for where one begins: else a long word costs the square of its length."""


class _M3u:
    """M3U, HLS and PLS: one line after the other."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seconds = self._offset = 0.0
        self._segments = self._variant = False
        self._ranged = self._ended = False
        self._last = ""

    def line(self, raw: bytes) -> None:
        """One line, without its end."""
        if not raw:
            return
        text = raw.decode("utf-8", "replace").removeprefix("\ufeff")
        if text.startswith("#"):
            self._tag(text)
        elif text[:1] != "[" and "=" in text[:8] and text[:4].lower() == "file":
            self._reader.name(text.partition("=")[2], "recording")  # PLS
        elif re.match(r"(?:title|length|numberofentries|version|ref)\w*\s*=", text, re.IGNORECASE):
            if text[:3].lower() == "ref":
                self._reader.name(text.partition("=")[2], "recording")
        elif not text.startswith("["):
            self._uri(text)

    def end(self) -> None:
        """A playlist of segments that does not say that it has ended goes on (RFC 8216, 4.3.3.4)."""
        if self._segments:
            self._reader.itself("ended" if self._ended else "live")

    def _tag(self, text: str) -> None:
        tag, _, value = text.partition(":")
        if tag == "#EXTINF":
            self._seconds = number(value.partition(",")[0])
        elif tag == "#EXT-X-STREAM-INF":
            self._variant = True
        elif tag in {"#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE"}:
            self._segments = True
        elif tag == "#EXT-X-ENDLIST":
            self._ended = True
        elif tag == "#EXT-X-BYTERANGE":
            self._ranged = True
        elif tag in _WITH_URI:
            attributes = {name: word.strip('"') for name, word in _ATTRIBUTE.findall(value)}
            uri = attributes.get("URI", "")
            if uri and not uri.startswith("data:"):
                self._reader.name(
                    uri, _WITH_URI[tag], number(attributes.get("DURATION", "")), self._offset
                )

    def _uri(self, text: str) -> None:
        if self._variant:
            self._reader.name(text, "variant")
        elif self._segments:
            again = self._ranged and text == self._last
            self._reader.name(text, "segment", self._seconds, self._offset, again=again)
            self._offset += self._seconds
        # Other playlists are tracks of their own: only a tag says that they are variants of one.
        elif not text.partition("?")[0].lower().endswith((".m3u8", ".m3u")):
            self._reader.name(text, "recording", self._seconds)
        self._last = text
        self._seconds, self._variant, self._ranged = 0.0, False, False


_WITH_URI: Final[dict[str, Role]] = {
    "#EXT-X-MEDIA": "variant",
    "#EXT-X-I-FRAME-STREAM-INF": "variant",
    "#EXT-X-RENDITION-REPORT": "variant",
    "#EXT-X-KEY": "key",
    "#EXT-X-SESSION-KEY": "key",
    "#EXT-X-MAP": "key",
    "#EXT-X-PART": "segment",
    "#EXT-X-PRELOAD-HINT": "segment",
}


def number(text: str) -> float:
    """Seconds as playlists write them; 0 where it is none."""
    try:
        return float(text.strip()[:32])
    except ValueError:
        return 0.0


_TAG = re.compile(
    rb"<(?:item|entry|track|link|enclosure|ref|entryref)\b[^<>]*>"
    rb"|</(?:item|entry|track)>"
    rb"|<(?:media:content|podcast:source|podcast:alternateEnclosure)\b[^<>]*>"
    rb"|<(?:itunes:duration|location|duration|guid)\b[^<>]*>[^<]{0,4096}</"
    rb"|<location\b[^<>]*>\s*<!\[CDATA\[[^\]]{0,4096}\]\]>\s*</"
    rb"|<itunes:duration\b[^<>]*>\s*<!\[CDATA\[[^\]]{0,64}\]\]>\s*</",
    re.IGNORECASE,
)
_NAMED = re.compile(rb"""(?<![\w:])([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_ENTITY = {"&amp;": "&", "&#38;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&#39;": "'"}  # fmt: skip
_ENTITIES = re.compile("|".join(map(re.escape, _ENTITY)))


def plain(raw: bytes) -> str:
    """Text out of XML."""
    text = raw.decode("utf-8", "replace").strip()
    text = text.removeprefix("<![CDATA[").removesuffix("]]>").strip()
    return _ENTITIES.sub(lambda found: _ENTITY[found[0]], text) if "&" in text else text


class _Tags:
    """RSS, Atom, XSPF and ASX: those tags alone that name a file or say how long it is."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._uris: list[tuple[str, Role]] = []
        self._seconds = 0.0

    def tag(self, raw: bytes) -> None:
        """One tag, with its text where that matters."""
        name = re.match(rb"</?([\w:]+)", raw)
        word = name[1].lower() if name else b""
        if word in {b"item", b"entry", b"track"}:
            if raw.startswith(b"</"):
                self._flush()
            return
        if word in {b"itunes:duration", b"duration", b"location"}:
            text = plain(raw[raw.index(b">") + 1 : raw.rindex(b"</")])
            if word == b"location":
                self._uris.append((text, "recording"))
            elif word == b"duration":
                self._seconds = number(text) / 1000  # XSPF
            else:
                self._seconds = clock(text)
            return
        attributes = {key.lower(): one or two for key, one, two in _NAMED.findall(raw)}
        if word == b"link" and attributes.get(b"rel", b"").lower() != b"enclosure":
            return
        if word in {b"ref", b"entryref"}:
            uri = attributes.get(b"href", b"")
            if uri:
                self._reader.name(plain(uri), "recording")
            return
        kind = attributes.get(b"type", b"").lower()
        uri = attributes.get(b"url") or attributes.get(b"href") or attributes.get(b"uri") or b""
        if uri and (not kind or kind.startswith((b"audio/", b"video/", b"application/"))):
            self._uris.append((plain(uri), "episode"))
        if duration := attributes.get(b"duration"):
            self._seconds = self._seconds or number(plain(duration))

    def _flush(self) -> None:
        for uri, kind in self._uris[:16]:
            self._reader.name(uri, kind, self._seconds)
        self._uris, self._seconds = [], 0.0


def clock(text: str) -> float:
    """`itunes:duration`: seconds, `MM:SS` or `HH:MM:SS`."""
    seconds = 0.0
    for part in text.split(":")[:3]:
        seconds = seconds * 60 + number(part)
    return seconds
