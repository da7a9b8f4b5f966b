"""Marks in a flow: taken off the request before anything else reads it, put into the response last.

The site never sees a mark: not in the address, not in a cookie, not in Referer. So its own links, its
entity tags and the caches in front of it are what they were. A response that carries marks or a pass is
for one client, so no shared cache may keep it; all others can be kept as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from mitmproxy import http

from stagedoor.fronts.handouts import Handouts
from stagedoor.fronts.mitmproxy.page_tags import reframe
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.marks.link_rewriter import LinkRewriter, text_of
from stagedoor.marks.mark import MarkKind
from stagedoor.marks.marked_links import PARAMETER, cookie, uncookied, unmarked
from stagedoor.marks.passes import LIFE, lets_in
from stagedoor.model.facts import PEOPLE, host_name
from stagedoor.signals.html.codings import CODINGS, CodingError, Decoder, Encoder, coders

Stream = bool | Callable[[bytes], Iterable[bytes] | bytes]
_NAME = PARAMETER.encode()
_LISTINGS = frozenset({"playlist", "feed"})
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_PARTS = ("range", "if-range")
_SUMS = ("content-md5", "digest", "content-digest", "repr-digest", "accept-ranges")


def take_off(flow: http.HTTPFlow) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take all marks off a request; those of its address, and those of its cookies."""
    data = flow.request.data
    address: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    if b"?" in data.path or data.path[:4].lower() == b"/sd-" or b"%" in data.path[:8]:
        own, address = unmarked(data.path.decode("latin-1"))
        if address:
            data.path = own.encode("latin-1")
    fields = data.headers.fields
    for name, value in fields:
        size = len(name)
        if size in {6, 7} and _NAME in value.lower():  # cookie, referer
            lowered = name.lower()
            if lowered in {b"cookie", b"referer"}:
                data.headers.fields, cookies = _cleaned(fields)
                break
    return address, cookies


def _cleaned(
    fields: tuple[tuple[bytes, bytes], ...],
) -> tuple[tuple[tuple[bytes, bytes], ...], tuple[str, ...]]:
    kept: list[tuple[bytes, bytes]] = []
    found: tuple[str, ...] = ()
    for name, value in fields:
        lowered = name.lower()
        if lowered == b"cookie":
            text, marks = uncookied(value.decode("latin-1"))
            found += marks
            if not text:
                continue
            value = text.encode("latin-1")  # noqa: PLW2901
        elif lowered == b"referer":
            value = unmarked(value.decode("latin-1"))[0].encode("latin-1")  # noqa: PLW2901
        kept.append((name, value))
    return tuple(kept), found


def arriving(flow: http.HTTPFlow, passage: Passage, marks: Handouts) -> None:
    """Ask the site for the whole of what marks will be put into: no part of it would fit the rest."""
    if passage.resource.kind in _LISTINGS and (marks.gives_passes or _traced(passage, marks)):
        for name in _PARTS:
            flow.request.headers.pop(name, None)


def _traced(passage: Passage, marks: Handouts) -> bool:
    """Whether the links that go out to this client are marked to know it again."""
    return marks.traces and passage.client.purpose not in PEOPLE


def hand_out(flow: http.HTTPFlow, passage: Passage, marks: Handouts, secure: Callable[[], bool]) -> LinkRewriter | None:  # fmt: skip
    """Hand a pass out with a page, and say what is to be put into a body; None for nothing.

    To be called before anything else changes the response.
    """
    response, kind = flow.response, passage.resource.kind
    assert response is not None
    if flow.request.method not in {"GET", "HEAD"} or kind == "signal":
        return None
    status = response.status_code
    media = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    page = media in _PAGES or (status == 304 and kind == "page")
    if page and status in {200, 304} and marks.gives_passes:
        if marks.needs_cookie(passage) and flow.request.method == "GET":
            text = marks.new_pass(passage, "page")
            said = cookie(text, LIFE["page"], secure=secure())
            response.headers.add("set-cookie", said)
        _private(response)
    if status != 200:
        return None
    which = _kind_of(passage, marks, page=page)
    return _rewriter(response, passage, marks, which) if which is not None else None


def _kind_of(passage: Passage, marks: Handouts, *, page: bool) -> MarkKind | None:
    """The kind of mark that the links in this response carry."""
    kind = passage.resource.kind
    if marks.gives_passes and kind in _LISTINGS:
        if kind == "feed":
            return "feed"
        # A browser shows its cookie with each segment, and the playlist can stay as it is.
        if passage.worn is None:
            return "playlist"
    if not _traced(passage, marks) or (passage.client.proof == "verified" and _searches(passage)):
        return None
    return "canary" if page or kind not in {"audio", "signal", "image", "download"} else None


