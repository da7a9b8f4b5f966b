"""Who listened today, and who took: two numbers, whatever they call themselves. Bounded.

A listener is an address (of IPv6 a network of 64 bits) that a person's program was sent sound at; only
a hash of it is kept, in memory. A taker was sent more than anybody can listen to; of it the network
(/24, /48) is shown, and never the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from stagedoor.model.client_keys import client_key
from stagedoor.model.events import Swept
from stagedoor.model.facts import network
from stagedoor.model.heard import Scope
from stagedoor.record.today import Taker

MOST_LISTENERS = 65_536
"""5 MB. Beyond, their number is a lower bound."""
MOST_TAKERS = 1_000
"""Those that took most are kept."""


class Audience:
    """Of one day. Not for several threads."""

    def __init__(self) -> None:
        self._listening: set[int] = set()
        self._taking: set[int] = set()
        """Addresses of takers, also those that only together are one."""
        self._takers: dict[tuple[str, str], Taker] = {}
        self._before: dict[tuple[Scope, str, str], Taker] = {}
        """Those from before the guard's start."""
        self.more = False
        self.count = 0
        """How many takers there were, at least."""
        self.requests = 0
        """Requests of takers that are counted here."""

    @property
    def listeners(self) -> int:
        """Addresses that have listened, without those that took."""
        return len(self._listening - self._taking)

    def listens(self, address: str) -> None:
        """A person's program is being sent a recording."""
        who = hash(client_key(address))
        if who in self._listening:
            return
        if len(self._listening) >= MOST_LISTENERS:
            self.more = True
            return
        self._listening.add(who)

    def takes(self, address: str) -> bool:
        """Whether this address has taken today; a request of its is counted then."""
        taking = bool(self._taking) and hash(client_key(address)) in self._taking
        self.requests += taking
        return taking

    def sweeps(self, event: Swept) -> None:
        """More than anybody listens to was sent to somebody, or was asked for."""
        decided, sweep = event.decided, event.decided.sweep
        assert sweep is not None
        home = client_key(decided.request.address)
        if len(self._taking) < MOST_LISTENERS:
            self._taking.add(hash(home))
        where = network(decided.request.address if ":" in home else home)
        key = (sweep.scope, where if sweep.scope == "network" else home)
        known = self._takers.get(key)
        if known is None:
            before = self._before.pop((sweep.scope, where, decided.client.name), None)
            known = before or Taker(
                where, sweep.scope, replace(decided.client, why="", traits=frozenset())
            )
            if len(self._takers) >= MOST_TAKERS:
                least = min(self._takers, key=lambda one: self._takers[one].recordings)
                if self._takers[least].recordings >= max(1, sweep.recordings):
                    return
                del self._takers[least]
            self.count += before is None  # else it goes on after a restart
        larger = sweep.recordings > known.recordings
        self._takers[key] = replace(
            known,
            recordings=sweep.recordings if larger else known.recordings,
            seconds=sweep.seconds if larger else known.seconds,
            stopped=known.stopped + event.stopped,
            last=max(known.last, decided.at),
        )

    def join(self, takers: Mapping[tuple[Scope, str, str], Taker]) -> None:
        """Those from before the guard's start, of whom only the network is known."""
        for key, taker in takers.items():
            if len(self._takers) + len(self._before) < MOST_TAKERS and not self._has(key):
                self._before[key] = taker
                self.count += 1

    def _has(self, key: tuple[Scope, str, str]) -> bool:
        """Whether it goes on, and stands among today's already."""
        each = self._takers.values()
        return any(key == (one.scope, one.network, one.client.name) for one in each)

    def takers(self) -> tuple[Taker, ...]:
        """Those that took most come first."""
        every = (*self._takers.values(), *self._before.values())
        return tuple(sorted(every, key=lambda one: (-one.recordings, -one.last)))
