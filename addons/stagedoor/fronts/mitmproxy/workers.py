"""The first worker's side of the others: they are started, heard, told of changes, replaced, ended."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stagedoor.fronts.worker_link import Link
from stagedoor.model.events import Event, StreamChanged
from stagedoor.model.facts import Purpose
from stagedoor.record.parcels import Parcel

_log = logging.getLogger("stagedoor.door")
_PACKAGES = Path(__file__).resolve().parents[3]
PAUSE = 1.0
"""Seconds before a worker that has died is replaced."""
_OWN = frozenset({"guard_state", "guard_metrics", "guard_desk_password"})
"""Options that take effect at the start only."""


@dataclass(slots=True)
class _Worker:
    sockets: Sequence[socket.socket]
    process: subprocess.Popen[bytes] | None = None
    link: Link | None = None
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    """By site; those of a guard of one site are under an empty name."""
    streams: Counter[tuple[str, Purpose]] = field(default_factory=Counter)


class Workers:
    """All but the first. `settings`, `mode` and `grace` are those of the first; `emit` takes the events
    of a site.
    """

    def __init__(
        self,
        sockets: Sequence[Sequence[socket.socket]],
        settings: Sequence[str],
        mode: str,
        grace: float,
        options: Any,
    ) -> None:
        self._all_options = options
        own = ("guard_metrics=", "guard_desk_password=")
        kept = [text for text in settings if not text.startswith(own)]
        self._settings = [*kept, "guard_metrics=off"]
        self._mode, self._grace = mode, grace
        self._each = [_Worker(one) for one in sockets]
        self._options: dict[str, Any] = {}
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.emit: Callable[[str, Event], None] = lambda _site, _event: None

    async def start(self) -> None:
        """Start every worker."""
        for worker in self._each:
            await self._start(worker)

    async def _start(self, worker: _Worker) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        link = Link(lambda parcel: self._take(worker, parcel), lambda: self._gone(worker, link))
        numbers = [each.fileno() for each in worker.sockets]
        given = {
            "settings": self._settings, "mode": self._mode, "grace": self._grace,
            "sockets": numbers, "link": theirs.fileno(),
        }  # fmt: skip
        paths = [str(_PACKAGES), os.environ.get("PYTHONPATH", "")]
        worker.process = subprocess.Popen(  # noqa: ASYNC220, S603 (ourselves; it takes a millisecond)
            [sys.executable, "-m", "stagedoor.fronts.mitmproxy.worker", json.dumps(given)],
            stdin=subprocess.DEVNULL,
            pass_fds=[*numbers, theirs.fileno()],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            start_new_session=True,  # Ctrl-C is the first worker's matter
        )
        theirs.close()
        worker.link = link
        await link.open(ours)
        if self._options:
            link.send(self._options)

    def _take(self, worker: _Worker, parcel: Parcel) -> None:
        site, events, values = parcel
        worker.values[site] = values
        for event in events:
            if isinstance(event, StreamChanged):
                worker.streams[site, event.purpose] += event.change
            self.emit(site, event)

    def _gone(self, worker: _Worker, link: Link) -> None:
        """Its line is cut: it has ended. What it was sending has ended with it."""
        if worker.link is not link:
            return
        worker.link, worker.values = None, {}
        for (site, purpose), open_ in worker.streams.items():
            if open_:
                self.emit(site, StreamChanged(purpose, -open_))
        worker.streams.clear()
        if not self._ending:
            _log.error("a worker has ended; another takes its place")
            task = asyncio.get_running_loop().create_task(self._replace(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _replace(self, worker: _Worker) -> None:
        if worker.process is not None:
            worker.process.kill()
            worker.process.wait()
        await asyncio.sleep(PAUSE)
        if not self._ending:
            await self._start(worker)

    # -- while they run ----------------------------------------------------------------------------

    def value(self, name: str, site: str = "") -> float:
        """The sum of a late metric of a site over these workers."""
        return sum(worker.values.get(site, {}).get(name, 0.0) for worker in self._each)

    def changed(self, updated: set[str]) -> None:
        """Options have changed: at the desk, or by a command."""
        ours = {
            name: getattr(self._all_options, name)
            for name in updated
            if name.startswith("guard_") and name not in _OWN
        }
        if ours:
            self._options.update(ours)
            for worker in self._each:
                if worker.link is not None:
                    worker.link.send(ours)

    def reload(self) -> None:
        """SIGHUP is for all."""
        self._signal(signal.SIGHUP)

    def drain(self) -> None:
        """They take nobody any more, and end when nobody is served."""
        self._ending = True
        self._signal(signal.SIGTERM)

    async def ended(self) -> None:
        """Wait until all have ended; those that do not are killed after the grace."""
        self._ending = True
        until = asyncio.get_running_loop().time() + self._grace + 5
        for worker in self._each:
            process = worker.process
            while process is not None and process.poll() is None:
                if asyncio.get_running_loop().time() > until:
                    process.kill()
                await asyncio.sleep(0.02)
            if worker.link is not None:
                worker.link.close()

    def _signal(self, number: int) -> None:
        for worker in self._each:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.send_signal(number)
