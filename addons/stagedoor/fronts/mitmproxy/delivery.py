"""Audio on its way out and audio that is kept back, reported as events."""

from __future__ import annotations

import time

from mitmproxy import http

from stagedoor.fronts.mitmproxy.audio_stream import AudioStream
from stagedoor.fronts.mitmproxy.passage import Passage
from stagedoor.fronts.service import Service
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import AudioSent, Handed, Listened, StreamChanged, Withheld
from stagedoor.model.facts import PEOPLE
from stagedoor.resources.media_lengths import extent
from stagedoor.store.interface import Length

_CONTENT = frozenset({200, 206})


class Delivery:
    """One guard's counting of content."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def audio(self, passage: Passage, response: http.Response) -> AudioStream:
        """A stream that passes everything and counts it: an endless one counts as it runs."""
        service, purpose = self._service, passage.client.purpose
        home = client_key(passage.request.address)
        emit, counts = service.emit, passage.policy.counts

        def sent(size: int, seconds: float) -> None:
            emit(AudioSent(purpose, size, seconds))
            counted = size if counts else 0
            if counted or seconds:
                for ratio in service.store.sent(home, counted, seconds, time.monotonic()):
                    emit(Listened(ratio))

        emit(StreamChanged(purpose, 1))
        passage.ending = lambda: emit(StreamChanged(purpose, -1))
        return AudioStream(service.store, passage.request.path, response, sent)

    def program(self, passage: Passage, method: str, status: int) -> None:
        """A program without a person in front of it gets this answer of the site's."""
        if status in _CONTENT and method != "HEAD" and passage.client.purpose not in PEOPLE:
            self._service.emit(Handed(passage.client, passage.resource.kind, passage.against))

    def withheld(self, flow: http.HTTPFlow, passage: Passage, answer: http.Response | None) -> None:
        """A request for audio is refused; `answer` is the site's, where it was asked."""
        if passage.resource.kind != "audio" or flow.request.method != "GET":
            return
        if "range" in flow.request.headers:
            return
        known = self._service.store.length(passage.request.path)
        if known is None and answer is not None:
            where = extent(answer.status_code, answer.headers)
            known = Length(where[1]) if where else None
        if known is not None:
            self._service.emit(Withheld(passage.client.purpose, known.size, known.seconds))
