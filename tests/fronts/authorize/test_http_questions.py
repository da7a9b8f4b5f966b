"""The HTTP server of the counter, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from stagedoor.fronts.authorize.http_questions import (
    MOST_HEAD,
    Connections,
    Fields,
    encoded,
    plain,
)
from stagedoor.fronts.refusals import Answer

ASKED = b"GET /a HTTP/1.1\r\nHost: x\r\nX: %d\r\n\r\n"


def ask(
    method: str, target: bytes, fields: Fields, peer: str, head: bytes
) -> Answer | bytes | Awaitable[Answer | bytes]:
    """Say what was asked; `/late` waits a moment."""
    text = f"{method} {target.decode()} {dict(fields).get(b'X', b'').decode()} {peer} {len(head)}"
    if target == b"/late":
        return late(text)
    return plain(200, text)


async def late(text: str) -> Answer:
    await asyncio.sleep(0.05)
    return plain(200, text)


def talk(*parts: bytes, again: bytes = b"", drained: bool = False) -> bytes:
    """Send the parts with a moment between them; all that comes back until the end, or a pause."""

    async def run() -> bytes:
        shared = Connections(ask, lambda head, _: b"AGAIN" if again and head == again else None)
        server = await asyncio.get_running_loop().create_server(shared, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.01)
        if drained:
            await shared.drain(1)
        found = b""
        while True:
            try:
                async with asyncio.timeout(0.3):
                    data = await reader.read(65536)
            except TimeoutError:
                break
            if not data:
                found += b"<end>"
                break
            found += data
        writer.close()
        server.close()
        await shared.drain(1)
        return found

    return asyncio.run(run())


def test_questions_in_a_row_and_in_pieces() -> None:
    one = ASKED % 1
    said = talk(one + ASKED % 2, one[:9], one[9:30], one[30:] + ASKED % 3)
    assert [line[-14:-3] for line in said.split(b"\n") if line.startswith(b"GET")] == [
        *(b"1 127.0.0.1", b"2 127.0.0.1", b"1 127.0.0.1", b"3 127.0.0.1")
    ]
    assert not said.endswith(b"<end>")


def test_answers_keep_the_order_of_questions() -> None:
    late = b"GET /late HTTP/1.1\r\nHost: x\r\nX: 1\r\n\r\n"
    said = talk(late + ASKED % 2, ASKED % 3)
    assert said.index(b"/late 1") < said.index(b"/a 2") < said.index(b"/a 3")


def test_a_head_that_is_known() -> None:
    one = ASKED % 1
    assert talk(one, again=one) == b"AGAIN"
    assert b"/a 2" in talk(ASKED % 2, again=one)


def test_the_end_of_a_connection() -> None:
    said = talk(b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Connection: close" in said
    assert said.endswith(b"<end>")
    assert talk(b"GET /a HTTP/1.0\r\n\r\n").endswith(b"<end>")
    assert talk(ASKED % 1, drained=True).endswith(b"<end>")


def test_what_is_no_question() -> None:
    for sent, status in (
        (b"hello\r\n\r\n", b"400"),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", b"413"),
        (b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"413"),
        (b"GET /a HTTP/1.1\r\n" + b"X: y\r\n" * 300 + b"\r\n", b"431"),
        (b"GET /" + b"a" * (MOST_HEAD + 1), b"431"),
    ):
        said = talk(sent)
        assert said.startswith(b"HTTP/1.1 " + status), said[:60]
        assert said.endswith(b"<end>")


def test_an_upgrade_of_the_visitors_is_a_question_as_any() -> None:
    said = talk(b"GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200")


def test_an_answer_whole() -> None:
    found = encoded(Answer(299, ((b"A", b"b"),), b"xy"), closing=True)
    assert (
        found
        == b"HTTP/1.1 299 Answered\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\nxy"
    )
