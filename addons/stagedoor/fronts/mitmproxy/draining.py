"""The end of `stagedoor serve`: nobody new is taken, and what is on its way may end.

SIGTERM begins it, and SIGINT. A second one ends at once, and so does the end of the grace: a live
stream has no end of its own. Connections at rest are closed first.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from typing import Any

from stagedoor.fronts.mitmproxy.connection_setup import Visitors
from stagedoor.fronts.mitmproxy.fast_host import FastHost
from stagedoor.fronts.mitmproxy.workers import Workers
from stagedoor.fronts.service_manager import ServiceManager

_log = logging.getLogger("stagedoor.door")
GRACE = 10.0
"""Seconds for what is on its way. systemd waits for 90, containers for 10 to 30."""
_EVERY = 0.05


class Drain:
    """Ends one guard. `stop` ends mitmproxy's loop."""

    def __init__(
        self,
        visitors: Visitors,
        host: FastHost,
        manager: ServiceManager,
        stop: Callable[[], None],
        grace: float = GRACE,
        workers: Workers | None = None,
    ) -> None:
        self._visitors, self._host, self._manager = visitors, host, manager
        self._stop, self._grace, self._workers = stop, grace, workers
        self._draining: asyncio.Task[None] | None = None

    def heed_signals(self) -> None:
        """Begin with the first signal, end at once with the second."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.begin)
            except NotImplementedError:  # Windows
                signal.signal(number, self._begin_soon(loop))
        if hasattr(signal, "SIGPIPE"):
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    def _begin_soon(self, loop: asyncio.AbstractEventLoop) -> Any:
        return lambda *_: loop.call_soon_threadsafe(self.begin)

    def begin(self) -> None:
        """Take nobody any more; end when nobody is served."""
        if self._draining is not None:
            self._stop()
            return
        self._manager.stopping()
        self._visitors.take_none()
        self._host.drain()
        if self._workers is not None:
            self._workers.drain()
        self._draining = asyncio.get_running_loop().create_task(self._wait(), name="drain")

    async def _wait(self) -> None:
        if self._visitors.served():
            _log.info(
                "the guard stops; %s connections are served to their end, for %g seconds at most",
                f"{self._visitors.served():,}", self._grace,
            )  # fmt: skip
        try:
            async with asyncio.timeout(self._grace):
                while self._visitors.served():  # noqa: ASYNC110 (there is no event for it)
                    await asyncio.sleep(_EVERY)
        except TimeoutError:
            self._visitors.cut_off()
        await asyncio.sleep(_EVERY)  # what was written last is on its way out
        self._host.close()
        if self._workers is not None:
            await self._workers.ended()
        self._stop()
