"""ClientHello → JA4, kept for as long as its connection lives; and what a connection tells besides.

mitmproxy tells of a ClientHello once, before the handshake; requests come later, and many of them
over one connection. So the fingerprint is taken in `tls_clienthello` and looked up by connection.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from mitmproxy import connection, tls

from stagedoor.fronts.addresses import Network, is_trusted
from stagedoor.identify.ja4 import Hello, Protocol, ja4, well_formed
from stagedoor.model.facts import Arrival, Request

MOST_CONNECTIONS = 65_536
"""Connections whose fingerprint is kept (some 10 MB): far more than one process ever has open. The
bound is for connections whose end was never told."""


def read_hello(client_hello: tls.ClientHello, protocol: Protocol = "t") -> Hello:
    """What mitmproxy parsed, as plain facts.

    The version is read from the raw bytes, and names, protocols and algorithms from the extensions'
    own: mitmproxy leaves out an SNI that it finds odd, and JA4 asks only whether there is one.
    """
    raw = client_hello.raw_bytes(wrap_in_record=False)
    return Hello(
        protocol=protocol,
        version=int.from_bytes(raw[:2]),
        ciphers=tuple(client_hello.cipher_suites),
        extensions=tuple(client_hello.extensions),
    )


class Fingerprints:
    """The JA4 of every open connection, by the connection's id."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, str] = OrderedDict()

    def learn(self, data: tls.ClientHelloData) -> str:
        """Take the fingerprint of a connection that begins; for the hook `tls_clienthello`.

        Returns it too. QUIC is told by its transport; over UDP nothing else comes with a hello that
        mitmproxy parses (DTLS would be a proxy mode that no site has).
        """
        client = data.context.client
        protocol: Protocol = "q" if client.transport_protocol == "udp" else "t"
        found = ja4(read_hello(data.client_hello, protocol))
        self._by_id[client.id] = found
        if len(self._by_id) > MOST_CONNECTIONS:
            self._by_id.popitem(last=False)
        return found

    def of(self, client: connection.Client) -> str:
        """The connection's JA4; empty where it came without TLS, or was ended by somebody else."""
        return self._by_id.get(client.id, "")

    def forget(self, client: connection.Client) -> None:
        """The connection is closed; for the hook `client_disconnected`."""
        self._by_id.pop(client.id, None)


def arrival(
    client: connection.Client,
    request: Request,
    fingerprints: Fingerprints,
    trusted: Sequence[Network],
    header: str = "",
) -> Arrival:
    """How `request` came in over `client`.

    Where the peer is a trusted proxy, the connection's own handshake is the proxy's, and the
    visitor's JA4 is what the proxy writes into the header named `header` (empty: none does),
    provided that it has the shape of one. A visitor's own such header is never read.
    """
    peer = client.peername[0] if client.peername else ""
    if not is_trusted(peer, trusted):
        return Arrival(fingerprints.of(client), plaintext=not client.tls, proxied=False)
    scheme = request.header("x-forwarded-proto").rpartition(",")[2].strip().lower()
    told = well_formed(request.header(header)) if header else ""
    return Arrival(told, plaintext=scheme != "https", proxied=True)
