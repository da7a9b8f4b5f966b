"""Metrics and desk of a guard in mitmproxy: where they listen, and the switch on the desk."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path

from mitmproxy import ctx, exceptions

from stagedoor.fronts.desk_view import desks_of, metrics_of, outlook
from stagedoor.fronts.mitmproxy.options import Settings, modes_written
from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Mode
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.places import base_of
from stagedoor.web.desk.routes import routes, routes_of_sites
from stagedoor.web.gate import Gate, is_loopback, new_password
from stagedoor.web.server import Serving
from stagedoor.web.shop import shop_routes

_log = logging.getLogger("stagedoor.door")

SWITCH = 10.0
"""Seconds that the desk waits for the mode to be changed."""


class DeskService:
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
            desks = desks_of(several, self._switch_site, gate)
            shops = (
                route
                for name, each in several.each.items()
                for route in shop_routes(partial(_state, each), base_of(name))
            )
            served = (*shops, *routes_of_sites(desks, gate))
            self._server = Serving(host, port, metrics_of(several).exposition(), served)
            return (host, self._server.port), password
        suite = self._service.suite
        desk = Desk(suite.day, lambda: outlook(self._service), self._switch, gate)
        served = (*shop_routes(lambda: settings.state), *routes(desk))
        self._server = Serving(host, port, suite.metrics.exposition, served)
        return (host, self._server.port), password

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _switch_site(self, name: str, mode: Mode, by: str) -> None:
        """Change the mode of one of several sites."""
        settings = self._service.settings
        assert settings is not None
        self._switch(mode, by, modes_written(settings.mode, {**settings.modes, name: mode}), name)

    def _switch(self, mode: Mode, by: str, written: str = "", site: str = "") -> None:
        """Change the mode, asked for by the desk in its thread; done between two requests."""
        change = asyncio.run_coroutine_threadsafe(
            _change(mode, by, written or mode, site), self._loop
        )
        try:
            change.result(timeout=SWITCH)
        except (TimeoutError, exceptions.OptionsError) as error:
            raise StagedoorError(f"the mode stays {self._service.mode}: {error}") from error


async def _change(mode: Mode, by: str, written: str, site: str) -> None:
    ctx.options.update(guard_mode=written)
    of = f" of {site}" if site else ""
    _log.info("mode%s %s from now on, switched at the desk from %s", of, mode, by)


def _state(service: Service) -> Path | None:
    return service.settings.state if service.settings is not None else None
