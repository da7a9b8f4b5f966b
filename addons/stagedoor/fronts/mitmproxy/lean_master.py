"""The program that `stagedoor serve` runs: mitmproxy without its workbench.

The addons that serving needs, the guard among them instead of in a script, and the short way for plain
requests (fast_host.py). Where an option of another addon is given (--set, or mitmproxy's own
config.yaml), all of mitmproxy's default addons are there, as in mitmdump; those that nothing asks for
go when the guard runs (lean.py).
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mitmproxy import addons, exceptions, master, options, optmanager
from mitmproxy.addons import core, errorcheck, next_layer, proxyserver, tlsconfig
from mitmproxy.utils import debug

from stagedoor.fronts.mitmproxy import inherited_sockets
from stagedoor.fronts.mitmproxy.addon import Guard
from stagedoor.fronts.mitmproxy.draining import GRACE, Drain
from stagedoor.fronts.mitmproxy.fast_host import FastHost
from stagedoor.fronts.mitmproxy.options import PREFIX
from stagedoor.fronts.mitmproxy.replacing import install
from stagedoor.fronts.mitmproxy.workers import Workers
from stagedoor.fronts.service_manager import ServiceManager
from stagedoor.fronts.worker_link import Link
from stagedoor.load.rule_folder import LoadedRules
from stagedoor.model.errors import StagedoorError
from stagedoor.record.parcels import ForwardingSuite

PARCEL = 0.02
"""Seconds for which a worker gathers events before it passes them on."""
_QUIET = ("tornado", "asyncio", "hpack", "quic")


class LeanMaster(master.Master):
    """mitmproxy's loop with the few addons that serving needs."""

    def __init__(self, opts: options.Options) -> None:
        super().__init__(opts, with_termlog=True)
        self.addons.add(
            core.Core(), proxyserver.Proxyserver(), next_layer.NextLayer(), tlsconfig.TlsConfig(),
            errorcheck.ErrorCheck(),
        )  # fmt: skip

    def add_the_others(self) -> None:
        """Add mitmproxy's other default addons, too."""
        present = set(map(type, self.addons.chain))
        every = [each for each in addons.default_addons() if type(each) not in present]
        self.addons.add(*every)

    def add_guard(self, guard: Guard) -> None:
        """Add the guard where mitmproxy has its scripts: right behind the server."""
        self.addons.add(guard)
        chain = self.addons.chain
        chain.remove(guard)
        chain.insert(chain.index(self.addons.get("proxyserver")) + 1, guard)


@dataclass(frozen=True, slots=True)
class Running:
    """How a guard runs, beside its options. `sockets` are those it listens at, where it does not open
    them itself; `grace` is in seconds.
    """

    manager: ServiceManager
    sockets: Sequence[socket.socket] = ()
    grace: float = GRACE
    others: Sequence[Sequence[socket.socket]] = ()
    """The sockets of the other workers, where this is the first of several."""
    link: socket.socket | None = None
    """The line to the first worker, where this is another."""
    loaded: LoadedRules | None = None
    """The rules, where they were read already."""


class _Up:
    """The last addon: what is to be done once all others run."""

    def __init__(self, manager: ServiceManager, workers: Workers | None) -> None:
        self._manager, self._workers = manager, workers
        self._beating: asyncio.Task[None] | None = None

    async def running(self) -> None:
        if self._workers is not None:
            await self._workers.start()
        self._manager.ready("serving")
        if self._manager.alive_every:
            self._beating = asyncio.create_task(self._beat(), name="watchdog")

    async def _beat(self) -> None:
        while True:
            self._manager.alive()
            await asyncio.sleep(self._manager.alive_every)

    def reloaded(self) -> None:
        """Rules and certificates are being read again, and requests are answered meanwhile."""
        self._manager.reloading()
        if self._workers is not None:
            self._workers.reload()
        self._manager.ready("serving")


def serve(settings: Sequence[str], mode: str, running: Running | None = None) -> int:
    """Serve until a signal comes; the exit status. `settings` are NAME=VALUE, `mode` a reverse spec."""
    manager = ServiceManager(os.environ, os.getpid())
    return asyncio.run(_serve(settings, mode, running or Running(manager, manager.sockets())))


async def _serve(settings: Sequence[str], mode: str, running: Running) -> int:
    logging.getLogger().setLevel(logging.DEBUG)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    debug.register_info_dumpers()
    opts = options.Options()
    line = _Line(opts) if running.link is not None else None
    guard = Guard(line.suite, line.suite_of) if line is not None else Guard()
    guard.service.loaded = running.loaded
    try:
        loop = LeanMaster(opts)
        opts.update(mode=[mode])
        optmanager.load_paths(opts, *_files(opts, settings))
        given = {text.partition("=")[0] for text in settings} | set(opts.deferred)
        if any(name not in opts and not name.startswith(PREFIX) for name in given):
            loop.add_the_others()
        loop.add_guard(guard)
        # One update, and the mode in it: the guard reads all of them once.
        guards = [text for text in settings if text.startswith(PREFIX)] or [f"{PREFIX}rules="]
        others = [text for text in settings if not text.startswith(PREFIX)]
        opts.set(*guards, *others, f"mode={mode}", defer=True)
    except exceptions.OptionsError as error:
        raise StagedoorError(str(error)) from error
    host = FastHost(guard)
    guard.visitors.listen = host.listen
    workers = None
    if running.others:
        workers = Workers(running.others, settings, mode, running.grace, opts)
        workers.emit = guard.emit
        for site, suite in guard.suites().items():
            suite.elsewhere = partial(workers.value, site=site)
        opts.changed.connect(workers.changed)
    up = _Up(running.manager, workers)
    loop.addons.add(up)
    guard.on_reload = up.reloaded
    stop: Callable[[], None] = loop.shutdown
    drain = Drain(guard.visitors, host, running.manager, stop, running.grace, workers)
    drain.heed_signals()
    if line is not None and running.link is not None:
        await line.open(running.link, drain.begin)
    unreplace = install(inherited_sockets.replacements(running.sockets) if running.sockets else ())
    try:
        await loop.run()
    finally:
        unreplace()
        if workers is not None:
            workers.drain()
            await workers.ended()
    return 0


class _Line:
    """A worker's end of its line to the first: events go there, changed options come from there."""

    def __init__(self, opts: options.Options) -> None:
        self._options = opts
        self._link = Link(self._changed, self._ended)
        self._cut: Callable[[], None] = lambda: None
        loop = asyncio.get_running_loop()
        self._soon: Callable[[Callable[[], None]], object] = lambda act: loop.call_later(
            PARCEL, act
        )
        self.suite = self.suite_of("")

    def suite_of(self, site: str) -> ForwardingSuite:
        """What takes the events of a site; of no site where that is empty."""
        return ForwardingSuite(self._link.send, self._soon, site)

    async def open(self, own: socket.socket, cut: Callable[[], None]) -> None:
        """Begin; `cut` is called when the first worker is gone."""
        self._cut = cut
        await self._link.open(own)

    def _ended(self) -> None:
        self._cut()

    def _changed(self, given: dict[str, Any]) -> None:
        try:
            self._options.update(**given)
        except exceptions.OptionsError:
            logging.getLogger("stagedoor.door").exception("a worker keeps its options")


def _files(opts: Any, settings: Sequence[str]) -> list[str]:
    """mitmproxy's own configuration, which is read as mitmdump reads it."""
    folder = str(opts.confdir)
    for text in settings:
        name, _, value = text.partition("=")
        folder = value if name == "confdir" else folder
    return [str(Path(folder) / name) for name in ("config.yaml", "config.yml")]
