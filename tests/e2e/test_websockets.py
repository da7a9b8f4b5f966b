"""WebSockets pass, in both directions, and leave nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket
from websockets.sync.server import ServerConnection, serve

from . import guarding
from .clients import FIREFOX, GPTBOT
from .guarding import Guard
from .programs import PATIENCE
from .test_streaming import flat_memory

MESSAGES = 20_000


def echo(connection: ServerConnection) -> None:
    for message in connection:
        connection.send(message)


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with serve(echo, "127.0.0.1", 0, ping_interval=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.socket.getsockname()[1]}"
        with guarding.running(tmp_path_factory.mktemp("websockets"), url) as found:
            yield found
        server.shutdown()


def opened(guard: Guard, agent: str = FIREFOX) -> ClientConnection:
    url = guard.url.replace("http://", "ws://") + "/live"
    return open_websocket(
        url,
        user_agent_header=agent,
        proxy=None,
        max_queue=None,
        # On a busy machine 20,000 messages lie before a ping for longer than the library waits.
        open_timeout=PATIENCE,
        ping_interval=None,
    )


def test_messages_come_back_and_are_forgotten(guard: Guard) -> None:
    with opened(guard) as socket:
        exchange(socket, 500)
        with flat_memory(guard):
            exchange(socket, MESSAGES)
        socket.send(bytes(range(256)))
        assert socket.recv(timeout=PATIENCE) == bytes(range(256))


def exchange(socket: ClientConnection, count: int) -> None:
    """Send without waiting, as a chat or a player's position does, and get all of it in order."""
    text = "position {} " + "x" * 1000

    def send() -> None:
        for number in range(count):
            socket.send(text.format(number))

    sender = threading.Thread(target=send)
    sender.start()
    for number in range(count):
        assert socket.recv(timeout=PATIENCE) == text.format(number)
    sender.join()


def test_a_crawler_gets_no_websocket(guard: Guard) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        opened(guard, GPTBOT)
    assert refusal.value.response.status_code == 403
