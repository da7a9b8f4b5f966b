"""What both halves of an exchange work with, and its end: what is decided is recorded once."""

from __future__ import annotations

import logging

from mitmproxy import http

from stagedoor.fronts.mitmproxy.delays import Delays
from stagedoor.fronts.mitmproxy.delivery import Delivery
from stagedoor.fronts.mitmproxy.guard_failures import GuardFailures
from stagedoor.fronts.mitmproxy.logins import Logins
from stagedoor.fronts.mitmproxy.outages import Outage
from stagedoor.fronts.mitmproxy.passage import PASSAGE, Passage
from stagedoor.fronts.mitmproxy.refusal_responses import refusal
from stagedoor.fronts.mitmproxy.signal_redirects import SignalRedirects
from stagedoor.fronts.mitmproxy.signal_responses import SignalResponses, misfit
from stagedoor.fronts.service import Service
from stagedoor.model.events import PageTagged
from stagedoor.publish.publication import NOTHING, Published

_log = logging.getLogger("stagedoor.door")


class ExchangeParts:
    """One guard's; `outage` is the site's present one."""

    def __init__(self, service: Service, outage: Outage) -> None:
        self.service = service
        self.delivery = Delivery(service)
        self.delays = Delays()
        self.failures = GuardFailures(service, outage)
        self.redirects = SignalRedirects()
        self.logins = Logins(self.redirects.client)
        self.signals = SignalResponses(NOTHING)
        self._misfits: set[str] = set()

    def follow(self, publication: Published) -> None:
        """From now on this is published."""
        emit = self.service.emit
        self.signals = SignalResponses(
            publication, lambda outcome: emit(PageTagged(outcome)), self.misfit
        )

    def misfit(self, path: str, kind: str) -> None:
        """Once a path: the site answers a signal file with something else."""
        if path not in self._misfits:
            self._misfits.add(path)
            _log.warning("%s%s", self.service.prefix, misfit(path, kind))

    def refusal(self, flow: http.HTTPFlow, passage: Passage) -> http.Response:
        """What a refused client gets."""
        return refusal(flow, passage, self.service, self.signals)

    def record(self, passage: Passage) -> None:
        """Its verdict is final."""
        if not passage.recorded:
            passage.recorded = True
            self.service.record(passage)

    def broken(self, flow: http.HTTPFlow) -> None:
        """The site did not answer, or the client went away: the request was decided all the same."""
        passage = flow.metadata.get(PASSAGE)
        if passage is not None:
            self.record(passage)
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
