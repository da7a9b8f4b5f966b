"""The Guard: mitmproxy's hooks. Requests are carried out in flow_exchange.py, decided in the engine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial

from mitmproxy import connection, ctx, exceptions, http, tls
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy import server_hooks

from stagedoor.fronts.firewall import Firewall
from stagedoor.fronts.mitmproxy import (
    crashes,
    first_bytes,
    hangups,
    key_client,
    lean,
    log_output,
    startup,
)
from stagedoor.fronts.mitmproxy.connection_setup import Visitors
from stagedoor.fronts.mitmproxy.desk_service import DeskService
from stagedoor.fronts.mitmproxy.dispatch import shorten
from stagedoor.fronts.mitmproxy.early_refusals import EarlyRefusals
from stagedoor.fronts.mitmproxy.flow_exchange import Exchanges
from stagedoor.fronts.mitmproxy.forwarding import hang_up_all
from stagedoor.fronts.mitmproxy.guarded_sites import NO_SITE, GuardedSites
from stagedoor.fronts.mitmproxy.options import OPTIONS, Settings, parse
from stagedoor.fronts.mitmproxy.signal_responses import carried
from stagedoor.fronts.service import Service
from stagedoor.load import site_policies
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import Event
from stagedoor.record.suite import Suite

_log = logging.getLogger("stagedoor.door")


class Guard:
    """The addon. One with recorders that are not its own is a worker beside the first."""

    def __init__(
        self, suite: Suite | None = None, suite_of: Callable[[str], Suite] = Suite
    ) -> None:
        self.service = Service(lambda said: len(carried(said.headers)), suite)
        self.sites: GuardedSites | None = None
        """Those behind this guard, where they are several."""
        self._suite_of = suite_of
        self._first = suite is None
        self.visitors = Visitors(self.service)
        self.exchanges = Exchanges(self.service, self.visitors.complaints.outage)
        self.service.changed = lambda _: self._follow()
        self._desk = DeskService(self.service)
        self._looking: asyncio.Task[None] | None = None
        self.on_reload: Callable[[], None] = lambda: None
        self._running = False
        self._firewall: Firewall | None = None
        self._undo: list[Callable[[], None]] = []

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        lean.quiet()
        log_output.take_over(startup.terminal(ctx.master))
        crashes.spare_the_start(ctx.master)
        self.visitors.open()
        self._undo.append(self.visitors.close)
        startup.settle_deferred(ctx.options.deferred)
        for name, default, help_text in OPTIONS:
            loader.add_option(name, str, default, help_text)

    def configure(self, updated: AbstractSet[str]) -> None:
        """Read options and rules. At the start every mistake is a line of its own and stops it."""
        if not any(name in updated for name, _, _ in OPTIONS):
            return
        fixed = {"guard_state", "guard_metrics", "guard_desk_password"} & updated
        if self._running and fixed:
            raise exceptions.OptionsError(f"{min(fixed)} takes effect at the next start only")
        try:
            settings = parse(ctx.options)
            self.service.apply(settings)
            self._apply_to_sites(settings)
            self.visitors.bound(settings)
            self.visitors.certify(settings)
        except (ValueError, StagedoorError) as error:
            if self._running:  # mitmproxy rolls the option back, the old rules stay in force
                raise exceptions.OptionsError(str(error)) from error
            startup.report(error)
            return
        if not self._running:
            startup.into_reverse_mode(self.service.policy, self.sites)

    def _apply_to_sites(self, settings: Settings) -> None:
        policy = self.service.policy
        assert policy is not None
        if self.sites is None:
            names = () if self._running else site_policies.names(settings.rules, policy)
            if not names:
                return
            self.sites = GuardedSites(self.exchanges, names, self._suite_of)
            self.visitors.believed = self.sites.services.believes
            self.sites.report = partial(self.visitors.complaints, "client", NO_SITE.name)
        self.service.apply(settings.of_all())
        self.sites.apply(settings)

    def _follow(self) -> None:
        self.exchanges.follow(self.service.publication)
        if self.sites is not None:
            self.sites.fill()

    def suites(self) -> Mapping[str, Suite]:
        """What records, by site; what is no site's is under an empty name."""
        each = self.sites.services.each if self.sites is not None else {}
        return {"": self.service.suite, **{name: one.suite for name, one in each.items()}}

    def emit(self, site: str, event: Event) -> None:
        """Another worker reports what has happened at a site."""
        found = self.sites.services.each.get(site) if self.sites is not None and site else None
        (found or self.service).emit(event)

    def of(self, flow: http.HTTPFlow) -> Exchanges:
        """The exchanges that a flow is in."""
        return self.exchanges if self.sites is None else self.sites.of(flow)

    def running(self) -> None:
        """The proxy is up: open what the guard needs, report what is guarded."""
        self._running = True
        self.visitors.make_way()
        wrong = startup.report_misspelt(ctx.options.deferred)
        policy, settings = self.service.policy, self.service.settings
        if wrong or policy is None or settings is None:
            return  # the reason was reported, and mitmproxy stops
        self.exchanges.keep_host = startup.keeps_host()
        client = startup.client_of_sites(settings, self.sites)
        self.exchanges.redirects.client = self.exchanges.logins.client = client
        if self.sites is not None:
            self.sites.ask_with(client)
        ctx.options.update(**{n: v for n, v in lean.OPTIONS.items() if n in ctx.options})
        try:
            metrics, password = self._desk.serve(
                settings, self.sites.services if self.sites is not None else None
            )
            self.service.open(key_client.client)
            if self.sites is not None:
                self.sites.services.open(settings.shared_state, key_client.client)
        except StagedoorError as error:
            _log.error("%s", error)
            return
        service = self.service
        for each in (service, *(self.sites.services if self.sites is not None else ())):
            if metrics and each.settings is not None and each.settings.state:
                each.suite.fill(each.settings.state)
        service.unseen = startup.unseen(policy, service.trusted, service.ja4_header)
        for each in self.sites.services if self.sites is not None else ():
            if each.policy is not None:
                each.unseen = startup.unseen(each.policy, each.trusted, each.ja4_header)
        if self._first:
            startup.announce(
                *(policy, settings, service.mode, metrics, password, service.trusted),
                service.unseen,
                self.sites,
            )
        if self._first and settings.firewall:
            self._firewall = startup.firewall(service.suite)
        refuse = self.exchanges.refuse_early if self.sites is None else self.sites.refuse_early
        early = EarlyRefusals(self, self.exchanges.agents, refuse)
        self.visitors.harden(ctx.master.addons.get("proxyserver"), early)
        hangups.heed(self.reload)
        self._undo += [hangups.ignore, first_bytes.install()]
        self._lean = asyncio.create_task(self._settle(), name="stagedoor lean")

    async def _settle(self) -> None:
        """Once no event is on its way through the addons: leave only what a public server needs."""
        await asyncio.sleep(0)  # mitmproxy's tasks begin at once, in the middle of this event
        if not self._running:
            return
        lean.lift(ctx.master, self)
        await lean.remove(ctx.master)
        self._undo.append(shorten(ctx.master))
        self.service.watcher.open()
        if not self._first:
            return
        self._looking = asyncio.create_task(
            startup.look_at_sites(
                self.exchanges.redirects.client,
                tuple(self.service.publication.files)[:1],
                self.exchanges.misfit,
                self.sites,
            ),
            name="stagedoor start checks",
        )

    def reload(self) -> None:
        """SIGHUP: write to new files from now on, and read the rules again."""
        _log.info("SIGHUP: logs are opened anew, and rules read again")
        if self._firewall is not None:
            self._firewall.clear()
        self.service.suite.reopen()
        self.service.watcher.look_again()
        self.service.marks.look_again()
        if self.service.settings is not None:
            self.service.traps.open(self.service.settings.state)
        if self.sites is not None:
            self.sites.services.reopen()
        self.visitors.look_again()
        self.on_reload()

    def done(self) -> None:
        """Close what running() opened."""
        if self._running and (served := self.visitors.served()):
            _log.warning(
                "the guard stops; responses still on their way are cut off: %s", f"{served:,}"
            )
        self._running = False
        if self._looking is not None:
            self._looking.cancel()
        for undo in self._undo:
            undo()
        self._undo.clear()
        if self.sites is not None:
            self.sites.services.close()
        self.service.close()
        self._desk.close()

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Take the fingerprint: later, nobody can see the handshake any more."""
        self.visitors.greet(ctx.master.addons.get("tlsconfig"))
        self.exchanges.hello(data)

    def requestheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """mitmproxy awaits what is returned: a request that is delayed waits there."""
        # With an error, mitmproxy has refused it already (an invalid request).
        if flow.error:
            return None
        return (self.sites or self.exchanges).request(flow, self.visitors.malformed)

    def responseheaders(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """The site has answered; its body is still to come."""
        return self.of(flow).response_head(flow)

    def response(self, flow: http.HTTPFlow) -> None:
        """A response has gone out whole."""
        self.of(flow).end(flow)

    def error(self, flow: http.HTTPFlow) -> None:
        """The site did not answer, or the client went away."""
        self.of(flow).broken(flow)

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Forget messages once they have passed: mitmproxy would keep all of them."""
        if flow.websocket is not None:
            del flow.websocket.messages[:-1]

    def client_disconnected(self, client: connection.Client) -> None:
        """Leave nothing behind of a client that is gone: no socket, no fingerprint."""
        hang_up_all(client)
        self.exchanges.fingerprints.forget(client.id)

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        """The site is known by the name that the guard was given, not by the one of the visitor."""
        if data.server.address is not None:
            data.server.sni = data.server.address[0]

    def server_connect_error(self, data: server_hooks.ServerConnectionHookData) -> None:
        """The site behind does not answer."""
        (self.sites or self.exchanges).unreachable(data.server)
