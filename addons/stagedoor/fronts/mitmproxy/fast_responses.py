"""Responses of the site, read without mitmproxy's layers and as they read them.

Heads go through mitmproxy's own parser, with what heads.py makes of it; so do chunks, with bodies.py.
"""

from __future__ import annotations

from typing import Any

import h11
from h11._receivebuffer import ReceiveBuffer
from mitmproxy import http
from mitmproxy.net.http import http1
from mitmproxy.proxy.layers.http import _http1

from stagedoor.fronts.mitmproxy.heads import UNASKED, ended, is_interim, too_large
from stagedoor.fronts.mitmproxy.own_answers import LARGE_HEAD

_PROTOCOL = "HTTP/1 protocol error: "


class End:
    """The response is complete."""


class Broken:
    """It cannot be read, or has broken off; `message` is what mitmproxy would have said."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message


Event = http.Response | bytes | End | Broken
END = End()


class ResponseReader:
    """Reads one response to `request`. feed() and eof() return what has come, in order."""

    __slots__ = ("_buffer", "_chunks", "_data", "_left", "_request", "finished", "reusable")

    def __init__(self, request: http.Request) -> None:
        self._request = request
        self._data = b""
        self._left = -2  # no head yet; -1 is until the end of the connection
        self._chunks: Any = None
        self._buffer: Any = None
        self.finished = False
        self.reusable = False

    @property
    def begun(self) -> bool:
        """Whether anything of it has come."""
        return self._left != -2 or bool(self._data)

    def feed(self, data: bytes) -> list[Event]:
        """What `data` brings."""
        if self.finished:
            self.reusable = False  # nobody has asked for it
            return []
        if self._left == -2:
            return self._head(self._data + data if self._data else data)
        return self._body(data)

    def eof(self) -> list[Event]:
        """The site has ended the connection."""
        if self.finished:
            return []
        if self._left == -2:
            if self._data:
                return self._broken(f"unexpected server response: {self._data!r}")
            return self._broken("server closed connection")
        if self._chunks is None:
            if self._left == -1:
                return self._ended(reusable=False)
            return self._broken(
                f"{_PROTOCOL}peer closed connection without sending complete message body"
            )
        try:
            self._chunks.read_eof()
        except h11.ProtocolError as error:
            return self._broken(f"{_PROTOCOL}{error}")
        return self._broken(_PROTOCOL)

    def _head(self, data: bytes) -> list[Event]:
        if data[:1] in {b"\r", b"\n"}:
            data = data.lstrip(b"\r\n")
        end = ended(data)
        while end and is_interim(data):
            data = data[end:].lstrip(b"\r\n")
            end = ended(data)
        self._data = data
        if too_large(data, end):
            return self._broken(LARGE_HEAD)
        if not end:
            return []
        if data.startswith(b" 101", 8):
            return self._broken(UNASKED)
        lines = data[:end].split(b"\n")
        lines = [line[:-1] if line.endswith(b"\r") else line for line in lines[:-2]]
        try:
            response = http1.read_response_head(lines)
            size = http1.expected_http_body_size(self._request, response)
        except ValueError as error:
            return self._broken(f"Cannot parse HTTP response: {error}")
        rest, self._data = data[end:], b""
        found: list[Event] = [response]
        if size is None:
            # The name in its module: bodies.py has put a reader without trailers there.
            self._chunks, self._buffer = _http1.make_body_reader(None), ReceiveBuffer()
            self._left = 0
        else:
            self._left = size
        self.reusable = size != -1 and not (
            http1.connection_close(self._request.http_version, self._request.headers)
            or http1.connection_close(response.http_version, response.headers)
        )
        if size == 0:
            found += self._ended(reusable=self.reusable and not rest)
        elif rest:
            found += self._body(rest)
        return found

    def _body(self, data: bytes) -> list[Event]:
        if self._chunks is not None:
            return self._chunked(data)
        if self._left == -1:
            return [data]
        size = len(data)
        if size < self._left:
            self._left -= size
            return [data]
        reusable = self.reusable and size == self._left
        piece = data if size == self._left else data[: self._left]
        return [piece, *self._ended(reusable=reusable)]

    def _chunked(self, data: bytes) -> list[Event]:
        found: list[Event] = []
        self._buffer += data
        while True:
            try:
                event = self._chunks(self._buffer)
            except h11.ProtocolError as error:
                return [*found, *self._broken(f"{_PROTOCOL}{error}")]
            if event is None:
                return found
            if isinstance(event, h11.EndOfMessage):
                return [*found, *self._ended(reusable=self.reusable and not self._buffer)]
            if event.data:
                found.append(bytes(event.data))

    def _ended(self, *, reusable: bool) -> list[Event]:
        self.finished, self.reusable = True, reusable
        return [END]

    def _broken(self, message: str) -> list[Event]:
        self.finished, self.reusable = True, False
        return [Broken(message)]
