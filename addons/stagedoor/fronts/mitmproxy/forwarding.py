"""Changes to requests and responses that pass, and to a response that must not."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mitmproxy import connection, ctx, http
from mitmproxy.utils import human

from stagedoor.fronts.addresses import Network, client_address, is_trusted, parse
from stagedoor.fronts.authorities import normalised
from stagedoor.fronts.inner_addresses import Route
from stagedoor.fronts.mitmproxy.bodies import BODILESS
from stagedoor.fronts.mitmproxy.claimed_fields import DROPPED, OF_A_PROXY, SAYS_WHO, spelt
from stagedoor.fronts.mitmproxy.upstreams import is_local
from stagedoor.model.facts import Request

_ERRNO = re.compile(r"\[Errno (-?\d+)\] *")
HANG_UP = "stagedoor.hang_up"
"""Where a flow keeps how its connection to the site is closed, where that is not mitmproxy's."""
_ITSELF = "Request destination unknown"
_HOP = frozenset({
    b"keep-alive", b"proxy-connection", b"proxy-authorization", b"te", b"trailer",
    b"http2-settings",
})  # fmt: skip
"""For the guard alone (RFC 9110, 7.6.1)."""
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})
_NEVER_NOMINATED = _FRAMING | {b"host", b"upgrade", b"connection"}
_STAYS = (b"close", b"keep-alive")
"""What a Connection header may still say to the site."""

_SCHEMES = frozenset({b"http", b"https"})
_BODILESS = frozenset({204, 304})


def forward(flow: http.HTTPFlow, trusted: Sequence[Network], *, keep_host: bool) -> None:
    """Say to the site who asks, and take out what the visitor may only pretend.

    One pass over the header fields: each look-up through mitmproxy's Headers is one of its own.
    """
    peer = flow.client_conn.peername[0] if flow.client_conn.peername else ""
    believed = bool(trusted) and is_trusted(peer, trusted)
    framed = flow.request.is_http2 or flow.request.is_http3
    bodiless = flow.request.data.method.upper() in BODILESS
    host, upgrade, connection_says = flow.request.data.authority, b"", b""
    before: list[bytes] = []
    forwarded: list[bytes] = []
    said: dict[bytes, bytes] = {}
    kept: list[tuple[bytes, bytes]] = []
    who: list[tuple[bytes, bytes]] = []
    for field in flow.request.headers.fields:
        name = spelt(field[0])
        if name in OF_A_PROXY:
            if believed:
                kept.append(field)
            continue
        if name in DROPPED:
            if name == b"forwarded":
                forwarded.append(field[1])
            continue
        if name.startswith(b"x-forwarded-"):
            if name == b"x-forwarded-for":
                before.append(field[1])
            else:
                said[name] = field[1]
            continue
        if name in SAYS_WHO:
            if believed:
                who.append(field)
            continue
        if name == b"connection":
            connection_says += b"," + field[1].lower()
            continue
        if name in _HOP and not (framed and name == b"te"):
            continue
        if bodiless and name in _FRAMING:
            continue
        if name == b"host":
            host = host or field[1]
        elif name == b"upgrade":
            upgrade = field[1]
        kept.append(field)
    if upgrade and upgrade.lower() != b"websocket":
        # An upgrade to anything else (h2c) would leave the guard with bytes it cannot read.
        kept = [field for field in kept if field[0].lower() != b"upgrade"]
        upgrade = b""
    if connection_says:
        kept = _nominated_out(kept, connection_says, upgrade=bool(upgrade))
    _introduce(kept, peer, trusted if believed else (), before, forwarded, who)
    proto = said.get(b"x-forwarded-proto", b"").rpartition(b",")[2].strip().lower()
    there = said.get(b"x-forwarded-host", b"").rpartition(b",")[2].strip()
    known = believed and normalised(there.decode("latin-1"))
    kept.append((b"X-Forwarded-Proto", proto if believed and proto in _SCHEMES else _scheme(flow)))
    kept.append((b"X-Forwarded-Host", there if known else host))
    flow.request.headers.fields = tuple(kept)
    if not framed:
        # `GET http://elsewhere/x` asks a proxy; the site is asked for /x.
        flow.request.data.authority = b""
    if not keep_host:
        flow.request.host_header = site_host(flow)
    flow.request.stream = True


