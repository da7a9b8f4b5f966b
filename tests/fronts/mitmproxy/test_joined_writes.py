"""Small parts go out together, in their order, before anything else is done to the connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from stagedoor.fronts.mitmproxy.joined_writes import SMALL, JoinedWrites


@contextlib.asynccontextmanager
async def pair() -> AsyncIterator[tuple[JoinedWrites, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    _, writer = await asyncio.open_connection(sock=ours)
    try:
        yield JoinedWrites(writer), theirs
    finally:
        writer.close()
        theirs.close()


def arrived(theirs: socket.socket) -> bytes | None:
    try:
        return theirs.recv(1 << 20)
    except BlockingIOError:
        return None


def test_parts_of_one_turn_go_out_together_when_it_is_over() -> None:
    async def go() -> None:
        async with pair() as (writer, theirs):
            writer.write(b"head ")
            writer.write(b"x" * SMALL)
            assert arrived(theirs) is None
            await asyncio.sleep(0)
            assert arrived(theirs) == b"head " + b"x" * SMALL
            writer.write(b"next")
            await asyncio.sleep(0)
            assert arrived(theirs) == b"next"

    asyncio.run(go())


def test_a_large_part_does_not_wait_and_overtakes_nothing() -> None:
    async def go() -> None:
        async with pair() as (writer, theirs):
            writer.write(b"y" * (SMALL + 1))
            assert arrived(theirs) == b"y" * (SMALL + 1)
            writer.write(b"head ")
            writer.write(b"y" * (SMALL + 1))
            assert arrived(theirs) is None
            await writer.drain()
            assert arrived(theirs) == b"head " + b"y" * (SMALL + 1)

    asyncio.run(go())


def test_what_waits_goes_out_before_the_end() -> None:
    async def go() -> None:
        async with pair() as (writer, theirs):
            writer.write(b"bye")
            writer.write_eof()
            assert arrived(theirs) == b"bye"
            assert arrived(theirs) == b""
        async with pair() as (writer, theirs):
            writer.write(b"bye")
            writer.close()
            assert writer.is_closing()
            assert arrived(theirs) == b"bye"
            writer.write(b"too late")
            await asyncio.sleep(0)

    asyncio.run(go())


def test_a_connection_that_was_cut_off_gets_nothing_more() -> None:
    async def go() -> None:
        async with pair() as (writer, theirs):
            writer.write(b"lost")
            writer.transport.abort()
            await asyncio.sleep(0.01)
            assert arrived(theirs) == b""

    asyncio.run(go())
