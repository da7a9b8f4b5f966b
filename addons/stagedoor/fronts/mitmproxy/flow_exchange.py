"""One exchange through mitmproxy: read, decided, and the decision carried out.

No decision is made here. What happens when the guard itself fails is decided here and nowhere
else: mitmproxy would let the request pass; `on_error` of the stance says what to do instead, and
every such event is counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from mitmproxy import connection, http, tls
from mitmproxy.proxy import mode_specs

from stagedoor.config.stance import Stance
from stagedoor.engine import order
from stagedoor.fronts.addresses import is_trusted
from stagedoor.fronts.blind_spots import of_request
from stagedoor.fronts.challenge_page import FOLDER
from stagedoor.fronts.handshakes import Fingerprints
from stagedoor.fronts.inner_addresses import names_addresses, translated
from stagedoor.fronts.mitmproxy import first_bytes, interrupting, marked_flows, request_faults
from stagedoor.fronts.mitmproxy.answers_given import as_response
from stagedoor.fronts.mitmproxy.client_hello import arrival, learn
from stagedoor.fronts.mitmproxy.delivery import SOUNDING, Delivery
from stagedoor.fronts.mitmproxy.early_refusals import RefusedAgents
from stagedoor.fronts.mitmproxy.flow_request import read
from stagedoor.fronts.mitmproxy.forwarding import forward, replace_response, route, unreachable
from stagedoor.fronts.mitmproxy.logins import Logins
from stagedoor.fronts.mitmproxy.outages import Outage
from stagedoor.fronts.mitmproxy.passage import Passage, weighing
from stagedoor.fronts.mitmproxy.signal_redirects import SignalRedirects, is_redirect
from stagedoor.fronts.mitmproxy.signal_responses import SignalResponses, misfit
from stagedoor.fronts.mitmproxy.upstream_client import Upstream
from stagedoor.fronts.page_readers import reads_pages
from stagedoor.fronts.proxy_signs import Warnings
from stagedoor.fronts.refusals import refuse, unavailable
from stagedoor.fronts.service import Service
from stagedoor.fronts.trap_pages import TAKEN
from stagedoor.identify.botauth import NONE, TAG, Outcome
from stagedoor.identify.site_credentials import ANSWER
from stagedoor.model.actions import CHALLENGING, THROTTLE, named
from stagedoor.model.client_keys import client_key
from stagedoor.model.events import Answered, Failed, PageTagged, Responded, SiteUnreachable, Spent
from stagedoor.model.facts import PEOPLE, Request
from stagedoor.publish.publication import NOTHING, Published
from stagedoor.resources import response_kinds
from stagedoor.resources.response_kinds import Head
from stagedoor.rules.plan import ALLOW
from stagedoor.rules.policy import Policy
from stagedoor.rules.rule import RETRY_AFTER

_log = logging.getLogger("stagedoor.door")

PASSAGE = "stagedoor"
"""Where a flow's passage is kept, in its metadata."""
_OURS = "stagedoor.answer"
"""Marks a flow whose response is the guard's own."""
EARLY = "stagedoor.early"
"""What was decided about a flow before its first hook."""
DecidedEarly = tuple[Passage, float, Awaitable[None] | None]
"""A passage, when that began, and what it has to wait for."""
UPSTREAM_SILENCE = 10.0
"""Seconds between two lines about a site that does not answer."""
MOST_WAITING = 200
"""Requests that are delayed at the same time: each holds a connection open."""


