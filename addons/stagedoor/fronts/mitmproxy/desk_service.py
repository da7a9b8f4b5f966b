"""Metrics and desk of a guard in mitmproxy: the mode is one of its options."""

from __future__ import annotations

from mitmproxy import ctx, exceptions

from stagedoor.fronts.mitmproxy.options import modes_written
from stagedoor.fronts.served_desk import ServedDesk
from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Mode


class DeskService(ServedDesk):
    """One guard's."""

    sells = True

    def change(self, mode: Mode, site: str) -> None:
        """Change the option, which all sites share."""
        written: str = mode
        if site:
            settings = self._service.settings
            assert settings is not None
            written = modes_written(settings.mode, {**settings.modes, site: mode})
        try:
            ctx.options.update(guard_mode=written)
        except exceptions.OptionsError as error:
            raise StagedoorError(str(error)) from error
