"""What is done to requests and responses that pass, and to a response that must not."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from typing import Any

from mitmproxy import connection, ctx, http
from mitmproxy.utils import human

from stagedoor.door.address import Network, is_trusted, parse

_ERRNO = re.compile(r"\[Errno (\d+)\]")
_BODILESS = frozenset({204, 304})


def forward(flow: http.HTTPFlow, trusted: Sequence[Network], *, keep_host: bool) -> None:
    """Tell the site who asks, and take out what the visitor may only pretend."""
    headers = flow.request.headers
    upgrade = headers.get("upgrade")
    if upgrade is not None and upgrade.lower() != "websocket":
        # An upgrade to anything else (h2c) would leave the guard with bytes it cannot read.
        for name in ("upgrade", "http2-settings", "connection"):
            headers.pop(name, None)
    peer = flow.client_conn.peername[0] if flow.client_conn.peername else ""
    host = flow.request.host_header or ""
    if is_trusted(peer, trusted):
        before = ", ".join(headers.get_all("x-forwarded-for"))
        headers["X-Forwarded-For"] = f"{before}, {peer}" if before else peer
        headers.setdefault("X-Forwarded-Proto", _scheme(flow))
        headers.setdefault("X-Forwarded-Host", host)
    else:
        headers["X-Forwarded-For"] = peer
        headers["X-Forwarded-Proto"] = _scheme(flow)
        headers["X-Forwarded-Host"] = host
        for name in ("forwarded", "x-real-ip"):
            headers.pop(name, None)
    if not keep_host:
        flow.request.host_header = site_host(flow)
    flow.request.stream = True


def _scheme(flow: http.HTTPFlow) -> str:
    return "https" if flow.client_conn.tls else "http"


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
        if sent:
            return []
        sent = True
        if flow.server_conn.alpn != b"h2":  # else others may be using the connection
            asyncio.get_running_loop().call_soon(_hang_up, flow)
        return [body]

    response.stream = once


def _hang_up(flow: http.HTTPFlow) -> None:
    """Close the connection to the site, as mitmproxy's own time-out would."""
    server: Any = ctx.master.addons.get("proxyserver")
    handler = server.connections.get(flow.client_conn.id) if server is not None else None
    transport = handler.transports.get(flow.server_conn) if handler is not None else None
    if transport is not None and transport.handler is not None:
        transport.handler.cancel("refused")
