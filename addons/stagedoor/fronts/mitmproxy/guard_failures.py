"""What happens when the guard itself fails, decided here and nowhere else.

mitmproxy would let the request pass; `on_error` of the stance says what to do instead, and every such
event is counted. That the site does not answer is counted here, too.
"""

from __future__ import annotations

import logging
import time

from mitmproxy import connection, http

from stagedoor.fronts.mitmproxy.answers_given import as_response
from stagedoor.fronts.mitmproxy.flow_request import read
from stagedoor.fronts.mitmproxy.forwarding import unreachable
from stagedoor.fronts.mitmproxy.outages import Outage
from stagedoor.fronts.mitmproxy.passage import PASSAGE
from stagedoor.fronts.refusals import unavailable
from stagedoor.fronts.service import Service
from stagedoor.model.events import Failed, SiteUnreachable
from stagedoor.model.facts import Request
from stagedoor.resources import response_kinds

_log = logging.getLogger("stagedoor.door")
UPSTREAM_SILENCE = 10.0
"""Seconds between two lines about a site that does not answer."""


class GuardFailures:
    """One guard's; `outage` is the site's present one."""

    def __init__(self, service: Service, outage: Outage) -> None:
        self._service, self.outage = service, outage
        self._upstream_said = 0.0

    def answer(self, flow: http.HTTPFlow, step: str) -> http.Response | None:
        """The answer where the guard has failed at this step; None: the flow goes on undecided.

        Open or closed, as the stance says for this kind of resource. Called while the exception is
        handled.
        """
        policy = self._service.policy
        stance = policy.stance if policy else None
        request, recording = self._best_knowledge(flow)
        closed = (
            stance is None
            or (stance.on_error.audio if recording else stance.on_error.pages) == "closed"
        )
        outcome = "closed" if closed else "open"
        self._service.emit(Failed(step, outcome))
        _log.exception("the guard failed on a %s; on_error says %s", step, outcome)
        return as_response(unavailable(request)) if closed else None

    def _best_knowledge(self, flow: http.HTTPFlow) -> tuple[Request | None, bool]:
        """The request, and whether it is about a recording; in doubt it is."""
        passage = flow.metadata.get(PASSAGE)
        if passage is not None and passage.resource.guarded:
            return passage.request, True
        try:
            request = read(flow, self._service.trusted)
            policy = self._service.policy
            resource = policy.classify(request.path, request.target) if policy else None
            if resource is not None and flow.response is not None:
                head = response_kinds.read(flow.response.headers.fields)
                resource = response_kinds.from_head(resource, head)
        except Exception:  # noqa: BLE001 (in doubt, the request is refused)
            return None, True
        return request, resource is None or resource.guarded

    def unreachable(self, server: connection.Server) -> None:
        """The site does not answer: counted each time, and said now and then."""
        self._service.emit(SiteUnreachable())
        now = time.monotonic()
        due = now - self._upstream_said > UPSTREAM_SILENCE
        self.outage.failed(reported=due)
        if due:
            self._upstream_said = now
            _log.warning("%s%s", self._service.prefix, unreachable(server))
