"""Several sites behind one guard: each request goes to the exchanges of its site, and so to its upstream.

Decided by the name in the request alone. The connection says nothing: browsers use one for several names
that its certificate has (RFC 9113, 9.1.1), and a visitor may write any name into a handshake.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from mitmproxy import connection, ctx, http
from mitmproxy.proxy import mode_specs

from stagedoor.config.site_stances import hosts_of
from stagedoor.fronts.host_table import HostTable, believes, forwarded_host
from stagedoor.fronts.mitmproxy import request_faults
from stagedoor.fronts.mitmproxy.answers_given import answer, as_response
from stagedoor.fronts.mitmproxy.flow_exchange import Exchanges
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.mitmproxy.outages import Outage
from stagedoor.fronts.mitmproxy.signal_responses import carried
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.fronts.mitmproxy.upstreams import leads_inside
from stagedoor.fronts.refusals import unavailable
from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.model.events import Failed
from stagedoor.record.suite import Suite
from stagedoor.resources.targets import Fault
from stagedoor.rules.policy import Policy

_log = logging.getLogger("stagedoor.door")

SITE = "stagedoor.site"
"""Where a flow keeps the exchanges of its site."""
NO_SITE = Fault(421, "unknown-host", "there is no site of this name here")


class GuardedSites:
    """The sites of one guard. `shared` carries out what is no site's."""

    def __init__(
        self, shared: Exchanges, names: tuple[str, ...], suite_of: Callable[[str], Suite]
    ) -> None:
        self.shared = shared
        self.each: dict[str, Exchanges] = {}
        self.table: HostTable[Exchanges] = HostTable()
        self.changed: Callable[[], None] = lambda: None
        """Called when other names or addresses are in force."""
        self.report: Callable[[str], None] = lambda _: None
        """Takes the name in a request that is no site's."""
        self._known: object = None
        self._elsewhere: Upstream | None = None
        """Where a site is that does not say it: the address on the command line, if it is no site's own."""
        self._begun = False
        self._over_tls = False
        """Whether one of the sites answers by TLS."""
        self.services = SiteServices(
            shared.service, names, lambda name: self._made(name, suite_of(name)), self._lacking
        )

    def _made(self, name: str, suite: Suite) -> Service:
        service = Service(lambda said: len(carried(said.headers)), suite)
        exchanges = self.each[name] = Exchanges(service, Outage())
        exchanges.fingerprints, exchanges.agents = self.shared.fingerprints, self.shared.agents
        service.changed = lambda _: self._follow(exchanges)
        return service

    # -- start and change --------------------------------------------------------------------------

    def apply(self, settings: Settings) -> None:
        """ConfigError where the sites cannot be guarded so."""
        self.services.apply(settings)
        if not self._begun:
            policies = [service.policy for service in self.services if service.policy is not None]
            given = _of_the_mode()
            own = {_parsed(p.stance.site.upstream) for p in policies if p.stance.site.upstream}
            # A program that was started without an address has one of the sites' for mitmproxy.
            self._elsewhere = given if given not in own else None
            self._begun = True
            lacking = [found for policy in policies for found in self._lacking(policy)]
            if lacking:
                raise ConfigError(lacking)
        self.fill()

    def _lacking(self, policy: Policy) -> list[Problem]:
        """A site must not lead to that of another because it says nothing."""
        if policy.stance.site.upstream or self._elsewhere is not None or not self._begun:
            return []
        return [
            Problem(
                policy.place,
                "the site has no upstream, so its requests lead nowhere",
                "write site: upstream: http://localhost:8000",
            )
        ]

    def _follow(self, exchanges: Exchanges) -> None:
        exchanges.follow(exchanges.service.publication)
        self.fill()

    def fill(self) -> None:
        """From now on these are the names and addresses of the sites."""
        shared = self.shared.service.policy
        if shared is None or any(each.service.policy is None for each in self.each.values()):
            return
        rows, known = [], []
        for name, exchanges in self.each.items():
            policy = exchanges.service.policy
            assert policy is not None
            hosts = hosts_of(policy.stance)
            upstream = self._upstream(policy.stance.site.upstream, shared.stance.site.upstream)
            if upstream != exchanges.upstream:
                exchanges.upstream = upstream
                exchanges.keep_host = _keeps_host(upstream)
            rows.append((hosts, exchanges))
            known.append((name, hosts, upstream))
        self._over_tls = any(e.upstream.scheme == "https" for e in self.each.values() if e.upstream)
        self.table = HostTable(rows, self.each.get(shared.stance.site.default))
        if known != self._known:
            self._known = known
            self.changed()

    def _upstream(self, own: str, shared: str) -> Upstream | None:
        """Where a site is; what it has from the shared stance, the command line may overrule."""
        if own and own != shared:
            return _parsed(own)
        return self._elsewhere or (_parsed(own) if own else None)

    def first(self) -> Upstream | None:
        """One of the sites' addresses: mitmproxy's mode needs one, which no request is sent to."""
        found = [each.upstream for each in self.each.values() if each.upstream]
        plain = [upstream for upstream in found if upstream.scheme == "http"]
        return next(iter([*plain, *found]), None)

    def addresses(self) -> list[str]:
        """Where the sites are."""
        return [each.upstream.address for each in self.each.values() if each.upstream]

    def upstream_hosts(self) -> list[str]:
        """The hosts of these addresses."""
        return [each.upstream.host for each in self.each.values() if each.upstream]

    def advice(self) -> list[str]:
        """What is legal and still worth reporting, of all sites: each once."""
        policies = (service.policy for service in self.services)
        return list(dict.fromkeys(str(p) for policy in policies if policy for p in policy.advice))

    def lines(self) -> list[str]:
        """A line about each: its name, the names in its requests, its artist, and where it is."""
        found = []
        for name, exchanges in self.each.items():
            policy, upstream = exchanges.service.policy, exchanges.upstream
            assert policy is not None
            artist = policy.stance.artist.name
            observed = ", observed" if exchanges.service.mode == "observe" else ""
            found.append(
                f"{name}: {', '.join(hosts_of(policy.stance))}"
                + (f" ({artist})" if artist else "")
                + (f" at {upstream.address}" if upstream is not None else "")
                + observed
            )
        return found

    def speaks_plain(self, request: http.Request) -> bool:
        """Whether the site of a request, which has one Host, answers by plain HTTP."""
        if not self._over_tls:
            return True
        found = self.table.of(request.headers.get("host", ""))
        upstream = found.upstream if found is not None else None
        return upstream is not None and upstream.scheme == "http"

    def ask_with(self, client: UpstreamClient) -> None:
        """The client that asks the sites where no visitor's own request does."""
        for exchanges in self.each.values():
            exchanges.redirects.client = exchanges.logins.client = client
            exchanges.keep_host = _keeps_host(exchanges.upstream)

    # -- requests ----------------------------------------------------------------------------------

    def of(self, flow: http.HTTPFlow) -> Exchanges:
        """The exchanges that a flow is in; those of no site where it was answered before."""
        found: Exchanges = flow.metadata.get(SITE, self.shared)
        return found

    def meant(self, flow: http.HTTPFlow) -> Exchanges | None:
        """The site that a request is for: after request_faults.settle(), its Host has one spelling."""
        data = flow.request.data
        fields = data.headers.fields
        authority = data.authority or next((v for n, v in fields if n.lower() == b"host"), b"")
        found = self.table.of(authority.decode("latin-1"))
        if found is not None:
            return found
        said = forwarded_host(
            value.decode("latin-1") for name, value in fields if name.lower() == b"x-forwarded-host"
        )
        found = self.table.of(said) if said else None
        peer = flow.client_conn.peername
        if found is not None and peer and believes(found.service.trusted, peer[0]):
            return found
        return self.table.default

    def request(
        self, flow: http.HTTPFlow, malformed: Callable[[http.HTTPFlow], bool]
    ) -> Awaitable[None] | None:
        """Find the site of a request, and let its exchanges decide."""
        try:
            if malformed(flow):
                return None
            found = self.meant(flow)
            if found is None:
                self._nobodys(flow)
                return None
            self._into(flow, found)
        except Exception:  # noqa: BLE001 (whatever it is, it must not lead to the wrong site)
            self.shared.service.emit(Failed("request", "closed"))
            _log.exception("the site of a request could not be found; it is answered 503")
            self._answer(flow, as_response(unavailable(None)))
            return None
        return found.request(flow, _settled)

    def refuse_early(self, flow: http.HTTPFlow) -> http.Response | None:
        """As Exchanges.refuse_early, by the site of the request."""
        try:
            if request_faults.settle(flow) is not None:
                return None
            found = self.meant(flow)
        except Exception:  # noqa: BLE001 (it fails again on its usual way)
            return None
        return found.refuse_early(flow) if found is not None else None

    @staticmethod
    def _into(flow: http.HTTPFlow, found: Exchanges) -> None:
        flow.metadata[SITE] = found
        upstream = found.upstream
        if upstream is not None:
            data = flow.request.data
            data.host, data.port = upstream.host, upstream.port
            data.scheme = upstream.scheme.encode()

    def _nobodys(self, flow: http.HTTPFlow) -> None:
        self._answer(flow, request_faults.answer(NO_SITE))
        self.report(flow.request.headers.get("host", ""))

    @staticmethod
    def _answer(flow: http.HTTPFlow, response: http.Response) -> None:
        flow.request.stream = False
        answer(flow, response)

    def unreachable(self, server: connection.Server) -> None:
        """A site does not answer: it is reported for those at this address, and no others."""
        place = server.address
        for exchanges in self.each.values():
            upstream = exchanges.upstream
            if upstream is not None and place and (upstream.host, upstream.port) == place[:2]:
                exchanges.unreachable(server)


def _settled(_flow: http.HTTPFlow) -> bool:
    return False


def _parsed(address: str) -> Upstream:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return Upstream(parts.scheme, parts.hostname or "", port)


def _of_the_mode() -> Upstream | None:
    """Where the command line says that the site is."""
    for text in ctx.options.mode:
        mode: Any = mode_specs.ProxyMode.parse(text)
        if isinstance(mode, mode_specs.ReverseMode):
            return Upstream(mode.scheme, mode.address[0], mode.address[1])
    return None


def _keeps_host(upstream: Upstream | None) -> bool:
    """Whether a site gets the visitor's Host, as startup.keeps_host() has it for one."""
    return bool(ctx.options.keep_host_header) or upstream is None or leads_inside(upstream.host)
