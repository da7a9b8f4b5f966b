"""The service behind every front: rules in force, store, proofs and recorders.

A front reads a request into a Transaction and lets decide() gather and decide; what it carries out
afterwards it reports here. Everything that changes at a reload is replaced by one assignment.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from stagedoor.config.yamltext import Source
from stagedoor.engine import order
from stagedoor.engine.compliance import crawler_key
from stagedoor.engine.needs import (
    NO_EFFECTS,
    NOTHING_KNOWN,
    Effects,
    Facts,
    Known,
    Needs,
    SignalKind,
)
from stagedoor.engine.published_texts import Texts, digest_of
from stagedoor.engine.transaction import Transaction
from stagedoor.fetch.client import HttpClient
from stagedoor.fronts.addresses import Proxies
from stagedoor.fronts.challenges import Challenges
from stagedoor.fronts.crowds import is_crowd
from stagedoor.fronts.handouts import Handouts
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.sound_reports import SoundReports
from stagedoor.fronts.trap_pages import TrapPages, taken
from stagedoor.fronts.waiting_line import WaitingLine
from stagedoor.identify.botauth import NONE, Outcome
from stagedoor.identify.edge_addresses import NO_EDGES, EdgeAddresses
from stagedoor.load import rule_folder
from stagedoor.load.watcher import Watcher
from stagedoor.model.actions import LICENSING
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import (
    Event,
    Loaded,
    Noticed,
    Proved,
    Published,
    Referred,
    Took,
    Violated,
)
from stagedoor.model.facts import PEOPLE, Mode, Proof, Resource
from stagedoor.model.heard import Scope, Sweep
from stagedoor.publish.publication import HEADERS, NOTHING, ROBOTS, published
from stagedoor.publish.publication import Published as Publication
from stagedoor.record.suite import Suite
from stagedoor.resources.kinds import UNDECIDED
from stagedoor.resources.track_keys import track_key
from stagedoor.rules.policy import Policy
from stagedoor.signals.meaning import USES
from stagedoor.store.interface import Query, Store
from stagedoor.store.memory import MemoryStore
from stagedoor.store.shared import SharedStore
from stagedoor.store.store_keys import once_key
from stagedoor.store.store_opening import open_shared
from stagedoor.store.tracks import Tracks
from stagedoor.verify.claims import Claims
from stagedoor.verify.edge_files import read_edges
from stagedoor.verify.licence_file import LicenceFile

_log = logging.getLogger("stagedoor.door")
_LONGEST_WAIT = 2 * 86_400.0
"""Seconds. No count lasts longer."""


class Service:
    """One guard, without the program it sits in.

    `carried` says in how many standards headers speak; `changed` is called with each new policy,
    after it is in force.
    """

    def __init__(self, carried: Callable[[Publication], int], suite: Suite | None = None) -> None:
        self.suite = suite if suite is not None else Suite()
        self.emit: Callable[[Event], None] = self.suite.emit
        self.policy: Policy | None = None
        self.settings: Settings | None = None
        self.mode: Mode = "enforce"
        self.trusted = Proxies()
        self.edges = NO_EDGES
        self.ja4_header = ""
        self.unseen = ""
        """What the stance asks for and cannot be seen here (blind_spots.py); empty for nothing."""
        self.publication = NOTHING
        self.store: Store = MemoryStore(1)
        self._shared: SharedStore | None = None
        self.tracks = Tracks()
        self.claims = Claims(self.emit, self._edges_changed)
        self.watcher = Watcher(self._build, self.take, self.emit)
        self.changed: Callable[[Policy], None] = lambda _: None
        self._carried = carried
        self._texts = Texts()
        self._header_digest = ""
        self._answers = dict.fromkeys(USES)
        self._evidence = False
        self.licences = LicenceFile(self._licences_changed)
        self._licensing = False
        self.line = WaitingLine(lambda: self.store, self.tracks, self._decided_late)
        self.sound = SoundReports(lambda: self.store, self.emit, self.line)
        self.marks = Handouts(lambda: self.store, self.emit)
        self.challenges = Challenges(self.marks, self.emit)
        self.traps = TrapPages()
        self.alike: Callable[[Transaction], bool] | None = None
        """Decides by an earlier request that was just like it, where a front remembers such."""

    # -- start, change, stop -----------------------------------------------------------------------

    def apply(self, settings: Settings) -> None:
        """All or nothing: only what is wholly understood takes the place of what was."""
        if self.policy is None or self.settings is None or settings.rules != self.settings.rules:
            found = rule_folder.sources(settings.rules)
            policy = rule_folder.build(found, self.policy)
            self.watcher.know(settings.rules, found)
        else:
            policy = self.policy
        self.settings = settings
        self.edges = read_edges(settings.state)
        self.take(policy)

    def take(self, policy: Policy) -> None:
        """Decide by `policy` from now on: one assignment, whole or not at all."""
        assert self.settings is not None
        self.marks.follow(policy)
        self.trusted = self.settings.trusted_for(policy.stance, self.edges)
        self.ja4_header = self.settings.ja4_header_for(policy.stance)
        self.mode = self.settings.mode_for(policy.stance)
        self.publication = published(policy.stance, policy.catalogue)
        said = self.publication.wanted.said
        self._answers = {use: said.about(use) for use in USES}
        headers = self.publication.header_text.encode()
        self._header_digest = digest_of(headers) if self.publication.headers else ""
        self.policy = policy
        self.changed(policy)
        self.claims.follow(policy)
        self._follow_licences()
        self._publish()
        self.emit(
            Loaded(
                program=rule_folder.program_version(),
                rules=len(policy.rules),
                in_force=policy.in_force,
                signatures=policy.matcher.tokens,
                enforcing=self.mode == "enforce",
                standards=self._carried(self.publication),
            )
        )

    def _edges_changed(self, found: EdgeAddresses) -> None:
        """`stagedoor update` has fetched new lists."""
        self.edges = found
        if self.settings is not None and self.policy is not None:
            self.trusted = self.settings.trusted_for(self.policy.stance, found)

    def _build(self, found: Sequence[Source]) -> Policy:
        return rule_folder.build(found, self.policy)

    def open(self, client: HttpClient | None = None) -> None:
        """Begin, with the event loop running. StagedoorError where something cannot be had.

        `client` fetches key directories; None for the usual one.
        """
        assert self.settings is not None
        assert self.policy is not None
        settings, policy = self.settings, self.policy
        self.claims.open(settings.state, settings.resolvers, policy, client)
        self.licences.open(settings.state)
        self._open_store()
        self._evidence = True
        self.suite.open(
            settings.state,
            ledger=policy.stance.evidence.ledger == "yes",
            program=rule_folder.program_version(),
            site=policy.stance.publish.address,
        )
        # The directory is there now, or the start has ended with its reason.
        self.marks.open(settings.state)
        self.traps.open(settings.state)
        if self.suite.handings is not None:
            self.marks.look_up = self.suite.handings.look_up
        self._publish()

    def _open_store(self) -> None:
        """The memory of this guard alone, or one that it shares with others."""
        assert self.settings is not None
        assert self.policy is not None
        address = self.settings.store_for(self.policy.stance)
        if address is None:
            self.store = MemoryStore(self.settings.clients)
            return
        site = self.policy.stance.publish.address.partition("://")[2]
        self.store = self._shared = open_shared(
            address, self.settings.clients, site=site, heard=self._heard
        )
        self._shared.logs.share(self.tracks)
        for name, source in self._shared.measures().items():
            self.suite.watch(name, source)

    def _heard(self) -> None:
        """Another guard has begun a sentence: who was let in before may be under it."""
        self.sound.turn += 1

    def close(self) -> None:
        """Close what open() opened, and the files that are being written."""
        if self._shared is not None:
            self._shared.close()
        self.watcher.close()
        self.claims.close()
        self.licences.server.close()
        self.marks.close()
        self.suite.close()

    def _publish(self) -> None:
        """What is published from now on."""
        if not self._evidence:
            return
        said, now = self.publication, _now()
        self.emit(Published(HEADERS, HEADERS, said.header_text or None, now))
        for path, file in said.files.items():
            self.emit(Published(path, file.standard, file.text, now))
        if said.merges_robots:
            # Until the site's own has been seen, this is what it would be without one.
            self.emit(Published(ROBOTS, "robots", said.robots(None).text, now))
        self._publish_licences()

    def _licences_changed(self) -> None:
        self._follow_licences()
        if self._evidence:
            self._publish_licences()

    def _follow_licences(self) -> None:
        """Requests are looked at for a licence where one was granted, or a rule asks for one."""
        rules = self.policy.rules if self.policy is not None else ()
        asked = any(rule.verdict.action in LICENSING for rule in rules)
        server = self.policy.offers.server if self.policy is not None else ""
        self.licences.server.follow(server)
        self._licensing = asked or bool(server or self.licences.granted)

    def _publish_licences(self) -> None:
        """The texts of what was granted: what a licensed request was allowed by."""
        for licence in self.licences.granted:
            text = None if licence.revoked else licence.text()
            self.emit(Published(f"licence {licence.id}", "licence", text, _now()))

    # -- one request -------------------------------------------------------------------------------

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
            self.emit(Violated(transaction.client, violation.signal, violation.line))

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

    # -- what has happened -------------------------------------------------------------------------

    def record(self, transaction: Transaction) -> None:
        """The verdict is final."""
        event = transaction.event()
        client, refused = event.client, event.verdict.refused
        person = client.purpose in PEOPLE
        if client.proof != "unverified" and (refused or not person):
            key = once_key("proof", client.name, event.request.address, client.proof)
            self.emit(Proved(event, new=not self.store.proof_seen(key)))
        if event.sweep is not None:
            self.sound.swept(transaction, event, stopped=refused)
        self.emit(event)
        if transaction.marks:
            self.marks.used(transaction, event)
        if refused:
            self._noticed_headers(transaction, event.status)
        elif person and event.resource.kind == "page" and event.request.method == "GET":
            service = self.policy.referrers.of(event.request) if self.policy else None
            if service is not None:
                self.emit(Referred(service.name, service.operator, event.at))

    def noticed(self, transaction: Transaction, path: str, text: bytes, status: int = 200) -> None:
        """A file that says what is allowed has gone out whole."""
        if transaction.client.purpose in PEOPLE:
            return
        said = self.publication
        own = said.files.get(path)
        digest, new = self._texts.digest(path, text)
        if new:
            standard = own.standard if own is not None else "robots"
            self.emit(Published(path, standard, text, _now()))
        robots = path == ROBOTS
        signal: SignalKind = "robots" if robots else "files"
        if robots or (own is not None and own.text == text):
            # What the site's own other files say is kept as a text, and held against nobody.
            self.store.received(
                self._crawler(transaction), signal, digest, text if robots else None
            )
        self.emit(Noticed(transaction.event(), signal, digest, status))

    def took(self, transaction: Transaction, status: int, size: int) -> None:
        """A response has ended: what a machine was sent, in bytes."""
        client = transaction.client
        if transaction.resource.kind == "signal":
            return
        listens = client.purpose in PEOPLE and client.licence != "valid"
        if listens and transaction.sweep is None:
            return  # nothing is kept of people, unless it is far more than they listen to
        if not listens:
            self._noticed_headers(transaction, status)
        self.emit(Took(transaction.event(), status, size, transaction.against, self._header_digest))

    def trapped(self, transaction: Transaction, size: int) -> None:
        """A recording behind the trap link went out, `size` bytes of it."""
        self.emit(Took(taken(transaction.event()), 200, size, transaction.against, ""))

    def _noticed_headers(self, transaction: Transaction, status: int) -> None:
        """Of headers, which stand on every response, only the first time is an event."""
        digest = self._header_digest
        if not digest:
            return
        if self.store.received(self._crawler(transaction), "headers", digest):
            self.emit(Noticed(transaction.event(), "headers", digest, status))

    @staticmethod
    def _crawler(transaction: Transaction) -> str:
        client = transaction.client
        home = transaction.household or client_key(transaction.request.address)
        return crawler_key(client.name, home, verified=client.proof == "verified")


def _now() -> int:
    return int(time.time() * 1000)


def _scope(transaction: Transaction) -> Scope:
    """Whether the sentence that has decided keeps to one household, or to a network."""
    sentences = dict(transaction.steps.sentences)
    scope = sentences.get(transaction.verdict.rule)
    return "network" if scope == "network" else "household"
