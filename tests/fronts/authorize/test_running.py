"""Where a counter is asked, and where its front's log arrives."""

from __future__ import annotations

import asyncio
import socket
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