class Exchanges:
    """Carries out what the engine decides, for every flow of one guard."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.fingerprints = Fingerprints()
        self.keep_host = True
        self.prefix = ""
        """Begins lines about the site, where it is one of several."""
        self.upstream: Upstream | None = None
        """Where the site is, where it is one of several; else mitmproxy knows."""
        self.waiting = 0
        self._proxies = Warnings()
        self._unseen_told = False
        self._upstream_said = 0.0
        self._signals = SignalResponses(NOTHING)
        self.delivery = Delivery(service)
        self._misfits: set[str] = set()
        self.outage = Outage()
        self.redirects = SignalRedirects()
        self.logins = Logins(self.redirects.client)
        self.agents = RefusedAgents()

    def follow(self, publication: Published) -> None:
        """From now on this is published."""
        emit = self.service.emit
        self._signals = SignalResponses(
            publication, lambda outcome: emit(PageTagged(outcome)), self.misfit
        )

    def misfit(self, path: str, kind: str) -> None:
        """Once a path: the site answers a signal file with something else."""
        if path not in self._misfits:
            self._misfits.add(path)
            _log.warning("%s%s", self.prefix, misfit(path, kind))

    def hello(self, data: tls.ClientHelloData) -> None:
        """Take the fingerprint of a handshake."""
        try:
            learn(self.fingerprints, data)
        except Exception:  # noqa: BLE001 (without a fingerprint, nothing is held against anybody)
            self.service.emit(Failed("fingerprint", "unrecorded"))
            _log.exception("a TLS handshake could not be read")

    # -- the request -------------------------------------------------------------------------------

    def request(
        self, flow: http.HTTPFlow, malformed: Callable[[http.HTTPFlow], bool]
    ) -> Awaitable[None] | None:
        """Decide, before any body is read and before the site hears of it.

        `malformed` answers what nobody can decide about, and says whether it was such a request.
        """
        try:
            return None if malformed(flow) else self._enter(flow)
        except Exception:  # noqa: BLE001 (whatever it is, on_error decides)
            self._failed(flow, "request")
            return None

    def _enter(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        if not isinstance(flow.client_conn.proxy_mode, mode_specs.ReverseMode):
            # Bare start-up begins as a forward proxy for a moment: nobody may use it as one.
            flow.kill()
            return None
        service = self.service
        policy = service.policy
        if policy is None:
            self._answer(flow, as_response(unavailable(None)))
            return None
        decided: DecidedEarly | None = flow.metadata.pop(EARLY, None)
        passage, began, later = decided or self._decide(flow, policy)
        if passage.ours is not None:
            self._answer(flow, as_response(passage.ours))
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
            passage.ours = service.challenges.own(passage, secure=self._is_secure(flow, request))
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
            self._failed(flow, "request")
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
            self._failed(flow, "request")
            return
        if waiting is not None:
            await waiting

    def _go_on(self, flow: http.HTTPFlow, passage: Passage, began: float) -> Awaitable[None] | None:
        """It is decided, as far as the request shows: carry that out."""
        trap = passage.policy.trap
        if trap and passage.request.path.startswith(trap) and self._trapped(flow, passage):
            return None
        waiting = self._wait(passage)
        self._warn_about_proxies(flow, passage)
        if passage.verdict.refused and not passage.pending:
            flow.request.stream = False  # what is answered here has no one to stream to
            self.agents.add(flow.request)
            self.service.line.ended(passage)
            answer = self._refusal(flow, passage)
            self._record(passage)
            self._answer(flow, answer)
            self.delivery.withheld(flow, passage, None)
            self.service.emit(Spent(time.perf_counter() - began))
            return None
        if not passage.forwarded:
            forward(flow, self.service.trusted, keep_host=self.keep_host)
        if passage.client.licence == "valid":  # it was for the guard; the site would refuse it
            flow.request.headers.pop("authorization", None)
        self._signals.arriving(flow, passage.resource)
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
        self._answer(flow, as_response(found))
        if passage.verdict is TAKEN and flow.request.method == "GET":
            self.service.trapped(passage, len(found.body))
        return True

    def _signature(self, flow: http.HTTPFlow, passage: Passage) -> Outcome | Awaitable[Outcome]:
        """What the request's signature is worth, against the address that the client used."""
        request = passage.request
        if not request.header("signature"):
            return NONE
        secure = self._is_secure(flow, request)
        authority = flow.request.data.authority.decode("latin-1") or request.header("host")
        return self.service.signature(
            passage, authority=authority, scheme="https" if secure else "http"
        )

    def _is_secure(self, flow: http.HTTPFlow, request: Request) -> bool:
        """Whether the visitor came by https, also where a trusted proxy ends it."""
        trusted, peer = self.service.trusted, flow.client_conn.peername
        proxied = bool(trusted) and peer is not None and is_trusted(peer[0], trusted)
        scheme = request.header("x-forwarded-proto").rpartition(",")[2].strip().lower()
        return scheme == "https" if proxied and scheme else bool(flow.client_conn.tls)

    def _wait(self, passage: Passage) -> Awaitable[None] | None:
        """What a delayed request has to wait for. Where too many do so already, it is throttled."""
        verdict = passage.verdict
        if not verdict.delayed or passage.waited:
            return None
        if self.waiting >= MOST_WAITING:
            later = named(THROTTLE)
            passage.verdict = replace(
                verdict, action=later.word, status=later.status, seconds=RETRY_AFTER
            )
            return None
        passage.waited = True
        return self._delayed(passage)

    async def _delayed(self, passage: Passage) -> None:
        self.waiting += 1
        try:
            await asyncio.sleep(passage.verdict.seconds)
        finally:
            self.waiting -= 1
            passage.passed_on = time.perf_counter()

    def _page_of_passes(self, flow: http.HTTPFlow, passage: Passage) -> str:
        """The address of the page where a client is sent that was refused for want of a pass."""
        if passage.request.passed != "missing":
            return ""
        if passage.verdict.rule not in passage.policy.rules_about_passes:
            return ""
        stance = passage.policy.stance
        scheme = "https" if self._is_secure(flow, passage.request) else "http"
        site = stance.publish.address or f"{scheme}://{passage.request.header('host')}"
        return site.rstrip("/") + stance.passes.page

    def _refusal(self, flow: http.HTTPFlow, passage: Passage) -> http.Response:
        verdict, request = passage.verdict, passage.request
        if verdict.action in CHALLENGING:
            response = as_response(
                self.service.challenges.page(
                    passage, request.target, bits=verdict.bits, wait=verdict.seconds,
                    name=passage.name(),
                )
            )  # fmt: skip
            self._signals.refusing(response)
            return response
        response = as_response(
            refuse(
                passage.request,
                passage.client,
                passage.resource,
                passage.verdict,
                passage.policy.stance.artist,
                passage.name(),
                passage.policy.offers.offers,
                may_sign=_may_sign(passage),
                come_by=self._page_of_passes(flow, passage),
                announced=passage.policy.stance.announcement == "yes",
            )
        )
        self._signals.refusing(response)
        passage.answered_with = response.status_code
        return response

    def _answer(self, flow: http.HTTPFlow, response: http.Response) -> None:
        """Answer in the site's place; what the client still uploads is thrown away (hardening)."""
        flow.metadata[_OURS] = True
        flow.response = response

    # -- the response ------------------------------------------------------------------------------

    def response_head(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Now the type is known: decide again where it matters, then stream."""
        passage = flow.metadata.get(PASSAGE)
        if flow.response is None or _OURS in flow.metadata:
            return None
        if self.outage.lasts:
            self.outage.answered()
        flow.response.stream = True
        flow.response.headers.pop("alt-svc", None)  # it would lead visitors past the guard
        if names_addresses(flow.response.headers.fields):
            flow.response.headers.fields = translated(
                flow.response.headers.fields, route(flow, passage.request if passage else None)
            )
        if passage is None:  # let in by on_error, undecided
            return None
        try:
            if (
                passage.resource.kind == "signal"
                and is_redirect(flow.response)
                and self._signals.has_file(passage.resource.path)
            ):
                return self._leave_later(flow, flow.response, passage)
            return self._leave(flow, flow.response, passage)
        except Exception:  # noqa: BLE001 (as in request())
            self._failed(flow, "response")
            return None

    async def _leave_later(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage
    ) -> None:
        """Once it is known where the redirect of a signal file ends."""
        try:
            await self.redirects.follow(flow, passage.resource.path)
            waiting = self._leave(flow, response, passage)
        except Exception:  # noqa: BLE001 (as in request())
            self._failed(flow, "response")
            return
        if waiting is not None:
            await waiting

    def _leave(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage
    ) -> Awaitable[None] | None:
        began = time.perf_counter()
        head = None
        if passage.looked_at:  # its first bytes have shown something else
            resource = passage.shown or passage.resource
        else:
            passage.looked_at = True
            since = began - passage.passed_on if passage.passed_on else None
            self.service.emit(Answered(response.status_code, since))
            head = response_kinds.read(response.headers.fields)
            resource = response_kinds.from_head(passage.resource, head)
        later = self.service.answered(passage, resource)
        if later is not None:
            return self._left_later(flow, response, passage, began, later, head)
        return self._left(flow, response, passage, began, head)

    async def _left_later(
        self,
        flow: http.HTTPFlow,
        response: http.Response,
        passage: Passage,
        began: float,
        later: Awaitable[None],
        head: Head | None,
    ) -> None:
        try:
            await later
            waiting = self._left(flow, response, passage, began, head)
        except Exception:  # noqa: BLE001 (as in request())
            self._failed(flow, "response")
            return
        if waiting is not None:
            await waiting

    def _left(
        self,
        flow: http.HTTPFlow,
        response: http.Response,
        passage: Passage,
        began: float,
        head: Head | None,
    ) -> Awaitable[None] | None:
        """Let it out, refuse it, or hold it until its first bytes show what it is."""
        passage.seconds += time.perf_counter() - began
        if head is not None and self._hold(flow, response, passage, head):
            passage.added += time.perf_counter() - began
            return None
        return self._let_out(flow, response, passage, began)

    def _hold(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage, head: Head
    ) -> bool:
        """Whether the response waits for its first bytes: where its head does not say enough."""
        resource = passage.resource
        if flow.request.method == "HEAD":
            return False
        if passage.pending:
            return first_bytes.hold(
                flow,
                lambda start: len(start) >= ANSWER,
                lambda start: self._look_at_login(flow, response, passage, start),
            )
        if passage.verdict.refused:
            return False
        if not response_kinds.to_look_at(resource, head, response.status_code):
            return False

        def look(start: bytes) -> bool:
            try:
                found = response_kinds.from_body(resource, head, start)
                if found is not resource:
                    passage.shown = found
                    return True  # this hook runs once more, and may wait
                passage.start = start
                self._let_out(flow, response, passage, time.perf_counter())
            except Exception:  # noqa: BLE001 (as in request())
                self._failed(flow, "response")
            return False

        return first_bytes.hold(flow, lambda start: response_kinds.enough(head, start), look)

    def _look_at_login(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage, start: bytes
    ) -> bool:
        try:
            passage.start = start
            self._let_out(flow, response, passage, time.perf_counter())
        except Exception:  # noqa: BLE001 (as in request())
            self._failed(flow, "response")
        return False

    def _settle_login(self, response: http.Response, passage: Passage) -> None:
        """The site has answered a request that was let in for its credentials: were they right?"""
        passage.pending = False
        match self.logins.outcome(response, passage.request, passage.start):
            case "accepted":
                self.service.logged_in(passage)
            case "refused":
                passage.verdict = ALLOW  # the site's own no goes out: there is no recording in it

    def _let_out(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage, began: float
    ) -> Awaitable[None] | None:
        """What it is, is known: record the verdict, and let it out or put a refusal in its place."""
        if passage.pending:
            self._settle_login(response, passage)
        waiting = self._wait(passage)
        if passage.verdict.refused:
            self.service.line.ended(passage)
            answer = self._refusal(flow, passage)
            self._record(passage)
            self.delivery.withheld(flow, passage, response)
            replace_response(flow, answer)
        else:
            self._record(passage)
            self._pass(flow, response, passage)
        self.service.emit(Spent(passage.added + time.perf_counter() - began))
        return waiting

    def _pass(self, flow: http.HTTPFlow, response: http.Response, passage: Passage) -> None:
        """Let a response go out: what it says is completed, what goes out of it is counted."""
        resource = passage.resource
        status = response.status_code  # of the site: a file of ours may take its place
        links = None
        if self.service.marks.on:
            links = marked_flows.hand_out(
                flow, passage, self.service.marks, lambda: self._is_secure(flow, passage.request)
            )
        if resource.kind in SOUNDING and self.delivery.is_sent(flow.request.method, status):
            if resource.kind == "audio":
                sounding = response.stream = self.delivery.audio(passage, response)
                self.service.line.answered(passage, sounding.size)
                if passage.listened:
                    interrupting.interruptible(flow, lambda: passage.interrupted)
            else:
                self.delivery.listing(passage, response)
        elif resource.guarded and status >= 400:
            self.service.missing(passage, status)
        elif (
            resource.kind == "download"
            and passage.listened
            and resource.form != "bought"
            and self.delivery.is_sent(flow.request.method, status)
        ):
            self.delivery.archive(passage, response)
        if passage.way is not None and passage.ending is None:
            self.service.line.ended(passage)  # no recording goes out
        stream = response.stream
        standards = self._signals.leaving(
            flow,
            resource,
            lambda path, text: self.service.noticed(passage, path, text),
            start=passage.start,
            shown=lambda: reads_pages(passage.client, passage.request),
            trapped=passage.client.proof != "verified",
            links=links,
        )
        if links is not None:
            marked_flows.put_in(flow, links, tagged=response.stream is not stream)
        self.service.emit(Responded(resource.kind, standards))
        if passage.client.purpose not in PEOPLE:
            passage.status = response.status_code
            response.stream = weighing(response.stream, passage)
            self.delivery.program(passage, flow.request.method, status)

    # -- the end -----------------------------------------------------------------------------------

    def broken(self, flow: http.HTTPFlow) -> None:
        """The site did not answer, or the client went away: the request was decided all the same."""
        passage = flow.metadata.get(PASSAGE)
        if passage is not None:
            self._record(passage)
            self.end(flow)

    def end(self, flow: http.HTTPFlow) -> None:
        """Report what a machine was sent, once."""
        passage = flow.metadata.get(PASSAGE)
        if passage is None:
            return
        if passage.ending is not None:
            passage.ending()
            passage.ending = None
        self.service.line.ended(passage)
        if not passage.ended and passage.status:
            passage.ended = True
            self.service.took(passage, passage.status, passage.size)

    def _record(self, passage: Passage) -> None:
        if not passage.recorded:
            passage.recorded = True
            self.service.record(passage)

    # -- when things go wrong ----------------------------------------------------------------------

    def _failed(self, flow: http.HTTPFlow, step: str) -> None:
        """Open or closed, as the stance says for this kind of resource."""
        policy = self.service.policy
        stance = policy.stance if policy else None
        request, recording = self._best_knowledge(flow)
        closed = (
            stance is None
            or (stance.on_error.audio if recording else stance.on_error.pages) == "closed"
        )
        outcome = "closed" if closed else "open"
        self.service.emit(Failed(step, outcome))
        _log.exception("the guard failed on a %s; on_error says %s", step, outcome)
        if step == "response":
            if closed:
                replace_response(flow, as_response(unavailable(request)))
        elif closed:
            self._answer(flow, as_response(unavailable(request)))
        else:
            forward(flow, self.service.trusted, keep_host=self.keep_host)

    def _best_knowledge(self, flow: http.HTTPFlow) -> tuple[Request | None, bool]:
        """The request, and whether it is about a recording; in doubt it is."""
        passage = flow.metadata.get(PASSAGE)
        if passage is not None and passage.resource.guarded:
            return passage.request, True
        try:
            request = read(flow, self.service.trusted)
            policy = self.service.policy
            resource = policy.classify(request.path, request.target) if policy else None
            if resource is not None and flow.response is not None:
                head = response_kinds.read(flow.response.headers.fields)
                resource = response_kinds.from_head(resource, head)
        except Exception:  # noqa: BLE001 (in doubt, the request is refused)
            return None, True
        return request, resource is None or resource.guarded

    def unreachable(self, server: connection.Server) -> None:
        """The site does not answer: counted each time, and said now and then."""
        self.service.emit(SiteUnreachable())
        now = time.monotonic()
        due = now - self._upstream_said > UPSTREAM_SILENCE
        self.outage.failed(reported=due)
        if due:
            self._upstream_said = now
            _log.warning("%s%s", self.prefix, unreachable(server))

    def _warn_about_proxies(self, flow: http.HTTPFlow, passage: Passage) -> None:
        """What stands in front and is not trusted, or hides the visitors: a line about each."""
        service, arrival = self.service, passage.arrival
        settings, peer = service.settings, flow.client_conn.peername
        if settings is None or peer is None or arrival is None:
            return
        if not arrival.ja4 and not self._unseen_told:
            self._tell_unseen(passage.policy.stance, proxied=arrival.proxied)
        text = self._proxies.look(
            peer[0],
            passage.request,
            service.trusted,
            service.edges,
            arrival.between,
            in_stance=settings.trusted_proxies is None,
        )
        if text:
            _log.warning("%s", text)

    def _tell_unseen(self, stance: Stance, *, proxied: bool) -> None:
        """Once: a request without a handshake, where the stance rests on one."""
        service = self.service
        text = of_request(stance, proxied=proxied, header=service.ja4_header, ja4="")
        if text:
            self._unseen_told = True
            if not service.unseen:  # else it was said at the start
                service.unseen = text
                _log.warning("%s", text)


def _may_sign(passage: Passage) -> bool:
    """Whether a signature could still prove who this is: it is known to sign, or it tried to."""
    client, tried = passage.client, passage.request.header("signature-input")
    return client.proof != "verified" and (passage.policy.signs(client) or TAG in tried)
