"""The origin where there is no nginx: a static file server in 60 lines, for this bench only.

Started as `python tools/bench/fallback.py FOLDER PORT`.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import sys
from pathlib import Path
from typing import Any

_RANGE = re.compile(rb"\r\nrange:[ \t]*bytes=(\d+)-(\d*)", re.IGNORECASE)
SMALL = 1 << 20
"""Bytes up to which a file is kept in memory; larger ones are sent by the kernel."""


class Visitor(asyncio.Protocol):
    """One connection; the proxies never pipeline, so one request at a time."""

    def __init__(self, site: Path, files: dict[str, bytes]) -> None:
        self.site = site
        self.files = files
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the headers are there."""
        self.buffer += data
        if b"\r\n\r\n" not in self.buffer:
            return
        head, self.buffer = self.buffer, b""
        path = head.split(b" ", 2)[1].decode("latin-1")
        name = "/index.html" if path == "/" else path
        mime = mimetypes.guess_type(name)[0] or "text/html"
        content = self.files.get(name)
        if content is not None:
            self.transport.write(_answer(content, mime, _RANGE.search(head)))
        elif name.startswith("/music/") and (self.site / name[1:]).is_file():
            recording = self.site / name[1:]
            self.transport.write(_head("200 OK", mime, recording.stat().st_size))
            self.sending = asyncio.ensure_future(self._send(recording))
        else:
            self.transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    async def _send(self, path: Path) -> None:
        with path.open("rb") as file:
            await asyncio.get_running_loop().sendfile(self.transport, file)


def _answer(content: bytes, mime: str, wanted: re.Match[bytes] | None) -> bytes:
    if wanted is None:
        return _head("200 OK", mime, len(content)) + content
    first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
    part = content[first : last + 1]
    extra = f"Content-Range: bytes {first}-{first + len(part) - 1}/{len(content)}\r\n"
    return _head("206 Partial Content", mime, len(part), extra) + part


def _head(status: str, mime: str, length: int, extra: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {length}\r\n"
        f"Accept-Ranges: bytes\r\n{extra}\r\n"
    ).encode()


def read(site: Path) -> dict[str, bytes]:
    """The small files of `site` by their paths."""
    small = [p for p in site.rglob("*") if p.is_file() and p.stat().st_size <= SMALL]
    return {"/" + p.relative_to(site).as_posix(): p.read_bytes() for p in small}


async def serve(site: Path, files: dict[str, bytes], port: int) -> None:
    """Serve `site` until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Visitor(site, files), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    asyncio.run(serve(folder, read(folder), int(sys.argv[2])))
