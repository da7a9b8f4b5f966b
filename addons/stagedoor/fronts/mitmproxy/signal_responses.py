"""Signals in responses: headers on every one, tags in pages, and the files.

robots.txt is the site's own with the stance written in. The other files are the site's where it has
them, and ours where it answers with an error, with nothing, or with what has not their form: the page
of a single-page app. Nothing is held back but a robots.txt, and of that no more than a reader need
read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from mitmproxy import http

from stagedoor.fronts.mitmproxy.page_tags import Tagging, reframe
from stagedoor.marks.link_rewriter import LinkRewriter
from stagedoor.model.facts import Resource
from stagedoor.publish.publication import ROBOTS, File, Published, stricter
from stagedoor.signals import registry
from stagedoor.signals.file_forms import as_utf8, fits, robots_text, unpacked
from stagedoor.signals.html.insertion import Tags
from stagedoor.signals.robots.lines import MOST_OCTETS, read

MOST_MERGED = 8
"""Different robots.txt of the site whose merged form is kept: it has one, and merging takes 3 ms."""

Stream = Callable[[bytes], bytes | list[bytes]]
Given = Callable[[str, bytes], None]
"""Called for a file that was sent: its path and its text."""

Misfit = Callable[[str, str], None]
"""Called where the site's answer is no such file: the path, and what it is instead."""

REACHED: Final = "stagedoor.reached"
"""Where a flow keeps what its signal file's redirects have led to (see signal_redirects.py)."""

_ASKS_FOR_LESS = ("if-none-match", "if-modified-since", "range", "if-range")
_FOR_THIS_TEXT = (
    "etag",
    "last-modified",
    "content-md5",
    "digest",
    "content-digest",
    "accept-ranges",
    "content-range",
)
_FOR_THAT_ANSWER = (
    "content-encoding",
    "content-language",
    "content-disposition",
    "content-location",
    "www-authenticate",
    "location",
    "refresh",
    "transfer-encoding",
)


