"""Networks → owners, by the longest prefix around an address.

A lookup is one binary search, whatever lengths the prefixes have: nested networks are flattened
into stretches, each with the owner of its longest prefix. (A dict per prefix length is as fast
for the lengths operators use, and fifteen times slower for IPv6 networks of every length.)
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


class Prefixes[Owner]:
    """A table from networks to owners: an address belongs to its longest prefix.

    Built once, never changed. An owner may be anything but None.
    """

    __slots__ = ("_tables", "networks")

    def __init__(self, pairs: Iterable[tuple[Network | str, Owner]]) -> None:
        """From (network, owner) pairs; of the same network given twice, the last counts.

        ValueError for text that is no network.
        """
        stretches: dict[int, list[tuple[int, int, Owner]]] = {4: [], 6: []}
        for given, owner in pairs:
            network = ip_network(given, strict=False) if isinstance(given, str) else given
            start = int(network.network_address)
            end = start + network.num_addresses
            stretches[network.version].append((start, end, owner))
        self.networks = sum(map(len, stretches.values()))
        """How many networks were given."""
        self._tables = {version: _flatten(found) for version, found in stretches.items()}

    def find(self, address: str) -> Owner | None:
        """The owner of the longest prefix around `address`, or None. Text that is no address: None.

        IPv4 addresses wrapped in IPv6 (`::ffff:192.0.2.1`) are unwrapped.
        """
        read = number(address)
        if read is None:
            return None
        bounds, owners = self._tables[read[0]]
        return owners[bisect_right(bounds, read[1])]


def _flatten[Owner](
    networks: Iterable[tuple[int, int, Owner]],
) -> tuple[Sequence[int], Sequence[Owner | None]]:
    """Where each stretch begins, and its owner; `owners` has one more, for all before the first.

    Networks nest or are disjoint, so a stack of those that are open is enough.
    """
    bounds: list[int] = []
    owners: list[Owner | None] = [None]
    opened: list[tuple[int, Owner]] = []

    def turn(at: int, owner: Owner | None) -> None:
        if bounds and bounds[-1] == at:
            owners[-1] = owner
        else:
            bounds.append(at)
            owners.append(owner)

    def close() -> None:
        end, _ = opened.pop()
        turn(end, opened[-1][1] if opened else None)

    for start, end, owner in sorted(networks, key=lambda row: (row[0], -row[1])):
        while opened and opened[-1][0] <= start:
            close()
        turn(start, owner)
        opened.append((end, owner))
    while opened:
        close()
    return bounds, owners


def number(address: str) -> tuple[int, int] | None:
    """`address` as (IP version, number); None where it is no address.

    The short way is for the forms `str()` gives addresses; everything else is left to ipaddress,
    which takes three times as long.
    """
    if ":" not in address:
        try:
            a, b, c, d = map(int, address.split("."))
        except ValueError:
            return None
        if 0 <= a | b | c | d < 256 and address == f"{a}.{b}.{c}.{d}":  # int() takes " 1_0" too
            return 4, a << 24 | b << 16 | c << 8 | d
    else:
        head, gap, tail = address.partition("::")
        first = head.split(":") if head else []
        last = tail.split(":") if tail else []
        missing = 8 - len(first) - len(last)
        if "" not in first and "" not in last and (missing > 0 if gap else not missing):
            groups = [*first, *["0"] * missing, *last]
            digits = "".join([group.rjust(4, "0") for group in groups])
            if len(digits) == 32 and digits.isalnum() and digits.isascii():
                try:
                    value = int(digits, 16)
                except ValueError:
                    return None
                return (4, value & 0xFFFFFFFF) if value >> 32 == 0xFFFF else (6, value)
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (4, int(mapped)) if mapped else (parsed.version, int(parsed))
