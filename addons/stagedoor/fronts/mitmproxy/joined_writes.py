"""What is written to a visitor in one turn of the event loop goes out at once.

mitmproxy writes a response's head and each part of its body by themselves: a system call and a
packet each. Small parts wait for the end of the turn here, which is when nothing more can follow.
"""

from __future__ import annotations

import asyncio
from typing import Any

SMALL = 16 << 10
"""Bytes; a part that is larger goes out as it is."""


class JoinedWrites:
    """A StreamWriter as mitmproxy uses one, around another."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: list[bytes] = []
        self._soon = asyncio.get_running_loop().call_soon

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def write(self, data: bytes) -> None:
        """Write `data`, at the latest when this turn of the event loop is over."""
        if self._waiting:
            self._waiting.append(data)
        elif len(data) > SMALL:
            self._writer.write(data)
        else:
            self._waiting.append(data)
            self._soon(self.flush)

    def flush(self) -> None:
        """Write what waits."""
        waiting = self._waiting
        if waiting:
            self._waiting = []
            if not self._writer.is_closing():
                self._writer.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))

    def is_closing(self) -> bool:
        """Whether nothing can be written any more."""
        return self._writer.is_closing()

    async def drain(self) -> None:
        """Write what waits; wait where the client is slow."""
        self.flush()
        await self._writer.drain()

    def write_eof(self) -> None:
        """Close this direction, after what waits."""
        self.flush()
        self._writer.write_eof()

    def close(self) -> None:
        """Close the connection, after what waits."""
        self.flush()
        self._writer.close()
