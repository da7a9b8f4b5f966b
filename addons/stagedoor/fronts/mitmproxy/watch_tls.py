"""Whose traffic the watch opens: that of the hosts in its profiles. All other passes byte for byte."""

from __future__ import annotations

import re
from collections.abc import Container

from mitmproxy import tls
from mitmproxy.addons.next_layer import _starts_like_quic
from mitmproxy.net.tls import starts_like_dtls_record, starts_like_tls_record
from mitmproxy.proxy import context, layer, layers
from mitmproxy.proxy.layers import modes

from stagedoor.fronts.mitmproxy.plain_relay import PlainRelay
from stagedoor.fronts.mitmproxy.plain_requests import target

ONBOARDING = "mitm.it"
_PROXIES = (modes.HttpUpstreamProxy, modes.TransparentProxy, modes.Socks5Proxy)
_NAMES = frozenset({53, 5353})
_HOST = re.compile(rb"^host:[ \t]*([^\s:]+)", re.IGNORECASE | re.MULTILINE)


class Scope:
    """The hosts that are opened."""

    def __init__(self, hosts: Container[str]) -> None:
        self._hosts = hosts

    def holds(self, host: str | None) -> bool:
        """Whether a host, in any spelling, has a profile."""
        return bool(host) and str(host).lower().rstrip(".") in self._hosts

    def hello(self, data: tls.ClientHelloData) -> None:
        """For `tls_clienthello` (TCP and QUIC): leave a connection alone unless its name has a
        profile. A hello without a name is judged by the address that was asked for.
        """
        address = data.context.server.address
        name = data.client_hello.sni or (address[0] if address else None)
        data.ignore_connection = not self.holds(name)

    def next_layer(self, following: layer.NextLayer) -> None:
        """For `next_layer`: what is neither TLS nor one of our hosts is carried as it is."""
        found = following.context
        start, greeting = following.data_client(), following.data_server()
        inside = found.layers[-1] if found.layers else None
        if following.layer is not None or not (start or greeting):
            return
        if isinstance(inside, modes.HttpProxy):
            asked = target(start)
            if asked is not None and not self.reads(asked[0]):
                following.layer = PlainRelay(found, self.reads)
            return
        if isinstance(inside, _PROXIES):
            return
        if found.client.transport_protocol == "udp":
            if not _has_a_layer_of_its_own(found, start):
                following.layer = layers.UDPLayer(found, ignore=True)
            return
        if starts_like_tls_record(start) or found.client.tls_established:
            return
        address = found.server.address
        if address is not None and not self.reads(address[0]) and not self._for_browser(start):
            following.layer = layers.TCPLayer(found, ignore=True)

    def reads(self, host: str) -> bool:
        """Whether plain HTTP to a host is read: of those that are watched, and of the page where
        mitmproxy hands out its certificate.
        """
        return self.holds(host) or host.lower() == ONBOARDING

    def _for_browser(self, start: bytes) -> bool:
        """Whether a request that came without a proxy's address asks for the certificate."""
        found = _HOST.search(start.partition(b"\r\n\r\n")[0])
        return found is not None and found[1].decode("latin-1").lower() == ONBOARDING


def _has_a_layer_of_its_own(found: context.Context, start: bytes) -> bool:
    """Names are looked up by mitmproxy in the modes without a proxy's address; QUIC is TLS."""
    address = found.server.address
    if address is not None and address[1] in _NAMES:
        return True
    return starts_like_dtls_record(start) or _starts_like_quic(start, address)
