"""History of clients at the time of each request, for rules with rates, behaviour or listening.

A log says how many bytes were sent, and not of what, nor how long that sounds: a file is taken to be as
large as the most that was ever sent of it, and to sound as its ending usually does. Parts of a file
are taken for its beginning, so pieces of one file count too little, never too much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from stagedoor.engine import order
from stagedoor.engine.needs import NO_FACTS, Facts, Known
from stagedoor.engine.transaction import Transaction
from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import Purpose, Verdict, network
from stagedoor.model.heard import SCOPES, Listener, Scope
from stagedoor.model.sound import SoundKind, SoundSent
from stagedoor.resources.bit_rates import bytes_a_second
from stagedoor.resources.track_keys import is_segment, shared_by_pieces, track_key
from stagedoor.rules.policy import Policy
from stagedoor.store.counters import HOUR
from stagedoor.store.interface import Query
from stagedoor.store.memory import MemoryStore

CLIENTS = 50_000
"""As many as the guard remembers (`guard_clients`)."""

MOST_SIZES = 65_536
MOST_STOPPED = 10_000
"""Files whose size is remembered; households that are noted as stopped."""


@dataclass(slots=True)
class Stopped:
    """Who would have been stopped by a rule about listening, for the first time: at the time `at`,
    with so many recordings `had` by then, in `seconds`. `network` is a /24 or /48; `together`: the
    rule holds for all of it.
    """

    at: float
    network: str
    client: str
    rule: str
    had: int
    seconds: float = 0.0
    together: bool = False
    refused: int = 0
    """Requests for recordings that would have been refused from then on, by rules about listening."""
    size: int = 0
    """Bytes that the site sent in answer to those."""


class History:
    """A store for each policy that asks for one. `stopped` is of the last policy.

    Servers write a line when a request has been answered, so times jump back a little: then the
    clock stands still. Where they jump back by more than an hour, an older log begins, and with it
    a new memory.
    """

    def __init__(self, policies: Sequence[Policy]) -> None:
        self.policies = tuple(policies)
        self.needed = any(policy.counts for policy in policies)
        self.listens = any(policy.listens for policy in policies)
        self.stopped: list[Stopped] = []
        self._known: dict[str, Stopped] = {}
        self._sizes: dict[str, int] = {}
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
        return tuple(
            MemoryStore(CLIENTS) if policy.counts or policy.listens else None
            for policy in self.policies
        )

    def _one(self, transaction: Transaction, store: MemoryStore | None, taken: int) -> Verdict:
        needs = order.needs(transaction)
        if store is None:
            order.decide(transaction, NO_FACTS)
            return transaction.verdict
        request, guarded = transaction.request, transaction.resource.guarded
        client, listener = client_key(request.address), transaction.listener
        known = Known()
        if needs.behaviour or needs.rates or needs.listening or needs.sentences:
            recording = _key(transaction) if guarded else ""
            known = store.read(
                Query(
                    client,
                    self._now,
                    recording,
                    needs.behaviour,
                    needs.rates,
                    listener=listener,
                    listening=needs.listening,
                    sentences=needs.sentences,
                )
            )
        effects = order.decide(transaction, Facts(known=known))
        store.apply(client, "", effects, self._now, listener)
        if guarded and not transaction.verdict.refused:
            store.sent(client, taken, 0.0, self._now)
            if taken and transaction.policy.listens:
                self._sent(transaction, store, taken)
        verdict = transaction.verdict
        if verdict.refused and transaction.policy is self.policies[-1]:
            scopes = transaction.policy.plan.listening_of(verdict.rule)
            if scopes:
                self._stop(transaction, store, scopes, taken)
        return transaction.verdict

    def _sent(self, transaction: Transaction, store: MemoryStore, taken: int) -> None:
        """So many bytes of a recording, or a playlist, have gone out."""
        resource = transaction.resource
        if resource.kind == "playlist":
            store.playlist(transaction.listener, self._now)
        if resource.kind != "audio":
            return
        path, key = transaction.request.path, _key(transaction)
        size = max(taken, self._sizes.get(key, 0))
        if len(self._sizes) < MOST_SIZES or key in self._sizes:
            self._sizes[key] = size
        rate = bytes_a_second(path)
        segment = is_segment(path)
        sent = SoundSent(
            track=shared_by_pieces(key) if segment else key,
            kind=_kind(transaction.client.purpose, segment=segment),
            seconds=taken / rate,
            start=0,
            end=taken,
            size=size,
            length=0.0 if segment else size / rate,
            resource=key,
            first=True,
            last=True,
            complete=taken == size,
        )
        store.sounded(transaction.listener, sent, self._now)

    def _stop(
        self, transaction: Transaction, store: MemoryStore, scopes: frozenset[Scope], taken: int
    ) -> None:
        """Note who is stopped, once, and what is refused from then on."""
        verdict, listener = transaction.verdict, transaction.listener
        sentences = dict(transaction.steps.sentences)
        scope: Scope = "household" if scopes != {"network"} else "network"
        scope = sentences.get(verdict.rule, scope)
        together = scope == "network"
        key = listener.network if together else listener.household
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST_STOPPED:
                return
            known = store.read(Query("", self._now, listener=listener, listening=SCOPES))
            heard = getattr(known.behaviour.listening, scope)
            run = store.run(listener, scope, self._now)
            found = self._known[key] = Stopped(
                self._now,
                network(listener.household if "." in listener.household else _first(listener)),
                transaction.client.name,
                verdict.rule,
                heard.begun_recordings or heard.episodes,
                run.seconds if run is not None else 0.0,
                together,
            )
            self.stopped.append(found)
        found.refused += 1
        found.size += taken


def _key(transaction: Transaction) -> str:
    """Which recording it is, also of a program that hands out many."""
    request = transaction.request
    return transaction.resource.track or track_key(request.path, request.target)


def _kind(purpose: Purpose, *, segment: bool) -> SoundKind:
    if purpose in {"podcast-app", "feed-reader"}:
        return "episode"
    return "segment" if segment else "recording"


def _first(listener: Listener) -> str:
    """An address of a household of IPv6: its key is a network of 64 bits."""
    return f"{listener.household}::"
