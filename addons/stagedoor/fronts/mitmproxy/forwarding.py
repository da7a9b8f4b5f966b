"""What is done to requests and responses that pass, and to a response that must not."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mitmproxy import connection, ctx, http
from mitmproxy.utils import human

from stagedoor.fronts.addresses import Network, is_trusted, parse

_ERRNO = re.compile(r"\[Errno (\d+)\]")
_SAYS_WHERE = frozenset({b"x-forwarded-proto", b"x-forwarded-host"})
_SAYS_WHO = _SAYS_WHERE | {b"forwarded", b"x-real-ip", b"x-original-url", b"x-rewrite-url"}
"""What only a trusted proxy may say, besides X-Forwarded-For. The last two name another path than
the one that was decided about, and some frameworks obey them."""

_BODILESS = frozenset({204, 304})


def forward(flow: http.HTTPFlow, trusted: Sequence[Network], *, keep_host: bool) -> None:
    """Tell the site who asks, and take out what the visitor may only pretend.

    One pass over the header fields: each look-up through mitmproxy's Headers is one of its own.
    """
    peer = flow.client_conn.peername[0] if flow.client_conn.peername else ""
    believed = bool(trusted) and is_trusted(peer, trusted)
    host, upgrade = flow.request.data.authority, b""
    before: list[bytes] = []
    told: set[bytes] = set()
    kept: list[tuple[bytes, bytes]] = []
    for field in flow.request.headers.fields:
        name = field[0].lower()
        if name == b"x-forwarded-for":
            before.append(field[1])
            continue
        if not believed:
            # Many sites read X_Real_IP as X-Real-IP.
            spelt = name.replace(b"_", b"-")
            if spelt in _SAYS_WHO or spelt == b"x-forwarded-for":
                continue
        if name == b"host":
            host = host or field[1]
        elif name == b"upgrade":
            upgrade = field[1]
        elif name in _SAYS_WHERE:
            told.add(name)
        kept.append(field)
    here = peer.encode("latin-1", "replace")
    chain = b", ".join([*before, here]) if believed else here
    kept.append((b"X-Forwarded-For", chain))
    for name, value in ((b"X-Forwarded-Proto", _scheme(flow)), (b"X-Forwarded-Host", host)):
        if name.lower() not in told:
            kept.append((name, value))
    headers = flow.request.headers
    headers.fields = tuple(kept)
    if not flow.request.is_http2 and not flow.request.is_http3:
        # `GET http://elsewhere/x` asks a proxy; the site is asked for /x.
        flow.request.data.authority = b""
    if upgrade and upgrade.lower() != b"websocket":
        # An upgrade to anything else (h2c) would leave the guard with bytes it cannot read.
        for header in ("upgrade", "http2-settings", "connection"):
            headers.pop(header, None)
    if not keep_host:
        flow.request.host_header = site_host(flow)
    flow.request.stream = True


def _scheme(flow: http.HTTPFlow) -> bytes:
    return b"https" if flow.client_conn.tls else b"http"


def site_host(flow: http.HTTPFlow) -> str:
    """The Host that a site elsewhere expects: its own name."""
    default = 443 if flow.request.scheme == "https" else 80
    port = "" if flow.request.port == default else f":{flow.request.port}"
    return f"{flow.request.host}{port}"


def is_local(host: str) -> bool:
    """Whether `host` is this machine or one beside it: then the visitor's Host is passed on."""
    if host == "localhost":
        return True
    address = parse(host)
    return address is not None and (address.is_loopback or address.is_private)


def unreachable(server: connection.Server) -> str:
    """What to tell about a site that does not answer."""
    where = human.format_address(server.address) if server.address else "the site"
    numbered = _ERRNO.match(server.error or "")
    reason = os.strerror(int(numbered[1])).lower() if numbered else server.error or "no connection"
    return (
        f"the site at {where} does not answer ({reason}): visitors get 502 Bad Gateway — is it "
        "running, and is this its address?"
    )


def replace_response(flow: http.HTTPFlow, refusal: http.Response) -> None:
    """Put `refusal` in the place of a response whose headers have come, and whose body may never
    end (an Icecast stream): nothing of that body goes out, and the site is hung up on.
    """
    response = flow.response
    assert response is not None
    body = refusal.raw_content or b""
    bodiless = (
        flow.request.method == "HEAD"
        or response.status_code in _BODILESS
        or response.headers.get("content-length") == "0"
    )
    response.status_code = refusal.status_code
    response.reason = refusal.reason
    response.headers.clear()
    response.headers.update(refusal.headers)
    if bodiless and flow.request.method != "HEAD":
        response.headers["Content-Length"] = "0"
    if flow.client_conn.alpn not in {b"h2", b"h3"}:
        response.headers["Connection"] = "close"
    sent = False

    def once(_chunk: bytes) -> list[bytes]:
        nonlocal sent
        if sent or bodiless:
            return []
        sent = True
        if flow.server_conn.alpn != b"h2":  # else others may be using the connection
            asyncio.get_running_loop().call_soon(_hang_up, flow)
        return [body]

    response.stream = once


def _hang_up(flow: http.HTTPFlow) -> None:
    """Close the connection to the site."""
    close(_transports(flow.client_conn).get(flow.server_conn))


def hang_up_all(client: connection.Client) -> None:
    """Close whatever a client that is gone has left open, at its side and at the site's.

    mitmproxy ends a connection by cancelling its task; where that task is waiting for its turn just
    then, it ends without closing the socket, and both sides stay open for ever.
    """
    for transport in list(_transports(client).values()):
        close(transport)


def _transports(client: connection.Client) -> Mapping[connection.Connection, Any]:
    server: Any = ctx.master.addons.get("proxyserver")
    handler = server.connections.get(client.id) if server is not None else None
    return handler.transports if handler is not None else {}


def close(transport: Any) -> None:
    """Close the socket of one of mitmproxy's transports, if it has one."""
    if transport is not None and transport.writer is not None:
        transport.writer.close()
