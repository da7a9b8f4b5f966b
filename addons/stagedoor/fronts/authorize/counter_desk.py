"""Metrics and desk of a counter: where they listen, and the switch on the desk."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from stagedoor.fronts.desk_view import desks_of, metrics_of, outlook
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Mode
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.routes import routes, routes_of_sites
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

    def serve(
        self, settings: Settings, several: SiteServices | None = None
    ) -> tuple[tuple[str, int] | None, str]:
        """Begin; returns their address and the desk's password, where it asks for one."""
        if settings.metrics is None:
            return None, ""
        host, port = settings.metrics
        password = settings.desk_password or ("" if is_loopback(host) else new_password())
        self._loop = asyncio.get_running_loop()
        gate = Gate(host, password)
        if several is not None:
            desks = desks_of(
                several, lambda name, mode, by: self._switch(mode, by, several.each[name]), gate
            )
            exposition = metrics_of(several).exposition()
            self._server = Serving(host, port, exposition, routes_of_sites(desks, gate))
            return (host, self._server.port), password
        suite = self._service.suite
        desk = Desk(suite.day, lambda: outlook(self._service), self._switch, gate)
        self._server = Serving(host, port, suite.metrics.exposition, routes(desk))
        return (host, self._server.port), password

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _switch(self, mode: Mode, by: str, of: Service | None = None) -> None:
        """Change the mode, asked for by the desk in its thread; done between two questions."""
        service = of or self._service
        change = asyncio.run_coroutine_threadsafe(self._change(service, mode, by), self._loop)
        try:
            change.result(timeout=SWITCH)
        except TimeoutError as error:
            raise StagedoorError(f"the mode stays {service.mode}: {error}") from error

    @staticmethod
    async def _change(service: Service, mode: Mode, by: str) -> None:
        assert service.settings is not None
        service.apply(replace(service.settings, mode=mode))
        of = f" of {service.settings.site}" if service.settings.site else ""
        _log.info("mode%s %s from now on, switched at the desk from %s", of, mode, by)
