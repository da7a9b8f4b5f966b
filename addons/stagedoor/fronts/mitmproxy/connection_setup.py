"""Setup of what comes before the addon: descriptors, connections, malformed requests.

One object, so that the addon has a line for each moment: before it listens, when it knows its
options, when it runs, and at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mitmproxy import http

from stagedoor.fronts.addresses import is_trusted
from stagedoor.fronts.mitmproxy import accepting, crashes, descriptors, request_faults
from stagedoor.fronts.mitmproxy.answers_given import answer
from stagedoor.fronts.mitmproxy.complaints import Complaints
from stagedoor.fronts.mitmproxy.connections import Bounds, Connections
from stagedoor.fronts.mitmproxy.early_refusals import EarlyRefusals
from stagedoor.fronts.mitmproxy.hardening import harden
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.mitmproxy.replacing import install
from stagedoor.fronts.mitmproxy.tls_files import ServedCertificate
from stagedoor.fronts.service import Service
from stagedoor.model.events import ConnectionClosed, Malformed

SHARE = 4
"""One household gets at most the fourth part of all connections there may be."""


class Visitors:
    """Bounds visitors' connections, and answers requests that nobody can decide about."""

    def __init__(self, service: Service) -> None:
        self._suite = service.suite
        emit = service.emit
        self.complaints = Complaints(lambda side, fault: emit(Malformed(side, fault)))
        self.connections = Connections(
            lambda reason: emit(ConnectionClosed(reason)),
            lambda address: is_trusted(address, service.trusted) or self.believed(address),
        )
        self.believed: Callable[[str], bool] = lambda _: False
        """Whether one of several sites trusts a proxy that the guard as a whole does not."""
        self.listen: accepting.Listen = accepting.by_mitmproxy
        self._certificate: ServedCertificate | None = None
        self._descriptors = 0
        self._reserve = descriptors.Reserve()
        self._sweeping: asyncio.Task[None] | None = None
        self._proxyserver: Any = None
        self._release: Callable[[], None] = lambda: None
        self._unspare: Callable[[], None] = lambda: None
        self._soften: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Before anything listens: raise the limit of descriptors, count connections."""
        self._descriptors = descriptors.for_visitors(descriptors.raise_limit())
        self.bound(None)
        self._reserve.hold()
        self._release = install(accepting.counting(self.connections))
        self._unspare = crashes.spare_the_log(self.complaints)
        self._suite.watch("stagedoor_connections", lambda: len(self.connections))
        self._suite.watch("stagedoor_connections_unfinished", lambda: self.connections.unfinished)
        self._suite.watch("stagedoor_connections_limit", lambda: self.connections.bounds.in_all)

    def bound(self, settings: Settings | None) -> None:
        """Take the bounds from the options; None for those that are given by default."""
        given = settings or Settings(None, None, None, None, None)
        most = self._descriptors or given.connections
        in_all = min(given.connections, most)
        self.connections.bounds = Bounds(
            per_household=max(1, min(given.per_household, in_all // SHARE)),
            in_all=in_all,
            head=given.head_seconds,
            idle=given.idle_seconds,
            descriptors=most if self._descriptors else 1 << 30,
        )

    def certify(self, settings: Settings) -> None:
        """Take the certificate that the options name. StagedoorError where it cannot be used."""
        if settings.tls_cert is None:
            self._certificate = None
            return
        found = ServedCertificate(settings.tls_cert, settings.tls_key or settings.tls_cert)
        found.load()
        self._certificate = found

    def greet(self, tlsconfig: Any) -> None:
        """A handshake begins: mitmproxy may have made its store of certificates anew."""
        if self._certificate is not None and tlsconfig is not None:
            self._certificate.put_into(tlsconfig.certstore)

    def look_again(self) -> None:
        """Read the certificate again, if it has changed."""
        if self._certificate is not None:
            self._certificate.look()

    def make_way(self) -> None:
        """The guard is about to open its files."""
        self._reserve.let_go()

    def harden(self, proxyserver: Any, early: EarlyRefusals | None = None) -> None:
        """The guard runs: take the place of what a public server cannot use."""
        self._proxyserver = proxyserver
        self._soften = harden(self.complaints, self.connections, early)
        self._sweeping = asyncio.create_task(
            self._keep_order(proxyserver), name="stagedoor connections"
        )

    async def _keep_order(self, proxyserver: Any) -> None:
        if proxyserver is not None:
            await accepting.take_few(proxyserver, self.listen)
        while True:
            await asyncio.sleep(accepting.EVERY)
            self.connections.sweep()
            self.look_again()

    def served(self) -> int:
        """Connections on which a response is on its way; the end of the guard cuts it off."""
        return self.connections.served

    def take_none(self) -> None:
        """Accept nobody any more."""
        if self._proxyserver is not None:
            accepting.take_none(self._proxyserver)

    def close(self) -> None:
        """Give everything back."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
        self.take_none()
        self._reserve.let_go()
        self._soften()
        self._unspare()
        self._release()

    def malformed(self, flow: http.HTTPFlow) -> bool:
        """Answer a request that can be read in two ways; True where that was one."""
        found = request_faults.settle(flow)
        if found is None:
            return False
        self.complaints("client", found.name, found.reason)
        answer(flow, request_faults.answer(found))
        return True
