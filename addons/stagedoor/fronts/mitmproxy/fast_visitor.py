"""One visitor's connection, as long as nothing but plain requests comes on it.

The first thing that is not plain (fast_heads.py) hands the connection over to mitmproxy, with all that
has not been answered: TLS and HTTP/2 from their first byte, an upload where it begins.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from mitmproxy import connection
from mitmproxy.net.http import http1

from stagedoor.fronts.mitmproxy import fast_heads
from stagedoor.fronts.mitmproxy.fast_exchange import Exchange
from stagedoor.fronts.mitmproxy.fast_parts import Host
from stagedoor.fronts.mitmproxy.heads import ended
from stagedoor.fronts.mitmproxy.passage import EARLY
from stagedoor.fronts.mitmproxy.refused_lately import Answered

_MOST_AHEAD = 64 << 10
"""Bytes of further requests that are read while one is answered."""


class Visitor(asyncio.Protocol):
    """Answers requests one after the other, as mitmproxy does."""

    __slots__ = (
        "_address", "_closing", "_exchange", "_out", "_pending", "_running", "client", "full", "host",
        "transport",
    )  # fmt: skip

    def __init__(self, host: Host) -> None:
        self.host = host
        self.full = False
        """Whether the visitor takes less than is sent."""
        self.transport: Any = None
        self._pending, self._address = b"", ""
        self._exchange: Exchange | None = None
        self._out: list[bytes] = []
        self._closing = self._running = False

    # -- the connection ----------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands: is there room for it?"""
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if not peer:
            self.transport.abort()
            return
        self._address = peer[0]
        self.client = connection.Client(
            peername=peer,
            sockname=transport.get_extra_info("sockname"),
            timestamp_start=time.time(),
            proxy_mode=self.host.mode,
            state=connection.ConnectionState.OPEN,
        )
        if not self.host.takes(self, peer[0]):
            self.host.turn_away(self.transport)

    def data_received(self, data: bytes) -> None:
        """A part of a request, or several requests."""
        self._pending = self._pending + data if self._pending else data
        if self._exchange is None:
            self._go_on()
        elif len(self._pending) > _MOST_AHEAD:
            self.transport.pause_reading()

    def connection_lost(self, _exc: Exception | None) -> None:
        """The visitor has hung up, or we have."""
        self.host.left(self)
        exchange, self._exchange = self._exchange, None
        self._pending, self._out = b"", []
        if exchange is not None:
            exchange.visitor_gone()

    def pause_writing(self) -> None:
        """The visitor is slower than the site."""
        self.full = True
        if self._exchange is not None:
            self._exchange.heed_pace()

    def resume_writing(self) -> None:
        """Now the visitor takes more."""
        self.full = False
        if self._exchange is not None:
            self._exchange.heed_pace()

    # -- requests ----------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Begin with the next request, and with all behind it that can be answered at once."""
        if self._running:
            return
        self._running = True
        try:
            while self._pending and self._exchange is None and not self._closing:
                if not self._next():
                    break
        finally:
            self._running = False
        self.flush()

    def _next(self) -> bool:
        data = self._pending
        end = fast_heads.end_of(data)
        if not end:
            if fast_heads.may_begin(data) and not ended(data) and self.host.ready:
                self.host.connections.begun(self.client.id)
            else:
                self._hand_over()
            return False
        head = data[:end]
        line = fast_heads.line_of(head) if self.host.ready else None
        key = (self._address, line[0], line[2]) if line is not None else None
        begun = None
        if key is not None and line is not None:
            found = self.host.refused.take(key, line[1])
            if isinstance(found, Answered):
                self._pending = data[end:]
                self.host.connections.busy(self.client.id)
                self.write(found.answer)
                self.finished(close=found.close)
                return True
            begun = found
        asked = fast_heads.read(head) if line is not None else None
        if asked is None or not self.host.speaks_plain(asked):
            self._hand_over()
            return False
        self._pending = data[end:]
        self.host.connections.busy(self.client.id)
        close = self.host.draining or http1.connection_close("HTTP/1.1", asked.headers)
        self._exchange = exchange = Exchange(self, asked, close_after=close, key=key)
        if begun is not None:
            exchange.flow.metadata[EARLY] = begun
        exchange.begin()
        return True

    def _hand_over(self) -> None:
        """Let mitmproxy have this connection, and what has come on it."""
        self.flush()
        self.host.left(self)
        self.host.hand_over(self.transport, self._pending)
        self._pending = b""

    def finished(self, *, close: bool) -> None:
        """The exchange is over."""
        self._exchange = None
        if close or self.host.draining:
            self.flush()
            self._closing = True
            self.transport.close()
            return
        self.host.connections.rests(self.client.id)
        self.transport.resume_reading()
        if self._pending:
            self._go_on()

    # -- what goes out -----------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send `data` once this turn is over."""
        self._out.append(data)

    def flush(self) -> None:
        """Send what was written."""
        out = self._out
        if out:
            self._out = []
            if not self.transport.is_closing():
                self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    @property
    def at_rest(self) -> bool:
        """Whether nothing is being answered."""
        return self._exchange is None

    def abort(self) -> None:
        """Hang up."""
        self.transport.abort()
