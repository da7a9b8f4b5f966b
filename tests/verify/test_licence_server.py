"""A licence server that is asked beside the requests, by a real server on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override
from urllib.parse import parse_qs

import pytest

from making import GPTBOT_CLIENT, asks
from stagedoor.identify.licences import Licences
from stagedoor.verify.licence_server import A_MINUTE, AT_ONCE, FAILED, KNOWN, LicenceServer

TODAY = date(2026, 11, 29)


class Introspection(ThreadingHTTPServer):
    """Says `answers[token]` of a token, or that it is not active; notes what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[str] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Introspection

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = parse_qs(body)["token"][0]
        self.server.asked.append(token)
        said = self.server.answers.get(token, {"active": False})
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(self.server.status if self.path == "/introspect" else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def server() -> Iterator[Introspection]:
    with Introspection() as found:
        thread = threading.Thread(target=found.serve_forever, daemon=True)
        thread.start()
        yield found
        found.shutdown()


class Clock:
    at = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


async def settled(asking: LicenceServer, token: str) -> Licences | None:
    """What is known of `token` once the server has answered."""
    first = asking.licences(token)
    if first is not None:
        return first
    await asyncio.gather(*asking._asking.values())
    return asking.licences(token)


def standing(found: Licences | None, token: str) -> str:
    assert found is not None
    request = asks("x", "/music/a.mp3", Authorization=f"License {token}")
    return found.held(request, GPTBOT_CLIENT, "", TODAY).standing


def asker(server: Introspection, clock: Clock | None = None) -> LicenceServer:
    found = LicenceServer(clock=clock or Clock())
    found.follow(server.url + "/")
    return found


def test_the_servers_word_counts_and_is_remembered(server: Introspection) -> None:
    server.answers = {
        "good": {"active": True, "scope": "ai-train", "client_id": "Label X", "exp": 4102444800},
        "other": {"active": True, "scope": "search"},
        "over": {"active": True, "exp": 1},
        "all": {"active": True},
    }

    async def scene() -> dict[str, str]:
        asking = asker(server)
        assert asking.licences("good") is None  # being asked
        found = {t: standing(await settled(asking, t), t) for t in (*server.answers, "bad")}
        for token in found:
            asking.licences(token)
        return found

    assert asyncio.run(scene()) == {
        "good": "valid", "other": "other-use", "over": "expired", "all": "valid", "bad": "unknown",
    }  # fmt: skip
    assert len(server.asked) == len(set(server.asked)) == 5


def test_a_word_grows_old(server: Introspection) -> None:
    server.answers = {"t": {"active": True}}

    async def scene() -> None:
        clock = Clock()
        asking = asker(server, clock)
        assert standing(await settled(asking, "t"), "t") == "valid"
        server.answers = {}
        assert standing(await settled(asking, "t"), "t") == "valid"
        clock.at += KNOWN + 1
        assert standing(await settled(asking, "t"), "t") == "unknown"

    asyncio.run(scene())


@pytest.mark.parametrize(
    "said", [b"", b"<html>", b"[]", b"{}", b'{"active": "yes"}', b'{"active": [1]}', b"a" * 99_999]
)
def test_an_answer_that_is_none_leaves_the_token_asked_for(
    server: Introspection, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers = {"t": said}

    async def scene() -> None:
        clock = Clock()
        asking = asker(server, clock)
        assert await settled(asking, "t") is None
        assert await settled(asking, "u") is None  # the server is left alone for a while
        assert len(server.asked) == 1
        server.answers = {"t": {"active": True}}
        clock.at += FAILED
        assert standing(await settled(asking, "t"), "t") == "valid"

    asyncio.run(scene())
    assert len(caplog.records) == 1


def test_a_flood_of_tokens_does_not_become_a_flood_of_questions(server: Introspection) -> None:
    async def scene() -> None:
        asking = asker(server)
        for number in range(1000):
            asking.licences(f"t{number}")
        assert len(asking._asking) == AT_ONCE
        for number in range(1000):
            await settled(asking, f"u{number}")

    asyncio.run(scene())
    assert len(server.asked) <= A_MINUTE


def test_without_a_server_nobody_is_asked() -> None:
    assert LicenceServer().licences("t") == Licences()


def test_what_the_server_of_before_says_counts_no_more(server: Introspection) -> None:
    """The artist names another one while the one of before is being asked."""
    server.answers["t"] = {"active": True}

    async def scene() -> None:
        asking = LicenceServer(clock=Clock())
        asking.follow(server.url)
        assert asking.licences("t") is None
        under_way = list(asking._asking.values())
        await asyncio.sleep(0)  # it is on its way
        asking.follow("http://127.0.0.1:9")
        await asyncio.gather(*under_way)
        assert server.asked == ["t"]
        assert not asking._known

    asyncio.run(scene())
