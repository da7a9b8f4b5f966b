"""A counter from its start to its end: what listens, what is announced, signals of the system."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stagedoor.config.address_values import split_listen
from stagedoor.config.site_stances import hosts_of
from stagedoor.fronts.addresses import is_trusted
from stagedoor.fronts.authorize.counter_desk import CounterDesk
from stagedoor.fronts.authorize.http_questions import Connections
from stagedoor.fronts.authorize.log_listeners import LogListeners, bind_path
from stagedoor.fronts.authorize.no_handouts import ADVICE
from stagedoor.fronts.authorize.site_counters import SiteCounter, SiteCounters
from stagedoor.fronts.authorize.site_readings import upstream_of
from stagedoor.fronts.blind_spots import at_start
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.mitmproxy.upstream_client import UpstreamClient
from stagedoor.load import rule_folder, site_policies
from stagedoor.load.rule_folder import LoadedRules
from stagedoor.model.errors import StagedoorError

_log = logging.getLogger("stagedoor.door")

DEFAULT_LISTEN = "127.0.0.1:9470"
NEAR = ("127.0.0.0/8", "::1")
"""Fronts that are believed where nobody has named others: those on this machine."""
DRAIN = 10.0
"""Seconds in which questions that were asked are answered, at the end."""
BACKLOG = 1024


@dataclass(frozen=True, slots=True)
class Place:
    """Where the counter is asked: `host` and `port`, or the `path` of a Unix socket. `logs` as
    LogListeners takes them; `upstream` is the site's address, or empty.
    """

    host: str = ""
    port: int = 0
    path: Path | None = None
    logs: tuple[str, ...] = ()
    upstream: str = ""


def place(listen: str, logs: Sequence[str], upstream: str) -> Place:
    """What the command line says; StagedoorError where that is wrong.

    Without `logs`, lines are read by UDP at the address of the questions.
    """
    if listen.startswith("unix:"):
        path = Path(listen.removeprefix("unix:"))
        given = tuple(logs) or (f"unix:{path.with_suffix('.log.sock')}",)
        return Place(path=path, logs=given, upstream=upstream)
    try:
        host, port = split_listen(listen)
    except ValueError as error:
        raise StagedoorError(f"--listen: {error}") from error
    host = host or "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return Place(host, port, logs=tuple(logs) or (f"udp:{shown}:{port}",), upstream=upstream)


class Running:
    """One counter. `sockets` are open already: it listens there, and `where` says what else."""

    def __init__(
        self, settings: Settings, where: Place, sockets: Sequence[socket.socket] = ()
    ) -> None:
        self.settings, self.where = settings, where
        self._given = {each.type: each for each in sockets}
        """Sockets that were handed over, open: one for questions, one for log lines."""
        context_of = settings.upstream_ca
        try:
            client = UpstreamClient(
                trust=str(context_of) if context_of else "", blind=settings.upstream_insecure
            )
        except (OSError, ssl.SSLError) as error:
            raise StagedoorError(f"--upstream-ca: {context_of} cannot be used: {error}") from error
        self._client = client
        self._one = one = SiteCounter(upstream_of(where.upstream), client)
        self.service, self.answers, self.site = one.service, one.answers, one.site
        self.signals, self.counter, self.reports = one.signals, one.counter, one.reports
        self.sites: SiteCounters | None = None
        """Those behind this counter, where they are several."""
        self._connections = Connections(self.counter.ask, self.counter.again)
        self._logs = LogListeners(
            lambda data: (self.sites or self.reports).line(data),  # noqa: PLW0108 (sites come later)
            self._believes,
        )
        self._desk = CounterDesk(self.service)
        self._server: asyncio.Server | None = None
        self.log_places: list[str] = []

    async def open(self) -> tuple[str, int]:
        """Listen; returns host and port (0 for a Unix socket). StagedoorError where that fails."""
        service, settings = self.service, self.settings
        self._one.believe_the_near(settings)
        assert service.policy is not None
        assert service.settings is not None
        names = site_policies.names(settings.rules, service.policy)
        if names:
            self.sites = SiteCounters(self._one, names, self._client)
            service.apply(service.settings.of_all())
            self.sites.apply(settings)
            self._connections.ask, self._connections.again = self.sites.ask, self.sites.again
        several = self.sites.services if self.sites is not None else None
        metrics, password = self._desk.serve(settings, several)
        service.open()
        if several is not None:
            several.open(settings.state)
        for each in (service, *(several or ())):
            if metrics and each.settings is not None and each.settings.state:
                each.suite.fill(each.settings.state)
        service.unseen = at_start(
            service.policy.stance, proxied=True, header=service.ja4_header, certificate=False
        )
        found = await self._listen()
        if (given := self._given.get(socket.SOCK_DGRAM)) is not None:
            self.log_places.append(await self._logs.take(given))
        for one in self.where.logs:
            self.log_places.append(await self._logs.open(_at_port(one, found[1])))
        service.watcher.open()
        gc.collect()
        gc.freeze()  # the catalogue lives as long as the program: looking through it costs 100 ms
        self._announce(found, metrics, password)
        return found

    def _believes(self, address: str) -> bool:
        if self.sites is not None:
            return self.sites.believes(address)
        return is_trusted(address, self.service.trusted)

    async def _listen(self) -> tuple[str, int]:
        loop, where = asyncio.get_running_loop(), self.where
        if (given := self._given.get(socket.SOCK_STREAM)) is not None:
            make = loop.create_server if given.family != socket.AF_UNIX else loop.create_unix_server
            self._server = await make(self._connections, sock=given, backlog=BACKLOG)
            at = given.getsockname()
            return (str(at), 0) if isinstance(at, str) else (str(at[0]), int(at[1]))
        try:
            if where.path is not None:
                found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                bind_path(found, where.path)
                self._server = await loop.create_unix_server(
                    self._connections, sock=found, backlog=BACKLOG
                )
                return str(where.path), 0
            self._server = await loop.create_server(
                self._connections, where.host, where.port, backlog=BACKLOG
            )
        except OSError as error:
            at = str(where.path or f"{where.host}:{where.port}")
            raise StagedoorError(
                f"the counter cannot listen at {at}: {error.strerror or error} — choose another "
                "address with --listen"
            ) from error
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    def _announce(
        self, found: tuple[str, int], metrics: tuple[str, int] | None, password: str
    ) -> None:
        service, policy = self.service, self.service.policy
        assert policy is not None
        at = f"{found[0]}:{found[1]}" if found[1] else f"unix:{found[0]}"
        catalogue = policy.catalogue.signatures
        at_site = self.where.upstream or "not named: robots.txt is ours alone"
        lines = [
            f"Stagedoor {rule_folder.program_version()} counts at {at}; fronts ask it there",
            f"  mode     {service.mode}"
            + (" (refusals are only written down)" if service.mode == "observe" else ""),
            f"  rules    {len(policy.rules)} loaded, {policy.in_force} in force under this stance",
            f"  known    {len(catalogue):,} crawlers and clients by "
            f"{policy.matcher.tokens:,} signatures",
            f"  logs     {' and '.join(self.log_places) or 'none: nothing is known of what went out'}",
            *([f"  site     {at_site}"] if self.sites is None else []),
            f"  metrics  http://{metrics[0]}:{metrics[1]}/metrics" if metrics else "  metrics  off",
        ]
        if metrics:
            asks = f" (any user, password {password})" if password else ""
            if self.settings.desk_password:
                asks = " (it asks for your password)"
            lines.append(f"  desk     http://{metrics[0]}:{metrics[1]}/{asks}")
        if self.settings.state:
            lines.append(f"  state    {self.settings.state}")
        for name, one in self.sites.each.items() if self.sites is not None else ():
            assert one.service.policy is not None
            hosts = ", ".join(hosts_of(one.service.policy.stance))
            at = one.site.upstream.address if one.site.upstream else "an address that is not named"
            lines.append(f"  site     {name}: {hosts} at {at}")
        for text in lines:
            _log.info("%s", text)
        if policy.passes is not None or policy.stance.canaries == "yes":
            _log.warning("%s", ADVICE)
        for problem in policy.advice:
            _log.warning("%s", problem)
        if service.unseen:
            _log.warning("%s", service.unseen)

    def reload(self) -> None:
        """SIGHUP: write to new files from now on, and read the rules again."""
        _log.info("SIGHUP: logs are opened anew, and rules read again")
        self.service.suite.reopen()
        if self.sites is not None:
            self.sites.services.reopen()
        self.service.watcher.look_again()

    async def close(self) -> None:
        """Answer what was asked, and end."""
        if self._server is not None:
            self._server.close()
        await self._connections.drain(DRAIN)
        self._logs.close()
        await self._one.close()
        if self.sites is not None:
            await self.sites.close()
            self.sites.services.close()
        self.service.close()
        self._desk.close()
        if self.where.path is not None and socket.SOCK_STREAM not in self._given:
            with suppress(OSError):
                self.where.path.unlink()

    async def until_stopped(self) -> None:
        """Run until SIGTERM or SIGINT."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        if hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGHUP, self.reload)
        try:
            await self.open()
            await stop.wait()
            _log.info("the counter stops")
        finally:
            await self.close()


def _at_port(where: str, port: int) -> str:
    """Logs at the port of the questions, where that was chosen by the system."""
    if where.startswith("udp:") and where.endswith(":0") and port:
        return f"{where[:-1]}{port}"
    return where


def run(
    settings: Settings,
    where: Place,
    sockets: Sequence[socket.socket] = (),
    loaded: LoadedRules | None = None,
) -> None:
    """Run a counter until it is stopped; `loaded` are the rules, where they were read already."""
    running = Running(settings, where, sockets)
    running.service.loaded = loaded
    asyncio.run(running.until_stopped())
