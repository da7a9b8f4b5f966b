"""The first bytes of a response: it is held until they show what it is.

mitmproxy sends a response's head as soon as the addons have seen it, before a byte of the body has
come. Where the head does not show a recording, the first bytes may: so the head waits for them, and
both go out together or not at all. For a response that passes this costs no event; where the bytes
show a recording, the addons are asked once more, and may put something else in its place.

What is done while a body passes is also done where there is none (`Content-Length: 0`, 204, HEAD):
mitmproxy would send such a head at once, and never ask the stream.

This replaces two functions of mitmproxy's HTTP layer while the guard runs, for which it has no
interface. The tests drive it through the real program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import MethodType
from typing import Any

from mitmproxy import http
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream
from mitmproxy.proxy.layers.http._events import (
    ResponseData,
    ResponseEndOfMessage,
    ResponseTrailers,
)
from mitmproxy.proxy.layers.http._hooks import HttpResponseHeadersHook

from stagedoor.fronts.mitmproxy import interrupting

HELD = "stagedoor.held"
"""Where a flow's Held is kept, in its metadata."""

Enough = Callable[[bytes], bool]
"""Whether a body's first bytes are as many as it takes."""
Look = Callable[[bytes], bool]
"""Looks at them; True where the hook `responseheaders` must run again before the head goes out."""


@dataclass(frozen=True, slots=True)
class Held:
    """What waits for a body's first bytes."""

    enough: Enough
    look: Look


_originals: dict[str, Any] = {}


def install() -> Callable[[], None]:
    """Let responses be held; returns what undoes that."""
    if not _originals:
        for name, function in (
            ("start_response_stream", _start),
            ("state_consume_response_body", _consume),
        ):
            _originals[name] = getattr(HttpStream, name)
            setattr(HttpStream, name, function)

    def undo() -> None:
        for name, function in _originals.items():
            setattr(HttpStream, name, function)
        _originals.clear()

    return undo


def hold(flow: http.HTTPFlow, enough: Enough, look: Look) -> bool:
    """Hold the response whose head has just come; False where nothing can be held (a test)."""
    if not _originals:
        return False
    flow.metadata[HELD] = Held(enough, look)
    return True


def _start(self: Any) -> Iterator[commands.Command]:
    """In the place of HttpStream.start_response_stream, which sends the head."""
    held = self.flow.metadata.pop(HELD, None)
    if held is None:
        yield from _sent(self)
        return
    start = bytearray()

    def state_look(self: Any, event: Any) -> Iterator[commands.Command]:
        if isinstance(event, ResponseTrailers):
            self.flow.response.trailers = event.trailers
            return
        ended = isinstance(event, ResponseEndOfMessage)
        if not ended:
            start.extend(event.data)
            if not held.enough(bytes(start)):
                return
        if held.look(bytes(start)):
            yield HttpResponseHeadersHook(self.flow)
            if (yield from self.check_killed(True)):
                return
        yield from _sent(self)
        if start:
            yield from self.server_state(ResponseData(self.stream_id, bytes(start)))
        if ended:
            yield from self.server_state(event)

    self.server_state = MethodType(state_look, self)


def _sent(stream: Any) -> Iterator[commands.Command]:
    yield from _originals.get("start_response_stream", HttpStream.start_response_stream)(stream)
    interrupting.watch(stream)


def _consume(self: Any, event: Any) -> Iterator[commands.Command]:
    """In the place of HttpStream.state_consume_response_body, for a response without a body."""
    flow = self.flow
    if (
        isinstance(event, ResponseEndOfMessage)
        and not self.response_body_buf
        and (HELD in flow.metadata or callable(flow.response.stream))
    ):
        yield from self.start_response_stream()
        yield from self.server_state(event)
        return
    # The type of a function that is being called: it may have been put back meanwhile.
    original = _originals.get("state_consume_response_body", type(self).state_consume_response_body)
    yield from original(self, event)
