"""Where fronts' logs arrive: datagrams over UDP or a Unix socket, and files that are followed.

Datagrams are read by the kernel's queue and lost where that is full: a front never waits for the
counter. UDP is read from trusted addresses only. A Unix socket belongs to its owner and group.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from stagedoor.config.address_values import split_listen
from stagedoor.fronts.authorize.followed_files import FollowedFile, SpoolFile
from stagedoor.model.errors import StagedoorError

_FOLLOWED: Mapping[str, tuple[Callable[[Path], FollowedFile], str]] = {
    "file": (FollowedFile, "followed"),
    "spool": (SpoolFile, "read, and emptied"),
}
Take = Callable[[bytes], None]
Believed = Callable[[str], bool]
"""Whether lines from this address are believed."""

QUEUE = 4 << 20
"""Bytes that the kernel keeps of a queue, where it grants so much."""
LOOK = 0.25
"""Seconds between two looks at a file."""
AT_ONCE = 64
"""Lines of a file that are taken before a request has a turn."""
WAYS = "udp:HOST:PORT, unix:PATH, file:PATH or spool:PATH"


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
        if way in _FOLLOWED and where:
            kind, said = _FOLLOWED[way]
            self._followers.append(asyncio.ensure_future(self._follow(kind(Path(where)))))
            return f"{where} ({said})"
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

    async def _follow(self, file: FollowedFile) -> None:
        while True:
            await asyncio.sleep(LOOK)
            lines = file.lines()
            for start in range(0, len(lines), AT_ONCE):
                for line in lines[start : start + AT_ONCE]:
                    self._take(line)
                await asyncio.sleep(0)
            file.empty()

    def close(self) -> None:
        """Read no more."""
        for transport in self._transports:
            transport.close()
        for task in self._followers:
            task.cancel()
        for path in self._sockets:
            with contextlib.suppress(OSError):
                path.unlink()
