"""ClientHello → JA4, as mitmproxy hands it over: the adapter of fronts/handshakes.py."""

from __future__ import annotations

from collections.abc import Sequence

from mitmproxy import connection, tls

from stagedoor.fronts import handshakes
from stagedoor.fronts.addresses import Network
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.identify.ja4 import Hello, Protocol
from stagedoor.model.facts import Arrival, Request


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


def learn(known: Fingerprints, data: tls.ClientHelloData) -> str:
    """Take the fingerprint of a connection that begins; for the hook `tls_clienthello`.

    Returns it too. QUIC is recognised by its transport; over UDP nothing else comes with a hello
    that mitmproxy parses (DTLS would be a proxy mode that no site has).
    """
    client = data.context.client
    protocol: Protocol = "q" if client.transport_protocol == "udp" else "t"
    return known.learn(client.id, read_hello(data.client_hello, protocol))


def arrival(
    client: connection.Client,
    request: Request,
    known: Fingerprints,
    trusted: Sequence[Network],
    header: str = "",
) -> Arrival:
    """How `request` came in over `client`; see handshakes.arrival()."""
    peer = client.peername[0] if client.peername else ""
    fingerprint = known.of(client.id)
    return handshakes.arrival(peer, request, fingerprint, trusted, header, plaintext=not client.tls)
