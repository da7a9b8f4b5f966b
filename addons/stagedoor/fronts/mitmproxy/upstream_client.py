"""The site behind, asked by the guard itself: as a visitor would, at the address it was given.

For the few questions that no visitor's own request answers: where a redirected robots.txt ends, what
the site answers to an address it cannot have, what it says to those who do not log in.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address

from stagedoor.fetch.client import HttpClient
from stagedoor.fetch.exchange import Response
from stagedoor.fetch.fetch_policy import FetchPolicy
from stagedoor.fetch.public_addresses import Address, anywhere, is_public
from stagedoor.fetch.uses import ELSEWHERE, SITE
from stagedoor.fronts.mitmproxy.upstreams import is_local

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the site answers: `host` without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def address(self) -> str:
        """Scheme, host and port, as they begin a URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class UpstreamClient:
    """Asks one site. `trust` is a file with certificates that are believed besides none; `blind`
    believes every one.
    """

    def __init__(self, *, trust: str = "", blind: bool = False) -> None:
        context = None
        if trust or blind:
            context = ssl.create_default_context(cafile=trust or None)
            if blind:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
        self._site = HttpClient(SITE, context=context)

    async def ask(
        self,
        upstream: Upstream,
        target: str,
        fields: Fields = (),
        method: str = "GET",
        policy: FetchPolicy | None = None,
    ) -> Response:
        """Its answer to one request, whatever the status; FetchError where there is none.

        `fields` has a Host where the site is to hear another than its own address.
        """
        return await self._site.fetch(
            upstream.address + target, policy, method=method, headers=tuple(fields)
        )

    async def ask_elsewhere(self, upstream: Upstream, url: str) -> Response:
        """The answer of another server that the site points to. FetchError where there is none."""
        inside = is_local(upstream.host)
        policy = replace(ELSEWHERE, addresses=_beside if inside else is_public)
        return await HttpClient(policy).fetch(url)


def _beside(address: Address) -> bool:
    """Everything but what only this machine's keeper may ask: metadata services of clouds."""
    return anywhere(address) and not ip_address(address).is_link_local
