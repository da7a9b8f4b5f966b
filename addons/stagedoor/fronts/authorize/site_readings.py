"""What the counter asks the site itself: how long a recording is, and what playlists and feeds name.

It sees no bodies, so it reads the head of a recording (one range of HEAD bytes) the first time somebody
asks for it, and a playlist or feed once a minute at most. Few at a time, and a bounded number in wait;
what cannot be asked is estimated, as in front of a site.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from stagedoor.engine.transaction import Transaction
from stagedoor.fetch.exchange import REDIRECTS, Response
from stagedoor.fetch.fetch_policy import FetchError, FetchPolicy
from stagedoor.fetch.uses import SITE
from stagedoor.fronts.checked_paths import NAMED, CheckedPaths
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.fronts.service import Service
from stagedoor.model.events import Failed
from stagedoor.model.facts import host_name
from stagedoor.resources.listings import Reader
from stagedoor.resources.media_lengths import HEAD, Meter, extent
from stagedoor.resources.track_keys import track_key
from stagedoor.store.interface import Length

_log = logging.getLogger("stagedoor.door")

AT_ONCE, MOST_WAITING = 4, 256
"""Questions to the site at the same time, and those that wait their turn."""
MOST_HOPS = 5
ASKED_AGAIN = 60.0
"""Seconds after which the same file may be asked for once more."""
MOST_ASKED = 8192
MOST_LISTING = 2 << 20
"""Bytes of a playlist or feed."""
_HEAD_OF = replace(SITE, most=HEAD + (512 << 10), seconds=5.0)
"""A head, behind the pictures that stand in front of many a recording."""
_LISTING = replace(SITE, most=MOST_LISTING, seconds=5.0)
What = Literal["file", "listing", "head"]
"""A signal file, a playlist or feed, the head of a recording."""
_POLICIES: Mapping[What, FetchPolicy] = {"file": SITE, "listing": _LISTING, "head": _HEAD_OF}
_RANGE = ("Range", f"bytes=0-{_HEAD_OF.most - 1}")


def upstream_of(url: str) -> Upstream | None:
    """Where the site answers; None for an empty text."""
    if not url:
        return None
    parts = urlsplit(url)
    return Upstream(
        parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    )


class SiteReadings:
    """Asks one site. Without `upstream` nothing is asked."""

    def __init__(self, service: Service, upstream: Upstream | None, client: UpstreamClient) -> None:
        self.service, self.upstream, self.client = service, upstream, client
        self._asked: OrderedDict[str, float] = OrderedDict()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self.logins = CheckedPaths(client)

    def asked_for(self, transaction: Transaction) -> None:
        """Somebody is let in to this resource: learn in time what its log line will not say."""
        if self.upstream is None or transaction.request.method == "HEAD":
            return
        kind = transaction.resource.kind
        if kind == "audio":
            if transaction.resource.form == "live":
                return
            key = track_key(transaction.request.path, transaction.request.target)
            known = self.service.store.length(key)
            if known is not None and known.seconds:
                return
            place = self.service.tracks.place(key)
            if place.listed and (place.seconds or place.kind == "live"):
                return
        elif kind in {"playlist", "feed"}:
            key = transaction.resource.track or track_key(
                transaction.request.path, transaction.request.target
            )
        else:
            return
        now = time.monotonic()
        if now - self._asked.get(key, -ASKED_AGAIN) < ASKED_AGAIN:
            return
        if len(self._running) >= MOST_WAITING:
            return
        self._asked[key] = now
        self._asked.move_to_end(key)
        if len(self._asked) > MOST_ASKED:
            self._asked.popitem(last=False)
        task = asyncio.ensure_future(self._ask(transaction, key, listing=kind != "audio"))
        self._running[key] = task
        task.add_done_callback(lambda _: self._running.pop(key, None))

    def under_way(self, key: str) -> asyncio.Task[None] | None:
        """The question about this file that is on its way to the site."""
        return self._running.get(key)

    async def close(self) -> None:
        """Ask no more."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def checks_logins(self, transaction: Transaction) -> bool:
        """Whether the site refuses this request to those who show no login."""
        if self.upstream is None:
            return False
        request = transaction.request
        fields = [(name, value) for name, value in request.headers if name.lower() in NAMED]
        fields.append(("Host", request.host))
        said = {**(request.first or {}), "host": request.host}
        target = request.target if request.target.startswith("/") else request.path
        return await self.logins.refuse_strangers(self.upstream, target, said, fields)

    async def fetch(self, transaction: Transaction, what: What = "file") -> Response:
        """The site's answer to the visitor's request, by the visitor's name for the site.

        FetchError where there is none.
        """
        assert self.upstream is not None
        request = transaction.request
        fields = [
            (name, request.header(name))
            for name in ("Accept", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto")
            if request.header(name)
        ]
        fields += [("Host", request.host), ("Accept-Encoding", "identity")]
        if what == "head":
            fields.append(_RANGE)
        if authorization := request.header("authorization"):
            fields.append(("Authorization", authorization))
        target = request.target if request.target.startswith("/") else request.path
        return await self.client.ask(self.upstream, target, fields, policy=_POLICIES[what])

    async def fetch_file(self, transaction: Transaction) -> Response:
        """A signal file of the site, where its redirects end (RFC 9309, 2.3.1.2: five at most)."""
        assert self.upstream is not None
        answer = await self.fetch(transaction)
        request = transaction.request
        url = f"http://{request.host or self.upstream.host}{request.target}"
        for _ in range(MOST_HOPS):
            location = answer.header("location")
            if answer.status not in REDIRECTS or not location:
                return answer
            url = urljoin(url, location)
            parts = urlsplit(url)
            if parts.hostname in {request.host, self.upstream.host}:
                target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
                scheme = ("X-Forwarded-Proto", parts.scheme)
                answer = await self.client.ask(
                    self.upstream, target, [("Host", request.host), scheme]
                )
            else:
                answer = await self.client.ask_elsewhere(self.upstream, url)
        # A crawler may give up here, and take the file for missing.
        return replace(answer, status=404, body=b"")

    async def _ask(self, transaction: Transaction, key: str, *, listing: bool) -> None:
        try:
            async with self._turns:
                answer = await self.fetch(transaction, "listing" if listing else "head")
            if listing:
                self._learn_names(transaction, key, answer)
            else:
                self._learn_length(key, answer)
        except (FetchError, ValueError) as error:
            _log.debug("the site was asked about %s in vain: %s", key, error)
        except Exception:  # noqa: BLE001 (what nobody can read is no reason to fail)
            self.service.emit(Failed("listing", "unrecorded"))
            _log.exception("what the site answered about a recording could not be read")

    def _learn_length(self, key: str, answer: Response) -> None:
        headers = {name.lower(): value for name, value in answer.fields}
        where = extent(answer.status, headers)
        if answer.status not in (200, 206) or where is None or where[0]:
            return
        size = where[1]
        meter = Meter(0, size, key, headers.get("content-type", ""))
        meter.feed(answer.body)
        if len(answer.body) >= size:
            meter.end()
        if meter.silent or not size:
            return
        known = meter.exact or meter.measured
        if meter.seconds:
            self.service.store.keep_length(key, Length(size, meter.seconds, exact=known))

    def _learn_names(self, transaction: Transaction, key: str, answer: Response) -> None:
        if answer.status != 200:
            return
        address = transaction.policy.stance.publish.address
        hosts = {host_name(transaction.request.host), urlsplit(address).hostname}
        tracks = self.service.tracks
        reader = Reader(
            transaction.request.target,
            frozenset(filter(None, hosts)),
            lambda found: tracks.learn(key, found),
        )
        reader.feed(answer.body)
        reader.end()
