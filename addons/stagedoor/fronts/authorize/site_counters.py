"""Several sites behind one counter: each question and each log line goes to the counter of its site.

By the name that the front says: X-Forwarded-Host where the question is in headers, else the question's own
Host. Whether the front is believed is decided by the counter of that site.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from stagedoor.config.site_stances import hosts_of
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.authorize import front_logs
from stagedoor.fronts.authorize.counter import (
    BY_HEADERS,
    HEALTHY,
    NGINX,
    REFUSED,
    Counter,
)
from stagedoor.fronts.authorize.counter_answers import REFUSAL, Answers
from stagedoor.fronts.authorize.http_questions import Fields, plain
from stagedoor.fronts.authorize.log_reports import LogReports
from stagedoor.fronts.authorize.no_handouts import NoHandouts
from stagedoor.fronts.authorize.questions import HOST
from stagedoor.fronts.authorize.signal_answers import SignalAnswers
from stagedoor.fronts.authorize.site_readings import SiteReadings, upstream_of
from stagedoor.fronts.host_table import HostTable
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.fronts.refusals import Answer
from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.model.events import Malformed
from stagedoor.publish.publication import Published
from stagedoor.record.suite import Suite
from stagedoor.signals import registry

NEAR = ("127.0.0.0/8", "::1")
"""Fronts that are believed where nobody has named others: those on this machine."""
UNKNOWN = "unknown-host"
NO_SITE = plain(421, "There is no site of this name here.")
_FOR_NGINX = (
    b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n%s: %s\r\nCache-Control: no-store\r\n\r\n"
    % (
        REFUSAL,
        UNKNOWN.encode(),
    )
)
"""nginx is told no, and fetches the whole answer under this name."""
MOST_HEADS = 4096
"""Heads whose site is known without reading them."""


def carried(said: Published) -> frozenset[str]:
    """The standards that speak in the published headers."""
    known = registry.current().published_fields
    return frozenset(
        standard.name
        for name, value in said.headers
        for standard, header in known.get(name.lower(), ())
        if header.carries(value.decode("latin-1"))
    )


class SiteCounter:
    """What answers for one site, and reads its log lines. `suite` records it."""

    def __init__(
        self, upstream: Upstream | None, client: UpstreamClient, suite: Suite | None = None
    ) -> None:
        self.service = Service(lambda said: len(carried(said)), suite, marks=NoHandouts)
        self.answers = Answers()
        self.site = SiteReadings(self.service, upstream, client)
        self.signals = SignalAnswers(self.service, self.site)
        self.counter = Counter(self.service, self.site, self.signals, self.answers)
        self._standards: frozenset[str] = frozenset()
        self.reports = LogReports(
            self.service, self.counter.open_requests, self.site, lambda: self._standards
        )
        self.service.changed = lambda _: self.follow()

    def follow(self) -> None:
        """From now on this is published."""
        said = self.service.publication
        self._standards = carried(said)
        self.answers.follow(said)
        self.signals.follow(said)

    def believe_the_near(self, settings: Settings) -> None:
        """Where no front is named, those on this machine are believed."""
        self.service.apply(settings)
        if not self.service.trusted:
            self.service.apply(replace(settings, trusted_proxies=networks(NEAR)))

    async def close(self) -> None:
        """Ask no more, and report what still waits."""
        await self.site.close()
        await self.reports.close()


class SiteCounters:
    """Those of one program. `shared` takes what is no site's."""

    def __init__(
        self,
        shared: SiteCounter,
        names: tuple[str, ...],
        client: UpstreamClient,
        suite_of: Callable[[str], Suite] = Suite,
    ) -> None:
        self.shared = shared
        self.each: dict[str, SiteCounter] = {}
        self._client = client
        self._elsewhere = shared.site.upstream
        self._heads: dict[bytes, SiteCounter] = {}
        self.table: HostTable[SiteCounter] = HostTable()
        self.services = SiteServices(
            shared.service, names, lambda name: self._made(name, suite_of(name))
        )

    def _made(self, name: str, suite: Suite) -> Service:
        made = self.each[name] = SiteCounter(self._elsewhere, self._client, suite)

        def changed(_: Any) -> None:
            made.follow()
            self.fill()

        made.service.changed = changed
        return made.service

    def apply(self, settings: Settings) -> None:
        """ConfigError with the mistakes of every site."""
        self.services.apply(settings)
        for made in self.each.values():
            assert made.service.settings is not None
            made.believe_the_near(made.service.settings)
        self.fill()

    def fill(self) -> None:
        """From now on these are the names and addresses of the sites."""
        shared = self.shared.service.policy
        rows = []
        for made in self.each.values():
            policy = made.service.policy
            if policy is None or shared is None:
                return
            own = policy.stance.site.upstream
            inherited = not own or own == shared.stance.site.upstream
            made.site.upstream = self._elsewhere if inherited else upstream_of(own)
            rows.append((hosts_of(policy.stance), made))
        self._heads.clear()
        default = self.each.get(shared.stance.site.default) if shared is not None else None
        self.table = HostTable(rows, default)

    # -- questions ---------------------------------------------------------------------------------

    def again(self, head: bytes, peer: str) -> bytes | None:
        """As Counter.again, by the site that was found for this head before."""
        found = self._heads.get(head)
        return found.counter.again(head, peer) if found is not None else None

    def ask(
        self, method: str, target: bytes, fields: Fields, peer: str, head: bytes
    ) -> Answer | bytes | Awaitable[Answer | bytes]:
        """As Counter.ask, by the site of the question."""
        bare = target.partition(b"?")[0].decode("latin-1")
        if bare == HEALTHY:
            return self.shared.counter.ask(method, target, fields, peer, head)
        if bare == REFUSED:
            return self._refusal(method, target, fields, peer, head)
        found = self._meant(fields, in_headers=bare in (NGINX, BY_HEADERS))
        if found is None:
            if not self.believes(peer):
                return self.shared.counter.ask(method, target, fields, peer, head)
            self.shared.service.emit(Malformed("client", UNKNOWN))
            return _FOR_NGINX if bare == NGINX else NO_SITE
        if len(self._heads) >= MOST_HEADS:
            self._heads.clear()
        self._heads[head] = found
        return found.counter.ask(method, target, fields, peer, head)

    def _refusal(
        self, method: str, target: bytes, fields: Fields, peer: str, head: bytes
    ) -> Answer | bytes | Awaitable[Answer | bytes]:
        """The refusal of a name, whichever site has made it; names are random."""
        wanted = next((v for n, v in fields if n.lower() == REFUSAL.lower()), b"").decode("latin-1")
        if wanted == UNKNOWN and self.believes(peer):
            return NO_SITE
        for made in self.each.values():
            if made.answers.holds(wanted):
                return made.counter.ask(method, target, fields, peer, head)
        return self.shared.counter.ask(method, target, fields, peer, head)

    def _meant(self, fields: Fields, *, in_headers: bool) -> SiteCounter | None:
        said = own = b""
        for name, value in fields:
            if len(name) == 4 and name.lower() == b"host":
                own = own or value
            elif in_headers and len(name) == len(HOST) and name.lower() == HOST.encode():
                said = said or value
        return self.table.of((said or own).decode("latin-1")) or self.table.default

    def believes(self, peer: str) -> bool:
        """Whether any of the sites trusts `peer`."""
        return self.services.believes(peer)

    # -- log lines ---------------------------------------------------------------------------------

    def line(self, data: bytes) -> None:
        """One line of a front's log, for the site that it names. Never raises."""
        try:
            sent = front_logs.read(data, self.shared.service.trusted)
        except ValueError:
            sent = None
        if sent is None:
            self.shared.reports.line(data)  # it says what is wrong with it
            return
        found = self.table.of(sent.host) or self.table.default
        if found is not None:  # else it was refused, or is of another site of the front's
            found.reports.line(data)

    async def close(self) -> None:
        """Ask no more."""
        for made in self.each.values():
            await made.close()
