"""Keys under which clients are remembered."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def client_key(address: str) -> str:
    """An IPv4 address, or the network of 64 bits of an IPv6 address: what one connection to the
    Internet has. The same in every process. An unknown address is a client like any other.
    """
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else parsed.exploded[:19]
    return address
