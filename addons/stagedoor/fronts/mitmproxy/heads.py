"""Heads of HTTP/1 messages: bounded, read strictly where it matters, kindly where it does not.

- A head, from either side, ends at 64 kB or 200 lines: 431 for a visitor, 502 for a site. Lines are
  counted before any of them is parsed, so a head of nothing but lines costs next to nothing.
- A bare CR, a NUL or a folded line is read as a new line by some servers: 400 (RFC 9112, 2.2, 5.2).
  A site's folded line is joined, as the same section says.
- Interim responses (100, 102, 103) are passed over: the final one is the answer (RFC 9110, 15.2).
- `ICY 200 OK` is how SHOUTcast servers begin a stream: HTTP/1.0 with another name.
- A Content-Length that is written twice and says the same is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mitmproxy import http
from mitmproxy.net.http import http1
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import ErrorCode, ResponseProtocolError

from stagedoor.fronts.mitmproxy.complaints import Report
from stagedoor.fronts.mitmproxy.connections import Connections, key_of
from stagedoor.fronts.mitmproxy.early_refusals import EarlyRefusals
from stagedoor.fronts.mitmproxy.immediate_hooks import READER
from stagedoor.fronts.mitmproxy.own_answers import ICE_SOURCE, LARGE_HEAD, plain_response
from stagedoor.fronts.mitmproxy.replacing import Replacement, original

MAX_HEAD = 64 << 10
"""Bytes of request line and headers; nginx takes 32 kB by default, Apache about 800 kB."""
MAX_LINES = 200
"""Headers; Apache takes 100, nginx counts none. No browser sends fifty."""

_END = re.compile(rb"\n\r?\n")
_INTERIM = re.compile(rb"HTTP/1\.\d 1(?!01)\d\d(?!\d)")
_VERSIONS = frozenset({b"HTTP/1.1", b"HTTP/1.0"})
UNASKED = "Cannot parse HTTP response: 101 Switching Protocols without a request to switch"


def ended(data: bytes) -> int:
    """Where the head at the beginning of `data` ends; 0 where that has not come yet."""
    usual = data.find(b"\r\n\r\n")
    if usual != -1 and data.find(b"\n\n", 0, usual) == -1:
        return usual + 4
    found = _END.search(data)
    return found.end() if found else 0


def is_interim(data: bytes) -> bool:
    """Whether a response that only says "wait" begins `data`: 100, 102, 103."""
    return data.startswith(b" 1", 8) and _INTERIM.match(data) is not None


def too_large(data: bytes, end: int) -> bool:
    """Whether the head in `data`, which ends at `end` or has not yet, is more than is read."""
    size = end or len(data)
    return size > MAX_HEAD or data.count(b"\n", 0, size) > MAX_LINES + 2


def replacements(
    report: Report, connections: Connections, early: EarlyRefusals | None = None
) -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's reading of heads."""
    reading = _reading_requests(report, connections, early)
    return (
        Replacement(_http1.Http1Server, "read_headers", reading),
        Replacement(http1, "read_request_head", _request_parser()),
        *of_responses(),
    )


def of_responses() -> tuple[Replacement, ...]:
    """What reads responses as kindly as browsers do."""
    return (
        Replacement(_http1.Http1Client, "read_headers", _reading_responses()),
        Replacement(http1, "read_response_head", _response_parser()),
    )


def _skip_blank_lines(buffer: Any) -> bytes:
    """The buffer's bytes, without line breaks before a message (RFC 9112, 2.2)."""
    data = bytes(buffer)
    if data[:1] not in {b"\r", b"\n"}:
        return data
    rest = data.lstrip(b"\r\n")
    buffer.maybe_extract_at_most(len(data) - len(rest))
    return rest


