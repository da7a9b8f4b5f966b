"""Question → Request: what a front says of the request that it asks about.

Two ways. With the headers that forward authentication has everywhere (`X-Forwarded-Method`, `-Uri`,
`-Host`, `-Proto`, `-For`; nginx is set up to write them, Caddy, Traefik and HAProxy do so): then the
question's own method and path say nothing. Or by its path (Envoy: its prefix, and behind that the
path as it was asked for), and then those two headers are the visitor's and are not believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from stagedoor.fronts.addresses import Proxies, client_address
from stagedoor.identify.site_credentials import present
from stagedoor.model.edges import OWN_VISITOR
from stagedoor.model.facts import Request, host_name
from stagedoor.resources.paths import normalise

Fields = Sequence[tuple[bytes, bytes]]

METHOD, URI, HOST = "x-forwarded-method", "x-forwarded-uri", "x-forwarded-host"
_OWN = frozenset(name for names in OWN_VISITOR.values() for name in names)
_HOP = frozenset({METHOD, URI, HOST, "connection", "host"})
"""Fields of the question that are no part of the visitor's request."""
_WITHOUT_A_BODY = frozenset({"content-length", "transfer-encoding", "expect"})
OURS = "x-stagedoor-"
"""Begins the names of fields that are between the front and the counter."""
_FIELD, _CHAIN, _FRONT, _LEFT_OUT = range(4)
MOST_NAMES, LONGEST_NAME = 1024, 64
"""Names of fields that are taken apart once."""
_names: dict[bytes, tuple[str, str, int]] = {}


def _name(raw: bytes) -> tuple[str, str, int]:
    """A field's name, the same in lower case, and what becomes of the field."""
    name = raw.decode("latin-1")
    lowered = name.lower()
    if lowered in _HOP:
        part = _FRONT
    elif lowered in _WITHOUT_A_BODY or lowered.startswith(OURS):
        part = _LEFT_OUT
    elif lowered in {"x-forwarded-for", "forwarded"} or lowered in _OWN:
        part = _CHAIN
    else:
        part = _FIELD
    found = (name, lowered, part)
    if len(_names) < MOST_NAMES and len(raw) <= LONGEST_NAME:
        _names[raw] = found
    return found


class Question(NamedTuple):
    """A request that a front asks about. `authority` is the site's name as the visitor wrote it."""

    request: Request
    authority: str
    scheme: str
    brief: bool = False
    """The front asks for no more than it needs."""


def read(
    fields: Fields, peer: str, trusted: Proxies, method: str = "", target: str = ""
) -> Question | None:
    """The request that the front at `peer` asks about; None where it does not say which.

    `method` and `target` are given where the question's own path says them.
    """
    by_path = bool(target)
    headers: list[tuple[str, str]] = []
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    chain: dict[str, list[str]] = {}
    for raw_name, raw_value in fields:
        name, lowered, part = _names.get(raw_name) or _name(raw_name)
        if part == _LEFT_OUT:
            continue
        value = raw_value.decode("latin-1")
        if part == _FRONT:
            found.setdefault(lowered, value)
            continue
        if part == _CHAIN:
            chain.setdefault(lowered, []).append(value)
        headers.append((name, value))
        first.setdefault(lowered, value)
    authority = found.get("host", "")
    if not by_path:
        method, target = found.get(METHOD, "").upper(), found.get(URI, "")
        authority = found.get(HOST, "") or authority
        if not method or not target:
            return None
    authorization = first.get("authorization", "")
    request = Request(
        method=method,
        host=host_name(authority),
        path=normalise(target),
        target=target,
        agent=first.get("user-agent", "").strip(),
        headers=tuple(headers),
        address=_address(peer, chain, trusted),
        credentials=present(method, target, authorization, first.get("content-type", ""))
        if authorization or "/rest/" in target
        else "none",
        first=first,
    )
    scheme = first.get("x-forwarded-proto", "").rpartition(",")[2].strip().lower()
    return Question(request, authority, scheme or "http")


def _address(peer: str, chain: dict[str, list[str]], trusted: Proxies) -> str:
    """The visitor's address. `own` headers of edges: where one was sent twice, the last counts."""
    forwarded_for = ",".join(chain.pop("x-forwarded-for", ()))
    if chain or len(forwarded_for) > LONGEST_CHAIN:
        forwarded = ",".join(chain.pop("forwarded", ()))
        own = {name: values[-1] for name, values in chain.items()}
        return client_address(peer, forwarded_for, forwarded, trusted, own)
    return _ADDRESSES.of(peer, forwarded_for, trusted)


LONGEST_CHAIN, MOST_CHAINS = 200, 4096


class _Addresses:
    """What was found for a peer and its chain, while the same proxies are trusted."""

    def __init__(self) -> None:
        self._trusted: Proxies | None = None
        self._known: dict[tuple[str, str], str] = {}

    def of(self, peer: str, forwarded_for: str, trusted: Proxies) -> str:
        """The visitor's address."""
        if self._trusted is not trusted or len(self._known) >= MOST_CHAINS:
            self._trusted, self._known = trusted, {}
        found = self._known.get((peer, forwarded_for))
        if found is None:
            found = client_address(peer, forwarded_for, "", trusted)
            self._known[peer, forwarded_for] = found
        return found


_ADDRESSES = _Addresses()
