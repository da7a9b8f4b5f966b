"""Addresses that stand for a crowd: of a proxy that does not say, or is not believed, whom it serves."""

from __future__ import annotations

from functools import lru_cache

from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.addresses import parse

_FORWARDING = ("x-forwarded-for", "forwarded", "x-real-ip")


def is_crowd(transaction: Transaction) -> bool:
    """Whether many visitors share the address of this request: a proxy's of the site's own, which
    does not say who they are, or is not believed. Nothing that it is sent says who listens.
    """
    request, arrival = transaction.request, transaction.arrival
    if arrival is None or not _of_the_site(request.address):
        return False
    first = request.first
    get = request.header if first is None else first.get
    forwarded = any(map(get, _FORWARDING))
    return forwarded is not arrival.proxied


@lru_cache(maxsize=4096)
def _of_the_site(text: str) -> bool:
    """Whether an address is of this machine or a private network."""
    if text.partition(".")[0] in _PUBLIC:
        return False
    address = parse(text[:100])
    return address is not None and (address.is_loopback or address.is_private)


_PUBLIC = frozenset(map(str, range(1, 224))) - {*("10", "127", "169", "172", "192", "198", "203")}
"""How addresses of IPv4 begin in whose /8 nobody is private (IANA's registry): most visitors' do."""
