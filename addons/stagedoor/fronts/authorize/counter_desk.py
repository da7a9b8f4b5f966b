"""Metrics and desk of a counter: where they listen, and the switch on the desk."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.service import Service
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Mode
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.routes import routes
from stagedoor.web.desk.view import Outlook
from stagedoor.web.gate import Gate, is_loopback, new_password
from stagedoor.web.server import Serving

_log = logging.getLogger("stagedoor.door")

SWITCH = 10.0
"""Seconds that the desk waits for the mode to be changed."""


class CounterDesk:
    """Serves metrics and desk, in a thread of their own."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._server: Serving | None = None

    def serve(self, settings: Settings) -> tuple[tuple[str, int] | None, str]:
        """Begin; returns their address and the desk's password, where it asks for one."""
        if settings.metrics is None:
            return None, ""
        host, port = settings.metrics
        password = settings.desk_password or ("" if is_loopback(host) else new_password())
        self._loop = asyncio.get_running_loop()
        suite = self._service.suite
        desk = Desk(suite.day, self._outlook, self._switch, Gate(host, password))
        self._server = Serving(host, port, suite.metrics.exposition, routes(desk))
        return (host, self._server.port), password

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _outlook(self) -> Outlook | None:
        """What the desk shows of the counter."""
        service = self._service
        if service.policy is None or service.settings is None:
            return None
        strict = service.policy.stance.others.disguises == "no"
        return Outlook(
            service.policy,
            service.mode,
            service.settings.state,
            rule_folder.program_version(),
            service.watcher.trouble,
            (service.unseen,) if service.unseen and strict else (),
        )

    def _switch(self, mode: Mode, by: str) -> None:
        """Change the mode, asked for by the desk in its thread; done between two questions."""
        change = asyncio.run_coroutine_threadsafe(self._change(mode, by), self._loop)
        try:
            change.result(timeout=SWITCH)
        except TimeoutError as error:
            raise StagedoorError(f"the mode stays {self._service.mode}: {error}") from error

    async def _change(self, mode: Mode, by: str) -> None:
        service = self._service
        assert service.settings is not None
        service.apply(replace(service.settings, mode=mode))
        _log.info("mode %s from now on, switched at the desk from %s", mode, by)
