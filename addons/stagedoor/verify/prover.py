"""The evidence for one claim, gathered without waiting: lists, names, signature → a verdict.

Lists are read again when `stagedoor update` has written new ones; a thread does that, and until it
is done the old ones count.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stagedoor.identify.edge_addresses import EdgeAddresses
from stagedoor.identify.proof import PENDING, Claim, Evidence, Names, Signed, prove
from stagedoor.identify.ranges import Lists, membership
from stagedoor.model.edges import BY_WORD
from stagedoor.model.errors import Problem
from stagedoor.model.facts import Proof
from stagedoor.verify.edge_files import read_edges
from stagedoor.verify.range_files import read_ranges, stamp
from stagedoor.verify.reverse_dns import Lookups

_log = logging.getLogger("stagedoor.door")

LOOK_AGAIN = 60.0
"""Seconds between two looks at whether the lists have changed."""
STILL_TRUE = 10.0
"""Seconds for which the same claim from the same address is worth what it was: a crawler asks often."""
MOST_PROVEN = 4096
"""Claims that are remembered; then all are proven anew."""


@dataclass(frozen=True, slots=True)
class _Proven:
    """`names` are those that it rests on; None where it rests on none."""

    claim: Claim
    at: float
    names: Names | None
    result: tuple[Proof, str]


class Prover:
    """Proves claims for one guard. `state` is the state directory, None where there is none."""

    def __init__(
        self,
        state: Path | None,
        lookups: Lookups,
        *,
        local: bool = False,
        clock: Callable[[], float] = time.time,
        changed: Callable[[EdgeAddresses], None] = lambda _: None,
    ) -> None:
        self._changed = changed
        self._state = state
        self._lookups = lookups
        self._local = local
        self._clock = clock
        self._stamp = stamp(state)
        self._lists, self._edges = self._read()
        self._look_again = clock() + LOOK_AGAIN
        self._reading: asyncio.Task[None] | None = None
        self._proven: dict[tuple[str, ...], _Proven] = {}

    @property
    def lists(self) -> int:
        """How many operators' lists are at hand."""
        return len(self._lists)

    def prove(
        self,
        claim: Claim,
        address: str,
        signed: Signed = "none",
        signer: str = "",
        between: str = "",
    ) -> tuple[Proof, str]:
        """How sure it is that `address` is who `claim` says, and why. Never waits.

        `between` is the intermediary that the request's headers show, where they do.

        To be called on the event loop's thread, for claims that have a way to prove them.
        """
        now = self._clock()
        if now >= self._look_again:
            self._begin_reading(now)
        key = (claim.name, address, signed, signer, between)
        known = self._proven.get(key)
        if (
            known is not None
            and known.claim is claim
            and 0 <= now - known.at < STILL_TRUE
            and (known.names is None or known.names is self._lookups.known(address))
        ):
            return known.result
        found = self._prove(now, claim, address, signed, signer, between)
        if len(self._proven) >= MOST_PROVEN:
            self._proven.clear()
        self._proven[key] = found
        return found.result

    def _prove(
        self, now: float, claim: Claim, address: str, signed: Signed, signer: str, between: str
    ) -> _Proven:
        ways = claim.proof
        ranges = membership(self._lists, ways.ranges, address)
        edge = self._edges.word(address)
        if edge:
            between = BY_WORD[edge].name
        evidence = Evidence(now, ranges, PENDING, signed, signer, between, bool(edge))
        result = prove(claim, address, evidence)
        if result[0] == "verified" or not ways.rdns or not address or edge:
            # No name server is asked where it would change nothing.
            return _Proven(claim, now, None, result)
        names = self._lookups.known(address)
        evidence = Evidence(now, ranges, names, signed, signer, between)
        return _Proven(claim, now, names, prove(claim, address, evidence))

    def _begin_reading(self, now: float) -> None:
        self._look_again = now + LOOK_AGAIN
        found = stamp(self._state)
        if found != self._stamp and (self._reading is None or self._reading.done()):
            self._stamp = found
            loop = asyncio.get_running_loop()
            self._reading = loop.create_task(self._read_again(), name="stagedoor ranges")

    async def _read_again(self) -> None:
        self._lists, self._edges = await asyncio.to_thread(self._read)
        self._proven.clear()
        self._changed(self._edges)

    def _read(self) -> tuple[Lists, EdgeAddresses]:
        problems: list[Problem] = []
        lists = read_ranges(self._state, problems, local=self._local)
        for problem in problems:
            _log.warning("%s", problem)
        return lists, read_edges(self._state)
