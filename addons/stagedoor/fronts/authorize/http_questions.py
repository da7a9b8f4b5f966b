"""The HTTP server of the counter: HTTP/1.1 on asyncio, parsed by httptools, nothing in between.

Fronts keep their connections, and ask short questions without a body; docs/counter.md has what other
servers cost. A question whose bytes are those of an earlier one may be answered by `again`, before
anything is parsed.

Bounded: connections, seconds until a head is there, bytes and lines of a head. A body is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import httptools

from stagedoor.fronts.refusals import Answer

_log = logging.getLogger("stagedoor.door")

MOST_CONNECTIONS = 4096
MOST_HEAD, MOST_LINES = 64 << 10, 200
"""Bytes and header lines of a question: as much as the guard in front of a site takes."""
HEAD_SECONDS, IDLE_SECONDS = 10.0, 120.0
_END = b"\r\n\r\n"

Fields = list[tuple[bytes, bytes]]
Ask = Callable[[str, bytes, Fields, str, bytes], Answer | bytes | Awaitable[Answer | bytes]]
"""Method, target, header fields, the peer's address, the whole head → an answer, or its bytes."""
Again = Callable[[bytes, str], bytes | None]
"""The whole head, the peer's address → the bytes of an answer that is good still; None where there is
none.
"""


def encoded(answer: Answer, *, closing: bool = False) -> bytes:
    """A whole answer as it goes out."""
    try:
        reason = HTTPStatus(answer.status).phrase
    except ValueError:
        reason = "Answered"
    lines = [f"HTTP/1.1 {answer.status} {reason}".encode()]
    lines += [name + b": " + value for name, value in answer.headers]
    if not any(name.lower() == b"content-length" for name, _ in answer.headers):
        lines.append(b"Content-Length: %d" % len(answer.body))
    if closing:
        lines.append(b"Connection: close")
    return b"\r\n".join((*lines, b"", answer.body))


def plain(status: int, text: str) -> Answer:
    """A short answer to the front itself."""
    body = f"{text}\n".encode()
    return Answer(status, ((b"Content-Type", b"text/plain; charset=utf-8"),), body)


class Connections:
    """Those of one counter, and what they share."""

    def __init__(self, ask: Ask, again: Again = lambda _head, _peer: None) -> None:
        self.ask, self.again = ask, again
        self.open: set[Connection] = set()
        self.draining = False
        self.empty = asyncio.Event()

    def __call__(self) -> Connection:
        return Connection(self)

    async def drain(self, seconds: float) -> None:
        """Answer what was asked, and close."""
        self.draining = True
        self.empty.clear()
        for one in list(self.open):
            one.close_if_idle()
        if self.open:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.empty.wait()
        for one in list(self.open):
            one.transport.abort()


class Connection(asyncio.Protocol):
    """One front's connection. Questions are answered in their order, one at a time."""

    def __init__(self, shared: Connections) -> None:
        self._shared = shared
        self.transport: Any = None
        self.peer = ""
        self._parser: Any = None
        self._rest = b""
        self._busy: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._reset()

    def _reset(self) -> None:
        self._parser = None
        self._fields: Fields = []
        self._target = b""
        self._done = self._body = False
        self._keep = True

    # -- asyncio's calls ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport
        if len(self._shared.open) >= MOST_CONNECTIONS or self._shared.draining:
            self.transport.abort()
            return
        peer = transport.get_extra_info("peername")
        # Over a Unix socket nobody can ask but this machine.
        self.peer = str(peer[0]) if isinstance(peer, tuple) else "127.0.0.1"
        self._shared.open.add(self)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, _: Exception | None) -> None:
        """Leave nothing behind."""
        self._shared.open.discard(self)
        if not self._shared.open:
            self._shared.empty.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._busy is not None:
            self._busy.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer all questions that are complete."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        if self._busy is not None:
            self._hold(data)
            return
        known = self._shared.again(data, self.peer)
        if known is not None:
            self._write(known)
            return
        while data and self._busy is None and not self.transport.is_closing():
            end = data.find(_END)
            if end < 0:
                self._hold(data)
                return
            head, data = data[: end + 4], data[end + 4 :]
            self._question(head)
        if data:
            self._hold(data)

    def _hold(self, data: bytes) -> None:
        self._rest = data
        if len(data) > MOST_HEAD:
            self._refuse(431, "this question is too large")

    # -- httptools' calls --------------------------------------------------------------------------

    def on_url(self, url: bytes) -> None:
        """The request target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._keep = self._parser.should_keep_alive()

    def on_body(self, _: bytes) -> None:
        """A question has none."""
        self._body = True

    def on_message_complete(self) -> None:
        """The question is there."""
        self._done = True

    # -- questions and answers ---------------------------------------------------------------------

    def _question(self, head: bytes) -> None:
        self._reset()
        parser = self._parser = httptools.HttpRequestParser(self)
        try:
            parser.feed_data(head)
        except httptools.HttpParserUpgrade:
            pass  # the visitor's Upgrade was passed on with the question; nothing is upgraded here
        except httptools.HttpParserError:
            self._refuse(400, "this is no HTTP")
            return
        if self._body or not self._done:
            self._refuse(413, "a question has no body: let the front leave it out")
            return
        if len(head) > MOST_HEAD or len(self._fields) > MOST_LINES:
            self._refuse(431, "this question is too large")
            return
        method = parser.get_method().decode("latin-1")
        answer = self._shared.ask(method, self._target, self._fields, self.peer, head)
        if isinstance(answer, bytes | Answer):
            self._answer(answer)
        else:
            self._busy = asyncio.ensure_future(self._later(answer))

    async def _later(self, answer: Awaitable[Answer | bytes]) -> None:
        found = await answer
        self._busy = None
        self._answer(found)
        if self._rest and not self.transport.is_closing():
            self.data_received(b"")

    def _answer(self, answer: Answer | bytes) -> None:
        closing = not self._keep or self._shared.draining
        if isinstance(answer, Answer):
            self._write(encoded(answer, closing=closing))
        else:
            self._write(answer)
        if closing:
            self.transport.close()

    def _write(self, data: bytes) -> None:
        self.transport.write(data)
        self._due = 0.0

    def _refuse(self, status: int, text: str) -> None:
        self._rest = b""
        self.transport.write(encoded(plain(status, text), closing=True))
        self.transport.close()

    # -- time --------------------------------------------------------------------------------------

    def _wait(self, seconds: float) -> None:
        """Look after `seconds` whether anything has come. One timer a connection, never moved."""
        loop = asyncio.get_running_loop()
        self._due = loop.time() + seconds
        self._timer = loop.call_later(seconds, self._look)

    def _look(self) -> None:
        if self._due == 0.0 or self._busy is not None:  # it has asked since
            self._wait(IDLE_SECONDS)
        else:
            self.transport.close()

    def close_if_idle(self) -> None:
        """Close, unless an answer is being made."""
        if self._busy is None:
            self.transport.close()
