"""The first bytes of a response: it is held until they show what it is.

mitmproxy sends a response's head as soon as the addons have seen it, before a byte of the body has
come. Where the head does not show a recording, the first bytes may: so the head waits for them, and
both go out together or not at all. For a response that passes this costs no event; where the bytes
show a recording, the addons are asked once more, and may put something else in its place.

This replaces one function of mitmproxy's HTTP layer while the guard runs, for which it has no
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

_HELD = "stagedoor.held"
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


_original: Any = None


def install() -> Callable[[], None]:
    """Let responses be held; returns what undoes that."""
    global _original  # noqa: PLW0603 (one function of mitmproxy's is replaced in one place)
    if _original is None:
        _original = HttpStream.start_response_stream
        HttpStream.start_response_stream = _start  # type: ignore[method-assign, assignment]

    def undo() -> None:
        global _original  # noqa: PLW0603
        if _original is not None:
            HttpStream.start_response_stream = _original  # type: ignore[method-assign]
            _original = None

    return undo


def hold(flow: http.HTTPFlow, enough: Enough, look: Look) -> bool:
    """Hold the response whose head has just come; False where nothing can be held (a test)."""
    if _original is None:
        return False
    flow.metadata[_HELD] = Held(enough, look)
    return True


def _start(self: Any) -> Iterator[commands.Command]:
    """In the place of HttpStream.start_response_stream, which sends the head."""
    held = self.flow.metadata.pop(_HELD, None)
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
    yield from (_original or HttpStream.start_response_stream)(stream)
