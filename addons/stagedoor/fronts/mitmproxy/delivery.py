"""Audio on its way out and audio that is kept back, reported as events."""

from __future__ import annotations

import time
from collections import OrderedDict
from urllib.parse import urlsplit

from mitmproxy import http

from stagedoor.fronts.mitmproxy.archive_stream import ArchiveStream
from stagedoor.fronts.mitmproxy.audio_stream import AudioStream
from stagedoor.fronts.mitmproxy.listing_stream import ListingStream
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.fronts.service import Service
from stagedoor.model.events import Failed, Handed, StreamChanged, Withheld
from stagedoor.model.facts import PEOPLE, Request, host_name
from stagedoor.resources.listings import Reader
from stagedoor.resources.media_lengths import extent
from stagedoor.resources.track_keys import track_key
from stagedoor.signals.html.codings import CODINGS
from stagedoor.store.interface import Length

_CONTENT = frozenset({200, 206})
SOUNDING = frozenset({"audio", "playlist", "feed"})
"""Kinds that are sound, or name it, and are read as they pass."""


def resource_key(passage: Passage) -> str:
    """The key of the file that is asked for."""
    return track_key(passage.request.path, passage.request.target)


_STILL_KNOWN, _MOST_LISTINGS = 60.0, 1024
"""Seconds for which a listing that has not changed is not read again, and how many are remembered."""
_MOST_VERSION = 512


def _version(request: Request, coding: str, response: http.Response) -> tuple[str, ...] | None:
    """What says that a listing is still the same; None where nothing does."""
    headers = response.headers
    tag, changed = headers.get("etag", ""), headers.get("last-modified", "")
    if not tag and not changed:
        return None
    # Which names are the site's own depends on the Host that was asked for.
    found = (request.host, request.target, coding, tag, changed, headers.get("content-length", ""))
    return found if sum(map(len, found)) <= _MOST_VERSION else None


class Delivery:
    """One guard's counting of content."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._listings: OrderedDict[tuple[str, ...], float] = OrderedDict()
        """Those that were read to their end, by what says that they are the same still, and when."""

    def audio(self, passage: Passage, response: http.Response) -> AudioStream:
        """A stream that passes everything and counts it: an endless one counts as it runs."""
        service, purpose = self._service, passage.client.purpose
        if passage.listened and passage.arrival is not None and passage.arrival.proxied:
            # nginx would take all of it at once, also for people who hear its beginning alone. It
            # keeps this field to itself.
            response.headers.setdefault("x-accel-buffering", "no")
        service.emit(StreamChanged(purpose, 1))
        stream = AudioStream(
            service.store,
            service.tracks,
            resource_key(passage),
            (response.status_code, response.headers),
            lambda sent: service.sound.sounded(passage, sent),
            passage.resource.form or None,
            passage.resource.track,
        )

        def end() -> None:
            stream.end()
            service.emit(StreamChanged(purpose, -1))
            if passage.sweep is not None and not passage.status:
                # Of people nothing is reported at the end, but of those who take.
                passage.status, passage.size = response.status_code, stream.sent

        passage.ending = end
        return stream

    def archive(self, passage: Passage, response: http.Response) -> None:
        """An archive goes out, an album most likely."""
        where = extent(response.status_code, response.headers)
        key = passage.resource.track or resource_key(passage)
        sound = self._service.sound
        response.stream = ArchiveStream(
            where[1] if where else 0, lambda: sound.archived(passage, key)
        )
        passage.ending = lambda: None

    def listing(self, passage: Passage, response: http.Response) -> None:
        """Read a playlist or feed as it passes: what it names, and what belongs together."""
        if passage.resource.kind == "playlist":
            self._service.sound.listed(passage)
        coding = response.headers.get("content-encoding", "").strip().lower()
        if response.status_code != 200 or (coding and coding not in CODINGS):
            return
        service, request = self._service, passage.request
        key = passage.resource.track or resource_key(passage)
        version = _version(request, coding, response)
        now = time.monotonic()
        if version is not None and now - self._listings.get(version, -_STILL_KNOWN) < _STILL_KNOWN:
            return
        hosts = {host_name(request.host), urlsplit(passage.policy.stance.publish.address).hostname}
        reader = Reader(
            request.target,
            frozenset(filter(None, hosts)),
            lambda found: service.tracks.learn(key, found),
        )
        response.stream = ListingStream(
            reader,
            coding,
            response.stream,
            lambda: service.emit(Failed("listing", "unrecorded")),
            lambda: self._listing_read(version, now),
        )

    def _listing_read(self, version: tuple[str, ...] | None, at: float) -> None:
        if version is None:
            return
        self._listings[version] = at
        self._listings.move_to_end(version)
        while len(self._listings) > _MOST_LISTINGS:
            self._listings.popitem(last=False)

    @staticmethod
    def is_sent(method: str, status: int) -> bool:
        """Whether content goes out: what is missing, unchanged or only a head is none."""
        return status in _CONTENT and method != "HEAD"

    def program(self, passage: Passage, method: str, status: int) -> None:
        """A program without a person in front of it gets this answer of the site's."""
        if self.is_sent(method, status) and passage.client.purpose not in PEOPLE:
            self._service.emit(Handed(passage.client, passage.resource.kind, passage.against))

    def withheld(self, flow: http.HTTPFlow, passage: Passage, answer: http.Response | None) -> None:
        """A request for audio is refused; `answer` is the site's, where it was asked."""
        if passage.resource.kind != "audio" or flow.request.method != "GET":
            return
        if "range" in flow.request.headers:
            return
        self._withheld(passage, answer)

    def kept_back(self, passage: Passage) -> None:
        """The same for a refusal that mitmproxy has no flow of."""
        request = passage.request
        if passage.resource.kind != "audio" or request.method != "GET" or request.header("range"):
            return
        self._withheld(passage, None)

    def _withheld(self, passage: Passage, answer: http.Response | None) -> None:
        known = self._service.store.length(resource_key(passage))
        if known is None and answer is not None:
            where = extent(answer.status_code, answer.headers)
            known = Length(where[1]) if where else None
        if known is not None:
            self._service.emit(Withheld(passage.client.purpose, known.size, known.seconds))
