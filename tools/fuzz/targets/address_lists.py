"""Operators' lists of addresses: identify/ranges.py."""

from __future__ import annotations

from stagedoor.identify.ranges import WIDEST, parse_ranges
from stagedoor.model.errors import ConfigError

SEEDS = (
    b'{"prefixes":[{"ipv4Prefix":"192.0.2.0/24"},{"ipv6Prefix":"2001:4860::/40"}]}',
    b"# c\n203.0.113.7\n66.249.64.0/19 # x\n", b'["8.8.8.8", "8.8.4.0/24"]', b'{"ips":[1]}', b"<html>",
    b'[[[["8.8.8.8"]]]]', b"0.0.0.0/0",
)  # fmt: skip


def check(data: bytes) -> None:
    """Used as a whole, or refused with places."""
    try:
        found = parse_ranges(data)
    except ConfigError:
        return
    assert found
    assert len(set(found)) == len(found)
    for network in found:
        assert network.prefixlen >= WIDEST[network.version]
        assert not network.is_loopback
