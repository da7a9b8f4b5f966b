"""Taking connections: nobody who has been accepted is dropped when the servers change."""

from __future__ import annotations

import asyncio
import socket
import threading
from types import SimpleNamespace

from stagedoor.fronts.mitmproxy.accepting import take_few, take_none

ROUNDS = 40


def test_no_connection_is_lost_while_the_servers_change() -> None:
    answers: list[bytes] = []
    done = threading.Event()

    async def handle_stream(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"!")
        writer.close()

    def ask(port: int) -> None:
        while not done.is_set():
            with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
                try:
                    answers.append(wire.recv(1))
                except ConnectionResetError:
                    answers.append(b"reset")

    async def serve() -> None:
        server = await asyncio.start_server(handle_stream, "127.0.0.1", 0)
        instance = SimpleNamespace(handle_stream=handle_stream, _servers=[server])
        threads = [
            threading.Thread(target=ask, args=(server.sockets[0].getsockname()[1],))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for _ in range(ROUNDS):
            await take_few(SimpleNamespace(servers=[instance]))
            await asyncio.sleep(0.01)
        done.set()
        await asyncio.sleep(0.2)
        take_none(SimpleNamespace(servers=[instance]))
        for server in instance._servers:
            server.close()
        for thread in threads:
            await asyncio.to_thread(thread.join)

    asyncio.run(serve())
    assert set(answers) == {b"!"}
    assert len(answers) > ROUNDS
