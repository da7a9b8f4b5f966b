"""Keys under which clients are remembered."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address

from stagedoor.model.heard import Listener


def client_key(address: str) -> str:
    """An IPv4 address, or the network of 64 bits of an IPv6 address: what one connection to the
    Internet has. The same in every process. An unknown address is a client like any other.
    """
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(parsed.ipv4_mapped) if parsed.ipv4_mapped else parsed.exploded[:19]


def network_key(client: str) -> str:
    """The network of a client_key(): its /24 or /48. Of a network, itself; empty for what is none."""
    if "/" in client:
        return client
    if ":" in client:
        return f"{client[:14]}/48" if len(client) == 19 else ""
    start, dot, _ = client.rpartition(".")
    return f"{start}.0/24" if dot else ""


@lru_cache(maxsize=4096)
def listener(address: str, agent: str) -> Listener:
    """The keys of all that is remembered of what somebody was sent."""
    household = client_key(address)
    return Listener(household, network_key(household), agent)
