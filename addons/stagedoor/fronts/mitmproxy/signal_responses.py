"""Signals in responses: headers on every one, tags in pages, and the files.

robots.txt is the site's own with the stance written in. The other files are the site's where it has
them, and ours where it answers with an error. Nothing is held back but a robots.txt, and of that no
more than a reader need read.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from mitmproxy import http

from stagedoor.fronts.mitmproxy.page_tags import Tagging, reframe
from stagedoor.model.facts import Resource
from stagedoor.publish.publication import ROBOTS, File, Published, stricter
from stagedoor.signals import registry
from stagedoor.signals.html.insertion import Tags
from stagedoor.signals.robots.lines import MOST_OCTETS

MOST_MERGED = 8
"""Different robots.txt of the site whose merged form is kept: it has one, and merging takes 3 ms."""

Stream = Callable[[bytes], bytes | list[bytes]]
Given = Callable[[str, bytes], None]
"""Called for a file that was sent: its path and its text."""

_ASKS_FOR_LESS = ("if-none-match", "if-modified-since", "range", "if-range")
_FOR_THIS_TEXT = (
    "etag",
    "last-modified",
    "content-md5",
    "digest",
    "content-digest",
    "accept-ranges",
)


class SignalResponses:
    """Two calls for each flow: `arriving` before the request goes on, `leaving` with its headers."""

    def __init__(self, said: Published, tagged: Callable[[str], None] = lambda _: None) -> None:
        self.said = said
        inserts = said.tags or said.trap
        self._tagging = Tagging(Tags.of(said.tags, said.trap), tagged) if inserts else None
        self._standards = carried(said.headers)
        self._merged = lru_cache(maxsize=MOST_MERGED)(lambda origin: said.robots(origin).text)

    def arriving(self, flow: http.HTTPFlow, resource: Resource) -> None:
        """Ask the site for what can be worked with."""
        if self._tagging is not None:
            self._tagging.arriving(flow)
        if resource.kind == "signal" and resource.path == ROBOTS and self.said.merges_robots:
            # The whole of it, as it is: a part or a "not modified" could not be merged.
            for name in _ASKS_FOR_LESS:
                flow.request.headers.pop(name, None)
            flow.request.headers["accept-encoding"] = "identity"

    def refusing(self, response: http.Response) -> None:
        """A refusal carries the same headers: it is where the refused read them."""
        response.headers.fields = stricter(response.headers.fields, self.said.headers)

    def leaving(
        self, flow: http.HTTPFlow, resource: Resource, given: Given, *, trapped: bool = False
    ) -> frozenset[str]:
        """Adjust a response on its way out, after its stream was set; the standards it then carries.

        `given` is called when a file has gone out whole. `trapped`: pages get the trap link.
        """
        response = flow.response
        assert response is not None
        fields = response.headers.fields
        response.headers.fields = stricter(fields, self.said.headers)
        ours = len(response.headers.fields) == len(fields) + len(self.said.headers)
        if resource.kind == "signal":
            self._file(flow, response, resource.path, given)
        elif self._tagging is not None and resource.kind != "audio":
            self._tagging.leaving(flow, trapped=trapped)
        return self._standards if ours else carried(response.headers.fields)

    def _file(self, flow: http.HTTPFlow, response: http.Response, path: str, given: Given) -> None:
        own = self.said.files.get(path)
        outcome = _standing(response.status_code)
        if path == ROBOTS and self.said.merges_robots:
            if outcome == "there" and _plain(response):
                self._stream(flow, response, _Merging(self._merged, given))
            elif outcome == "missing":
                text = self._merged(None)
                self._instead(flow, response, File("robots", "text/plain; charset=utf-8", text))
                self._stream(flow, response, _Whole(ROBOTS, text, given))
        elif own is not None and outcome == "missing":
            self._instead(flow, response, own)
            self._stream(flow, response, _Whole(path, own.text, given))
        elif own is not None and outcome == "there":
            response.stream = _Passing(path, given)

    @staticmethod
    def _instead(flow: http.HTTPFlow, response: http.Response, file: File) -> None:
        """The site has no such file: this one takes the place of its error."""
        response.status_code, response.reason = 200, "OK"
        headers = response.headers
        for name in (
            "content-encoding",
            "content-language",
            "content-disposition",
            "www-authenticate",
        ):
            headers.pop(name, None)
        headers["content-type"] = file.type
        headers["cache-control"] = "max-age=3600"
        if flow.request.method == "HEAD":
            headers["content-length"] = str(len(file.text))

    @staticmethod
    def _stream(flow: http.HTTPFlow, response: http.Response, stream: Stream) -> None:
        for name in _FOR_THIS_TEXT:
            response.headers.pop(name, None)
        if flow.request.method == "HEAD":
            return
        response.headers.setdefault("content-length", "0")  # a length that is taken out again
        reframe(flow, response)
        response.stream = stream


def _standing(status: int) -> Literal["there", "missing", "else"]:
    """Whether the site has the file. A 5xx asks crawlers to stay away: it is left as it is."""
    if status == 200:
        return "there"
    return "missing" if 400 <= status < 500 and status != 429 else "else"


def _plain(response: http.Response) -> bool:
    return response.headers.get("content-encoding", "identity").strip().lower() in {"", "identity"}


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
    """The site's robots.txt comes in, what is published goes out, when all of it is there."""

    def __init__(self, merged: Callable[[bytes], bytes], given: Given) -> None:
        self._merged, self._given = merged, given
        self._text = bytearray()
        self._too_long = False

    def __call__(self, chunk: bytes) -> list[bytes]:
        if self._too_long:
            return [chunk] if chunk else []
        if chunk:
            self._text += chunk
            if len(self._text) <= MOST_OCTETS:
                return []
            self._too_long = True  # nobody reads so far; it goes on as it is
            return [bytes(self._text)]
        if b"\0" in self._text:
            return [bytes(self._text)]  # no text, whatever its name: it is not published as one
        text = self._merged(bytes(self._text))
        self._given(ROBOTS, text)
        return [text] if text else []


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

    def __init__(self, path: str, given: Given) -> None:
        self._path, self._given = path, given
        self._text = bytearray()

    def __call__(self, chunk: bytes) -> list[bytes]:
        if chunk:
            if len(self._text) < MOST_OCTETS:
                self._text += chunk
            return [chunk]
        if b"\0" not in self._text:
            self._given(self._path, bytes(self._text))
        return []
