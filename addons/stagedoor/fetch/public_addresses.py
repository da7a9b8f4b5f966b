"""Which addresses are on the public Internet, also where one address wraps another.

Sources: the IANA registries of special-purpose addresses, through Python's ipaddress; what it does
not know is in the tables below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Allowed = Callable[[Address], bool]
"""Whether an address may be connected to."""

_INSIDE = tuple(
    map(
        ip_network,
        (
            "168.63.129.16",  # Azure's host, by a public address that leads nowhere else
            "192.0.0.0/24",  # protocols' own; Python before 3.12.4 takes most of it for public
            "192.88.99.0/24",  # 6to4 relays, given up
            "64:ff9b:1::/48",  # NAT64 of a network's own, likewise
        ),
    )
)
_CARRYING_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""NAT64 and IPv4-compatible addresses: the last four bytes are what is really reached."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public Internet, with everything unwrapped."""
    if isinstance(address, IPv6Address):
        if address.teredo:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _CARRYING_IPV4):
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _INSIDE)
    )


def anywhere(_address: Address) -> bool:
    """Every address, for servers that the owner of this machine has named."""
    return True


def public_or_in(networks: Iterable[Network]) -> Allowed:
    """The public Internet, and `networks` besides: a signer of one's own, or a test."""
    besides = tuple(networks)
    return lambda address: is_public(address) or any(address in network for network in besides)
