"""What is handed out and what is kept back, counted for the metrics."""

from __future__ import annotations

import time
from collections.abc import Callable

from mitmproxy import http

from stagedoor.fronts.mitmproxy.audio_stream import Playing
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.record.metrics import Metrics
from stagedoor.resources.media_lengths import Recording, Shelf, extent

_CONTENT = frozenset({200, 206})

Took = Callable[[str, int, float], None]
"""Is told an address, bytes of audio and the time."""


class Handing:
    """One guard's counting of content."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._shelf = Shelf()

    def audio(self, passage: Passage, response: http.Response, took: Took | None) -> Playing:
        """A stream that passes everything and counts it: an endless one counts as it runs."""
        purpose, address = passage.client.purpose, passage.request.address
        count = self._metrics.audio_counter(purpose).inc
        count_seconds = self._metrics.seconds_counter(purpose).inc
        heard = self._metrics.listening.heard

        def sent(size: float) -> None:
            count(size)
            if took is not None:
                took(address, int(size), time.monotonic())

        def played(seconds: float) -> None:
            count_seconds(seconds)
            heard(address, seconds, time.time())

        streams = self._metrics.streams(purpose)
        streams.inc()
        passage.ending = streams.dec
        return Playing(self._shelf, passage.request.path, response, sent, played)

    def program(self, passage: Passage, method: str, status: int) -> None:
        """A program without a person in front of it gets this answer of the site's."""
        if status in _CONTENT and method != "HEAD":
            self._metrics.taken(passage.client, passage.resource.kind, against=passage.against)

    def withheld(self, flow: http.HTTPFlow, passage: Passage, told: http.Response | None) -> None:
        """A request for audio is refused; `told` is the site's answer, where it was asked."""
        if passage.resource.kind != "audio" or flow.request.method != "GET":
            return
        if "range" in flow.request.headers:
            return
        known = self._shelf.known(passage.request.path)
        if known is None and told is not None:
            where = extent(told.status_code, told.headers)
            known = Recording(where[1]) if where else None
        if known is not None:
            self._metrics.withheld(passage.client.purpose, known.size, known.seconds)
