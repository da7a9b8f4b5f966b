"""The visitor's address of a request.

The socket's, unless that peer is a trusted proxy; then the right-most entry of X-Forwarded-For (or
Forwarded) that is not a trusted proxy itself. Whatever stands further left was written by somebody
nobody vouches for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from stagedoor.config.stance import network

Network = IPv4Network | IPv6Network
MOST_HOPS = 16
"""Entries that are looked at. More proxies in a row than this do not exist outside attacks."""


def networks(words: Iterable[str]) -> tuple[Network, ...]:
    """`10.0.0.0/8`, `192.0.2.1` … as networks; ValueError with the fix for anything else."""
    return tuple(map(network, words))


@lru_cache(maxsize=4096)
def parse(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it (`192.0.2.1:80`, `"[2001:db8::1]:80"`, `fe80::1%eth0`).

    IPv4 addresses wrapped in IPv6 are unwrapped. None for anything else.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_trusted(text: str, trusted: Sequence[Network]) -> bool:
    """Whether `text` is an address in one of the networks."""
    address = parse(text)
    return address is not None and any(address in each for each in trusted)


def client_address(
    peer: str, forwarded_for: str, forwarded: str, trusted: Sequence[Network]
) -> str:
    """The client's address.

    `peer` is the socket's, `forwarded_for` and `forwarded` the two headers' values (several header
    lines joined by commas). An entry that is no address ends the search: the last good one counts.
    """
    found = str(parse(peer) or peer)
    if not trusted or not is_trusted(peer, trusted):
        return found
    entries = forwarded_for.split(",") if forwarded_for else _for_entries(forwarded)
    for entry in reversed(entries[-MOST_HOPS:]):
        address = parse(entry[:100])
        if address is None:
            break
        found = str(address)
        if not any(address in each for each in trusted):
            break
    return found


def _for_entries(forwarded: str) -> list[str]:
    """The `for=` values of a Forwarded header (RFC 7239), in order."""
    found = []
    for element in forwarded.split(","):
        pairs = (pair.strip().partition("=") for pair in element.split(";"))
        # An element that does not say for whom is a gap: what is left of it is hearsay.
        found.append(next((value for name, _, value in pairs if name.lower() == "for"), ""))
    return found
