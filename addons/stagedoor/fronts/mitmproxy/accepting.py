"""Taking visitors' connections: a few at a time, each counted, and cheap until it says something.

asyncio accepts a hundred connections before it looks at one of them; when descriptors run out, it
tries a hundred times a second, with a traceback each. Here it is eight, and the kernel keeps the
queue. mitmproxy begins with a connection when its first bytes have come: one that keeps silent then
has no tasks, no hooks and no timer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from mitmproxy.proxy import mode_servers
from mitmproxy.proxy.layers.http import _http1, _http2
from mitmproxy.proxy.layers.http._events import ResponseEndOfMessage, ResponseProtocolError

from stagedoor.fronts.mitmproxy.connections import Connections, key_of
from stagedoor.fronts.mitmproxy.joined_writes import JoinedWrites
from stagedoor.fronts.mitmproxy.replacing import Replacement, original
from stagedoor.fronts.mitmproxy.turned_away import TurnedAway

_log = logging.getLogger("stagedoor.door")

AT_ONCE = 8
"""Connections accepted in one turn of the event loop."""
QUEUE = 1024
"""Connections that the kernel keeps meanwhile; it takes less where net.core.somaxconn says so."""
EVERY = 1.0
"""Seconds between two looks for what has taken too long."""
_FIRST = 1 << 20
UNSENT = 256 << 10
"""Bytes that the kernel takes of a response before the visitor's side has room for them. It would take
2.5 MB, half a song: all of it would count as heard by people who only look how long the song is."""


class _Begun:
    """A StreamReader from which the first bytes have been taken already."""

    def __init__(self, reader: asyncio.StreamReader, data: bytes) -> None:
        self._reader, self._data = reader, data
        self.read: Callable[..., Awaitable[bytes]] = self._first

    async def _first(self, most: int = -1) -> bytes:
        # mitmproxy has to know the task that reads here before it can close the connection.
        await asyncio.sleep(0)
        data = self._data if most < 0 else self._data[:most]
        self._data = self._data[len(data) :]
        if not self._data:
            self.read = self._reader.read
        return data


def counting(connections: Connections) -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's taking of connections."""
    turned_away = TurnedAway(lambda: connections.bounds.descriptors)

    async def handle_client(self: Any) -> None:
        transport = self.transports[self.client]
        reader, writer = transport.reader, transport.writer
        if not isinstance(writer, asyncio.StreamWriter):  # a connection of QUIC
            await original(handle_client)(self)
            return
        abort = writer.transport.abort
        key, peer = key_of(self.client), self.client.peername
        wire = writer.get_extra_info("socket")
        descriptor = wire.fileno()
        if not peer:
            abort()
            return
        if not connections.admit(key, peer[0], descriptor, abort):
            await turned_away.answer(reader, writer)
            return
        try:
            little_unsent(wire)
            data = await _first_bytes(reader)
            if data:
                if not connections.following:
                    connections.busy(key)
                transport.reader = _Begun(reader, data)
                transport.writer = JoinedWrites(writer)
                await original(handle_client)(self)
            else:
                writer.close()
        finally:
            connections.gone(key)

    return (Replacement(mode_servers.ProxyConnectionHandler, "handle_client", handle_client),)


def little_unsent(wire: socket.socket) -> None:
    """Have the kernel keep no more than UNSENT bytes that cannot go out yet; how many are on their way
    does not change.
    """
    option = getattr(socket, "TCP_NOTSENT_LOWAT", None)
    if option is not None:
        with suppress(OSError):  # a socket of another family
            wire.setsockopt(socket.IPPROTO_TCP, option, UNSENT)


async def _first_bytes(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(_FIRST)
    except OSError:
        return b""


Listen = Callable[[Any, socket.socket, int], Awaitable[asyncio.Server]]
"""Begins to serve on a socket, for a server of mitmproxy's, so many connections at once."""


async def by_mitmproxy(instance: Any, listening: socket.socket, at_once: int) -> asyncio.Server:
    """Serve as mitmproxy does."""
    return await asyncio.start_server(instance.handle_stream, sock=listening, backlog=at_once)


async def take_few(proxyserver: Any, listen: Listen = by_mitmproxy) -> None:
    """Let every server of mitmproxy accept AT_ONCE connections at once, on the same sockets.

    `listen` begins to serve on each. One that listens at `::` alone gets a socket for IPv4 besides: everywhere means both.
    """
    for instance in list(proxyserver.servers):
        found = getattr(instance, "_servers", None)
        if not found:
            continue
        servers: list[Any] = []
        for server in found:
            if not isinstance(server, asyncio.Server):
                servers.append(server)
                continue
            for listening in [*server.sockets, *_for_ipv4(found)]:
                same = socket.socket(fileno=os.dup(listening.fileno()))
                same.setblocking(False)
                servers.append(await listen(instance, same, AT_ONCE))
                same.listen(QUEUE)
            await _end(server)
        instance._servers = servers  # noqa: SLF001 (it closes them at the end)


async def _end(server: asyncio.Server) -> None:
    """Close a server, but none of the connections that it has just accepted.

    asyncio makes a transport in the turn after it has accepted, and resets the connection where the
    server is closed by then.
    """
    _pause(server)
    for _ in range(3):
        await asyncio.sleep(0)
    server.close()


def _pause(server: asyncio.Server) -> None:
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())


def take_none(proxyserver: Any) -> None:
    """Accept nobody any more: those who come while the guard ends wait for the next one, or go."""
    for instance in list(proxyserver.servers):
        for server in getattr(instance, "_servers", None) or ():
            if isinstance(server, asyncio.Server):
                _pause(server)


def _for_ipv4(servers: Sequence[Any]) -> list[socket.socket]:
    """A socket for IPv4 beside one that is bound to `::` alone."""
    sockets = [each for server in servers for each in getattr(server, "sockets", ())]
    ports = [each.getsockname()[1] for each in sockets if each.getsockname()[0] == "::"]
    if len(ports) != 1 or any(each.family == socket.AF_INET for each in sockets):
        return []
    if not sockets[0].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
        return []  # as systemd opens them: for both
    ours = socket.socket(socket.AF_INET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        ours.bind(("0.0.0.0", ports[0]))  # noqa: S104 (asked for, as ::)
    except OSError as error:
        ours.close()
        _log.warning(
            "visitors by IPv4 are not served: 0.0.0.0:%d cannot be listened at (%s)",
            ports[0],
            error.strerror,
        )
        return []
    return [ours]


def replacements(connections: Connections) -> tuple[Replacement, ...]:
    """What says when a connection is at rest."""
    return (
        Replacement(_http1.Http1Server, "mark_done", _resting(connections)),
        Replacement(_http2.Http2Server, "_handle_event", _resting_http2(connections)),
    )


def _resting(connections: Connections) -> Any:
    def mark_done(self: Any, *, request: bool = False, response: bool = False) -> Any:
        if (
            (request or self.request_done)
            and (response or self.response_done)
            and self.response.status_code != 101  # a WebSocket never rests
        ):
            # Whatever has come already of a next request is looked at in the original.
            connections.rests(key_of(self.conn))
        return original(mark_done)(self, request=request, response=response)

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