def _searches(passage: Passage) -> bool:
    """What a search engine shows leads people to a recording, by the address it was handed."""
    return "search" in passage.client.purposes


def _rewriter(
    response: http.Response, passage: Passage, marks: Handouts, kind: MarkKind
) -> LinkRewriter | None:
    headers = response.headers
    where = passage.resource.kind
    text = text_of(where, headers.get("content-type", ""))
    if text is None:
        return None
    if kind == "canary" and (
        "no-transform" in headers.get("cache-control", "").lower() or "signature" in headers
    ):
        return None
    request = passage.request
    hosts = {host_name(request.host), urlsplit(passage.policy.stance.publish.address).hostname}
    own, base = frozenset(filter(None, hosts)), request.target
    wanted, listed = marks.links(kind).wanted, where == "playlist"
    shown = _shown_pass(passage) if kind == "playlist" else ""

    def mark() -> str:
        return shown or marks.link_mark(passage, kind, request.path)

    return LinkRewriter(
        text,
        lambda address: wanted(base, own, address, listed=listed),
        mark,
        passage.policy.stance.passes.form,
    )


def _shown_pass(passage: Passage) -> str:
    """The pass in the address of a playlist, as it was written: its entries carry the same one."""
    for mark, text in zip(passage.marks, passage.written, strict=False):
        if lets_in(mark, passage.at) or mark.kind == "bought":
            return text
    return ""


def put_in(flow: http.HTTPFlow, links: LinkRewriter, *, tagged: bool) -> None:
    """Let the body pass through `links`, whatever it is compressed with. `tagged`: it does so
    already, on its way to the tags.
    """
    response = flow.response
    assert response is not None
    headers = response.headers
    coding = headers.get("content-encoding", "").strip().lower()
    coding = "" if coding == "identity" else coding
    if coding and coding not in CODINGS:
        return
    for name in _SUMS:
        headers.pop(name, None)
    _private(response)
    reframe(flow, response)
    if flow.request.method != "HEAD" and not tagged:
        response.stream = MarkedStream(links, coding, response.stream)


def _private(response: http.Response) -> None:
    """No shared cache may keep it; the client's own may, as before."""
    headers = response.headers
    said = headers.get("cache-control", "")
    words = [word.strip() for word in said.split(",") if word.strip()]
    names = {word.partition("=")[0].lower() for word in words}
    if names & {"private", "no-store"}:
        return
    kept = [w for w in words if w.partition("=")[0].lower() not in {"public", "s-maxage"}]
    headers["cache-control"] = ", ".join(["private", *kept])
    for name in ("surrogate-control", "cdn-cache-control"):
        headers.pop(name, None)


class MarkedStream:
    """A body's stream: what it went through before, then unpacked, marked, and packed again."""

    __slots__ = ("_broken", "_decoder", "_encoder", "_links", "_through")

    def __init__(self, links: LinkRewriter, coding: str, through: Stream) -> None:
        self._links = links
        self._through = through if callable(through) else None
        self._decoder: Decoder | None = None
        self._encoder: Encoder | None = None
        self._broken = False
        if coding:
            self._decoder, new = coders(coding)
            self._encoder = new()

    def __call__(self, chunk: bytes) -> list[bytes]:
        if self._through is None:
            return self._filled(self._passed(chunk))
        found = self._through(chunk)
        pieces = [found] if isinstance(found, bytes) else list(found)
        out = [self._passed(piece) for piece in pieces if piece]
        if not chunk:
            out.append(self._passed(b""))
        return self._filled(b"".join(out))

    @staticmethod
    def _filled(data: bytes) -> list[bytes]:
        return [data] if data else []  # an empty chunk would end a chunked response

    def _passed(self, chunk: bytes) -> bytes:
        if self._broken:
            return b""
        if self._decoder is None or self._encoder is None:
            return self._links.feed(chunk) if chunk else self._links.finish()
        if not chunk:
            rest = self._encoder.feed(self._links.finish())
            # Data that does not end by itself must not seem to.
            return rest + (self._encoder.finish() if self._decoder.complete else self._encoder.flush())  # fmt: skip
        out = b""
        try:
            for piece in self._decoder.feed(chunk):
                out += self._encoder.feed(self._links.feed(piece))
        except CodingError:
            self._broken = True
            out += self._encoder.feed(self._links.finish()) + self._encoder.flush()
        return out
