"""Redirects of signal files, followed to what a crawler would end up with (RFC 9309, 2.3.1.2).

A redirected robots.txt would reach crawlers without the stance in it. So the guard follows the
redirects itself, five at most, and publishes what it finds at their end, merged, under the name that
was asked for. Hops within the site are asked of the site, whatever scheme they name; others go out to
where they lead. What ends in a server's error, or nowhere, is answered with 503: crawlers take a file
that cannot be reached for "stay away", and never for "everything is allowed".

What was found is kept for a minute, so that many visitors are one look.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from mitmproxy import http

from stagedoor.fetch.exchange import REDIRECTS, Response
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fronts.mitmproxy.signal_responses import REACHED, Reached
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.model.facts import host_name
from stagedoor.publish.publication import ROBOTS
from stagedoor.signals.file_forms import fits, robots_text, unpacked

MOST_HOPS = 5
KEPT = 60.0
"""Seconds for which a file that was found is good."""
FAILED_FOR = 10.0
"""The same for a look that failed."""
MOST_KEPT = 64

_NAMED = ("accept", "accept-language", "user-agent", "x-forwarded-for", "x-real-ip")
"""Fields of the visitor's request, as the site gets them, that go with the guard's own."""

_log = logging.getLogger("stagedoor.door")


@dataclass(frozen=True, slots=True)
class _Start:
    """A redirect: of which file, under which address of the visitor's, where to."""

    upstream: Upstream
    scheme: str
    authority: str
    host: str
    path: str
    location: str


class SignalRedirects:
    """Follows redirects of signal files."""

    def __init__(self) -> None:
        self.client = UpstreamClient()
        self._kept: dict[_Start, tuple[float, asyncio.Future[Reached]]] = {}
        self._said: set[str] = set()

    async def follow(self, flow: http.HTTPFlow, path: str) -> None:
        """Find what the redirect in `flow` leads to, and note it there."""
        assert flow.response is not None
        start = _start(flow, path)
        reached = await self._found(start, flow.request.headers)
        flow.metadata[REACHED] = reached
        if reached.outcome == "else" and path == ROBOTS:
            flow.response.status_code, flow.response.reason = 503, "Service Unavailable"
            flow.response.headers.pop("location", None)
            flow.response.headers["retry-after"] = "60"

    async def _found(self, start: _Start, headers: http.Headers) -> Reached:
        known = self._kept.get(start)
        if known is not None and known[0] > time.monotonic():
            return await asyncio.shield(known[1])
        while len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        task = asyncio.ensure_future(self._look(start, headers))
        self._kept[start] = (time.monotonic() + KEPT, task)
        reached = await asyncio.shield(task)
        if reached.outcome == "else" and start in self._kept:
            self._kept[start] = (time.monotonic() + FAILED_FOR, task)
        return reached

    async def _look(self, start: _Start, headers: http.Headers) -> Reached:
        base = f"{start.scheme}://{start.authority or start.host}"
        url = urljoin(f"{base}{start.path}", start.location)
        try:
            for _ in range(MOST_HOPS):
                answer = await self._ask(start, url, headers)
                location = answer.header("location")
                if answer.status not in REDIRECTS or not location:
                    return self._read(start, url, answer)
                url = urljoin(url, location)
        except (FetchError, ValueError) as error:
            self._say(start, url, str(error))
            return Reached("else")
        # RFC 9309: a crawler may give up here, and take the file for missing.
        self._say(start, url, f"more than {MOST_HOPS} redirects")
        return Reached("missing")

    async def _ask(self, start: _Start, url: str, headers: http.Headers) -> Response:
        parts = urlsplit(url)
        upstream = start.upstream
        if not _is_the_site(start, parts.hostname or "", parts.port):
            return await self.client.ask_elsewhere(upstream, url)
        fields = [(name, headers[name]) for name in _NAMED if name in headers]
        fields += [
            ("Host", headers.get("host", "") or start.host),
            ("X-Forwarded-Host", headers.get("x-forwarded-host", "")),
            ("X-Forwarded-Proto", parts.scheme),
        ]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return await self.client.ask(upstream, target, fields)

    def _read(self, start: _Start, url: str, answer: Response) -> Reached:
        status = answer.status
        if 400 <= status < 500 and status != 429:
            return Reached("missing")
        if not 200 <= status < 300:
            self._say(start, url, f"the answer there is {status}")
            return Reached("else")
        coding = answer.header("content-encoding")
        body = answer.body if coding.strip().lower() in _DECODED else unpacked(answer.body, coding)
        if start.path == ROBOTS:
            text = robots_text(body) if body is not None else None
            return Reached("missing") if text is None else Reached("there", text)
        good = body is not None and fits(start.path, answer.header("content-type"), body[:1024])
        return Reached("else" if good else "missing")

    def _say(self, start: _Start, url: str, why: str) -> None:
        if start.path in self._said:
            return
        self._said.add(start.path)
        _log.warning(
            "the site redirects %s to %s, which cannot be read (%s): let it answer %s itself",
            start.path,
            ascii(url[:200])[1:-1],
            ascii(why[:200])[1:-1],
            start.path,
        )


def is_redirect(response: http.Response) -> bool:
    """Whether a response sends elsewhere."""
    return response.status_code in REDIRECTS and "location" in response.headers


_DECODED = frozenset({"", "identity", "gzip", "deflate", "br", "zstd"})
"""Codings that the client has taken off."""


def _start(flow: http.HTTPFlow, path: str) -> _Start:
    assert flow.response is not None
    request = flow.request
    authority = request.headers.get("x-forwarded-host", "") or request.headers.get("host", "")
    return _Start(
        upstream=Upstream(request.scheme, request.host, request.port),
        scheme=request.headers.get("x-forwarded-proto", "http"),
        authority=authority,
        host=request.host,
        path=path,
        location=flow.response.headers["location"],
    )


def _is_the_site(start: _Start, host: str, port: int | None) -> bool:
    """Whether a hop stays at the site: at the visitor's name for it, or at the upstream's address.

    A port that is written and is neither the visitor's nor the upstream's is another server's.
    """
    own, _, written = start.authority.rpartition(":")
    name = host_name(start.authority).strip("[]")
    usual = {None, 80, 443, start.upstream.port}
    if own and written.isdigit():
        usual.add(int(written))
    if host == name and name:
        return port in usual
    return host == start.upstream.host and port in {start.upstream.port, None}
