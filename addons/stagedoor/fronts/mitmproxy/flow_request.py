"""Flow → Request: what the core needs to know, read once."""

from __future__ import annotations

from collections.abc import Sequence

from mitmproxy import http

from stagedoor.fronts.addresses import Network, client_address, is_trusted
from stagedoor.identify.site_credentials import present
from stagedoor.model.edges import OWN_VISITOR
from stagedoor.model.facts import Request, host_name
from stagedoor.resources.paths import normalise

_OWN = frozenset(name for names in OWN_VISITOR.values() for name in names)
_READ = _OWN | {
    "user-agent", "host", "x-forwarded-for", "forwarded", "authorization", "content-type",
}  # fmt: skip


def read(flow: http.HTTPFlow, trusted: Sequence[Network]) -> Request:
    """The request in `flow`. Headers are read as Latin-1, so that no byte of them can fail."""
    data = flow.request.data
    target = data.path.decode("latin-1")
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in data.headers.fields)
    agent = host = authorization = content_type = ""
    forwarded_for: list[str] = []
    forwarded: list[str] = []
    own: dict[str, str] = {}
    first: dict[str, str] = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered not in first:
            first[lowered] = value
        if lowered not in _READ:
            continue
        if lowered == "user-agent":
            agent = agent or value
        elif lowered == "host":
            host = host or value
        elif lowered == "x-forwarded-for":
            forwarded_for.append(value)
        elif lowered == "forwarded":
            forwarded.append(value)
        elif lowered in _OWN:
            own[lowered] = value
        elif lowered == "authorization":
            authorization = value
        elif lowered == "content-type":
            content_type = value
    peer = flow.client_conn.peername
    method = data.method.decode("latin-1").upper()
    return Request(
        method=method,
        host=host_name(data.authority.decode("latin-1") or host),
        path=normalise(target),
        target=target,
        agent=agent.strip(),
        headers=headers,
        address=client_address(
            peer[0] if peer else "", ",".join(forwarded_for), ",".join(forwarded), trusted, own
        ),
        credentials=present(method, target, authorization, content_type)
        if authorization or "/rest/" in target
        else "none",
        first=first,
    )


def is_secure(flow: http.HTTPFlow, request: Request, trusted: Sequence[Network]) -> bool:
    """Whether the visitor came by https, also where a trusted proxy ends it."""
    peer = flow.client_conn.peername
    proxied = bool(trusted) and peer is not None and is_trusted(peer[0], trusted)
    scheme = request.header("x-forwarded-proto").rpartition(",")[2].strip().lower()
    return scheme == "https" if proxied and scheme else bool(flow.client_conn.tls)
