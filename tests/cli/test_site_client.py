"""Asking a site: servers on loopback that answer oddly, and one that points to a private address."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from stagedoor.audit.responses import Fetched
from stagedoor.cli.site_client import Asker, Wish
from stagedoor.fetch.fetch_policy import FetchPolicy
from stagedoor.fetch.uses import AUDIT

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
WISH = Wish(1_000, seconds=5)


def asked(
    answers: dict[str, bytes], path: str = "/", wish: Wish = WISH, policy: FetchPolicy = AUDIT
) -> tuple[Fetched, list[str]]:
    """What a server that answers these bytes makes of one question, and the paths it heard."""
    heard: list[str] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split()[1].decode()
        heard.append(target)
        answer = answers.get(target, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
        writer.write(answer)
        if answer.endswith(b"DRIP"):
            await asyncio.sleep(60)
        await writer.drain()
        writer.close()

    async def ask() -> Fetched:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            return await Asker("Test", policy).get(f"http://127.0.0.1:{port}{path}", wish)
        finally:
            server.close()

    return asyncio.run(ask()), heard


def ok(body: bytes, *fields: bytes) -> bytes:
    head = b"\r\n".join((b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *fields))
    return head + b"\r\n\r\n" + body


def to(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


def test_a_whole_answer() -> None:
    found, _ = asked({"/": ok(b"Hello", b"X-A: 1", b"X-A: 2")})
    assert (found.status, found.body, found.cut, found.hops) == (200, b"Hello", False, 0)
    assert [value for name, value in found.fields if name == "x-a"] == ["1", "2"]


def test_no_more_than_is_wished_for() -> None:
    found, _ = asked({"/": ok(b"a" * 5_000)})
    assert (len(found.body), found.cut) == (1_000, True)
    found, _ = asked({"/": ok(b"a" * 5_000)}, wish=Wish(0, "bytes=0-65535"))
    assert (found.status, found.body, found.cut) == (200, b"", False)


def test_redirects_come_to_an_end() -> None:
    found, heard = asked({f"/{n or ''}": to(f"/{n + 1}") for n in range(20)})
    assert found.status == 302
    assert found.hops == 6
    assert len(heard) == 7


@pytest.mark.parametrize("location", ["file:///etc/passwd", "gopher://x/", "http://u:p@127.0.0.1/"])
def test_redirects_that_lead_nowhere(location: str) -> None:
    found, heard = asked({"/": to(location)})
    assert found.status == 302
    assert heard == ["/"]


@pytest.mark.parametrize(
    ("answer", "trouble"),
    [
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "does not speak HTTP"),
        (b"", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, "does not speak HTTP"),
        (ok(b"not gzip", b"Content-Encoding: gzip"), "cannot be unpacked"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nDRIP",
            "gives no whole answer within 0.3 sec",
        ),
    ],
)
def test_answers_that_are_none(answer: bytes, trouble: str) -> None:
    found, _ = asked(
        {"/": answer}, wish=Wish(1_000, seconds=0.3 if answer.endswith(b"DRIP") else 5)
    )
    assert found.status is None
    assert trouble in found.trouble


def test_a_site_on_the_internet_cannot_send_us_inside() -> None:
    # 127.0.0.1 plays the Internet, and 127.0.0.2 a machine beside this one.
    policy = replace(AUDIT, addresses=lambda address: str(address) == "127.0.0.1")
    found, heard = asked({"/": to("http://127.0.0.2/admin")}, policy=policy)
    assert found.status is None
    assert found.trouble == "leads to 127.0.0.2, which is not on the Internet: not asked"
    assert (found.final, found.hops) == ("http://127.0.0.2/admin", 1)
    assert heard == ["/"]


def test_a_site_beside_this_machine_may_lead_to_its_neighbour() -> None:
    found, heard = asked({"/": to("http://127.0.0.2:1/admin")})
    assert found.trouble.startswith("does not answer (")
    assert heard == ["/"]


def test_a_live_stream_is_left_after_its_head_and_cut_otherwise() -> None:
    live = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n" + b"a" * 5_000 + b"DRIP"
    found, _ = asked({"/": live}, wish=Wish(0, "bytes=0-65535"))
    assert (found.status, found.body, found.trouble) == (200, b"", "")
    found, _ = asked({"/": live})
    assert (len(found.body), found.cut) == (1_000, True)
