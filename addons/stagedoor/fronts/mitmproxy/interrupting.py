"""A response that is stopped while it runs: nothing more goes out, and the site is let go.

An HTTP/1 visitor sees that the connection ends too early, one of HTTP/2 that the stream is reset; the
other streams of its connection go on. mitmproxy asks its addons nothing between the head and the end
of a response, so this adds a step to the state in which a body is passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

from mitmproxy import http
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream, SendHttp
from mitmproxy.proxy.layers.http._events import (
    ErrorCode,
    RequestProtocolError,
    ResponseData,
    ResponseProtocolError,
)

ASK = "stagedoor.interrupted"
"""Where a flow keeps whom to ask, in its metadata."""
MESSAGE = "stopped by a rule about listening"


def interruptible(flow: http.HTTPFlow, interrupted: Callable[[], bool]) -> None:
    """Stop the response of `flow`, whose head goes out next, once `interrupted` says so."""
    flow.metadata[ASK] = interrupted


def watch(stream: HttpStream) -> None:
    """The head has gone out: ask after each part of the body from now on, where anybody wants it."""
    interrupted = stream.flow.metadata.pop(ASK, None)
    if interrupted is None:
        return
    passed_on: Any = stream.server_state

    def state_stream_recording(self: Any, event: Any) -> Iterator[commands.Command]:
        yield from passed_on(event)
        if isinstance(event, ResponseData) and interrupted():
            yield from _stopped(self)

    stream.server_state = MethodType(state_stream_recording, stream)


def _stopped(stream: Any) -> Iterator[commands.Command]:
    """What mitmproxy does where the site breaks off; and the site is not read any more."""
    number = stream.stream_id
    stop = RequestProtocolError(number, MESSAGE, ErrorCode.CANCEL)
    yield SendHttp(stop, stream.context.server)
    end = ResponseProtocolError(number, MESSAGE, ErrorCode.CANCEL)
    yield from stream.handle_protocol_error(end)
    stream.client_state = stream.server_state = stream.state_errored
