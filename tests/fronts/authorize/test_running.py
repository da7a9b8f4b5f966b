"""Where a counter is asked, and where its front's log arrives."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from stagedoor.fronts.authorize.running import Place, Running, place
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.model.errors import StagedoorError


def test_places() -> None:
    assert place("9470", (), "") == Place("127.0.0.1", 9470, logs=("udp:127.0.0.1:9470",))
    assert place("[::1]:1", (), "").logs == ("udp:[::1]:1",)
    given = place("0.0.0.0:1", ("file:/a",), "http://site")
    assert (given.host, given.logs, given.upstream) == ("0.0.0.0", ("file:/a",), "http://site")
    by_path = place("unix:/run/s/counter.sock", (), "")
    assert by_path.path == Path("/run/s/counter.sock")
    assert by_path.logs == ("unix:/run/s/counter.log.sock",)
    with pytest.raises(StagedoorError, match="--listen"):
        place("nowhere:x", (), "")


def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "counter.sock"
    settings = Settings(rules=None, state=None, metrics=None, mode=None, trusted_proxies=None)

    async def run() -> bytes:
        found = Running(settings, place(f"unix:{path}", (), ""))
        await found.open()
        assert path.stat().st_mode & 0o777 == 0o660
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(b"GET /authorize/about HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n")
        said = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await found.close()
        return said

    assert asyncio.run(run()).startswith(b"HTTP/1.1 200")
    assert not path.exists()


def test_an_address_that_another_program_has(tmp_path: Path) -> None:
    settings = Settings(rules=None, state=None, metrics=None, mode=None, trusted_proxies=None)

    async def run(port: int) -> None:
        found = Running(settings, place(f"127.0.0.1:{port}", (), ""))
        try:
            await found.open()
        finally:
            await found.close()

    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(StagedoorError, match="choose another"),
    ):
        asyncio.run(run(other.getsockname()[1]))


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    settings = Settings(
        rules=None,
        state=None,
        metrics=None,
        mode=None,
        trusted_proxies=None,
        upstream_ca=tmp_path / "ca.pem",
    )
    with pytest.raises(StagedoorError, match="--upstream-ca"):
        Running(settings, place("127.0.0.1:0", (), ""))


def test_sockets_of_the_service_manager_outlive_the_counter() -> None:
    """A restart refuses nobody: questions and lines wait in the sockets for the next counter."""
    settings = Settings(rules=None, state=None, metrics=None, mode=None, trusted_proxies=None)
    question = b"GET /authorize/music/a.mp3 HTTP/1.1\r\nHost: x\r\nUser-Agent: x\r\n\r\n"

    async def run() -> tuple[bytes, int]:
        asked = socket.create_server(("127.0.0.1", 0))
        logged = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        logged.bind(("127.0.0.1", 0))
        for each in (asked, logged):
            each.setblocking(False)

        async def started() -> Running:
            where = replace(place("127.0.0.1:0", (), ""), logs=())
            found = Running(settings, where, (asked.dup(), logged.dup()))
            assert (await found.open())[1] == asked.getsockname()[1]
            assert found.log_places == [f"udp:127.0.0.1:{logged.getsockname()[1]}"]
            return found

        before = await started()
        await before.close()
        reader, writer = await asyncio.open_connection(*asked.getsockname())
        writer.write(question)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b"hello", logged.getsockname())
        after = await started()
        said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        writer.close()
        for _ in range(300):
            if after.reports.lines:
                break
            await asyncio.sleep(0.01)
        await after.close()
        asked.close()
        logged.close()
        return said, after.reports.lines

    said, lines = asyncio.run(run())
    assert said.startswith(b"HTTP/1.1 200")
    assert lines == 1
