"""Where fronts' logs arrive: datagrams over UDP or a Unix socket, and files that are followed.

Datagrams are read by the kernel's queue and lost where that is full: a front never waits for the
counter. UDP is read from trusted addresses only. A Unix socket belongs to its owner and group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stagedoor.config.address_values import split_listen
from stagedoor.fronts.authorize.front_logs import MOST_LINE
from stagedoor.model.errors import StagedoorError

Take = Callable[[bytes], None]
Believed = Callable[[str], bool]
"""Whether lines from this address are believed."""

QUEUE = 4 << 20
"""Bytes that the kernel keeps of a queue, where it grants so much."""
LOOK = 0.25
"""Seconds between two looks at a file."""
MOST_AT_ONCE = 4 << 20
"""Bytes of a file that are read in one look."""
WAYS = "udp:HOST:PORT, unix:PATH or file:PATH"


def bind_path(found: socket.socket, path: Path) -> None:
    """Bind a Unix socket that only its owner and group may write to. OSError where that fails."""
    if path.is_socket():
        path.unlink()  # of a counter that was killed
    before = os.umask(0o117)
    try:
        found.bind(str(path))
    finally:
        os.umask(before)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Take, believed: Believed) -> None:
        self._take, self._believed = take, believed

    def datagram_received(self, data: bytes, addr: Any) -> None:
        # A Unix socket has no address: any program that may write to it is believed.
        if not isinstance(addr, tuple) or self._believed(str(addr[0])):
            self._take(data)


class FollowedFile:
    """A file that grows: read from its end on, and one that takes its place from its beginning."""

    def __init__(self, path: Path) -> None:
        self._path, self._number, self._at, self._rest = path, -1, 0, b""
        with contextlib.suppress(OSError):
            there = path.stat()
            self._number, self._at = there.st_ino, there.st_size

    def lines(self) -> list[bytes]:
        """What was added since the last look, as whole lines."""
        try:
            there = self._path.stat()
            if there.st_ino != self._number or there.st_size < self._at:
                self._number, self._at, self._rest = there.st_ino, 0, b""
            if there.st_size == self._at:
                return []
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read(MOST_AT_ONCE)
        except OSError:
            return []
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE:
            self._rest = b""
        return [line for line in lines if line]


class LogListeners:
    """All places where lines arrive."""

    def __init__(self, take: Take, believed: Believed) -> None:
        self._take, self._believed = take, believed
        self._transports: list[asyncio.BaseTransport] = []
        self._followers: list[asyncio.Task[None]] = []
        self._sockets: list[Path] = []

    async def open(self, place: str) -> str:
        """Begin to listen there; returns what to show. StagedoorError where that fails."""
        way, _, where = place.partition(":")
        if way == "udp" and where:
            return await self._udp(where)
        if way == "unix" and where:
            return await self._unix(Path(where))
        if way == "file" and where:
            path = Path(where)
            self._followers.append(asyncio.ensure_future(self._follow(path)))
            return f"{path} (followed)"
        raise StagedoorError(f'"{place}" is no place for a log — write {WAYS}')

    async def take(self, given: socket.socket) -> str:
        """Begin to listen at a socket for datagrams that is open already; returns what to show."""
        await self._read(given)
        at = given.getsockname()
        return f"unix:{at}" if isinstance(at, str) else f"udp:{at[0]}:{at[1]}"

    async def _udp(self, where: str) -> str:
        try:
            host, port = split_listen(where)
        except ValueError as error:
            raise StagedoorError(f"udp:{where}: {error}") from error
        host = host or "127.0.0.1"
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found = socket.socket(family, socket.SOCK_DGRAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)
            found.bind((host, port))
        except OSError as error:
            found.close()
            raise StagedoorError(
                f"logs cannot be read at udp:{where}: {error.strerror or error}"
            ) from error
        await self._read(found)
        return f"udp:{host}:{found.getsockname()[1]}" if port == 0 else f"udp:{host}:{port}"

    async def _unix(self, path: Path) -> str:
        found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE)
            bind_path(found, path)
        except OSError as error:
            found.close()
            raise StagedoorError(
                f"logs cannot be read at unix:{path}: {error.strerror or error}"
            ) from error
        self._sockets.append(path)
        await self._read(found)
        return f"unix:{path}"

    async def _read(self, found: socket.socket) -> None:
        found.setblocking(False)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Datagrams(self._take, self._believed), sock=found
        )
        self._transports.append(transport)

    async def _follow(self, path: Path) -> None:
        file = FollowedFile(path)
        while True:
            await asyncio.sleep(LOOK)
            for line in file.lines():
                self._take(line)

    def close(self) -> None:
        """Read no more."""
        for transport in self._transports:
            transport.close()
        for task in self._followers:
            task.cancel()
        for path in self._sockets:
            with contextlib.suppress(OSError):
                path.unlink()
