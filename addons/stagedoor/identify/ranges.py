"""Address ranges: operators' lists read, and what they say about an address.

A list is what its operator put on the web, so it is not believed further than a list of crawlers'
addresses can be true: bounded in size, in the width of a network and in the share of the Internet
it covers, and without private addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import collapse_addresses, ip_network
from itertools import islice
from typing import Any

import orjson

from stagedoor.identify.prefixes import Network, Prefixes
from stagedoor.model.errors import ConfigError, Location, Problem, listed

MAX_BYTES = 4 << 20
"""Of one list. The largest that is published has 60 kB."""
MAX_NETWORKS = 100_000
WIDEST = {4: 8, 6: 19}
"""The shortest prefix by IP version. Nobody's crawlers fill more: operators publish /14 at most."""
MAX_SHARE = {4: 2.0**-6, 6: 2.0**-16}
"""The share of all addresses that one list may cover, so that many wide networks do not add up."""
MAX_TOLD = 20
"""Mistakes that are reported of one list; a list of nonsense has as many as lines."""

_LOCAL: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
            *("::/8", "fc00::/7", "fe80::/10", "ff00::/8"),
        ),
    )
)
"""Loopback, private, link-local, multicast, reserved: no crawler comes from there over the
Internet, and a client there is a neighbour or a proxy."""

_LISTS = (
    *("prefixes", "ips", "ip_ranges", "ipRanges", "ranges", "addresses", "cidrs", "networks"),
    *("ipv6Ranges", "ipv6_addresses", "ipv4_cidrs", "ipv6_cidrs"),
    *("CLOUDFRONT_GLOBAL_IP_LIST", "CLOUDFRONT_REGIONAL_EDGE_IP_LIST"),
)
_FIELDS = (
    *("ipv4Prefix", "ipv6Prefix", "ip_prefix", "ipv6_prefix"),
    *("ip_address", "ip_range", "ipRange", "ip", "cidr", "prefix", "address", "network"),
)
"""What operators call the list, and the network in an entry of it: Google's form (nearly all),
AWS's, Ahrefs' and Parallel's, Imperva's and Fastly's."""


# -- operators' lists --------------------------------------------------------------------------


def parse_ranges(
    data: bytes, place: str = "the list", *, local: bool = False
) -> tuple[Network, ...]:
    """The networks in an operator's list, sorted, each once.

    Read are JSON ({"prefixes": [{"ipv4Prefix": …}]}, {"ips": […]}, a plain list and their kin)
    and text, a network or address a line, # begins a comment. `local` also lets loopback and
    private networks pass, for tests and for networks with crawlers of their own.

    Raises ConfigError with the places inside `place`, where anything is not a network, or the list
    is empty, too long or covers too much: such a list is not used in part.
    """
    if len(data) > MAX_BYTES:
        raise _refused(place, f"{len(data):,} bytes are more than a list of addresses has")
    entries = list(islice(_entries(data, place), MAX_NETWORKS + 1))
    if len(entries) > MAX_NETWORKS:
        raise _refused(place, f"it has more than {MAX_NETWORKS:,} networks")
    if not entries:
        raise _refused(place, "no network is in it")
    found: set[Network] = set()
    problems: list[Problem] = []
    for line, where, text in entries:
        network, message, fix = _network(text, local=local)
        if network is not None:
            found.add(network)
        else:
            problems.append(Problem(Location(place, line, 1 if line else 0), where + message, fix))
            if len(problems) == MAX_TOLD:
                break
    problems.extend(_too_much(found, place))
    if problems:
        raise ConfigError(problems)
    return tuple(sorted(found, key=lambda n: (n.version, int(n.network_address), n.prefixlen)))


_FIX = "does the address still lead to the operator's list?"


def _refused(place: str, message: str) -> ConfigError:
    return ConfigError([Problem(Location(place), message, _FIX)])


