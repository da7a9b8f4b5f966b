"""The visitor's address of a request.

The socket's, unless that peer is a trusted proxy; then the right-most entry of X-Forwarded-For (or
Forwarded) that is not a trusted proxy itself. Whatever stands further left was written by somebody
nobody vouches for.

Some proxies in front (Caddy) write only the address of who connected to them. Where that is the
trusted edge of a content delivery network, the network's own header says who the visitor is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Self

from stagedoor.config.address_values import network, proxy_word
from stagedoor.identify.edge_addresses import NO_EDGES, EdgeAddresses
from stagedoor.identify.prefixes import number
from stagedoor.model import edges

Network = IPv4Network | IPv6Network
MOST_HOPS = 16
"""Entries that are looked at. More proxies in a row than this do not exist outside attacks."""


class Proxies(tuple[Network, ...]):  # noqa: SLOT001 (it remembers answers)
    """Proxies that are trusted: networks, and edges by the word of their operator.

    The same few peers ask for ever, so the answers are remembered.
    """

    words: frozenset[str]
    known: EdgeAddresses
    written: tuple[str, ...]
    """All of them as they were written."""
    _answers: dict[str, bool]
    _ipv4: tuple[tuple[int, int], ...]

    def __new__(cls, written: Iterable[str] = (), known: EdgeAddresses = NO_EDGES) -> Self:
        plain = tuple(word.strip() for word in written)
        named = {word.lower() for word in plain} & set(edges.TRUSTED_WORDS)
        made = super().__new__(
            cls, (network(proxy_word(word)) for word in plain if word.lower() not in named)
        )
        made.words, made.known, made.written = frozenset(named), known, plain
        made._answers = {}
        made._ipv4 = tuple(
            (int(each.network_address), int(each.broadcast_address))
            for each in made
            if isinstance(each, IPv4Network)
        )
        return made

    def __bool__(self) -> bool:
        return len(self) > 0 or bool(self.words)

    def holds_ipv4(self, address: int) -> bool:
        """Whether an IPv4 address, as a number, is in one of the networks; edges are not looked at."""
        return any(low <= address <= high for low, high in self._ipv4)

    def trusts(self, text: str) -> bool:
        """Whether `text` is the address of a trusted proxy."""
        found = self._answers.get(text)
        if found is None:
            address = parse(text[:100])
            found = address is not None and (
                any(address in each for each in self)
                or (bool(self.words) and self.known.word(str(address)) in self.words)
            )
            if len(self._answers) >= MOST_ANSWERS:
                self._answers.clear()
            self._answers[text] = found
        return found


MOST_ANSWERS = 4096


def networks(words: Iterable[str], known: EdgeAddresses = NO_EDGES) -> Proxies:
    """`10.0.0.0/8`, `192.0.2.1`, `cloudflare` …; ValueError with the fix for anything else.

    `known` are the lists of the edges that are named.
    """
    return Proxies(words, known)


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
    if isinstance(trusted, Proxies):
        return trusted.trusts(text)
    address = parse(text)
    return address is not None and any(address in each for each in trusted)


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a request came from: the client's address, and how many trusted proxies it passed."""

    address: str
    hops: int = 0
    through: str = ""
    """The word of a trusted edge that it passed."""


def client_address(
    peer: str,
    forwarded_for: str,
    forwarded: str,
    trusted: Sequence[Network],
    own: Mapping[str, str] | None = None,
) -> str:
    """The client's address.

    `peer` is the socket's, `forwarded_for` and `forwarded` the two headers' values (several header
    lines joined by commas). An entry that is no address ends the search: the last good one counts.
    `own` are headers in which edges say who the visitor is (edges.OWN_VISITOR), by lower-case name.
    """
    if not trusted:
        return _of_peer(peer)
    if (
        forwarded_for
        and is_trusted(peer, trusted)
        and (found := _one_entry(forwarded_for, trusted))
    ):
        return found
    return trace(peer, forwarded_for, forwarded, trusted, own).address


@lru_cache(maxsize=4096)
def _of_peer(peer: str) -> str:
    """A socket's address as it is counted."""
    return str(parse(peer) or peer)


def _one_entry(forwarded_for: str, trusted: Sequence[Network]) -> str:
    """The address where a proxy of ours names one, and it is a visitor's: most requests by far. Empty
    for whatever needs a closer look.
    """
    if not isinstance(trusted, Proxies) or trusted.words:
        return ""
    read = number(forwarded_for)
    if read is None or read[0] != 4 or ":" in forwarded_for or trusted.holds_ipv4(read[1]):
        return ""
    return forwarded_for


def trace(
    peer: str,
    forwarded_for: str,
    forwarded: str,
    trusted: Sequence[Network],
    own: Mapping[str, str] | None = None,
) -> Trace:
    """The same, and the way that was gone."""
    found = _of_peer(peer)
    if not trusted or not is_trusted(peer, trusted):
        return Trace(found)
    known = trusted.known if isinstance(trusted, Proxies) else NO_EDGES
    hops, through = 1, known.word(found)
    last = through
    entries = forwarded_for.split(",") if forwarded_for else _for_entries(forwarded)
    for entry in reversed(entries[-MOST_HOPS:]):
        address = parse(entry[:100])
        if address is None:
            break
        before, found, last = last, str(address), ""
        if not is_trusted(found, trusted):
            break
        hops += 1
        last = known.word(found)
        through = last or through
        if last and last == before and last in edges.OWN_VISITOR:
            # The network was asked from within itself: by a program that anybody may run there, and
            # that writes what it likes further left.
            break
    if last:  # nobody further has been named: the edge itself may have said who it was
        for name in edges.OWN_VISITOR.get(last, ()):
            visitor = parse(own[name][:100]) if own and name in own else None
            if visitor is not None:
                return Trace(str(visitor), hops, through)
    return Trace(found, hops, through)


def _for_entries(forwarded: str) -> list[str]:
    """The `for=` values of a Forwarded header (RFC 7239), in order."""
    found = []
    for element in forwarded.split(","):
        pairs = (pair.strip().partition("=") for pair in element.split(";"))
        # An element that does not say for whom is a gap: what is left of it is hearsay.
        found.append(next((value for name, _, value in pairs if name.lower() == "for"), ""))
    return found
