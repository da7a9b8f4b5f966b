"""Where lines arrive."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from stagedoor.fronts.authorize.log_listeners import FollowedFile, LogListeners
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


def test_a_file_is_followed_from_its_end_and_when_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"before\n")
    file = FollowedFile(path)
    assert file.lines() == []
    with path.open("ab") as out:
        out.write(b"one\ntw")
    assert file.lines() == [b"one"]
    with path.open("ab") as out:
        out.write(b"o\n\n")
    assert file.lines() == [b"two"]
    path.rename(tmp_path / "access.log.1")
    assert file.lines() == []
    path.write_bytes(b"three\n")
    assert file.lines() == [b"three"]
    os.truncate(path, 0)
    with path.open("ab") as out:
        out.write(b"4\n")
    assert file.lines() == [b"4"]


def test_a_file_that_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    file = FollowedFile(path)
    assert file.lines() == []
    path.write_bytes(b"first\n" + b"x" * 70_000)
    assert file.lines() == [b"first"]
    with path.open("ab") as out:
        out.write(b"\nnext\n")
    assert b"next" in file.lines()