def _entries(data: bytes, place: str) -> Iterator[tuple[int, str, object]]:
    """Each entry: its line (0 in JSON), its place as text, and what should be a network."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # some editors mark UTF-8 so
    if data.lstrip()[:1] in {b"{", b"["}:
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            problem = Problem(Location(place, error.lineno, error.colno), f"not JSON: {error.msg}")
            raise ConfigError([problem]) from error
        yield from _json_entries(value, place)
        return
    for line, text in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if word := text.partition("#")[0].strip().rstrip(","):
            yield line, "", word


def _json_entries(value: Any, place: str) -> Iterator[tuple[int, str, object]]:
    lists = {"": value} if isinstance(value, list) else {}
    if isinstance(value, dict):
        lists = {name: value[name] for name in _LISTS if isinstance(value.get(name), list)}
        if not lists:
            raise _refused(
                place, f"none of its fields is a list of networks; it has: {listed(value)}"
            )
    for name, entries in lists.items():
        for index, entry in enumerate(entries):
            where = f"{name}[{index}]: "
            if not isinstance(entry, dict):
                yield 0, where, entry
                continue
            known = [entry[field] for field in _FIELDS if field in entry]
            for text in known or [entry]:
                yield 0, where, text


def _network(text: object, *, local: bool) -> tuple[Network | None, str, str]:
    """The network that `text` names; or None, what is wrong with it, and the fix."""
    shown = f'"{str(text)[:60]}"'
    if not isinstance(text, str):
        return None, f"{shown} is not a network", "write for example 192.0.2.0/24"
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        html = text.startswith("<")
        return None, f"{shown} is not a network", _FIX if html else "write 192.0.2.0/24"
    widest = WIDEST[network.version]
    if network.prefixlen < widest:
        return None, f"{shown} is too wide for one operator", f"/{widest} is the widest taken"
    if not local and any(n.version == network.version and n.overlaps(network) for n in _LOCAL):
        return None, f"{shown} is not on the Internet", "leave loopback and private networks out"
    return network, "", ""


def _too_much(found: Iterable[Network], place: str) -> Iterator[Problem]:
    """The list as a whole covers more of the Internet than one operator has."""
    for version, most in MAX_SHARE.items():
        same: Any = [network for network in found if network.version == version]
        covered = sum(network.num_addresses for network in collapse_addresses(same))
        if covered > most * 2.0 ** (32 if version == 4 else 128):
            yield Problem(
                Location(place),
                f"its IPv{version} networks cover more than 1/{1 / most:,.0f} of the Internet",
                _FIX,
            )


# -- lists as facts ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RangeList:
    """One operator's list as it stood at `as_of` (Unix seconds); owners are networks as text."""

    url: str
    as_of: float
    prefixes: Prefixes[str]

    @classmethod
    def of(cls, url: str, as_of: float, networks: Iterable[Network]) -> RangeList:
        """A list of `networks`."""
        return cls(url, as_of, Prefixes((network, str(network)) for network in networks))


@dataclass(frozen=True, slots=True)
class Membership:
    """What an operator's lists say about one address.

    `network` is the one it is in, empty where it is in none; `as_of` the date of the list with that
    network, else of the oldest; `networks` how many they have together; `missing` the lists that
    are not at hand.
    """

    network: str = ""
    as_of: float = 0.0
    networks: int = 0
    missing: tuple[str, ...] = ()


type Lists = Mapping[str, RangeList]
"""All lists at hand, by the address they are published at."""


def membership(lists: Lists, urls: Iterable[str], address: str) -> Membership:
    """Where `address` stands in the lists published at `urls`."""
    had: list[RangeList] = []
    missing: list[str] = []
    for url in urls:
        found = lists.get(url)
        if found is None:
            missing.append(url)
            continue
        network = found.prefixes.find(address)
        if network is not None:
            return Membership(network, found.as_of, found.prefixes.networks)
        had.append(found)
    return Membership(
        as_of=min((one.as_of for one in had), default=0.0),
        networks=sum(one.prefixes.networks for one in had),
        missing=tuple(missing),
    )