Standing = Literal["there", "missing", "else"]
_MERGED: Final = MOST_OCTETS - (64 << 10)
"""Octets of the site's robots.txt into which ours are written: what crawlers read holds both."""
_ROBOTS_TYPE: Final = "text/plain; charset=utf-8"
_EMPTY: Final = frozenset({204, 205, 304})


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a redirected file ends: `text` is robots.txt as the site meant it, if there is any."""

    outcome: Standing
    text: bytes | None = None


class SignalResponses:
    """Two calls for each flow: `arriving` before the request goes on, `leaving` with its headers."""

    def __init__(
        self,
        said: Published,
        tagged: Callable[[str], None] = lambda _: None,
        misfit: Misfit = lambda _path, _what: None,
    ) -> None:
        self.said = said
        self._misfit = misfit
        inserts = said.tags or said.trap
        self._tagging = Tagging(Tags.of(said.tags, said.trap), tagged) if inserts else None
        self._standards = carried(said.headers)
        self._merged = lru_cache(maxsize=MOST_MERGED)(lambda origin: said.robots(origin).text)

    def arriving(self, flow: http.HTTPFlow, resource: Resource) -> None:
        """Ask the site for what can be worked with."""
        if self._tagging is not None:
            self._tagging.arriving(flow)
        if resource.kind == "signal" and self.has_file(resource.path):
            # The whole of it, as it is: a part or a "not modified" cannot be merged or looked at.
            for name in _ASKS_FOR_LESS:
                flow.request.headers.pop(name, None)
            flow.request.headers["accept-encoding"] = "identity"

    def has_file(self, path: str) -> bool:
        """Whether something of ours goes out under this path."""
        return path in self.said.files or (path == ROBOTS and self.said.merges_robots)

    def refusing(self, response: http.Response) -> None:
        """A refusal carries the same headers: it is where the refused read them."""
        response.headers.fields = stricter(response.headers.fields, self.said.headers)

    def leaving(
        self,
        flow: http.HTTPFlow,
        resource: Resource,
        given: Given,
        *,
        start: bytes | None = None,
        shown: Callable[[], bool] = lambda: True,
        trapped: bool = False,
        links: LinkRewriter | None = None,
    ) -> frozenset[str]:
        """Adjust a response on its way out, after its stream was set; the standards it then carries.

        `given` is called when a file has gone out whole. `start` are the first bytes of its body,
        where they were waited for. `shown`: whether the client shows or crawls pages.
        `trapped`: pages get the trap link. `links`: a page goes through it first.
        """
        response = flow.response
        assert response is not None
        fields = response.headers.fields
        response.headers.fields = stricter(fields, self.said.headers)
        ours = len(response.headers.fields) == len(fields) + len(self.said.headers)
        if resource.kind == "signal":
            self._file(flow, response, resource.path, given, start)
        elif self._tagging is not None and resource.kind != "audio":
            self._tagging.leaving(flow, shown, trapped=trapped, links=links)
        return self._standards if ours else carried(response.headers.fields)

    def _file(
        self,
        flow: http.HTTPFlow,
        response: http.Response,
        path: str,
        given: Given,
        start: bytes | None,
    ) -> None:
        own = self.said.files.get(path)
        reached: Reached | None = flow.metadata.get(REACHED)
        outcome = _standing(response.status_code) if reached is None else reached.outcome
        if outcome == "else":
            return
        if path == ROBOTS and self.said.merges_robots:
            if outcome == "missing" or reached is not None:
                text = self._merged(reached.text if reached is not None else None)
                self._whole(flow, response, File("robots", _ROBOTS_TYPE, text), path, given)
            else:
                self._merge(flow, response, given)
        elif own is None:
            return
        elif outcome == "missing" or not self._fits(response, path, start):
            self._whole(flow, response, own, path, given)
        else:
            response.stream = _Passing(path, response.headers.get("content-encoding", ""), given)

    def _merge(self, flow: http.HTTPFlow, response: http.Response, given: Given) -> None:
        headers = response.headers
        merging = _Merging(
            headers.get("content-encoding", ""),
            self._merged,
            given,
            lambda: self._misfit(ROBOTS, headers.get("content-type", "")),
        )
        response.status_code, response.reason = 200, "OK"
        for name in ("content-encoding", "content-disposition"):
            headers.pop(name, None)
        headers["content-type"] = _ROBOTS_TYPE
        if flow.request.method == "HEAD":
            headers.pop("content-length", None)  # what is merged is longer
        self._stream(flow, response, merging)

    def _fits(self, response: http.Response, path: str, start: bytes | None) -> bool:
        kind = response.headers.get("content-type", "")
        if start is not None:
            start = unpacked(start, response.headers.get("content-encoding", ""))
            if start is None:
                return False
        if fits(path, kind, start):
            return True
        self._misfit(path, kind)
        return False

    def _whole(
        self, flow: http.HTTPFlow, response: http.Response, file: File, path: str, given: Given
    ) -> None:
        self._instead(flow, response, file)
        if flow.request.method != "HEAD":
            response.stream = _Whole(path, file.text, given)

    @staticmethod
    def _instead(flow: http.HTTPFlow, response: http.Response, file: File) -> None:
        """The site has no such file: this one takes the place of its answer."""
        response.status_code, response.reason = 200, "OK"
        headers = response.headers
        for name in (*_FOR_THAT_ANSWER, *_FOR_THIS_TEXT):
            headers.pop(name, None)
        headers["content-type"] = file.type
        headers["cache-control"] = "max-age=3600"
        headers["content-length"] = str(len(file.text))
        if response.http_version == "HTTP/1.0" and flow.request.http_version == "HTTP/1.1":
            response.http_version = "HTTP/1.1"

    @staticmethod
    def _stream(flow: http.HTTPFlow, response: http.Response, stream: Stream) -> None:
        for name in _FOR_THIS_TEXT:
            response.headers.pop(name, None)
        if flow.request.method == "HEAD":
            return
        response.headers.setdefault("content-length", "0")  # a length that is taken out again
        reframe(flow, response)
        response.stream = stream


def _standing(status: int) -> Standing:
    """Whether the site has the file. A 5xx asks crawlers to stay away: it is left as it is.

    A crawler reads any 2xx (RFC 9309, 2.3.1.1). Nobody has asked for a 304, so that says nothing.
    """
    if 200 <= status < 300 and status not in _EMPTY:
        return "there"
    return "missing" if status in _EMPTY or (400 <= status < 500 and status != 429) else "else"


def misfit(path: str, kind: str) -> str:
    """What to report about a site that answers a signal file with something else."""
    said = ascii(kind[:80])[1:-1] or "of no type"
    return (
        f"the site answers {path} with something that is no such file ({said}): what the stance says "
        f"goes out instead — let the site answer 404 there, or a {path} of its own"
    )


def carried(fields: tuple[tuple[bytes, bytes], ...]) -> frozenset[str]:
    """The standards in which these headers say something."""
    known = registry.current().published_fields
    return frozenset(
        standard.name
        for field in fields
        for standard, header in known.get(field[0].lower(), ())
        if header.carries(field[1].decode("latin-1"))
    )


class _Merging:
    """The site's robots.txt comes in, what is published goes out, when all of it is there.

    Of a very long one only the part that crawlers read is merged; the rest goes on behind it.
    """

    def __init__(
        self,
        coding: str,
        merged: Callable[[bytes | None], bytes],
        given: Given,
        misfit: Callable[[], None],
    ) -> None:
        self._coding = coding
        self._merged, self._given, self._misfit = merged, given, misfit
        self._body = bytearray()
        self._too_long = False

    def __call__(self, chunk: bytes) -> list[bytes]:
        if self._too_long:
            return [chunk] if chunk and not self._coding else []
        if chunk:
            self._body += chunk
            if len(self._body) <= MOST_OCTETS:
                return []
            self._too_long = True
        return [text] if (text := self._text()) else []

    def _text(self) -> bytes:
        data = unpacked(bytes(self._body), self._coding)
        own = robots_text(data) if data is not None else None
        if own is None:
            self._misfit()
        rest = b""
        if own is not None and len(own) > _MERGED:
            # A line that is cut could mean something else.
            end = max(own.rfind(b"\n", 0, _MERGED), own.rfind(b"\r", 0, _MERGED)) + 1
            own, rest = own[:end], own[end:]
            if not read(own).groups:
                rest = b""  # it would stand in a group of ours
        text = self._merged(own) + rest
        self._given(ROBOTS, text)
        return text


class _Whole:
    """Our own text, once the site's has come to its end; of that nothing goes out."""

    def __init__(self, path: str, text: bytes, given: Given) -> None:
        self._path, self._text, self._given = path, text, given

    def __call__(self, chunk: bytes) -> list[bytes]:
        if chunk:
            return []
        self._given(self._path, self._text)
        return [self._text]


class _Passing:
    """A file of the site's own: it passes, and is taken down as what was said."""

    def __init__(self, path: str, coding: str, given: Given) -> None:
        self._path, self._coding, self._given = path, coding, given
        self._text = bytearray()

    def __call__(self, chunk: bytes) -> list[bytes]:
        if chunk:
            if len(self._text) < MOST_OCTETS:
                self._text += chunk
            return [chunk]
        data = unpacked(bytes(self._text), self._coding)
        text = as_utf8(data) if data is not None else None
        if text is not None:
            self._given(self._path, text)
        return []