def _nominated_out(
    fields: list[tuple[bytes, bytes]], says: bytes, *, upgrade: bool
) -> list[tuple[bytes, bytes]]:
    """`fields` without those that a Connection header names (before ours are added: it must not
    take those), and with a Connection header of words that still mean something.
    """
    words = {word.strip() for word in says.split(b",")}
    gone = words - _NEVER_NOMINATED - {b""}
    if gone:
        fields = [field for field in fields if field[0].lower() not in gone]
    stays = [word for word in _STAYS if word in words]
    if upgrade:
        stays.append(b"Upgrade")
    if stays:
        fields.append((b"Connection", b", ".join(stays)))
    return fields


def _introduce(
    fields: list[tuple[bytes, bytes]],
    peer: str,
    trusted: Sequence[Network],
    before: Sequence[bytes],
    forwarded: Sequence[bytes],
    who: Sequence[tuple[bytes, bytes]],
) -> None:
    """Add who asks. Of the addresses that were passed on, those left of the client's are hearsay."""
    client, hops = peer, [peer]
    if trusted:
        entries = [entry.decode("latin-1").strip() for entry in b",".join(before).split(b",")]
        client = client_address(
            peer,
            ",".join(entries) if before else "",
            b",".join(forwarded).decode("latin-1"),
            trusted,
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in who},
        )
        passed: list[str] = []
        for entry in reversed(entries if before else []):
            passed.append(entry)
            if str(parse(entry[:100]) or "") == client:
                hops = [*reversed(passed), peer]
                break
        else:
            hops = [client, peer] if client != peer else [peer]
    address = client.encode("latin-1", "replace")
    fields.append((b"X-Forwarded-For", ", ".join(hops).encode("latin-1", "replace")))
    fields.append((b"X-Real-IP", address))
    fields.extend((name, address) for name, _ in who)


def _scheme(flow: http.HTTPFlow) -> bytes:
    return b"https" if flow.client_conn.tls else b"http"


def site_host(flow: http.HTTPFlow) -> str:
    """The Host that a site elsewhere expects: its own name."""
    default = 443 if flow.request.scheme == "https" else 80
    port = "" if flow.request.port == default else f":{flow.request.port}"
    return f"{flow.request.host}{port}"


def route(flow: http.HTTPFlow, request: Request | None) -> Route:
    """The way of the visitor to the site, as `forward` has found it; `request` is as it came."""
    headers = flow.request.headers
    scheme = headers.get("x-forwarded-proto", "http")
    said = request.header("x-forwarded-proto").rpartition(",")[2].strip().lower() if request else ""
    return Route(
        host=flow.request.host,
        port=flow.request.port,
        near=is_local(flow.request.host),
        scheme=scheme,
        authority=headers.get("x-forwarded-host", ""),
        target=flow.request.path,
        # A proxy that is not trusted has passed it on: it knows better by which scheme.
        sure=request is not None and said in {"", scheme},
    )


def unreachable(server: connection.Server) -> str:
    """What to report about a site that does not answer."""
    where = human.format_address(server.address) if server.address else "the site"
    error = server.error or "no connection"
    numbered = _ERRNO.search(error)
    question = "is it running, and is this its address?"
    if numbered and int(numbered[1]) > 0:
        error = os.strerror(int(numbered[1])).lower()
    elif numbered:  # of the resolver
        error = error[numbered.end() :].rstrip(".)").lower()
        question = "is the name spelt right, and known on this machine?"
    elif error.startswith(_ITSELF):
        error = "that is the guard's own address"
        question = "name the address where the site itself listens"
    return (
        f"the site at {where} does not answer ({error}): visitors get 502 Bad Gateway — {question}"
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
    ours = flow.metadata.get(HANG_UP)
    if ours is not None:
        ours()
        return
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
