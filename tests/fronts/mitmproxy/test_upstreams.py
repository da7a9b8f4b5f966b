"""Addresses of upstreams, by name and by number."""

from __future__ import annotations

import asyncio
import socket

import pytest

from stagedoor.fronts.mitmproxy.start_checks import exposed, exposure
from stagedoor.fronts.mitmproxy.upstream_client import Upstream
from stagedoor.fronts.mitmproxy.upstreams import (
    is_local,
    is_own,
    is_taken,
    leads_inside,
    own_addresses,
)


@pytest.mark.parametrize(
    "host",
    [
        "vm", "site", "music_web", "app-1", "localhost", "LOCALHOST.", "nas.local", "nas.lan",
        "music.localhost", "host.docker.internal", "box.home.arpa", "100.100.1.2", "fd00::1",
        "[fe80::1]", "10.1.2.3",
    ],
)  # fmt: skip
def test_a_name_of_this_network_is_local(host: str) -> None:
    assert is_local(host)
    assert leads_inside(host, lambda _: pytest.fail("looked up"))


@pytest.mark.parametrize(
    ("addresses", "inside"),
    [(["10.0.0.5"], True), (["::1", "127.0.0.1"], True), (["10.0.0.5", "192.0.32.8"], False),
     (["192.0.32.8"], False), ([], False), (["nonsense"], False)],
)  # fmt: skip
def test_any_other_name_is_looked_up(addresses: list[str], inside: bool) -> None:
    assert leads_inside("music.example", lambda _: addresses) is inside


@pytest.mark.parametrize("host", ["192.0.32.8", "2606:4700::1"])
def test_a_public_address_is_elsewhere(host: str) -> None:
    assert not leads_inside(host, lambda _: pytest.fail("looked up"))


@pytest.mark.parametrize(
    ("upstream", "listening", "own"),
    [
        (("127.0.0.1", 80), ("0.0.0.0", 80), True),
        (("localhost", 80), ("", 80), True),
        (("localhost", 80), ("127.0.0.1", 80), True),
        (("::1", 80), ("::", 80), True),
        (("192.168.7.7", 80), ("0.0.0.0", 80), True),
        (("192.168.7.8", 80), ("0.0.0.0", 80), False),
        (("127.0.0.1", 80), ("192.168.7.7", 80), False),
        (("127.0.0.1", 80), ("0.0.0.0", 81), False),
        (("127.0.0.1", 0), ("0.0.0.0", 0), False),
    ],
)
def test_the_guard_itself(upstream: tuple[str, int], listening: tuple[str, int], own: bool) -> None:
    names = {"localhost": ["127.0.0.1", "::1"]}
    assert is_own(upstream, listening, lambda name: names[name], ["192.168.7.7"]) is own


def test_a_port_is_taken_only_where_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_taken("127.0.0.1", port)
        assert is_taken("", port)
        assert not is_taken("127.0.0.2", port)
    assert not is_taken("127.0.0.1", port)


def test_this_machines_addresses_are_none_of_loopback() -> None:
    assert not [each for each in own_addresses() if each.startswith("127.") or each == "::1"]


def test_a_site_that_answers_outside_is_found() -> None:
    """127.0.0.2 stands for an address of the network: a test has no other for sure."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        upstream = Upstream("http", "localhost", server.getsockname()[1])
        found = asyncio.run(exposed(upstream, [], ["127.0.0.2", "127.0.0.3"]))
        assert found == ["127.0.0.2", "127.0.0.3"]
        assert f"127.0.0.1:{upstream.port}" in exposure(upstream, found)
        itself = [("127.0.0.2", upstream.port)]  # the guard has the same port there
        assert asyncio.run(exposed(upstream, itself, ["127.0.0.2"])) == []
        elsewhere = Upstream("http", "192.0.32.8", upstream.port)
        assert asyncio.run(exposed(elsewhere, [], ["127.0.0.2"])) == []
    with socket.create_server(("127.0.0.1", 0)) as server:
        upstream = Upstream("http", "127.0.0.1", server.getsockname()[1])
        assert asyncio.run(exposed(upstream, [], ["127.0.0.2"])) == []
