"""The line between the first worker and each of the others: messages, one after the other.

It is a socket pair that only the two have, so what comes on it is as trustworthy as the program itself:
objects travel as they are (pickle). Each message is its length in four bytes, and the object.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections.abc import Callable
from typing import Any

MOST_WAITING = 64 << 20
"""Bytes that may wait to be taken; what comes on top is lost, and counted by the sender."""


class Link(asyncio.Protocol):
    """One end. `take` gets each message, `lost` is called when the other end is gone."""

    def __init__(self, take: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._take, self._lost = take, lost
        self._transport: Any = None
        self._data = bytearray()

    async def open(self, own: socket.socket) -> None:
        """Begin, on this end of the pair."""
        await asyncio.get_running_loop().create_connection(lambda: self, sock=own)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parts of messages."""
        self._data += data
        while len(self._data) >= 4:
            end = 4 + int.from_bytes(self._data[:4])
            if len(self._data) < end:
                return
            message = pickle.loads(memoryview(self._data)[4:end].tobytes())  # noqa: S301 (our own)
            del self._data[:end]
            self._take(message)

    def connection_lost(self, _exc: Exception | None) -> None:
        """The other end is gone."""
        self._transport = None
        self._lost()

    def send(self, message: object) -> bool:
        """Send one; False where nobody takes it."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > MOST_WAITING:
            return False
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        transport.write(len(data).to_bytes(4) + data)
        return True

    def close(self) -> None:
        """End it, after what was sent."""
        if self._transport is not None:
            self._transport.close()
