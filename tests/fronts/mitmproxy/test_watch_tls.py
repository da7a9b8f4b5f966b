"""Whose traffic is opened, in each of mitmproxy's modes: with its own objects, without a net."""

from __future__ import annotations

from typing import Any

import pytest
from mitmproxy import connection, tls
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.options import Options
from mitmproxy.proxy import context, layer, layers
from mitmproxy.proxy.layers import modes
from mitmproxy.proxy.mode_specs import ProxyMode

from platformrules import profiles
from stagedoor.fronts.mitmproxy.plain_relay import PlainRelay
from stagedoor.fronts.mitmproxy.watch_tls import Scope

HELLO = b"\x16\x03\x01\x02\x00\x01"
TOPS: dict[str, Any] = {
    "regular": modes.HttpProxy,
    "upstream:http://127.0.0.1:1": modes.HttpUpstreamProxy,
    "socks5": modes.Socks5Proxy,
    "wireguard": modes.TransparentProxy,
    "local": modes.TransparentProxy,
}


def scope() -> Scope:
    return Scope(profiles("funk.example"))


def found(mode: str, address: tuple[str, int] | None, *, udp: bool = False) -> context.Context:
    client = connection.Client(
        peername=("127.0.0.1", 5000), sockname=("127.0.0.1", 8080), timestamp_start=1.0,
        proxy_mode=ProxyMode.parse(mode), transport_protocol="udp" if udp else "tcp",
    )  # fmt: skip
    one = context.Context(client, Options())
    if address is not None:
        one.server.address = address
    return one


def chosen(one: context.Context, data: bytes = b"", greeting: bytes = b"") -> layer.Layer | None:
    following = layer.NextLayer(one)
    following.data_client = lambda: data  # type: ignore[method-assign]
    following.data_server = lambda: greeting  # type: ignore[method-assign]
    scope().next_layer(following)
    return following.layer


def inside(mode: str, address: tuple[str, int], *, udp: bool = False) -> context.Context:
    """A connection whose target is known: behind CONNECT, or sent by the system."""
    one = found(mode, address, udp=udp)
    TOPS[mode](one)
    one.layers.append(layer.NextLayer(one))
    return one


@pytest.mark.parametrize("mode", ["regular", "wireguard", "local", "socks5"])
@pytest.mark.parametrize(
    ("name", "address", "opened"),
    [
        ("soundcloud.com", "192.0.2.7", True),
        ("SoundCloud.com.", "192.0.2.7", True),
        ("rr1---sn-a.googlevideo.com", "192.0.2.7", True),
        ("bank.example", "192.0.2.7", False),
        ("bank.example", "soundcloud.com", False),
        (None, "192.0.2.7", False),
        (None, "funk.example", True),
        (None, None, False),
    ],
)
def test_a_name_in_the_handshake_decides(
    mode: str, name: str | None, address: str | None, *, opened: bool
) -> None:
    """WireGuard and local mode know an address only; its name stands in the handshake."""

    class Hello:
        sni = name

    data = tls.ClientHelloData(
        found(mode, (address, 443) if address else None), Hello()  # type: ignore[arg-type]
    )  # fmt: skip
    scope().hello(data)
    assert data.ignore_connection is not opened


@pytest.mark.parametrize("mode", ["regular", "wireguard", "local", "socks5"])
def test_what_is_no_tls_passes_unread(mode: str) -> None:
    for data, greeting in (
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b""),
        (b"", b"220 mail ready\r\n"),
    ):
        picked = chosen(inside(mode, ("192.0.2.7", 80)), data, greeting)
        assert isinstance(picked, layers.TCPLayer)
        assert picked.flow is None  # nothing of it is kept
    assert starts_like_tls_record(HELLO)
    assert chosen(inside(mode, ("192.0.2.7", 443)), HELLO) is None
    assert chosen(inside(mode, ("192.0.2.7", 443))) is None


@pytest.mark.parametrize("mode", ["wireguard", "local"])
def test_other_datagrams_pass_unread_and_names_are_looked_up(mode: str) -> None:
    picked = chosen(inside(mode, ("192.0.2.7", 3478), udp=True), b"\x00\x01\x00\x00stun")
    assert isinstance(picked, layers.UDPLayer)
    assert picked.flow is None
    assert chosen(inside(mode, ("10.0.0.53", 53), udp=True), b"\x00\x01\x01\x00query") is None


@pytest.mark.parametrize("mode", ["wireguard", "local"])
def test_the_page_with_the_certificate_is_reached_in_every_mode(mode: str) -> None:
    asked = b"GET / HTTP/1.1\r\nHost: mitm.it\r\n\r\n"
    assert chosen(inside(mode, ("192.0.2.7", 80)), asked) is None
    hidden = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\nHost: mitm.it\r\n"
    assert isinstance(chosen(inside(mode, ("192.0.2.7", 80)), hidden), layers.TCPLayer)


@pytest.mark.parametrize(
    ("line", "relayed"),
    [
        (b"GET http://bank.example/ HTTP/1.1\r\n", True),
        (b"GET http://soundcloud.com/ HTTP/1.1\r\n", False),
        (b"GET http://funk.example:80/ HTTP/1.1\r\n", False),
        (b"GET http://mitm.it/ HTTP/1.1\r\n", False),
        (b"CONNECT bank.example:443 HTTP/1.1\r\n", False),
    ],
)
def test_plain_requests_to_the_proxy_are_relayed_by_their_host(
    line: bytes, *, relayed: bool
) -> None:
    one = found("regular", None)
    one.layers.append(modes.HttpProxy(found("regular", None)))
    assert isinstance(chosen(one, line + b"Host: x\r\n\r\n"), PlainRelay) is relayed


def test_behind_another_proxy_nothing_is_relayed() -> None:
    one = found("upstream:http://127.0.0.1:1", None)
    one.layers.append(modes.HttpUpstreamProxy(found("upstream:http://127.0.0.1:1", None)))
    assert chosen(one, b"GET http://bank.example/ HTTP/1.1\r\n\r\n") is None
