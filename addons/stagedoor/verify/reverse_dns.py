"""Forward-confirmed reverse DNS, beside the requests and never in their way.

`known()` answers at once, from memory. What is not there yet is looked up meanwhile: the address's
PTR names, then the addresses of each of those names; only a name that leads back to the address is
confirmed, because the owner of an address can write any name at all into its PTR record.

Everything is bounded: lookups under way, answers kept, names an address may have, time. Above the
bound a lookup is not queued but left for the next request to ask for. With every name server dead
that is all that happens: answers say `failed`, and no request waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from re import compile as pattern

import dns.asyncresolver
import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.reversename

from stagedoor.identify.proof import FAILED, PENDING, Names
from stagedoor.model.errors import StagedoorError

TIMEOUT = 3.0
"""Seconds for one address, all its names included."""
AT_ONCE = 32
"""Lookups under way. A crawler comes from few addresses; who comes from many is no crawler."""
KEPT = 10_000
"""Answers kept, about 5 MB; the one not asked for longest goes first."""
KEPT_KNOWN = 6 * 3600.0
KEPT_FAILED = 60.0
"""Seconds until an answer is asked for anew. The old one is given until the new one is there."""
KEPT_ANYHOW = 24 * 3600.0
"""Seconds after which an old answer is no longer given: the address may have another owner."""
MOST_NAMES = 8
"""PTR names that are looked at; crawlers have one."""

OUTCOMES = ("confirmed", "unconfirmed", "nameless", "failed", "dropped")
"""What `count` is called with: how a lookup ended, or `dropped` where there were too many."""

_NAME = pattern(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")
"""A name that reads as what it is: a label may hold a dot, written `\\.`, and look like two."""


@dataclass(slots=True)
class _Answer:
    names: Names
    again: float
    """When it is asked for anew, by the monotonic clock."""
    until: float
    """When it is no longer given."""


class Lookups:
    """Reverse DNS for one guard, on the event loop it runs on."""

    def __init__(
        self,
        servers: Sequence[str] = (),
        *,
        timeout: float = TIMEOUT,
        at_once: int = AT_ONCE,
        kept: int = KEPT,
        count: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask `servers` (`192.0.2.53`, `192.0.2.53:53`, `[2001:db8::53]:53`), or those of /etc/resolv.conf.

        `count` is called with the outcome of every lookup, one of OUTCOMES. A machine without
        name servers is no error: every answer is `failed`. StagedoorError for a server that is no address.
        """
        self._resolver = _resolver(servers)
        if self._resolver is not None:
            self._resolver.timeout = timeout / 3  # leaves time for the second server
            self._resolver.lifetime = timeout
        self._timeout = timeout
        self._at_once = at_once
        self._kept = kept
        self._count = count
        self._clock = clock
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._closed = False

    def known(self, address: str) -> Names:
        """What is known of `address` now; where nothing is, or it is old, a lookup begins.

        Never waits and never raises. To be called on the event loop's thread.
        """
        answer = self._answers.get(address)
        if answer is None:
            self._begin(address)
            return PENDING if self._resolver is not None and not self._closed else FAILED
        self._answers.move_to_end(address)
        now = self._clock()
        if now >= answer.again:
            self._begin(address)
            if now >= answer.until:
                return PENDING
        return answer.names

    @property
    def under_way(self) -> int:
        """How many lookups are under way."""
        return len(self._under_way)

    def close(self) -> None:
        """Stop all lookups; from now on nothing new is looked up."""
        self._closed = True
        for task in self._under_way.values():
            task.cancel()

    async def settled(self) -> None:
        """Wait until no lookup is under way: after close(), or in a test."""
        while self._under_way:
            await asyncio.wait(list(self._under_way.values()))
            await asyncio.sleep(0)  # for the callbacks that take them off the list

    def _begin(self, address: str) -> None:
        resolver = self._resolver
        if resolver is None or self._closed or address in self._under_way:
            return
        if len(self._under_way) >= self._at_once:
            self._count("dropped")
            return
        task = asyncio.get_running_loop().create_task(
            self._look_up(resolver, address), name=f"stagedoor rdns {address}"
        )
        self._under_way[address] = task
        task.add_done_callback(lambda _: self._under_way.pop(address, None))

    async def _look_up(self, resolver: dns.asyncresolver.Resolver, address: str) -> None:
        names = FAILED
        # Whatever a name server sends, an answer is kept: else the next request would ask again.
        with suppress(Exception):
            async with asyncio.timeout(self._timeout):
                names = await confirmed_names(resolver, address)
        outcome = _outcome(names)
        now = self._clock()
        again = now + (KEPT_FAILED if names is FAILED else KEPT_KNOWN)
        until = now + KEPT_ANYHOW
        before = self._answers.get(address)
        if names is FAILED and before is not None and now < before.until:
            names, until = before.names, before.until  # a dead server unmakes nothing
        self._answers[address] = _Answer(names, again, until)
        self._answers.move_to_end(address)
        while len(self._answers) > self._kept:
            self._answers.popitem(last=False)
        self._count(outcome)


def _outcome(names: Names) -> str:
    if names.state == "failed":
        return "failed"
    if names.confirmed:
        return "confirmed"
    return "unconfirmed" if names.denied or names.undecided else "nameless"


def _resolver(servers: Sequence[str]) -> dns.asyncresolver.Resolver | None:
    """A resolver of `servers`, or of the system's; None where the system has none."""
    if not servers:
        try:
            return dns.asyncresolver.Resolver()
        except (dns.resolver.NoResolverConfiguration, OSError):
            return None
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = [_server(word.strip()) for word in servers]
    return resolver


def _server(word: str) -> dns.nameserver.Nameserver:
    host, port = word, "53"
    if word.startswith("["):
        host, _, rest = word[1:].partition("]")
        port = rest.removeprefix(":") or port
    elif word.count(":") == 1:
        host, _, port = word.partition(":")
    if port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        with suppress(ValueError):
            return dns.nameserver.Do53Nameserver(str(ip_address(host)), int(port))
    raise StagedoorError(
        f'"{word}" is not the address of a name server — write 192.0.2.53 or 192.0.2.53:53'
    )


async def confirmed_names(resolver: dns.asyncresolver.Resolver, address: str) -> Names:
    """The PTR names of `address`, each asked whether it leads back; FAILED where nobody answers.

    Raises what dnspython raises for answers that make no sense.
    """
    wanted = ip_address(address)
    question = dns.reversename.from_address(address)
    try:
        answer = await resolver.resolve(question, dns.rdatatype.PTR, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return Names("known")
    except dns.exception.DNSException:
        return FAILED
    names = sorted({record.target.to_text(omit_final_dot=True).lower() for record in answer})
    kind = dns.rdatatype.A if wanted.version == 4 else dns.rdatatype.AAAA
    found: dict[str, list[str]] = {"confirmed": [], "denied": [], "undecided": []}
    for name in names[:MOST_NAMES]:
        if not _NAME.fullmatch(name):
            found["denied"].append(name[:255])
            continue
        try:
            forward = await resolver.resolve(dns.name.from_text(name), kind, search=False)
            back = any(ip_address(record.address) == wanted for record in forward)
            found["confirmed" if back else "denied"].append(name)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            found["denied"].append(name)
        except dns.exception.DNSException:
            found["undecided"].append(name)
    return Names("known", *map(tuple, found.values()))
