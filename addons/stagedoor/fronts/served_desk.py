"""Metrics and desk of a guard, whatever its front: where they listen, and the switch on the desk."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path

from stagedoor.fronts.desk_view import desks_of, metrics_of, outlook
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Mode
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.places import base_of
from stagedoor.web.desk.routes import routes, routes_of_sites
from stagedoor.web.gate import Gate, is_loopback, new_password
from stagedoor.web.server import Routes, Serving
from stagedoor.web.shop import shop_routes

_log = logging.getLogger("stagedoor.door")

SWITCH = 10.0
"""Seconds that the desk waits for the mode to be changed."""


class ServedDesk(ABC):
    """Serves metrics and desk, in a thread of their own; a front says how its mode is changed."""

    sells = False
    """Whether a shop may ask for passes, on the same address."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._sites: SiteServices | None = None
        self._server: Serving | None = None

    @abstractmethod
    def change(self, mode: Mode, site: str) -> None:
        """Put this mode into force, of one of several sites where it is named; between two requests.

        StagedoorError with the reason where that cannot be done.
        """

    def serve(
        self, settings: Settings, several: SiteServices | None = None
    ) -> tuple[tuple[str, int] | None, str]:
        """Begin; returns their address and the desk's password, where it asks for one."""
        if settings.metrics is None:
            return None, ""
        host, port = settings.metrics
        password = settings.desk_password or ("" if is_loopback(host) else new_password())
        self._loop, self._sites = asyncio.get_running_loop(), several
        gate = Gate(host, password)
        if several is None:
            suite = self._service.suite
            exposition = suite.metrics.exposition
            desk = Desk(suite.day, lambda: outlook(self._service), self._switch, gate)
            served: Routes = routes(desk)
            places = {"": self._service}
        else:
            exposition = metrics_of(several).exposition()
            desks = desks_of(several, lambda name, mode, by: self._switch(mode, by, name), gate)
            served = routes_of_sites(desks, gate)
            places = {base_of(name): each for name, each in several.each.items()}
        if self.sells:
            shops = (shop_routes(partial(_state, each), base) for base, each in places.items())
            served = (*(route for shop in shops for route in shop), *served)
        self._server = Serving(host, port, exposition, served)
        return (host, self._server.port), password

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def _switch(self, mode: Mode, by: str, site: str = "") -> None:
        """Change the mode, asked for by the desk in its thread."""
        change = asyncio.run_coroutine_threadsafe(self._changed(mode, by, site), self._loop)
        try:
            change.result(timeout=SWITCH)
        except (TimeoutError, StagedoorError) as error:
            raise StagedoorError(f"the mode stays {self.of(site).mode}: {error}") from error

    async def _changed(self, mode: Mode, by: str, site: str) -> None:
        self.change(mode, site)
        of = f" of {site}" if site else ""
        _log.info("mode%s %s from now on, switched at the desk from %s", of, mode, by)

    def of(self, site: str) -> Service:
        """The service of one of several sites; without a name, of the only one."""
        return self._sites.each[site] if site and self._sites is not None else self._service


def _state(service: Service) -> Path | None:
    return service.settings.state if service.settings is not None else None
