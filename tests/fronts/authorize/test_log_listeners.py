"""Where lines arrive."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from stagedoor.fronts.authorize.log_listeners import LogListeners
from stagedoor.model.errors import StagedoorError


def test_datagrams(tmp_path: Path) -> None:
    path = tmp_path / "log.sock"

    async def run() -> list[bytes]:
        taken: list[bytes] = []
        listeners = LogListeners(taken.append, lambda address: address == "127.0.0.1")
        shown = await listeners.open("udp:127.0.0.1:0")
        await listeners.open(f"unix:{path}")
        assert path.stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b"by udp", ("127.0.0.1", int(shown.rpartition(":")[2])))
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(b"by path", str(path))
        async with asyncio.timeout(10):
            while len(taken) < 2:  # noqa: ASYNC110 (the kernel has no event for it)
                await asyncio.sleep(0.01)
        listeners.close()
        await asyncio.sleep(0)
        return taken

    assert sorted(asyncio.run(run())) == [b"by path", b"by udp"]
    assert not path.exists()


def test_strangers_are_not_read() -> None:
    async def run() -> list[bytes]:
        taken: list[bytes] = []
        listeners = LogListeners(taken.append, lambda _: False)
        shown = await listeners.open("udp:127.0.0.1:0")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b"x", ("127.0.0.1", int(shown.rpartition(":")[2])))
        await asyncio.sleep(0.1)
        listeners.close()
        return taken

    assert asyncio.run(run()) == []


@pytest.mark.parametrize(
    "place", ["udp", "tcp:127.0.0.1:1", "udp:x:y:z", "unix:/nowhere/at/all", ""]
)
def test_places_that_are_none(place: str) -> None:
    with pytest.raises(StagedoorError):
        asyncio.run(LogListeners(lambda _: None, lambda _: True).open(place))


@pytest.mark.parametrize("way", ["file", "spool"])
def test_files(tmp_path: Path, way: str) -> None:
    path = tmp_path / "access.log"
    path.touch()

    async def run() -> list[bytes]:
        taken: list[bytes] = []
        listeners = LogListeners(taken.append, lambda _: True)
        shown = await listeners.open(f"{way}:{path}")
        assert str(path) in shown
        with path.open("ab") as out:
            out.write(b"".join(b"stagedoor2\t%d\n" % number for number in range(300)))
        async with asyncio.timeout(10):
            while len(taken) < 300:  # noqa: ASYNC110 (nobody says when a file grows)
                await asyncio.sleep(0.01)
        listeners.close()
        await asyncio.sleep(0)
        return taken

    assert asyncio.run(run())[-1] == b"stagedoor2\t299"
