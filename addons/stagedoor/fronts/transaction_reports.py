"""What has happened to a request, from its final verdict to the last byte: events for the recorders.

What crawlers have received of what is published is kept in the store, too: they are held to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from stagedoor.engine.compliance import crawler_key
from stagedoor.engine.needs import (
    SignalKind,
)
from stagedoor.engine.published_texts import Texts, digest_of
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.decision_point import DecisionPoint
from stagedoor.fronts.trap_pages import taken
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import (
    Event,
    Noticed,
    Proved,
    Published,
    Referred,
    Took,
)
from stagedoor.model.facts import PEOPLE
from stagedoor.publish.publication import NOTHING, ROBOTS
from stagedoor.publish.publication import Published as Publication
from stagedoor.rules.policy import Policy
from stagedoor.store.store_keys import once_key


class TransactionReports:
    """One guard's. `point` has decided; `texts` are those that were published; `emit` is what
    recorders get.
    """

    def __init__(self, emit: Callable[[Event], None], point: DecisionPoint, texts: Texts) -> None:
        self._emit, self._point, self._texts = emit, point, texts
        self._policy: Policy | None = None
        self._publication = NOTHING
        self._header_digest = ""

    def follow(self, policy: Policy, said: Publication) -> None:
        """From now on `policy` is in force, and `said` is published."""
        self._policy, self._publication = policy, said
        self._header_digest = digest_of(said.header_text.encode()) if said.headers else ""

    def record(self, transaction: Transaction) -> None:
        """The verdict is final."""
        event = transaction.event()
        client, refused = event.client, event.verdict.refused
        person = client.purpose in PEOPLE
        if client.proof != "unverified" and (refused or not person):
            key = once_key("proof", client.name, event.request.address, client.proof)
            self._emit(Proved(event, new=not self._point.store.proof_seen(key)))
        if event.sweep is not None:
            self._point.sound.swept(transaction, event, stopped=refused)
        self._emit(event)
        if transaction.marks:
            self._point.marks.used(transaction, event)
        if refused:
            self._noticed_headers(transaction, event.status)
        elif person and event.resource.kind == "page" and event.request.method == "GET":
            service = self._policy.referrers.of(event.request) if self._policy else None
            if service is not None:
                self._emit(Referred(service.name, service.operator, event.at))

    def noticed(self, transaction: Transaction, path: str, text: bytes, status: int = 200) -> None:
        """A file that says what is allowed has gone out whole."""
        if transaction.client.purpose in PEOPLE:
            return
        said = self._publication
        own = said.files.get(path)
        digest, new = self._texts.digest(path, text)
        if new:
            standard = own.standard if own is not None else "robots"
            self._emit(Published(path, standard, text, _now()))
        robots = path == ROBOTS
        signal: SignalKind = "robots" if robots else "files"
        if robots or (own is not None and own.text == text):
            # What the site's own other files say is kept as a text, and held against nobody.
            self._point.store.received(
                self._crawler(transaction), signal, digest, text if robots else None
            )
        self._emit(Noticed(transaction.event(), signal, digest, status))

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
        self._emit(
            Took(transaction.event(), status, size, transaction.against, self._header_digest)
        )

    def trapped(self, transaction: Transaction, size: int) -> None:
        """A recording behind the trap link went out, `size` bytes of it."""
        self._emit(Took(taken(transaction.event()), 200, size, transaction.against, ""))

    def _noticed_headers(self, transaction: Transaction, status: int) -> None:
        """Of headers, which stand on every response, only the first time is an event."""
        digest = self._header_digest
        if not digest:
            return
        if self._point.store.received(self._crawler(transaction), "headers", digest):
            self._emit(Noticed(transaction.event(), "headers", digest, status))

    @staticmethod
    def _crawler(transaction: Transaction) -> str:
        client = transaction.client
        home = transaction.household or client_key(transaction.request.address)
        return crawler_key(client.name, home, verified=client.proof == "verified")


def _now() -> int:
    return int(time.time() * 1000)
