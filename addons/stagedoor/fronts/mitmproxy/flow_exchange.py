"""One exchange through mitmproxy: read, decided, and the decision carried out.

No decision is made here. The response is response_exchange.py's; what happens when the guard itself
fails, guard_failures.py's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from mitmproxy import http, tls
from mitmproxy.proxy import mode_specs

from stagedoor.engine import order
from stagedoor.fronts.challenge_page import FOLDER
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.fronts.mitmproxy import marked_flows, request_faults
from stagedoor.fronts.mitmproxy.answers_given import answer, as_response
from stagedoor.fronts.mitmproxy.client_hello import arrival, learn
from stagedoor.fronts.mitmproxy.early_refusals import RefusedAgents
from stagedoor.fronts.mitmproxy.exchange_parts import ExchangeParts
from stagedoor.fronts.mitmproxy.flow_request import is_secure, read
from stagedoor.fronts.mitmproxy.forwarding import forward
from stagedoor.fronts.mitmproxy.outages import Outage
from stagedoor.fronts.mitmproxy.passage import EARLY, PASSAGE, DecidedEarly, Passage
from stagedoor.fronts.mitmproxy.proxy_warnings import ProxyWarnings
from stagedoor.fronts.mitmproxy.response_exchange import ResponseExchange
from stagedoor.fronts.mitmproxy.upstream_client import Upstream
from stagedoor.fronts.refusals import unavailable
from stagedoor.fronts.service import Service
from stagedoor.fronts.trap_pages import TAKEN
from stagedoor.identify.botauth import NONE, Outcome
from stagedoor.model.actions import THROTTLE, named
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import Failed, Spent
from stagedoor.rules.policy import Policy

_log = logging.getLogger("stagedoor.door")


class Exchanges:
    """Carries out what the engine decides, for every flow of one guard."""

    def __init__(self, service: Service, outage: Outage) -> None:
        self.service = service
        self.fingerprints = Fingerprints()
        self.keep_host = True
        self.upstream: Upstream | None = None
        """Where the site is, where it is one of several; else mitmproxy knows."""
        self.agents = RefusedAgents()
        self._parts = parts = ExchangeParts(service, outage)
        self.delivery, self.delays = parts.delivery, parts.delays
        self.redirects, self.logins = parts.redirects, parts.logins
        self.follow, self.misfit = parts.follow, parts.misfit
        self.unreachable = parts.failures.unreachable
        self.response_head = ResponseExchange(parts).head
        self.broken, self.end = parts.broken, parts.end
        self._wait, self._record = parts.delays.wait, parts.record
        self._look_at_proxies = ProxyWarnings(service).look

    def hello(self, data: tls.ClientHelloData) -> None:
        """Take the fingerprint of a handshake."""
        try:
            learn(self.fingerprints, data)
        except Exception:  # noqa: BLE001 (without a fingerprint, nothing is held against anybody)
            self.service.emit(Failed("fingerprint", "unrecorded"))
            _log.exception("a TLS handshake could not be read")

    def request(
        self, flow: http.HTTPFlow, malformed: Callable[[http.HTTPFlow], bool]
    ) -> Awaitable[None] | None:
        """Decide, before any body is read and before the site hears of it.

        `malformed` answers what nobody can decide about, and says whether it was such a request.
        """
        try:
            return None if malformed(flow) else self._enter(flow)
        except Exception:  # noqa: BLE001 (whatever it is, on_error decides)
            self._failed(flow)
            return None

    def _enter(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        if not isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode):
            # Bare start-up begins as a forward proxy for a moment: nobody may use it as one.
            flow.kill()
            return None
        service = self.service
        policy = service.policy
        if policy is None:
            answer(flow, as_response(unavailable(None)))
            return None
        decided: DecidedEarly | None = flow.metadata.pop(EARLY, None)
        passage, began, later = decided or self._decide(flow, policy)
        if passage.ours is not None:
            answer(flow, as_response(passage.ours))
            return None
        if later is not None:
            return self._entered_later(flow, passage, began, later)
        return self._entered(flow, passage, began)

    def _decide(self, flow: http.HTTPFlow, policy: Policy) -> DecidedEarly:
        began = time.perf_counter()
        service = self.service
        trusted = service.trusted
        taken = marked_flows.take_off(flow) if service.marks.on else None
        request = read(flow, trusted)
        passage = Passage(
            policy,
            request,
            arrival(flow.client_conn, request, self.fingerprints, trusted, service.ja4_header),
            service.mode,
        )
        passage.at = time.time()
        if taken is not None and (taken[0] or taken[1]):
            service.marks.shows(passage, *taken)
        if service.marks.challenges and request.target.startswith(FOLDER):
            passage.ours = service.challenges.own(
                passage, secure=is_secure(flow, request, self.service.trusted)
            )
            if passage.ours is not None:
                return passage, began, None
        return passage, began, service.decide(passage, self._signature(flow, passage))

    def refuse_early(self, flow: http.HTTPFlow) -> http.Response | None:
        """The refusal of a request that mitmproxy has only read; None lets it go its usual way, where
        what was decided holds.
        """
        policy = self.service.policy
        if policy is None or not isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode):
            return None
        try:
            if request_faults.settle(flow) is not None:
                return None
            flow.metadata[EARLY] = passage, began, later = self._decide(flow, policy)
            if later is not None or not passage.verdict.refused:
                self.agents.discard(flow.request)
                return None
            if passage.request.credentials == "sent" and order.lets_in_logged_in(passage):
                return None
            del flow.metadata[EARLY]
            self._entered(flow, passage, began)
        except Exception:  # noqa: BLE001 (it fails again on its usual way, where on_error decides)
            flow.metadata.clear()
            flow.response = None
        return flow.response

    async def _entered_later(
        self, flow: http.HTTPFlow, passage: Passage, began: float, later: Awaitable[None]
    ) -> None:
        try:
            await later
            # Who stood in line has not kept the guard busy.
            waiting = self._entered(flow, passage, began + passage.waited_for)
        except Exception:  # noqa: BLE001 (as in request())
            self._failed(flow)
            return
        if waiting is not None:
            await waiting

    def _entered(
        self, flow: http.HTTPFlow, passage: Passage, began: float
    ) -> Awaitable[None] | None:
        passage.seconds = time.perf_counter() - began
        flow.metadata[PASSAGE] = passage
        if passage.request.credentials == "sent" and order.lets_in_logged_in(passage):
            return self._asked_about_logins(flow, passage, began)
        return self._go_on(flow, passage, began)

    async def _asked_about_logins(
        self, flow: http.HTTPFlow, passage: Passage, began: float
    ) -> None:
        """A stranger with credentials: let in for now where the site is known to check them."""
        try:
            verdict = passage.verdict
            seconds = self.logins.waits(client_key(passage.request.address))
            if seconds and verdict.refused:
                later = named(THROTTLE)
                passage.verdict = replace(
                    verdict, action=later.word, status=later.status, seconds=seconds
                )
            elif not seconds:
                forward(flow, self.service.trusted, keep_host=self.keep_host)
                passage.forwarded = True
                passage.pending = await self.logins.are_checked(flow)
            waiting = self._go_on(flow, passage, began)
        except Exception:  # noqa: BLE001 (as in request())
            self._failed(flow)
            return
        if waiting is not None:
            await waiting

    def _go_on(self, flow: http.HTTPFlow, passage: Passage, began: float) -> Awaitable[None] | None:
        """It is decided, as far as the request shows: carry that out."""
        trap = passage.policy.trap
        if trap and passage.request.path.startswith(trap) and self._trapped(flow, passage):
            return None
        waiting = self._wait(passage)
        self._look_at_proxies(flow, passage)
        if passage.verdict.refused and not passage.pending:
            flow.request.stream = False  # what is answered here has no one to stream to
            self.agents.add(flow.request)
            self.service.line.ended(passage)
            refusal = self._parts.refusal(flow, passage)
            self._record(passage)
            answer(flow, refusal)
            self.delivery.withheld(flow, passage, None)
            self.service.emit(Spent(time.perf_counter() - began))
            return None
        if not passage.forwarded:
            forward(flow, self.service.trusted, keep_host=self.keep_host)
        if passage.client.licence == "valid":  # it was for the guard; the site would refuse it
            flow.request.headers.pop("authorization", None)
        self._parts.signals.arriving(flow, passage.resource)
        if self.service.marks.on:
            marked_flows.arriving(flow, passage, self.service.marks)
        passage.passed_on = time.perf_counter()
        passage.added = passage.passed_on - began
        return waiting

    def _trapped(self, flow: http.HTTPFlow, passage: Passage) -> bool:
        """Whether what is behind the trap link was asked for, and is answered here."""
        traps = self.service.traps
        found = traps.recording(passage)
        if found is not None:
            passage.verdict = TAKEN
        elif not passage.verdict.refused:
            found = traps.page(passage)
        if found is None:
            return False
        flow.request.stream = False
        self.service.line.ended(passage)
        self._record(passage)
        answer(flow, as_response(found))
        if passage.verdict is TAKEN and flow.request.method == "GET":
            self.service.trapped(passage, len(found.body))
        return True

    def _signature(self, flow: http.HTTPFlow, passage: Passage) -> Outcome | Awaitable[Outcome]:
        """What the request's signature is worth, against the address that the client used."""
        request = passage.request
        if not request.header("signature"):
            return NONE
        secure = is_secure(flow, request, self.service.trusted)
        authority = flow.request.data.authority.decode("latin-1") or request.header("host")
        return self.service.signature(
            passage, authority=authority, scheme="https" if secure else "http"
        )

    def _failed(self, flow: http.HTTPFlow) -> None:
        found = self._parts.failures.answer(flow, "request")
        if found is not None:
            answer(flow, found)
        else:
            forward(flow, self.service.trusted, keep_host=self.keep_host)
