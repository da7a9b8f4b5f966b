"""The second half of an exchange: the site has answered; decided again where needed, and let out.

No decision is made here, as in the first half (flow_exchange.py).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable

from mitmproxy import http

from stagedoor.fronts.inner_addresses import names_addresses, translated
from stagedoor.fronts.mitmproxy import first_bytes, interrupting, marked_flows
from stagedoor.fronts.mitmproxy.answers_given import is_answered
from stagedoor.fronts.mitmproxy.delivery import SOUNDING
from stagedoor.fronts.mitmproxy.exchange_parts import ExchangeParts
from stagedoor.fronts.mitmproxy.flow_request import is_secure
from stagedoor.fronts.mitmproxy.forwarding import replace_response, route
from stagedoor.fronts.mitmproxy.passage import PASSAGE, Passage, weighing
from stagedoor.fronts.mitmproxy.signal_redirects import is_redirect
from stagedoor.fronts.page_readers import reads_pages
from stagedoor.identify.site_credentials import ANSWER
from stagedoor.model.events import Answered, Responded, Spent
from stagedoor.model.facts import PEOPLE
from stagedoor.resources import response_kinds
from stagedoor.resources.response_kinds import Head
from stagedoor.rules.plan import ALLOW


class ResponseExchange:
    """Carries out what the engine decides, for every response to one guard."""

    def __init__(self, parts: ExchangeParts) -> None:
        self._parts = parts
        self._service = parts.service
        self._delivery = parts.delivery
        self._outage = parts.failures.outage
        self._wait, self._record = parts.delays.wait, parts.record

    def head(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """Now the type is known: decide again where it matters, then stream."""
        passage = flow.metadata.get(PASSAGE)
        if flow.response is None or is_answered(flow):
            return None
        if self._outage.lasts:
            self._outage.answered()
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
                and self._parts.signals.has_file(passage.resource.path)
            ):
                return self._leave_later(flow, flow.response, passage)
            return self._leave(flow, flow.response, passage)
        except Exception:  # noqa: BLE001 (whatever it is, on_error decides)
            self._failed(flow)
            return None

    async def _leave_later(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage
    ) -> None:
        """Once it is known where the redirect of a signal file ends."""
        try:
            await self._parts.redirects.follow(flow, passage.resource.path)
            waiting = self._leave(flow, response, passage)
        except Exception:  # noqa: BLE001 (as in head())
            self._failed(flow)
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
            self._service.emit(Answered(response.status_code, since))
            head = response_kinds.read(response.headers.fields)
            resource = response_kinds.from_head(passage.resource, head)
        later = self._service.answered(passage, resource)
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
        except Exception:  # noqa: BLE001 (as in head())
            self._failed(flow)
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
            except Exception:  # noqa: BLE001 (as in head())
                self._failed(flow)
            return False

        return first_bytes.hold(flow, lambda start: response_kinds.enough(head, start), look)

    def _look_at_login(
        self, flow: http.HTTPFlow, response: http.Response, passage: Passage, start: bytes
    ) -> bool:
        try:
            passage.start = start
            self._let_out(flow, response, passage, time.perf_counter())
        except Exception:  # noqa: BLE001 (as in head())
            self._failed(flow)
        return False

    def _settle_login(self, response: http.Response, passage: Passage) -> None:
        """The site has answered a request that was let in for its credentials: were they right?"""
        passage.pending = False
        match self._parts.logins.outcome(response, passage.request, passage.start):
            case "accepted":
                self._service.logged_in(passage)
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
            self._service.line.ended(passage)
            answer = self._parts.refusal(flow, passage)
            self._record(passage)
            self._delivery.withheld(flow, passage, response)
            replace_response(flow, answer)
        else:
            self._record(passage)
            self._pass(flow, response, passage)
        self._service.emit(Spent(passage.added + time.perf_counter() - began))
        return waiting

    def _pass(self, flow: http.HTTPFlow, response: http.Response, passage: Passage) -> None:
        """Let a response go out: what it says is completed, what goes out of it is counted."""
        resource = passage.resource
        status = response.status_code  # of the site: a file of ours may take its place
        links = None
        if self._service.marks.on:
            links = marked_flows.hand_out(
                flow,
                passage,
                self._service.marks,
                lambda: is_secure(flow, passage.request, self._service.trusted),
            )
        if resource.kind in SOUNDING and self._delivery.is_sent(flow.request.method, status):
            if resource.kind == "audio":
                sounding = response.stream = self._delivery.audio(passage, response)
                self._service.line.answered(passage, sounding.size)
                if passage.listened:
                    interrupting.interruptible(flow, lambda: passage.interrupted)
            else:
                self._delivery.listing(passage, response)
        elif resource.guarded and status >= 400:
            self._service.missing(passage, status)
        elif (
            resource.kind == "download"
            and passage.listened
            and resource.form != "bought"
            and self._delivery.is_sent(flow.request.method, status)
        ):
            self._delivery.archive(passage, response)
        if passage.way is not None and passage.ending is None:
            self._service.line.ended(passage)  # no recording goes out
        stream = response.stream
        standards = self._parts.signals.leaving(
            flow,
            resource,
            lambda path, text: self._service.noticed(passage, path, text),
            start=passage.start,
            shown=lambda: reads_pages(passage.client, passage.request),
            trapped=passage.client.proof != "verified",
            links=links,
        )
        if links is not None:
            marked_flows.put_in(flow, links, tagged=response.stream is not stream)
        self._service.emit(Responded(resource.kind, standards))
        if passage.client.purpose not in PEOPLE:
            passage.status = response.status_code
            response.stream = weighing(response.stream, passage)
            self._delivery.program(passage, flow.request.method, status)

    def _failed(self, flow: http.HTTPFlow) -> None:
        answer = self._parts.failures.answer(flow, "response")
        if answer is not None:
            replace_response(flow, answer)
