"""A client that speaks HTTP/3: aioquic's, which mitmproxy brings."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent

from .programs import PATIENCE


@dataclass
class Answer3:
    """What came back over HTTP/3."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Client(QuicConnectionProtocol):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._http = H3Connection(self._quic)
        self._waiting: dict[int, tuple[Answer3, asyncio.Future[Answer3]]] = {}

    def quic_event_received(self, event: QuicEvent) -> None:
        for each in self._http.handle_event(event):
            if not isinstance(each, HeadersReceived | DataReceived):
                continue
            answer, done = self._waiting[each.stream_id]
            if isinstance(each, HeadersReceived):
                answer.headers = {name.decode(): value.decode() for name, value in each.headers}
                answer.status = int(answer.headers[":status"])
            else:
                answer.body += each.data
            if each.stream_ended:
                done.set_result(answer)

    async def get(self, path: str, host: str, fields: Mapping[str, str]) -> Answer3:
        """One request, and its whole answer."""
        number = self._quic.get_next_available_stream_id()
        done: asyncio.Future[Answer3] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (Answer3(), done)
        asked = {":method": "GET", ":scheme": "https", ":authority": host, ":path": path, **fields}
        self._http.send_headers(
            number, [(name.encode(), value.encode()) for name, value in asked.items()], True
        )
        self.transmit()
        return await asyncio.wait_for(done, PATIENCE)


def get_all(port: int, asked: list[tuple[str, Mapping[str, str]]]) -> list[Answer3]:
    """Paths and header fields, one after the other on one connection to localhost."""

    async def ask() -> list[Answer3]:
        settings = QuicConfiguration(
            is_client=True,
            alpn_protocols=H3_ALPN,
            verify_mode=ssl.CERT_NONE,
            server_name="localhost",
        )
        async with connect(
            "127.0.0.1", port, configuration=settings, create_protocol=_Client
        ) as found:
            client = cast("_Client", found)
            return [await client.get(path, f"localhost:{port}", named) for path, named in asked]

    return asyncio.run(ask())
