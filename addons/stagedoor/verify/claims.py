"""Claims, and how sure they are: address lists, reverse DNS and signatures, put together.

A user agent is a claim. Nothing here waits: the first answer is provisional, and what arrives in
the meantime decides the next request.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from stagedoor.fetch.client import HttpClient
from stagedoor.identify.botauth import NONE, Outcome, check
from stagedoor.identify.catalogue import Signature
from stagedoor.identify.edge_addresses import EdgeAddresses
from stagedoor.identify.keys import KeysError, read_keys
from stagedoor.identify.origins import key_set_of
from stagedoor.model.errors import ConfigError
from stagedoor.model.events import Claimed, Event, KeysFetched, LookedUp
from stagedoor.model.facts import Proof, Request
from stagedoor.rules.policy import Policy
from stagedoor.store.interface import Store
from stagedoor.verify import nonces
from stagedoor.verify.key_directories import LONGEST, Directories
from stagedoor.verify.prover import Prover
from stagedoor.verify.range_files import KEYS, path_of, read_copy
from stagedoor.verify.reverse_dns import Lookups

_log = logging.getLogger("stagedoor.door")


class Claims:
    """Everything that is asked beside the requests of one guard."""

    def __init__(
        self,
        emit: Callable[[Event], None],
        edges_changed: Callable[[EdgeAddresses], None] = lambda _: None,
    ) -> None:
        self._emit, self._edges_changed = emit, edges_changed
        self._lookups: Lookups | None = None
        self._prover: Prover | None = None
        self._directories: Directories | None = None
        self._state: Path | None = None
        self._client: HttpClient | None = None

    def open(
        self,
        state: Path | None,
        resolvers: tuple[str, ...],
        policy: Policy,
        client: HttpClient | None = None,
    ) -> None:
        """Begin; needs the running event loop. StagedoorError where a resolver is none.

        `client` fetches key directories; None for the usual one.
        """
        emit, self._client = self._emit, client
        self._lookups = Lookups(resolvers, count=lambda outcome: emit(LookedUp(outcome)))
        self._prover = Prover(state, self._lookups, changed=self._edges_changed)
        self._state = state
        self.follow(policy)

    def follow(self, policy: Policy) -> None:
        """Know the signers of another policy."""
        if self._lookups is None:  # not open yet
            return
        if self._directories is not None:
            if set(self._directories.origins) == set(policy.signers):
                return
            self._directories.close()
        emit = self._emit
        self._directories = Directories(
            policy.signers, client=self._client, count=lambda outcome: emit(KeysFetched(outcome))
        )
        if self._state:
            self._learn(self._directories, self._state)

    def _learn(self, directories: Directories, state: Path) -> None:
        """Take the key directories that `stagedoor update` has left."""
        for origin in directories.origins:
            path = path_of(state / KEYS, key_set_of(origin))
            if not path.exists():
                continue
            try:
                copy = read_copy(path)
                directories.learn(origin, read_keys(copy.body), copy.fetched + LONGEST)
            except (ConfigError, KeysError) as error:
                _log.warning("%s", error)

    def close(self) -> None:
        """End every look-up that is under way."""
        if self._lookups is not None:
            self._lookups.close()
        if self._directories is not None:
            self._directories.close()

    def signature(
        self, request: Request, store: Store, *, authority: str, scheme: str
    ) -> Outcome | Awaitable[Outcome]:
        """What the request's Web Bot Auth signature is worth; `botauth.NONE` where it has none.

        `authority` is the Host as the client sent it, port included; `scheme` the one it used.
        """
        if self._directories is None:
            return NONE
        now = time.time()
        outcome = check(
            request, self._directories.keys_for, now, authority=authority, scheme=scheme
        )
        if outcome is NONE or outcome.standing == "none":
            return outcome
        return nonces.check(store, outcome, request.address, now)

    def prove(
        self, claim: Signature, request: Request, signed: Outcome, between: str = ""
    ) -> tuple[Proof, str]:
        """How sure a claim is, and why; `between` as in Arrival."""
        if self._prover is None:
            return "unverified", "the guard is still starting"
        found = self._prover.prove(claim, request.address, signed.standing, signed.signer, between)
        self._emit(Claimed(claim.name, found[0]))
        return found
