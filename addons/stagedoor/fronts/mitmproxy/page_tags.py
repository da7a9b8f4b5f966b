"""Tags in pages on their way out: in which responses, and what their headers say then.

The headers go out before the page is seen. So they are adjusted for every page that is looked into,
also where no place for the tags is found in it:

- Content-Length goes; HTTP/1.1 sends chunks instead, HTTP/1.0 ends with the connection.
- an entity tag gets a marker, and becomes weak where the page is compressed anew (which is not the
  same bytes every time). On the way in the marker is taken off again, so that the site sees its own
  entity tags and can answer 304. A marker of other tags stays on: the site does not know it, and
  sends the page anew. In If-Range it always stays on: a part of the site's page would not fit the
  rest of ours.
- Accept-Ranges goes, for the same reason; so do checksums, which are the site's page's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

from mitmproxy import http

from stagedoor.marks.link_rewriter import LinkRewriter
from stagedoor.signals.html.codings import CODINGS
from stagedoor.signals.html.insertion import Inserter, Outcome, Tags
from stagedoor.signals.html.transcoder import page_in

Left = Literal[
    "empty", "status", "partial", "no-transform", "signed", "download", "fragment", "coded"
]
"""Why a page is not looked into. `coded`: a coding that is not understood, or several."""
Report = Callable[[Outcome | Left], None]

_RETURNED: Final = "stagedoor.etags"
"""Where a flow keeps the entity tags that were cleaned on its way in."""
_HTML: Final = {"text/html": False, "application/xhtml+xml": True}
"""Types that are tagged, and whether as XML."""
_CHARSET: Final = re.compile(r";\s*charset\s*=\s*(\"[^\"]*\"|[^\s;]*)", re.IGNORECASE)
_STATUS: Final = frozenset({200, 203, *range(400, 600)})
_WHOLE: Final = frozenset({"", "document", "iframe", "frame", "fencedframe", "embed", "object"})
"""Sec-Fetch-Dest of what becomes a page; `empty` is a script that asks."""
_SUMS: Final = ("content-md5", "digest", "content-digest", "repr-digest", "accept-ranges")
_SIGNED: Final = ("signature", "signature-input")


class Tagging:
    """Two calls for each flow: `arriving` before the request goes on, `leaving` in
    `responseheaders`. `report` is called once a page with what became of it.
    """

    def __init__(self, tags: Tags, report: Report = lambda _: None) -> None:
        self._tags, self._bare = tags, tags.without_link()
        self._report = report
        self._mark_sent = tags.marker.encode()
        marker = re.escape(self._mark_sent)
        self._marked = re.compile(rb'(W/)?"([^"]*)%s(w?)"' % marker)

    def arriving(self, flow: http.HTTPFlow) -> None:
        """Give the site its own entity tags back."""
        headers = flow.request.headers
        if not any(self._mark_sent in value for _, value in headers.fields):
            return
        for name in ("if-none-match", "if-match"):
            if self._tags.marker not in headers.get(name, ""):
                continue
            returned: dict[bytes, bytes] = flow.metadata.setdefault(_RETURNED, {})

            def clean(found: re.Match[bytes], returned: dict[bytes, bytes] = returned) -> bytes:
                returned[found[2]] = found[0]
                weak = b"" if found[3] else found[1] or b""
                return b'%s"%s"' % (weak, found[2])

            headers[name] = self._marked.sub(clean, _bytes(headers[name])).decode(
                "utf-8", "surrogateescape"
            )

    def leaving(
        self,
        flow: http.HTTPFlow,
        shown: Callable[[], bool] = lambda: True,
        *,
        trapped: bool = False,
        links: LinkRewriter | None = None,
    ) -> bool:
        """Set the response's stream where it is a page, and adjust its headers; whether it was so.

        `shown` says whether the client shows or crawls pages; it is asked about pages only.
        `trapped`: the link in the body is shown, too, where there is one. `links`: the page goes
        through it first.
        """
        response = flow.response
        assert response is not None
        if response.status_code == 304:
            self._not_modified(flow, response)
            return False
        said_by = _plain(response.headers)
        kind = said_by.get("content-type", "")
        xml = _HTML.get(kind.partition(";")[0].strip().lower())
        # A trap is set for programs that fetch files, too: for them above all.
        if xml is None or not ((trapped and self._tags.link) or shown()):
            return False
        left = _left(_plain(flow.request.headers), said_by, response.status_code)
        if left is not None:
            self._report(left)
            return False
        headers = response.headers
        coding = _coding(said_by)
        streamed = "content-length" not in said_by
        said = _CHARSET.search(kind)
        inserter = Inserter(self._tags if trapped else self._bare, said[1] if said else "", xml=xml)
        for name in _SUMS:
            if name in said_by:
                del headers[name]
        if "etag" in said_by:
            headers["etag"] = self._mark(headers["etag"], weaken=bool(coding))
        reframe(flow, response)
        if flow.request.method != "HEAD":
            through = inserter if links is None else Linked(links, inserter)
            response.stream = self._stream(coding, through, flush=streamed)
        return True

    def _stream(
        self, coding: str, inserter: Inserter | Linked, *, flush: bool
    ) -> Callable[[bytes], list[bytes]]:
        page = page_in(coding, inserter, flush=flush)
        reported = False

        def passed(chunk: bytes) -> list[bytes]:
            nonlocal reported
            out = page.feed(chunk) if chunk else page.finish()
            if page.outcome is not None and not reported:
                reported = True
                self._report(page.outcome)
            return [out] if out else []  # an empty chunk would end a chunked response

        return passed

    def _mark(self, etag: str, *, weaken: bool) -> str:
        if not etag.endswith('"') or etag.count('"') != 2:
            return etag  # not an entity tag, and nothing compares equal to it
        weakened = weaken and not etag.startswith("W/")
        mark = self._tags.marker + ("w" if weakened else "")
        return f'{"W/" if weakened else ""}{etag[:-1]}{mark}"'

    def _not_modified(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """The visitor's copy is good: call it what the visitor calls it."""
        returned: dict[bytes, bytes] = flow.metadata.get(_RETURNED, {})
        etag = response.headers.get("etag", "")
        known = returned.get(_bytes(etag).removeprefix(b"W/").strip(b'"'))
        if known is not None:
            response.headers["etag"] = known.decode("utf-8", "surrogateescape")


