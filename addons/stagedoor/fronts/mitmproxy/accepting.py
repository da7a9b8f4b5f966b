"""Taking visitors' connections: a few at a time, each counted, and cheap until it says something.

asyncio accepts a hundred connections before it looks at one of them; when descriptors run out, it
tries a hundred times a second, with a traceback each. Here it is eight, and the kernel keeps the
queue. mitmproxy gets a connection when its first bytes have come: one that keeps silent then costs
a socket and a few kilobytes, not the thirty objects and two tasks of a connection in use.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers.http import _http1, _http2
from mitmproxy.proxy.layers.http._events import ResponseEndOfMessage, ResponseProtocolError

from stagedoor.fronts.mitmproxy.connections import Connections, key_of
from stagedoor.fronts.mitmproxy.replacing import Replacement, install, original

AT_ONCE = 8
"""Connections accepted in one turn of the event loop."""
QUEUE = 1024
"""Connections that the kernel keeps meanwhile; it takes less where net.core.somaxconn says so."""
EVERY = 1.0
"""Seconds between two looks for what has taken too long."""
_FIRST = 1 << 20

Handler = Callable[[Any, Any], Awaitable[None]]


class _Begun:
    """A StreamReader from which the first bytes have been taken already."""

    def __init__(self, reader: asyncio.StreamReader, data: bytes) -> None:
        self._reader, self._data = reader, data
        self.read: Callable[..., Awaitable[bytes]] = self._first

    async def _first(self, most: int = -1) -> bytes:
        data = self._data if most < 0 else self._data[:most]
        self._data = self._data[len(data) :]
        if not self._data:
            self.read = self._reader.read
        return data


class _Asyncio:
    """The module asyncio, in which start_server counts connections."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._sweeping: asyncio.Task[None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    async def start_server(
        self, handler: Handler, host: Any = None, port: Any = None, **more: Any
    ) -> asyncio.Server:
        async def admitted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve(handler, reader, writer)

        server = await asyncio.start_server(admitted, host, port, **{"backlog": AT_ONCE, **more})
        for listening in server.sockets:
            _lengthen(listening)
        if self._sweeping is None or self._sweeping.done():
            self._sweeping = asyncio.get_running_loop().create_task(
                self._sweep(), name="stagedoor connections"
            )
        return server

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            self._connections.sweep()

    async def _serve(
        self, handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        peer = writer.get_extra_info("peername")
        taken = writer.get_extra_info("socket")
        if not peer:  # gone before it was looked at
            writer.transport.abort()
            return
        key = (peer, writer.get_extra_info("sockname"))
        abort = writer.transport.abort
        if not self._connections.admit(key, peer[0], taken.fileno(), abort):
            abort()
            return
        try:
            with suppress(OSError):
                data = await reader.read(_FIRST)
                if data:
                    if not self._connections.following:
                        self._connections.busy(key)
                    await handler(_Begun(reader, data), writer)
        finally:
            self._connections.gone(key)
            if not writer.is_closing():
                writer.close()

    def close(self) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()


def _lengthen(listening: Any) -> None:
    """Let the kernel keep a longer queue than asyncio takes at once."""
    with socket.socket(fileno=os.dup(listening.fileno())) as same:
        same.listen(QUEUE)


def bound(connections: Connections) -> Callable[[], None]:
    """Count and bound the connections of servers that are started from now on."""
    shim = _Asyncio(connections)
    undo = install((Replacement(mode_servers, "asyncio", shim),))

    def release() -> None:
        undo()
        shim.close()

    return release


def replacements(connections: Connections) -> tuple[Replacement, ...]:
    """What says when a connection is at rest."""
    return (
        Replacement(_http1.Http1Server, "mark_done", _resting(connections)),
        Replacement(_http2.Http2Server, "_handle_event", _resting_http2(connections)),
    )


def _resting(connections: Connections) -> Any:
    def mark_done(self: Any, **which: bool) -> Any:
        yield from original(mark_done)(self, **which)
        if self.request is None:
            connections.rests(key_of(self.conn))
            if self.buf:
                connections.begun(key_of(self.conn))

    return mark_done


def _resting_http2(connections: Connections) -> Any:
    def _handle_event(self: Any, event: Any) -> Any:
        yield from original(_handle_event)(self, event)
        key = key_of(self.conn)
        if isinstance(event, ResponseEndOfMessage | ResponseProtocolError):
            if not self.h2_conn.open_inbound_streams:
                connections.rests(key)
        elif connections.quiet(key) and self.h2_conn.open_inbound_streams:
            connections.busy(key)

    return _handle_event
