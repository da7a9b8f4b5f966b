"""Strangers with a login: let in where the site is known to check them.

The counter sees no answers of the site's, so it cannot wait for what the site says to this very login.
It need not: a site that refuses the request without one says no to a wrong one by itself, and then no
recording goes out.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import replace

from stagedoor.engine import order
from stagedoor.fronts.authorize.asked_requests import Asked
from stagedoor.fronts.authorize.site_readings import SiteReadings
from stagedoor.fronts.service import Service
from stagedoor.model.actions import THROTTLE, named
from stagedoor.model.client_keys import client_key


class LoginChecks:
    """Those of one counter."""

    def __init__(self, service: Service, site: SiteReadings) -> None:
        self._service, self._site = service, site

    def matter(self, transaction: Asked) -> bool:
        """Whether it is refused only as long as nobody knows what its login is worth."""
        sent = transaction.request.credentials == "sent" and self._site.upstream is not None
        return sent and order.lets_in_logged_in(transaction)

    async def after(self, decided: Awaitable[None], transaction: Asked) -> None:
        """Decide, and settle what a login changes."""
        await decided
        if self.matter(transaction):
            await self.settle(transaction)

    async def settle(self, transaction: Asked) -> None:
        """Decide again where the site checks logins. Who guesses is asked to come back later."""
        verdict = transaction.verdict
        seconds = self._site.logins.waits(client_key(transaction.request.address))
        if seconds and verdict.refused:
            later = named(THROTTLE)
            transaction.verdict = replace(
                verdict, action=later.word, status=later.status, seconds=seconds
            )
        elif not seconds and await self._site.checks_logins(transaction):
            self._service.logged_in(transaction)
