"""History of clients at the time of each request, for rules with rates or behaviour."""

from __future__ import annotations

from collections.abc import Sequence

from stagedoor.engine import order
from stagedoor.engine.needs import NO_FACTS, Facts, Known
from stagedoor.engine.transaction import Transaction
from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import Verdict
from stagedoor.rules.policy import Policy
from stagedoor.store.counters import HOUR
from stagedoor.store.interface import Query
from stagedoor.store.memory import MemoryStore

CLIENTS = 50_000
"""As many as the guard remembers (`guard_clients`)."""


class History:
    """A store for each policy that asks for one.

    Servers write a line when a request has been answered, so times jump back a little: then the
    clock stands still. Where they jump back by more than an hour, an older log begins, and with it
    a new memory.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = tuple(policies)
        self.needed = any(policy.counts for policy in policies)
        self._stores = self._new()
        self._now = float("-inf")

    def decide(
        self, transactions: Sequence[Transaction], at: float, taken: int
    ) -> tuple[Verdict, ...]:
        """Each policy's verdict on a request of the time `at`. `taken` are the bytes that it was
        served; they count for those who would have let it in.
        """
        if at < self._now - HOUR:
            self._stores = self._new()
            self._now = at
        self._now = max(self._now, at)
        return tuple(
            self._one(transaction, store, taken)
            for transaction, store in zip(transactions, self._stores, strict=True)
        )

    def _new(self) -> tuple[MemoryStore | None, ...]:
        return tuple(MemoryStore(CLIENTS) if policy.counts else None for policy in self.policies)

    def _one(self, transaction: Transaction, store: MemoryStore | None, taken: int) -> Verdict:
        needs = order.needs(transaction)
        if store is None:
            order.decide(transaction, NO_FACTS)
            return transaction.verdict
        request, guarded = transaction.request, transaction.resource.guarded
        client = client_key(request.address)
        known = Known()
        if needs.behaviour or needs.rates:
            recording = request.path if guarded else ""
            known = store.read(Query(client, self._now, recording, needs.behaviour, needs.rates))
        effects = order.decide(transaction, Facts(known=known))
        store.apply(client, "", effects, self._now)
        if guarded and not transaction.verdict.refused:
            store.sent(client, taken, 0.0, self._now)
        return transaction.verdict
