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
        Replacement(_http1, "make_body_reader", _reader()),
        Replacement(_http1.Http1Client, "send", _sending_requests()),
        Replacement(_http1.Http1Client, "mark_done", _closing()),
        Replacement(_http1.Http1Server, "send", _sending_responses()),
        Replacement(HttpStream, "state_consume_request_body", _discarding()),
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


def _sending_requests() -> Any:
    def send(self: Any, event: Any) -> Iterator[commands.Command]:
        if isinstance(event, RequestHeaders):
            _frame(event)
            self.stagedoor_body = not event.end_stream
        elif not isinstance(event, RequestData | RequestTrailers):
            pass  # the end, or an error
        elif isinstance(event, RequestTrailers) or not event.data:
            return  # an empty chunk would end the body
        elif self.request.data.method.upper() in BODILESS and self.state != self.passthrough:
            return  # of a WebSocket it is no body
        yield from original(send)(self, event)

    return send


def _frame(event: RequestHeaders) -> None:
    """Say in a request that came in frames where its body ends."""
    request = event.request
    if not (request.is_http2 or request.is_http3):
        return
    fields = request.headers.fields
    framed = any(name.lower() in _FRAMED for name, _ in fields)
    if event.end_stream and framed:
        kept = tuple(field for field in fields if field[0].lower() not in _FRAMED)
        request.headers.fields = (*kept, (b"Content-Length", b"0"))
    elif not event.end_stream and not framed and request.data.method.upper() not in BODILESS:
        request.headers.fields = (*fields, (b"Transfer-Encoding", b"chunked"))


def _closing() -> Any:
    def mark_done(self: Any, **which: bool) -> Iterator[commands.Command]:
        yield from original(mark_done)(self, **which)
        if self.request is None and getattr(self, "stagedoor_body", False):
            self.stagedoor_body = False
            yield commands.CloseConnection(self.conn)
            self.state = self.done

    return mark_done


def _sending_responses() -> Any:
    def send(self: Any, event: Any) -> Iterator[commands.Command]:
        if isinstance(event, ResponseTrailers):
            return
        if isinstance(event, ResponseData) and not event.data:
            return  # an empty chunk would end the body
        yield from original(send)(self, event)

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
