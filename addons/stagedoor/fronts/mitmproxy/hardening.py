"""Four things a public door needs and mitmproxy 12 has no interface for.

1. Where mitmproxy itself answers (the site is down, a request is malformed), it shows visitors its
   version and the inner address of the site, as HTML even to a player. Here it is one plain line.
2. A request's head is kept in memory until it is complete, however long it grows. Here it ends at
   64 kB, as in other servers.
3. What a client uploads to an address where it is refused is kept in memory until it is complete.
   Here it is thrown away, and after 1 MB the guard hangs up.
4. The types of every message's parts are checked once more when the parser has just made them, for
   the sake of those who write addons: a sixth of the time of a request. `python -O` leaves it out.

Each replaces a function of mitmproxy's HTTP layers while the guard runs, and put it back afterwards.
The tests drive them through the real program, so an upgrade that moves them does not go unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mitmproxy import http
from mitmproxy.net.http import status_codes
from mitmproxy.proxy import commands
from mitmproxy.proxy.layers.http import HttpStream, _http1, _http2, _http3
from mitmproxy.proxy.layers.http._events import RequestData

MAX_HEAD = 64 << 10
"""Bytes of request line and headers; nginx takes 32 kB by default, Apache about 800 kB."""

MAX_REFUSED_BODY = 1 << 20
"""Bytes of an upload that are read before a refused client is hung up on."""

_SENTENCES = {
    400: "This request could not be understood.",
    413: "This upload is too large.",
    431: "This request has too many headers.",
    502: "This site does not answer right now. Please try again in a minute.",
    504: "This site takes too long to answer. Please try again in a minute.",
}
_ORIGINAL = "stagedoor_original"
_UPLOADED = "stagedoor.uploaded"
_OTHER = "This request could not be answered."


def harden() -> Callable[[], None]:
    """Put them in place; returns what takes them out again."""
    replacements: tuple[tuple[Any, str, Any], ...] = (
        (_http1, "make_error_response", _plain_response),
        (_http2, "format_error", _plain_body),
        (_http3, "format_error", _plain_body),
        (_http1.Http1Server, "read_headers", _bounded()),
        (HttpStream, "state_consume_request_body", _discarding()),
        (http.MessageData, "__post_init__", _unchecked),
    )
    saved = []
    for owner, name, replacement in replacements:
        current = getattr(owner, name, _unchecked)
        # A second guard in one process finds the first one's work: what counts is the original.
        original = getattr(current, _ORIGINAL, current)
        saved.append((owner, name, original))
        setattr(replacement, _ORIGINAL, original)
        setattr(owner, name, replacement)

    def undo() -> None:
        for owner, name, original in saved:
            setattr(owner, name, original)

    return undo


def _unchecked(_message: http.MessageData) -> None:
    """Also what is put back under `python -O`, where there is no such check."""


def _plain_body(status: int, _message: str = "") -> bytes:
    return f"{_SENTENCES.get(status, _OTHER)}\n".encode()


def _plain_response(status: int, message: str = "") -> bytes:
    body = _plain_body(status, message)
    reason = status_codes.RESPONSES.get(status, "Error")
    retry = "Retry-After: 60\r\n" if status in {502, 504} else ""
    head = (
        f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n{retry}"
        f"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _bounded() -> Any:
    def bounded(self: Any, event: Any) -> Iterator[commands.Command]:
        yield from getattr(bounded, _ORIGINAL)(self, event)
        # Still waiting for the end of the head, and already holding more than a head may have.
        if self.state == self.read_headers and len(self.buf) > MAX_HEAD:
            yield commands.SendData(self.conn, _plain_response(431))
            yield commands.CloseConnection(self.conn)
            self.state = self.done

    return bounded


def _discarding() -> Any:
    def consume(self: Any, event: Any) -> Iterator[commands.Command]:
        if self.flow.response is None or not isinstance(event, RequestData):
            yield from getattr(consume, _ORIGINAL)(self, event)
            return
        read = self.flow.metadata.get(_UPLOADED, 0) + len(event.data)
        self.flow.metadata[_UPLOADED] = read
        if read > MAX_REFUSED_BODY and self.flow.killable:
            self.flow.kill()
            yield from self.check_killed(emit_error_hook=False)

    return consume
