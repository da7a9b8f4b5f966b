"""Sockets that were opened by somebody else: by systemd, or by the first of several workers.

mitmproxy opens its own; there is no interface to give it one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from mitmproxy.proxy import mode_servers

from stagedoor.fronts.mitmproxy.replacing import Replacement, original


def replacements(sockets: Sequence[socket.socket]) -> tuple[Replacement, ...]:
    """Let mitmproxy's server for TCP listen on `sockets`, which must be bound."""

    async def listen(self: Any, host: str, port: int) -> list[Any]:
        if self.mode.transport_protocol != "tcp":
            servers: list[Any] = await original(listen)(self, host, port)
            return servers
        # Nobody is taken before the guard runs (accepting.py); who comes meanwhile waits in the kernel.
        return [
            await asyncio.start_server(self.handle_stream, sock=each, start_serving=False)
            for each in sockets
        ]

    return (Replacement(mode_servers.AsyncioServerInstance, "listen", listen),)
