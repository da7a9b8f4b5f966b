"""Messages between workers: whole, in order, and never in the way."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from making import GPTBOT
from stagedoor.fronts.worker_link import Link
from stagedoor.model.events import Decided, Loaded, Spent, StreamChanged
from stagedoor.model.facts import UNKNOWN, Request, Resource
from stagedoor.record.parcels import MOST, ForwardingSuite, Parcel
from stagedoor.rules.plan import ALLOW


def test_events_arrive_as_they_were_sent() -> None:
    decided = Decided(
        1.0,
        Request("GET", "a", "/a.mp3", "/a.mp3", GPTBOT),
        UNKNOWN,
        Resource("audio", "/a.mp3"),
        ALLOW,
        0.1,
        "ID",
    )
    got: list[Any] = []
    lost: list[str] = []

    async def talk() -> None:
        ends = socket.socketpair()
        for end in ends:
            end.setblocking(False)
        first = Link(got.append, lambda: lost.append("first"))
        second = Link(lambda _: None, lambda: lost.append("second"))
        assert not second.send("nobody is there")
        await first.open(ends[0])
        await second.open(ends[1])
        for number in range(3):
            assert second.send(("", [decided, Spent(number)], {"stagedoor_connections": 1.0}))
        assert second.send(bytes(300_000))
        second.close()
        async with asyncio.timeout(5):
            while len(lost) < 2:  # noqa: ASYNC110 (it is called, and sets nothing)
                await asyncio.sleep(0.01)
        assert not second.send("it is gone")

    asyncio.run(talk())
    assert got[:3] == [
        ("", [decided, Spent(number)], {"stagedoor_connections": 1.0}) for number in range(3)
    ]
    assert got[3] == bytes(300_000)


def test_a_worker_gathers_events_and_keeps_its_own_to_itself() -> None:
    sent: list[Parcel] = []
    soon: list[Any] = []
    takes = [True]

    def send(parcel: Parcel) -> bool:
        sent.append(parcel)
        return takes[0]

    suite = ForwardingSuite(send, soon.append)
    suite.watch("stagedoor_connections", lambda: 7)
    suite.emit(Loaded("x", 1, 1, 1, enforcing=True, standards=0))
    assert not soon
    for number in range(3):
        suite.emit(Spent(number))
    assert len(soon) == 1
    assert not sent
    soon.pop()()
    assert sent.pop() == ("", [Spent(0), Spent(1), Spent(2)], {"stagedoor_connections": 7})
    for number in range(MOST):
        suite.emit(Spent(number))
    assert len(sent.pop()[1]) == MOST
    takes[0] = False
    suite.emit(StreamChanged("browser", 1))
    suite.close()
    assert suite.lost == 1
