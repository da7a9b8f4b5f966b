"""Where a request is decided about: what the rules ask for is gathered, then they decide.

`engine/order.py` says what has to be known, and what is then decided; here it is fetched from the store,
the proofs and the licences. It is the only place on a request's way that may wait.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from stagedoor.engine import order
from stagedoor.engine.compliance import crawler_key
from stagedoor.engine.needs import (
    NO_EFFECTS,
    NOTHING_KNOWN,
    Effects,
    Facts,
    Known,
    Needs,
)
from stagedoor.engine.published_texts import Texts
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.crowds import is_crowd
from stagedoor.fronts.handouts import Handouts
from stagedoor.fronts.sound_reports import SoundReports
from stagedoor.fronts.waiting_line import WaitingLine
from stagedoor.identify.botauth import NONE, Outcome
from stagedoor.model.actions import LICENSING
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import (
    Event,
    Violated,
)
from stagedoor.model.facts import PEOPLE, Proof, Resource
from stagedoor.model.heard import Scope, Sweep
from stagedoor.publish.publication import Published as Publication
from stagedoor.resources.kinds import UNDECIDED
from stagedoor.resources.track_keys import track_key
from stagedoor.rules.policy import Policy
from stagedoor.signals.meaning import USES
from stagedoor.store.interface import Query, Store
from stagedoor.store.memory import MemoryStore
from stagedoor.store.tracks import Tracks
from stagedoor.verify.claims import Claims
from stagedoor.verify.licence_file import LicenceFile

_LONGEST_WAIT = 2 * 86_400.0
"""Seconds. No count lasts longer."""


class DecisionPoint:
    """One guard's: what is known besides the request, and the decisions made with it.

    `claims` and `licences` check what clients prove; `texts` are those that were published; `marks`
    makes what reads the marks in links. `emit` is what recorders get.
    """

    def __init__(
        self,
        emit: Callable[[Event], None],
        claims: Claims,
        licences: LicenceFile,
        texts: Texts,
        marks: Callable[[Callable[[], Store], Callable[[Event], None]], Handouts],
    ) -> None:
        self._emit, self.claims, self.licences, self._texts = emit, claims, licences, texts
        self.store: Store = MemoryStore(1)
        self.tracks = Tracks()
        self.line = WaitingLine(lambda: self.store, self.tracks, self._decided_late)
        self.sound = SoundReports(lambda: self.store, emit, self.line)
        self.marks = marks(lambda: self.store, emit)
        self._answers = dict.fromkeys(USES)
        self._licensing = False
        self.alike: Callable[[Transaction], bool] | None = None
        """Decides by an earlier request that was just like it, where a front remembers such."""

    def follow(self, policy: Policy, said: Publication) -> None:
        """Decide by `policy` from now on, which has `said` published."""
        answers = said.wanted.said
        self._answers = {use: answers.about(use) for use in USES}
        self.follow_licences(policy)

    def follow_licences(self, policy: Policy | None) -> None:
        """Requests are looked at for a licence where one was granted, or a rule asks for one."""
        rules = policy.rules if policy is not None else ()
        asked = any(rule.verdict.action in LICENSING for rule in rules)
        server = policy.offers.server if policy is not None else ""
        self.licences.server.follow(server)
        self._licensing = asked or bool(server or self.licences.granted)

    def signature(
        self, transaction: Transaction, *, authority: str, scheme: str
    ) -> Outcome | Awaitable[Outcome]:
        """What the request's signature is worth: for decide()."""
        return self.claims.signature(
            transaction.request, self.store, authority=authority, scheme=scheme
        )

    def decide(
        self, transaction: Transaction, signed: Outcome | Awaitable[Outcome] = NONE
    ) -> Awaitable[None] | None:
        """Gather what the rules ask for, and decide. None, where nothing had to be waited for.

        `signed`: what signature() said; a verified one names its signer.
        """
        if not isinstance(signed, Outcome):
            return self._decided_signed(transaction, signed)
        if self.alike is not None and signed is NONE and self.alike(transaction):
            return self.line.enter(transaction)
        if signed.standing == "verified":
            transaction.signer = signed.signer
        # Few sites have licences, and a look through every request's headers would be felt.
        if self._licensing and transaction.request.header("authorization"):
            transaction.held = self.licences.held(transaction)
        if self.marks.on:
            self.marks.enter(transaction)
        order.enter(transaction)
        if transaction.request.passed == "bought":
            self._bought(transaction)
        if not transaction.resource.guarded:
            self._listed(transaction)
        elif self.tracks.any_live:
            self._live(transaction)
        needs = order.needs(transaction)
        claim, request = needs.claim, transaction.request
        proof = None
        if claim is not None:
            arrival = transaction.arrival
            between = arrival.between if arrival is not None else ""
            proof = self.claims.prove(claim, request, signed, between)
        query = self._query(transaction, needs, proof)
        if query is None:
            self._decided(transaction, proof, NOTHING_KNOWN)
            return None
        known = self.store.read(query)
        if isinstance(known, Known):
            return self._decided_by(transaction, proof, known, query)
        return self._decided_later(transaction, proof, known, query)

    async def _decided_signed(self, transaction: Transaction, signed: Awaitable[Outcome]) -> None:
        waiting = self.decide(transaction, await signed)
        if waiting is not None:
            await waiting

    @staticmethod
    def _bought(transaction: Transaction) -> None:
        """What a pass was sold for counts as a shop's download does."""
        if transaction.resource.kind in {"audio", "download"}:
            transaction.resource = replace(transaction.resource, form="bought")

    def _listed(self, transaction: Transaction) -> None:
        """What a playlist names as a piece of a track is one, whatever its name looks like."""
        resource = transaction.resource
        kind = self.tracks.listed(resource.path)
        if not kind or resource.kind == "signal":
            return
        if kind in {"segment", "live"} or resource.kind in UNDECIDED:
            transaction.resource = Resource("audio", resource.path, "listing")

    def _live(self, transaction: Transaction) -> None:
        """What was seen to be a live stream is known for one before the site answers."""
        request, resource = transaction.request, transaction.resource
        if resource.kind != "audio" or resource.form:
            return
        if self.tracks.is_live(track_key(request.path, request.target)):
            transaction.resource = replace(resource, form="live")

    def _query(
        self, transaction: Transaction, needs: Needs, proof: tuple[Proof, str] | None
    ) -> Query | None:
        """What this request asks of the store; None where it asks nothing."""
        client, request = transaction.client, transaction.request
        person = client.purpose in PEOPLE
        counts = transaction.policy.counts
        listens = (needs.listening or needs.sentences) and not is_crowd(transaction)
        if person and not counts and not listens and not needs.behaviour:
            return None
        home = transaction.household = client_key(request.address)
        if not person:
            verified = proof is not None and proof[0] == "verified"
            transaction.crawler = crawler_key(client.name, home, verified=verified)
        transaction.counted = needs.behaviour
        recording = ""
        if (counts or listens) and transaction.resource.guarded and request.method != "HEAD":
            transaction.recording = self._recording(transaction)
            recording = transaction.recording if counts else ""
        now, crawler = time.monotonic(), transaction.crawler
        if not listens:
            return Query(home, now, recording, needs.behaviour, needs.rates, crawler)
        transaction.listened, transaction.turn = True, self.sound.turn
        return Query(
            home,
            now,
            recording,
            needs.behaviour,
            needs.rates,
            crawler,
            listener=transaction.listener,
            listening=needs.listening,
            sentences=needs.sentences,
        )

    def _recording(self, transaction: Transaction) -> str:
        """The key of the recording that is asked for: of a segment, its track."""
        request, resource = transaction.request, transaction.resource
        key = resource.track or track_key(request.path, request.target)
        return self.tracks.place(key).track

    async def _decided_later(
        self,
        transaction: Transaction,
        proof: tuple[Proof, str] | None,
        known: Awaitable[Known],
        query: Query,
    ) -> None:
        waiting = self._decided_by(transaction, proof, await known, query)
        if waiting is not None:
            await waiting

    def _decided_by(
        self, transaction: Transaction, proof: tuple[Proof, str] | None, known: Known, query: Query
    ) -> Awaitable[None] | None:
        self._decided(transaction, proof, known)
        if transaction.verdict.refused:
            self._until(transaction, query)
            return None
        return self.line.enter(transaction)

    def _decided(
        self, transaction: Transaction, proof: tuple[Proof, str] | None, known: Known
    ) -> None:
        robots = None
        if known.received is not None:
            robots = self._texts.robots(known.received.robots, self.store.text)
        facts = Facts(proof, known, robots, self._answers)
        self._apply(transaction, transaction.crawler, order.decide(transaction, facts))
        for violation in transaction.violations:
            self._emit(Violated(transaction.client, violation.signal, violation.line))

    def _until(self, transaction: Transaction, query: Query) -> None:
        """Where a rule about counts refuses for a while: until when, if nothing more happens.

        Found by asking the store what it would know then. A rule with a rate or a sentence knows.
        """
        verdict = transaction.verdict
        step = next(s for s in transaction.steps.each if s.rule == verdict.rule)
        if not step.waits or step.sentence is not None or not (query.behaviour or query.listening):
            return

        def holds(seconds: float) -> bool:
            known = self.store.here(query._replace(at=query.at + seconds))
            return order.would_hold(transaction, known)

        late = verdict.seconds
        while holds(late):
            late *= 2
            if late > _LONGEST_WAIT:
                return
        early = late / 2 if late > verdict.seconds else late
        while late - early > max(1.0, late / 100):
            middle = (early + late) / 2
            early, late = (middle, late) if holds(middle) else (early, middle)
        transaction.verdict = replace(verdict, seconds=math.ceil(late))

    def missing(self, transaction: Transaction, status: int) -> None:
        """The site has no such recording, or does not send it: it does not count as asked for."""
        if transaction.policy.counts and transaction.recording and status >= 400 and status != 416:
            self.store.missing(transaction.household, transaction.recording)

    def answered(self, transaction: Transaction, resource: Resource) -> Awaitable[None] | None:
        """The response shows what it is: decide again where that is another resource."""
        if not order.answered(transaction, resource):
            if transaction.listened and transaction.turn != self.sound.turn:
                self._decided_late(transaction)
            return None
        if transaction.listened and not transaction.recording and resource.guarded:
            transaction.recording = self._recording(transaction)
        needs = order.needs(transaction)
        rates = tuple(one for one in needs.rates if one[0] not in transaction.waits)
        behaviour = needs.behaviour and not transaction.counted
        listens = bool(needs.listening or needs.sentences) and not transaction.listened
        listens = listens and not is_crowd(transaction)
        if not rates and not behaviour and not listens:
            self._decided_again(transaction, NOTHING_KNOWN)
            return None
        home = transaction.household = client_key(transaction.request.address)
        transaction.counted = transaction.counted or behaviour
        transaction.listened = transaction.listened or listens
        known = self.store.read(
            Query(
                home,
                time.monotonic(),
                "",
                behaviour,
                rates,
                included=transaction.policy.counts,
                listener=transaction.listener if listens else None,
                listening=needs.listening,
                sentences=needs.sentences,
            )
        )
        if isinstance(known, Known):
            self._decided_again(transaction, known)
            return None
        return self._decided_again_later(transaction, known)

    def _decided_late(self, transaction: Transaction) -> None:
        """Somebody was sentenced since the request was let in: was it this client?"""
        steps = transaction.steps
        if transaction.verdict.refused or not (steps.listening or steps.sentences):
            return
        known = self.store.here(
            Query(
                transaction.household,
                time.monotonic(),
                listener=transaction.listener,
                listening=steps.listening,
                sentences=steps.sentences,
            )
        )
        self._apply(transaction, "", order.decide_late(transaction, known))

    def logged_in(self, transaction: Transaction) -> None:
        """The site, which refuses others, has accepted the credentials: decide again."""
        transaction.request = order.logged_in(transaction)
        order.needs(transaction)  # other rules can hold now; what they count is not asked for anew
        self._decided_again(transaction, NOTHING_KNOWN)

    async def _decided_again_later(self, transaction: Transaction, known: Awaitable[Known]) -> None:
        self._decided_again(transaction, await known)

    def _decided_again(self, transaction: Transaction, known: Known) -> None:
        self._apply(transaction, "", order.decide_again(transaction, known))

    def _apply(self, transaction: Transaction, crawler: str, effects: Effects) -> None:
        if effects is NO_EFFECTS:
            return
        lasting = effects.sentence is not None or effects.ignored or effects.tripped
        lasting = lasting and not is_crowd(transaction)
        listener = transaction.listener if lasting else None
        self.sound.turn += effects.sentence is not None or effects.tripped > 0
        self.store.apply(transaction.household, crawler, effects, time.monotonic(), listener)
        if listener is not None and transaction.steps.listening:
            if effects.sentence is not None:
                scope = effects.sentence.scope
                transaction.sweep = self.store.run(listener, scope, time.monotonic())
            elif effects.ignored:
                transaction.sweep = Sweep(_scope(transaction), 0, 0.0)


def _scope(transaction: Transaction) -> Scope:
    """Whether the sentence that has decided keeps to one household, or to a network."""
    sentences = dict(transaction.steps.sentences)
    scope = sentences.get(transaction.verdict.rule)
    return "network" if scope == "network" else "household"
