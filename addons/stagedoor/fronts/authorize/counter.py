"""The counter: each question is decided by the service, answered, and remembered until its log line.

    /authorize          the request is in the X-Forwarded-… headers; a refusal is the whole answer
    /authorize/PATH     the request is this question itself, behind the prefix (Envoy)
    /nginx              as /authorize, for auth_request: a refusal is 403 and a name
    /nginx?brief        the same, and a yes says only who was let in, and for how long that is good
    /refusal            the refusal of the name in X-Stagedoor-Refusal, whole
    /signal/PATH        robots.txt and the other signal files, merged with the site's own
    /healthy            200

Only fronts are answered: peers that are trusted proxies. What happens when the counter itself fails
is decided here: `on_error` of the stance, and every such event is counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

from stagedoor.fronts import handshakes
from stagedoor.fronts.addresses import is_trusted
from stagedoor.fronts.authorize import lasting_verdicts, logged_fields, paces, questions
from stagedoor.fronts.authorize.alike_requests import AlikeRequests
from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.fronts.authorize.counter_answers import Answers
from stagedoor.fronts.authorize.http_questions import Fields, plain
from stagedoor.fronts.authorize.login_checks import LoginChecks
from stagedoor.fronts.authorize.open_requests import OpenRequests
from stagedoor.fronts.authorize.questions import Question
from stagedoor.fronts.authorize.remembered_answers import RememberedAnswers
from stagedoor.fronts.authorize.signal_answers import SignalAnswers
from stagedoor.fronts.authorize.site_readings import SiteReadings
from stagedoor.fronts.proxy_signs import Warnings
from stagedoor.fronts.refusals import Answer, refuse, unavailable
from stagedoor.fronts.request_ids import new_id
from stagedoor.fronts.service import Service
from stagedoor.fronts.waiting_line import LONGEST_WAIT
from stagedoor.identify.botauth import NONE, TAG, Outcome
from stagedoor.model.actions import THROTTLE, named
from stagedoor.model.events import Failed, Spent, Withheld
from stagedoor.resources.track_keys import track_key
from stagedoor.rules.policy import Policy
from stagedoor.rules.written_action import RETRY_AFTER

_log = logging.getLogger("stagedoor.door")

BY_HEADERS, BY_PATH, NGINX, REFUSED, SIGNAL, HEALTHY = (
    *("/authorize", "/authorize/", "/nginx", "/refusal", "/signal/", "/healthy"),
)
_BRIEF = f"{NGINX}?brief"
MOST_WAITING = 200
"""Requests that are delayed at the same time: each holds a connection of the front."""

_TOO_LONG = Answer(
    431,
    (
        (b"Content-Type", b"text/plain; charset=utf-8"),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"Cache-Control", b"no-store"),
    ),
    b"The headers of this request are too long for this site.\n",
)


class Counter:
    """One counter: answers questions. `open_requests` keeps what log lines are held against."""

    def __init__(
        self, service: Service, site: SiteReadings, signals: SignalAnswers, answers: Answers
    ) -> None:
        self.service, self.site, self.signals, self.answers = service, site, signals, answers
        # What was let in cannot be stopped here, and is silent until its line comes.
        service.line.few, service.line.unanswered = 0, LONGEST_WAIT
        self.open_requests = OpenRequests()
        self._alike = AlikeRequests(
            lambda: service.store, lambda: service.sound.turn, service.tracks
        )
        service.decides_alike(self._alike.decide)
        self._logins = LoginChecks(service, site)
        self._remembered = RememberedAnswers(service)
        self.again = self._remembered.again
        self._waiting = 0
        self._warnings = Warnings()
        self._strangers: set[str] = set()

    # -- questions ---------------------------------------------------------------------------------

    def ask(
        self, method: str, target: bytes, fields: Fields, peer: str, head: bytes
    ) -> Answer | bytes | Awaitable[Answer | bytes]:
        """The answer to one question."""
        path = target.decode("latin-1")
        if path == HEALTHY:
            return plain(200, "ok")
        if not is_trusted(peer, self.service.trusted):
            return self._stranger(peer)
        bare = path.partition("?")[0]  # Caddy puts the visitor's query behind the path
        if bare in (NGINX, BY_HEADERS):
            question = questions.read(fields, peer, self.service.trusted)
            if question is not None and path == _BRIEF:
                question = question._replace(brief=True)
            return self._decide(question, peer, head, nginx=bare == NGINX)
        if path.startswith(BY_PATH):
            trusted, asked = self.service.trusted, path[len(BY_PATH) - 1 :]
            question = questions.read(fields, peer, trusted, method, asked)
            return self._decide(question, peer, head, nginx=False, by_path=True)
        if path.startswith(SIGNAL):
            return self._signal(method, path[len(SIGNAL) - 1 :], fields, peer)
        if bare == REFUSED:
            name = next((v for n, v in fields if n.lower() == b"x-stagedoor-refusal"), b"")
            return self.answers.held(name.decode("latin-1"))
        return plain(404, "ask under /authorize, /nginx or /signal/ (docs/counter.md)")

    def _stranger(self, peer: str) -> Answer:
        if peer not in self._strangers and len(self._strangers) < 32:
            self._strangers.add(peer)
            _log.warning(
                "%s asks the counter and is no front of yours: it gets no answer — if it is one, "
                "add it to the trusted proxies",
                peer,
            )
        return plain(403, "only fronts of this site are answered here")

    def _decide(
        self,
        question: Question | None,
        peer: str,
        head: bytes,
        *,
        nginx: bool,
        by_path: bool = False,
    ) -> Answer | bytes | Awaitable[Answer | bytes]:
        if question is None:
            return plain(400, "the front must say X-Forwarded-Method and X-Forwarded-Uri")
        began = time.perf_counter()
        try:
            policy = self.service.policy
            if policy is None:
                return unavailable(None)
            if not logged_fields.fit(head, question.request):
                return self._named(policy, question, _TOO_LONG, nginx=nginx)
            transaction = self._entered(policy, question, peer)
            transaction.by_path, transaction.brief = by_path, question.brief
            later = self.service.decide(transaction, self._signature(transaction, question))
            if later is not None:
                later = self._logins.after(later, transaction)
                return self._decided_later(transaction, later, began, nginx=nginx)
            if self._logins.matter(transaction):
                later = self._logins.settle(transaction)
                return self._decided_later(transaction, later, began, nginx=nginx)
            if transaction.verdict.delayed:
                return self._delayed(transaction, began, nginx=nginx)
            return self._answer(transaction, began, head, nginx=nginx)
        except Exception:  # noqa: BLE001 (whatever it is, on_error decides)
            return self._failed(question, nginx=nginx)

    def _entered(self, policy: Policy, question: Question, peer: str) -> Asked:
        service, request = self.service, question.request
        transaction = Asked(
            policy,
            request,
            handshakes.arrival(
                peer, request, "", service.trusted, service.ja4_header, plaintext=True
            ),
            service.mode,
        )
        transaction.at = time.time()
        transaction.peer = peer
        return transaction

    async def _decided_later(
        self, transaction: Asked, later: Awaitable[None], began: float, *, nginx: bool
    ) -> Answer | bytes:
        try:
            await later
            began += transaction.waited_for
            if transaction.verdict.delayed:
                return await self._delayed(transaction, began, nginx=nginx)
            return self._answer(transaction, began, b"", nginx=nginx)
        except Exception:  # noqa: BLE001 (as in _decide())
            question = Question(transaction.request, transaction.request.host, "")
            return self._failed(question, nginx=nginx)

    async def _delayed(self, transaction: Asked, began: float, *, nginx: bool) -> Answer | bytes:
        """Let in later. Where too many wait already, it is throttled."""
        verdict = transaction.verdict
        if self._waiting >= MOST_WAITING:
            later = named(THROTTLE)
            transaction.verdict = replace(
                verdict, action=later.word, status=later.status, seconds=RETRY_AFTER
            )
            return self._answer(transaction, began, b"", nginx=nginx)
        answer = self._answer(transaction, began, b"", nginx=nginx)
        self._waiting += 1
        try:
            await asyncio.sleep(verdict.seconds)
        finally:
            self._waiting -= 1
        return answer

    def _answer(
        self, transaction: Asked, began: float, head: bytes, *, nginx: bool
    ) -> Answer | bytes:
        """It is decided: recorded, and answered."""
        service = self.service
        if not transaction.verdict.refused:
            self._look_again(transaction)
        self._warn(transaction)
        transaction.seconds = time.perf_counter() - began
        service.record(transaction)
        kept = transaction.kept
        if kept < 0:
            kept = lasting_verdicts.seconds(transaction, fingerprinted=bool(service.ja4_header))
            self._alike.learn(transaction, kept)
        answer: Answer | bytes
        if not transaction.verdict.refused:
            before = self.open_requests.keep(transaction)
            if before is not None:  # one line may end both: what is expected of this one is enough
                service.line.ended(before)
            self.site.asked_for(transaction)
            rate = paces.rate(transaction, service.store.under_way)
            answer = self.answers.allowed(transaction, kept, rate, brief=transaction.brief)
        else:
            self._withheld(transaction)
            whole = self._refusal(transaction, nginx=nginx)
            answer = self.answers.for_nginx(transaction, whole, kept) if nginx else whole
        if kept and head:
            self._remembered.keep(head, answer, kept, transaction)
        service.emit(Spent(time.perf_counter() - began))
        return answer

    def _look_again(self, transaction: Asked) -> None:
        """What an earlier response under this path has shown counts as this one's."""
        shown = self.open_requests.shown(transaction.resource)
        if shown is not transaction.resource:
            self.service.answered(transaction, shown)

    def _signature(self, transaction: Asked, question: Question) -> Outcome | Awaitable[Outcome]:
        if not question.request.header("signature"):
            return NONE
        return self.service.signature(
            transaction, authority=question.authority, scheme=question.scheme
        )

    def _refusal(self, transaction: Asked, *, nginx: bool = False) -> Answer:
        """What a refused visitor reads. To all fronts but nginx a status of 200 or 204 would be a yes:
        they cannot play an announcement, nor answer a browser's preflight in the site's place.
        """
        policy, client = transaction.policy, transaction.client
        tried = transaction.request.header("signature-input")
        answer = refuse(
            transaction.request,
            client,
            transaction.resource,
            transaction.verdict,
            policy.stance.artist,
            transaction.name(),
            policy.offers.offers,
            may_sign=client.proof != "verified" and (policy.signs(client) or TAG in tried),
            announced=nginx and policy.stance.announcement == "yes",
        )
        if answer.status < 300 and not nginx:
            answer = Answer(403, answer.headers, answer.body)
        return self.answers.refused(answer if transaction.by_path else _of_get(answer))

    def _withheld(self, transaction: Asked) -> None:
        request, resource = transaction.request, transaction.resource
        if resource.kind != "audio" or request.method != "GET" or request.header("range"):
            return
        known = self.service.store.length(track_key(request.path, request.target))
        if known is not None:
            self.service.emit(Withheld(transaction.client.purpose, known.size, known.seconds))

    def _warn(self, transaction: Asked) -> None:
        service, arrival = self.service, transaction.arrival
        if service.settings is None or arrival is None:
            return
        text = self._warnings.look(
            transaction.peer,
            transaction.request,
            service.trusted,
            service.edges,
            arrival.between,
            in_stance=service.settings.trusted_proxies is None,
        )
        if text:
            _log.warning("%s", text)

    # -- signal files ------------------------------------------------------------------------------

    def _signal(
        self, method: str, target: str, fields: Fields, peer: str
    ) -> Answer | Awaitable[Answer | bytes]:
        question = questions.read(fields, peer, self.service.trusted, method, target)
        policy = self.service.policy
        if question is None or policy is None:
            return unavailable(None)
        transaction = self._entered(policy, question, peer)
        transaction.by_path = True
        return self._signal_later(transaction, self.service.decide(transaction))

    async def _signal_later(
        self, transaction: Asked, later: Awaitable[None] | None
    ) -> Answer | bytes:
        try:
            if later is not None:
                await later
            self.service.record(transaction)
            if transaction.verdict.refused:  # no signal file: a front that sends all here
                return self._refusal(transaction)
            return await self.signals.answer(transaction)
        except Exception:  # noqa: BLE001 (a crawler takes 503 for "stay away")
            self.service.emit(Failed("request", "closed"))
            _log.exception("a signal file could not be answered")
            return unavailable(transaction.request)

    # -- when things go wrong ----------------------------------------------------------------------

    def _failed(self, question: Question, *, nginx: bool) -> Answer | bytes:
        """Open or closed, as the stance says for this kind of resource."""
        policy, request = self.service.policy, question.request
        try:
            resource: Any = policy.classify(request.path, request.target) if policy else None
            recording = resource is None or resource.guarded
        except Exception:  # noqa: BLE001 (in doubt, it is a recording)
            recording = True
        stance = policy.stance if policy else None
        closed = (
            stance is None
            or (stance.on_error.audio if recording else stance.on_error.pages) == "closed"
        )
        outcome = "closed" if closed else "open"
        self.service.emit(Failed("request", outcome))
        _log.exception("the counter failed on a request; on_error says %s", outcome)
        if not closed:
            return self.answers.undecided()
        answer = _of_get(unavailable(request))
        return answer if policy is None else self._named(policy, question, answer, nginx=nginx)

    def _named(
        self, policy: Policy, question: Question, answer: Answer, *, nginx: bool
    ) -> Answer | bytes:
        """An answer to a request about which nothing was decided."""
        if not nginx:
            return answer
        asked = Asked(policy, question.request)
        asked.id = new_id()
        return self.answers.for_nginx(asked, answer, 0)


def _of_get(answer: Answer) -> Answer:
    """The answer to a GET of the front's, also where the visitor's request is a HEAD: its length is
    that of the body that is there.
    """
    if answer.body:
        return answer
    fields = tuple(field for field in answer.headers if field[0].lower() != b"content-length")
    return Answer(answer.status, fields, b"")