def _reading_requests(report: Report, connections: Connections, early: EarlyRefusals | None) -> Any:
    def read_headers(self: Any, event: Any) -> Iterator[commands.Command]:
        reader, may_be_refused = read(self, event)
        if early is None or not may_be_refused:
            return reader
        return early.reading(self, reader, read, lambda conn: connections.rests(key_of(conn)))

    def read(self: Any, event: Any) -> tuple[Iterator[commands.Command], bool]:
        may_be_refused = False
        if isinstance(event, events.DataReceived):
            data = _skip_blank_lines(self.buf)
            end = ended(data)
            if too_large(data, end):
                report("client", "head-size")
                return _too_large_a_request(self), False
            if end:
                connections.busy(key_of(self.conn))
                vars(self.conn)[READER] = self
                may_be_refused = early is not None and early.may_be_one(data[:end])
            elif data:
                connections.begun(key_of(self.conn))
        return original(read_headers)(self, event), may_be_refused

    return read_headers


def _too_large_a_request(server: Any) -> Iterator[commands.Command]:
    yield commands.SendData(server.conn, plain_response(431))
    yield commands.CloseConnection(server.conn)
    server.state = server.done


def _reading_responses() -> Any:
    def read_headers(self: Any, event: Any) -> Iterator[commands.Command]:
        if isinstance(event, events.DataReceived) and self.request:
            data = _skip_blank_lines(self.buf)
            end = ended(data)
            while end and is_interim(data):
                self.buf.maybe_extract_lines()
                data = _skip_blank_lines(self.buf)
                end = ended(data)
            if too_large(data, end):
                return _unreadable(self, LARGE_HEAD)
            if end and data.startswith(b" 101", 8) and "upgrade" not in self.request.headers:
                return _unreadable(self, UNASKED)
        generator: Iterator[commands.Command] = original(read_headers)(self, event)
        return generator

    return read_headers


def _unreadable(client: Any, reason: str) -> Iterator[commands.Command]:
    yield commands.CloseConnection(client.conn)
    yield ReceiveHttp(
        ResponseProtocolError(client.stream_id, reason, ErrorCode.GENERIC_SERVER_ERROR)
    )
    client.state = client.done


def _request_parser() -> Any:
    def read_request_head(lines: list[bytes]) -> http.Request:
        head = b"\n".join(lines)
        if b"\r" in head or b"\0" in head:
            raise ValueError("a bare CR or a NUL in the head")
        if b"\n " in head or b"\n\t" in head:
            raise ValueError("a folded line in the head")
        if b" ICE/1." in lines[0]:
            raise ValueError(f"{ICE_SOURCE} speaks ICE, not HTTP")
        request: http.Request = original(read_request_head)(lines)
        if request.data.http_version not in _VERSIONS:
            raise ValueError("no version of HTTP/1")
        return request

    return read_request_head


def _response_parser() -> Any:
    def read_response_head(lines: list[bytes]) -> http.Response:
        if lines[0].startswith(b"ICY "):
            lines = [b"HTTP/1.0 " + lines[0][4:], *lines[1:]]
        head = b"\n".join(lines)
        if b"\r" in head or b"\0" in head:
            raise ValueError("a bare CR or a NUL in the head")
        if b"\n " in head or b"\n\t" in head:
            lines = _unfolded(lines)
        response: http.Response = original(read_response_head)(lines)
        if not 100 <= response.status_code <= 999:
            raise ValueError(f"no status code: {response.status_code}")
        if len(lines) > 2 and head.lower().count(b"\ncontent-length") > 1:
            _say_once(response.headers)
        return response

    return read_response_head


def _unfolded(lines: list[bytes]) -> list[bytes]:
    joined: list[bytes] = []
    for line in lines:
        if line[:1] in {b" ", b"\t"} and len(joined) > 1:
            joined[-1] += b" " + line.strip()
        else:
            joined.append(line)
    return joined


def _say_once(headers: http.Headers) -> None:
    """One Content-Length where several say the same; else mitmproxy refuses the response."""
    lengths = headers.get_all("content-length")
    if len(set(lengths)) == 1:
        headers["content-length"] = lengths[0]
