"""Whose traffic the watch opens: that of the hosts in its profiles. All other passes byte for byte."""

from __future__ import annotations

from collections.abc import Container

from mitmproxy import tls
from mitmproxy.net.tls import starts_like_tls_record
from mitmproxy.proxy import layer, layers
from mitmproxy.proxy.layers import modes

_PROXIES = (modes.HttpProxy, modes.HttpUpstreamProxy, modes.TransparentProxy, modes.Socks5Proxy)


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
        """For `next_layer`: what is neither TLS nor one of our hosts is carried as it is.

        Plain HTTP that is sent to the proxy as such has no tunnel; its bodies are streamed.
        """
        context = following.context
        start = following.data_client()
        inside = context.layers[-1] if context.layers else None
        if following.layer is not None or not start or isinstance(inside, _PROXIES):
            return
        if context.client.transport_protocol != "tcp" or starts_like_tls_record(start):
            return
        address = context.server.address
        if context.client.tls_established or address is None or self.holds(address[0]):
            return
        following.layer = layers.TCPLayer(context, ignore=True)