class Linked:
    """A page on its way through the rewriter of its links, and then the inserter of tags."""

    def __init__(self, links: LinkRewriter, inserter: Inserter) -> None:
        self._links, self._inserter = links, inserter

    @property
    def outcome(self) -> Outcome | None:
        """What came of the tags."""
        return self._inserter.outcome

    def feed(self, data: bytes) -> bytes:
        """More of the page; returns what can go out."""
        return self._inserter.feed(self._links.feed(data))

    def finish(self) -> bytes:
        """The page is over; returns the rest."""
        return self._inserter.feed(self._links.finish()) + self._inserter.finish()


def _bytes(header: str) -> bytes:
    return header.encode("utf-8", "surrogateescape")


_Plain = Mapping[str, str]
"""Header fields by their names in small letters, read once: each look-up through mitmproxy's
Headers goes through all of them."""


def _plain(headers: http.Headers) -> _Plain:
    found: dict[str, str] = {}
    for name, value in headers.fields:
        key = name.decode("latin-1").lower()
        text = value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _coding(headers: _Plain) -> str:
    """The content coding; empty for none."""
    coding = headers.get("content-encoding", "").strip().lower()
    return "" if coding == "identity" else coding


def _left(asked: _Plain, headers: _Plain, status: int) -> Left | None:
    """Why this page is not for tags, if so."""
    reasons: tuple[tuple[Left, bool], ...] = (
        ("partial", status == 206 or "content-range" in headers),
        ("status", status not in _STATUS),
        ("empty", headers.get("content-length") == "0"),
        ("no-transform", _has(headers, "cache-control", "no-transform")),
        ("signed", any(name in headers for name in _SIGNED)),
        ("download", _has(headers, "content-disposition", "attachment")),
        (
            "fragment",
            asked.get("sec-fetch-dest", "").strip().lower() not in _WHOLE
            or "hx-request" in asked
            or asked.get("x-requested-with", "").lower() == "xmlhttprequest",
        ),
        (
            "coded",
            _coding(headers) not in CODINGS | {""}
            or headers.get("transfer-encoding", "chunked").strip().lower() != "chunked",
        ),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _has(headers: _Plain, name: str, word: str) -> bool:
    """Whether `word` is one of a header's members, whatever else each of them says."""
    if name not in headers:
        return False
    members = re.split("[,;]", headers.get(name, "").lower())
    return word in {member.strip() for member in members}


def reframe(flow: http.HTTPFlow, response: http.Response) -> None:
    """The length is not known any more. Without one a response ends with its connection, unless it
    is chunked; chunks show where it was cut off, so they are used wherever they are understood.
    """
    headers = response.headers
    if headers.pop("content-length", None) is None or flow.request.method == "HEAD":
        return
    version = flow.request.http_version
    if "transfer-encoding" in headers or version not in {"HTTP/1.0", "HTTP/1.1"}:
        return
    if version == "HTTP/1.1":
        headers["transfer-encoding"] = "chunked"
    if version == "HTTP/1.0" or response.http_version == "HTTP/1.0":
        headers["connection"] = "close"  # as an HTTP/1.0 site's ends, too
    if response.http_version == "HTTP/1.0" and version == "HTTP/1.1":
        response.http_version = "HTTP/1.1"
