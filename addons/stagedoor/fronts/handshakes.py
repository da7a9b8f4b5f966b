"""The JA4 of each open connection, and how a request came in over one.

A front hears of a ClientHello once, before the handshake; requests come later, and many of them
over one connection. So the fingerprint is taken when the handshake begins, and looked up by the
connection's id.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from stagedoor.fronts.addresses import Network, is_trusted
from stagedoor.fronts.proxy_signs import between
from stagedoor.identify.ja4 import Hello, ja4, well_formed
from stagedoor.model.facts import Arrival, Request

MOST_CONNECTIONS = 65_536
"""Connections whose fingerprint is kept (some 10 MB): far more than one process ever has open. The
bound is for connections whose end was never reported."""


class Fingerprints:
    """The JA4 of every open connection, by the connection's id."""

    def __init__(self, most: int = MOST_CONNECTIONS) -> None:
        self._most = most
        self._by_id: OrderedDict[str, str] = OrderedDict()

    def learn(self, connection: str, hello: Hello) -> str:
        """Take the fingerprint of a connection that begins; returns it, too."""
        found = ja4(hello)
        self._by_id[connection] = found
        if len(self._by_id) > self._most:
            self._by_id.popitem(last=False)
        return found

    def of(self, connection: str) -> str:
        """The connection's JA4; empty where it came without TLS, or was ended by somebody else."""
        return self._by_id.get(connection, "")

    def forget(self, connection: str) -> None:
        """The connection is closed."""
        self._by_id.pop(connection, None)


def arrival(
    peer: str,
    request: Request,
    fingerprint: str,
    trusted: Sequence[Network],
    header: str = "",
    *,
    plaintext: bool,
) -> Arrival:
    """How `request` came in from the address `peer`.

    `fingerprint` and `plaintext` are the connection's own. Where the peer is a trusted proxy, they
    are the proxy's: the visitor's JA4 is what the proxy writes into the header named `header`
    (empty: none does), provided that it has the shape of one, and X-Forwarded-Proto says whether
    the visitor came by TLS. A visitor's own such header is never read.
    """
    if not is_trusted(peer, trusted):
        return Arrival(fingerprint, plaintext=plaintext, proxied=False)
    scheme = request.header("x-forwarded-proto").rpartition(",")[2].strip().lower()
    written = well_formed(request.header(header)) if header else ""
    return Arrival(
        written,
        plaintext=scheme != "https",
        proxied=True,
        between=between(peer, request, trusted),
    )
