"""The site behind the guard: it counts every request, can be slow, and can be gone."""

from __future__ import annotations

import asyncio
import contextlib

MARK = b"X-Soak-Site"
"""The header by which clients know the site's own answers."""
SOUND = b"\xff\xfb\x90\x64" + b"\0" * 65_532
PAGE = b"<!doctype html><html><head><title>Ghost Light</title></head><body>Songs</body></html>"


class Site:
    """An HTTP/1.1 server in this process. `delay` is seconds before each answer."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received = 0
        self.cut = self.went = 0
        """Requests that were received, and whose answer did not go out: one of both was gone."""
        self.delay = 0.0
        self.hold: asyncio.Event | None = None
        """While it is set here and not set itself, answers wait."""
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def up(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, backlog=512, limit=1 << 17
        )

    async def down(self) -> None:
        """Be gone: nothing listens, open connections end."""
        if self._server is None:
            return
        self._server.close()
        self.went += 1
        self._server = None
        for writer in list(self._open):
            writer.close()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.received += 1
                try:
                    await self._answer(head, writer)
                finally:
                    self.cut += writer.is_closing()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(self.delay)
        if self.hold is not None:
            await self.hold.wait()
        target = head.split(b" ", 2)[1]
        kind, body = (b"audio/mpeg", SOUND) if target.endswith(b".mp3") else (b"text/html", PAGE)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n%b: 1\r\n\r\n%b"
            % (kind, len(body), MARK, body)
        )
        await writer.drain()
