"""The Watch: mitmproxy's hooks beside the browser. It blocks nothing and sends nothing else.

Requests go out as they came. Of responses only pages that a profile names are read whole; all
others are streamed. What a platform's page is given is one script, the badge, and only where the
page lets it run.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor

from mitmproxy import connection, ctx, exceptions, http, tls
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy import layer
from mitmproxy.utils import human

from stagedoor.fronts.mitmproxy import bodies, heads
from stagedoor.fronts.mitmproxy.replacing import install
from stagedoor.fronts.mitmproxy.watch_log import MITMPROXY, Discretion, place_of
from stagedoor.fronts.mitmproxy.watch_options import WATCH_OPTIONS, WatchSettings, parse_watch
from stagedoor.fronts.mitmproxy.watch_pages import Reader, wanted
from stagedoor.fronts.mitmproxy.watch_tls import Scope
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError, StagedoorError
from stagedoor.platforms import opening
from stagedoor.platforms.kept_texts import DAY
from stagedoor.platforms.observer import News, Observer
from stagedoor.platforms.platform_report import unconfirmed
from stagedoor.platforms.timeline_pages import watch_routes
from stagedoor.platforms.watch_metrics import WatchMetrics
from stagedoor.signals import registry
from stagedoor.web.gate import Gate
from stagedoor.web.server import Serving

_log = logging.getLogger("stagedoor.watch")

PUBLIC = ("/robots.txt", *registry.current().asked)
_OPTIONS: Mapping[str, object] = {
    # mitmproxy's own lines about flows hold addresses with everything in them.
    "flow_detail": 0,
    # What a browser would take from a site is passed on to it.
    "validate_inbound_headers": False,
}
_FETCHED = "stagedoor.watch"
"""Marks a flow of ours in its metadata."""
_BETWEEN = 3600
"""Seconds before a host is asked again that did not answer."""


class Watch:
    """The addon."""

    def __init__(self) -> None:
        self.scope = Scope(frozenset())
        self._silence = Discretion(self._watches)
        self._restore: Callable[[], None] = lambda: None
        self.badge = True
        self._settings: WatchSettings | None = None
        self._observer: Observer | None = None
        self._reader: Reader | None = None
        self._server: Serving | None = None
        self._metrics = WatchMetrics()
        self._asked: dict[str, float] = {}
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="stagedoor watch")
        self._lock = threading.Lock()

    # -- mitmproxy's life of an addon ----------------------------------------------------------

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        for name in MITMPROXY:
            logging.getLogger(name).addFilter(self._silence)
        for name, default, help_text in WATCH_OPTIONS:
            loader.add_option(name, str, default, help_text)
        self._restore = install((*heads.of_responses(), *bodies.of_responses()))
        for name, value in _OPTIONS.items():
            if not ctx.options.has_changed(name):
                ctx.options.update(**{name: value})

    def configure(self, updated: AbstractSet[str]) -> None:
        """Read options, profiles and rules. At the start every mistake is a line of its own."""
        if not any(name in updated for name, _, _ in WATCH_OPTIONS):
            return None
        try:
            settings = parse_watch(ctx.options)
            if self._settings is None:
                self._open(settings)
        except ConfigError as error:
            return self._refuse([str(problem) for problem in error.problems])
        except (StagedoorError, ValueError) as error:
            return self._refuse(str(error).splitlines())
        self.badge = settings.badge
        return None

    def _refuse(self, lines: list[str]) -> None:
        if self._settings is not None:
            raise exceptions.OptionsError("\n".join(lines))
        for line in lines:
            _log.error("%s", line)

    def _open(self, settings: WatchSettings) -> None:
        observer = opening.observer(settings.rules, settings.hosts, settings.state, self._tell)
        crawlers = opening.crawlers(rule_folder.load(settings.rules).catalogue)
        self.scope = Scope(observer.profiles)
        self._observer = observer
        self._reader = Reader(observer, crawlers, self._metrics)
        self._settings = settings

    async def running(self) -> None:
        """Serve the page, and say what is watched."""
        observer, settings = self._observer, self._settings
        if observer is None or settings is None or self._server is not None:
            return
        where = "off"
        if settings.page is not None:
            host, port = settings.page
            gate = Gate(host)
            routes = watch_routes(observer, gate, lambda: self.badge, self._switch_badge)
            self._metrics.refresh(observer)
            try:
                self._server = Serving(host, port, self._metrics.exposition, routes)
            except StagedoorError as error:
                _log.error("%s", str(error).replace("guard_metrics", "watch_page"))
                return
            where = f"http://{host}:{self._server.port}/"
            if self._reader is not None:
                self._reader.link = where
        names = ", ".join(profile.name for profile in observer.profiles.all)
        _log.info("Stagedoor %s watches %s", rule_folder.program_version(), names)
        server = ctx.master.addons.get("proxyserver")
        listening = map(human.format_address, server.listen_addrs() if server else ())
        _log.info("  proxy    %s", ", ".join(sorted(set(listening))))
        _log.info("  page     %s", where)
        _log.info("  state    %s", settings.state)
        if sentence := unconfirmed(observer.profiles):
            _log.info("%s", sentence)

    def done(self) -> None:
        """Let go of everything."""
        for name in MITMPROXY:
            logging.getLogger(name).removeFilter(self._silence)
        self._restore()
        self._aside.shutdown(wait=True)
        if self._server is not None:
            self._server.close()
        if self._observer is not None:
            self._observer.history.close()

    def _switch_badge(self, shown: bool) -> None:  # noqa: FBT001 (one switch)
        self.badge = shown

    def _tell(self, news: News) -> None:
        """One line in the terminal."""
        self._metrics.news(news)
        _log.info("%s", news.sentence)

    # -- whose traffic is opened ---------------------------------------------------------------

    def _watches(self, host: str) -> bool:
        return self.scope.holds(host)

    def tls_clienthello(self, data: tls.ClientHelloData) -> None:
        """Open no other host than those in the profiles."""
        self.scope.hello(data)

    def next_layer(self, following: layer.NextLayer) -> None:
        """Carry everything else as it is."""
        self.scope.next_layer(following)

    # -- requests and responses ----------------------------------------------------------------

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """No request is of interest: its body goes through unread."""
        if not flow.is_replay:
            flow.request.stream = True

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Everything is streamed but the pages that a profile names."""
        response, reader = flow.response, self._reader
        if response is None or flow.is_replay:
            return
        if reader is None:
            response.stream = True
            return
        if (
            not flow.client_conn.tls_established
            and flow.client_conn.proxy_mode.type_name == "regular"
        ):
            # What comes next on this connection may be for another host, whose bytes stay as they are.
            response.headers["connection"] = "close"
        host = flow.request.pretty_host
        profile = reader.observer.profiles.of(host)
        if profile is not None and wanted(profile, flow):
            return
        response.stream = True
        later = None
        if profile is not None and response.status_code == 304:
            later = reader.not_sent(profile, flow)
        else:
            sender = profile or reader.observer.profiles.sender(host)
            later = reader.recording(sender, flow, int(time.time())) if sender else None
        self._later(later)

    async def response(self, flow: http.HTTPFlow) -> None:
        """Read a page, and give it its badge."""
        reader = self._reader
        response = flow.response
        if reader is None or response is None or response.stream:
            return
        if flow.is_replay:
            if flow.metadata.get(_FETCHED):
                now = int(time.time())
                self._later(lambda: reader.public_file(flow, now))
            return
        try:
            later = reader.read(flow, int(time.time()), badge=self.badge)
        except Exception as error:  # noqa: BLE001 (a page that cannot be read passes as it came)
            _log.error("a page could not be read: %s", place_of(error))
            return
        self._later(later)
        if self._settings is not None and self._settings.fetch:
            self._fetch(flow)

    def _later(self, later: Callable[[], None] | None) -> None:
        """Do something besides, while the page goes on."""
        if later is not None:
            asyncio.get_running_loop().run_in_executor(self._aside, self._guarded, later)

    def _guarded(self, later: Callable[[], None]) -> None:
        try:
            with self._lock:
                later()
        except Exception as error:  # noqa: BLE001 (whatever it is, pages go on)
            _log.error("what was seen could not be kept: %s", place_of(error))

    def _fetch(self, flow: http.HTTPFlow) -> None:
        """Ask for the public files of a host, once a day, through the proxy itself."""
        reader = self._reader
        host, port, now = flow.request.pretty_host, flow.request.port, time.time()
        if reader is None or now - self._asked.get(host, 0) < _BETWEEN:
            return
        self._asked[host] = now
        known = reader.observer.history.file(host, "/robots.txt")
        if known is not None and now - known[0] < DAY:
            return
        flows = [_flow(flow.request.scheme, host, port, path) for path in PUBLIC]
        ctx.master.commands.call("replay.client", flows)


def _flow(scheme: str, host: str, port: int, path: str) -> http.HTTPFlow:
    """A request of our own, without anything of the user's."""
    client = connection.Client(
        peername=("127.0.0.1", 0), sockname=("127.0.0.1", 0), timestamp_start=time.time()
    )
    server = connection.Server(address=(host, port))
    asked = http.HTTPFlow(client, server)
    place = host if port in {80, 443} else f"{host}:{port}"
    asked.request = http.Request.make(
        "GET", f"{scheme}://{place}{path}",
        headers=http.Headers(
            host=place,
            user_agent=f"Stagedoor/{rule_folder.program_version()} (reads this file daily)",
            accept="text/plain, */*;q=0.5",
        ),
    )  # fmt: skip
    asked.metadata[_FETCHED] = True
    return asked
