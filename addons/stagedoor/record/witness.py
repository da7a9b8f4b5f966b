"""What happens to machines is remembered and written down: told, took, refused, proven.

Nothing is kept about people. Of a header that stands on every response, only the first time each
crawler saw it is an entry of its own; what is taken names what came with it.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Mapping

from stagedoor.engine.compliance import Compliance, Signal, Violation
from stagedoor.evidence.entries import Visit
from stagedoor.model.facts import PEOPLE, Behaviour, Client, Event, Request, Resource
from stagedoor.publish.publication import HEADERS, NOTHING, ROBOTS, USES_OF, Published
from stagedoor.record.daily import Day
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.metrics import Metrics
from stagedoor.rules.policy import Policy
from stagedoor.signals.meaning import USES, Answer, Use
from stagedoor.signals.robots import access as robots_txt
from stagedoor.signals.robots.lines import Robots

MOST_TEXTS = 32
"""Texts of robots.txt and other files whose hash and meaning are kept: at most 16 MB."""


class Witness:
    """One guard's memory of what it said to whom, and the ledger, where there is one."""

    def __init__(self, metrics: Metrics, day: Day) -> None:
        self._metrics, self._day = metrics, day
        self._compliance = Compliance(1)
        self._ledger: Ledger | None = None
        self._said: Published = NOTHING
        self._header_hash = ""
        self._texts: OrderedDict[tuple[str, bytes], tuple[str, Robots | None]] = OrderedDict()
        self._proofs: OrderedDict[tuple[str, str, str], None] = OrderedDict()

    def open(self, clients: int, ledger: Ledger | None) -> None:
        """Begin to remember."""
        self._compliance = Compliance(clients)
        self._ledger = ledger
        self.follow(self._said)

    def follow(self, said: Published) -> None:
        """From now on this is said."""
        self._said = said
        self._header_hash = _hash(said.header_text.encode()) if said.headers else ""
        if self._ledger is None:
            return
        now = _now()
        self._ledger.publish(HEADERS, HEADERS, said.header_text or None, now)
        for path, file in said.files.items():
            self._ledger.publish(path, file.standard, file.text, now)
        if said.merges_robots:
            # Until the site's own has been seen, this is what it would be without one.
            self._ledger.publish(ROBOTS, "robots", said.robots(None).text, now)

    def close(self) -> None:
        """Write what is waiting."""
        if self._ledger is not None:
            self._ledger.close()

    # -- one request ---------------------------------------------------------------------------

    def asked(
        self,
        policy: Policy,
        client: Client,
        request: Request,
        resource: Resource,
        before: Behaviour,
    ) -> tuple[Behaviour, tuple[Violation, ...]]:
        """What this crawler had been told, and what of that it passes over."""
        if client.purpose in PEOPLE:
            return before, ()
        answers = self._answers()
        uses = [USES_OF[purpose] for purpose in client.purposes if purpose in USES_OF]
        # Of several uses, the one that is refused counts: robots.txt refuses the crawler by it.
        use = next((u for u in uses if answers[u] == "no"), uses[0] if uses else None)
        behaviour, found = self._compliance.asked(
            client,
            request,
            resource,
            answers,
            use,
            policy.robots_tokens.get(client.name, client.name),
            before,
        )
        for violation in found:
            self._metrics.violation(client.name, violation.signal)
        return behaviour, found

    def _answers(self) -> Mapping[Use, Answer | None]:
        said = self._said.wanted.said
        return {use: said.about(use) for use in USES}

    def decided(self, event: Event) -> None:
        """A verdict: refusals and new proofs are written down."""
        refused = event.verdict.refused
        if event.client.purpose in PEOPLE and not refused:
            return
        visit = Visit.of(event, event.id)
        if self._ledger is not None:
            if event.client.proof != "unverified" and self._is_new(event):
                self._ledger.proof(visit)
            if refused:
                self._ledger.refusal(visit, status=event.verdict.status, rule=event.verdict.rule)
        if refused:
            self._told_by_headers(event, visit, event.verdict.status)

    def _is_new(self, event: Event) -> bool:
        """Whether this outcome is new for this client at this address."""
        key = (event.client.name, event.request.address, event.client.proof)
        known = key in self._proofs
        self._proofs[key] = None
        self._proofs.move_to_end(key)
        while len(self._proofs) > MOST_TEXTS * 16:
            self._proofs.popitem(last=False)
        return not known

    def handed(self, event: Event, path: str, text: bytes, status: int = 200) -> None:
        """A file that says what is allowed has gone out whole."""
        if event.client.purpose in PEOPLE:
            return
        digest, robots = self._known(path, text)
        signal: Signal = "robots" if path == ROBOTS else "files"
        own = self._said.files.get(path)
        if path == ROBOTS or (own is not None and own.text == text):
            # What the site's own other files say is kept as a text, and held against nobody.
            address = event.request.address
            self._compliance.told(event.client, address, signal, digest, event.at, robots)
        self._metrics.notice(event.client.name, signal)
        self._day.notice(event)
        if self._ledger is not None:
            self._ledger.notice(Visit.of(event, event.id), (digest,), status=status)

    def _known(self, path: str, text: bytes) -> tuple[str, Robots | None]:
        """The hash of a text that is published at `path`, and what it means where it is robots.txt.

        A new one is written down.
        """
        known = self._texts.get((path, text))
        if known is not None:
            return known
        known = _hash(text), robots_txt.read(text) if path == ROBOTS else None
        self._texts[path, text] = known
        while len(self._texts) > MOST_TEXTS:
            self._texts.popitem(last=False)
        if self._ledger is not None:
            standard = "robots" if path == ROBOTS else _standard(self._said, path)
            self._ledger.publish(path, standard, text, _now())
        return known

    def took(self, event: Event, status: int, size: int, *, against: bool) -> None:
        """A response has ended: what a machine was handed."""
        if event.client.purpose in PEOPLE or event.resource.kind == "signal":
            return
        visit = Visit.of(event, event.id)
        self._told_by_headers(event, visit, status)
        self._day.taking(event, size, against=against)
        if self._ledger is not None:
            signals = (self._header_hash,) if self._header_hash else ()
            self._ledger.taking(
                visit, status=status, size=size, rule=event.verdict.rule, against=against,
                signals=signals,
            )  # fmt: skip

    def _told_by_headers(self, event: Event, visit: Visit, status: int) -> None:
        if not self._header_hash:
            return
        new = self._compliance.told(
            event.client, event.request.address, "headers", self._header_hash, event.at
        )
        if new:
            self._metrics.notice(event.client.name, "headers")
            self._day.notice(event)
            if self._ledger is not None:
                self._ledger.notice(visit, (self._header_hash,), status=status)


def _standard(said: Published, path: str) -> str:
    file = said.files.get(path)
    return file.standard if file else "robots"


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _now() -> int:
    return int(time.time() * 1000)
