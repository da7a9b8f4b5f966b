"""Bodies, where two programs could disagree about their end.

- HTTP/2 has frames, HTTP/1 needs Content-Length or chunks. mitmproxy writes a body without length
  behind the head as it is, and the site takes it for the next request: here it goes out in chunks.
- The body of a GET, HEAD or TRACE means nothing (RFC 9110, 9.3), and many servers leave it unread, so
  that it becomes the next request: it is taken out. After any other request with a body the
  connection to the site is closed, because the site may have left that unread, too.
- Trailers end the connection without a word in mitmproxy: here they are dropped (RFC 9110, 6.5.1).
- What a client uploads to an address where it is refused would be kept in memory until it is
  complete: here it is thrown away, and after 1 MB the guard hangs up.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import h11
from h11._readers import ChunkedReader
from h11._receivebuffer import ReceiveBuffer
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream, _http1
from mitmproxy.proxy.layers.http._events import (
    RequestData,
    RequestHeaders,
    RequestTrailers,
    ResponseData,
    ResponseTrailers,
)

from stagedoor.fronts.mitmproxy.replacing import Replacement, original

MAX_REFUSED_BODY = 1 << 20
"""Bytes of an upload that are read before a refused client is hung up on."""
MAX_BETWEEN = 64 << 10
"""Bytes of a chunk's first line, or of trailers."""
BODILESS = frozenset({b"GET", b"HEAD", b"TRACE"})
"""Methods whose body is taken out; forwarding.py takes out the headers that announce it."""

_UPLOADED = "stagedoor.uploaded"
_FRAMED = frozenset({b"content-length", b"transfer-encoding"})


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's handling of bodies."""
    return (
        *of_responses(),
        Replacement(_http1.Http1Client, "send", _sending_requests()),
        Replacement(HttpStream, "state_consume_request_body", _discarding()),
    )


def of_responses() -> tuple[Replacement, ...]:
    """Of these what responses need: they end in chunks and trailers of all kinds."""
    return (
        Replacement(_http1, "make_body_reader", _reader()),
        Replacement(_http1.Http1Server, "send", _sending_responses()),
    )


class _Chunks(ChunkedReader):
    """Chunks without trailers, and with an end to what stands between them."""

    def __call__(self, buf: ReceiveBuffer) -> h11.Data | h11.EndOfMessage | None:
        event = super().__call__(buf)
        if event is None and len(buf) > MAX_BETWEEN:
            raise h11.RemoteProtocolError("more than 64 kB between two chunks")
        if isinstance(event, h11.EndOfMessage) and event.headers:
            return h11.EndOfMessage()
        return event


def _reader() -> Any:
    def make_body_reader(expected_size: int | None) -> Any:
        return _Chunks() if expected_size is None else original(make_body_reader)(expected_size)

    return make_body_reader


# What is replaced here are generators; where nothing is to be changed, the original's is handed out
# as it is, because every generator around another costs each request.


def _sending_requests() -> Any:
    def send(self: Any, event: Any) -> Iterator[commands.Command]:
        if isinstance(event, RequestHeaders):
            if event.request.is_http2 or event.request.is_http3:
                _frame(event)
            if not event.end_stream:
                # For this connection's next turn alone: it is closed then.
                self.mark_done = partial(_mark_done_and_close, self)
        elif not isinstance(event, RequestData | RequestTrailers):
            pass  # the end, or an error
        elif isinstance(event, RequestTrailers) or not event.data:
            return iter(())  # an empty chunk would end the body
        elif self.request.data.method.upper() in BODILESS and self.state != self.passthrough:
            return iter(())  # of a WebSocket it is no body
        generator: Iterator[commands.Command] = original(send)(self, event)
        return generator

    return send


def _mark_done_and_close(client: Any, **which: bool) -> Iterator[commands.Command]:
    yield from type(client).mark_done(client, **which)
    if client.request is None:
        yield commands.CloseConnection(client.conn)
        client.state = client.done


def _frame(event: RequestHeaders) -> None:
    """Say in a request that came in frames where its body ends."""
    request = event.request
    fields = request.headers.fields
    framed = any(name.lower() in _FRAMED for name, _ in fields)
    if event.end_stream and framed:
        kept = tuple(field for field in fields if field[0].lower() not in _FRAMED)
        request.headers.fields = (*kept, (b"Content-Length", b"0"))
    elif not event.end_stream and not framed and request.data.method.upper() not in BODILESS:
        request.headers.fields = (*fields, (b"Transfer-Encoding", b"chunked"))


def _sending_responses() -> Any:
    def send(self: Any, event: Any) -> Iterator[commands.Command]:
        if isinstance(event, ResponseTrailers):
            return iter(())
        if isinstance(event, ResponseData) and not event.data:
            return iter(())  # an empty chunk would end the body
        generator: Iterator[commands.Command] = original(send)(self, event)
        return generator

    return send


def _discarding() -> Any:
    def state_consume_request_body(self: Any, event: Any) -> Iterator[commands.Command]:
        if self.flow.response is None or not isinstance(event, RequestData):
            yield from original(state_consume_request_body)(self, event)
            return
        read = self.flow.metadata.get(_UPLOADED, 0) + len(event.data)
        self.flow.metadata[_UPLOADED] = read
        if read > MAX_REFUSED_BODY and self.flow.killable:
            self.flow.kill()
            yield from self.check_killed(emit_error_hook=False)

    return state_consume_request_body
