"""Checks at the start, when the guard already listens: what of the site would undo its work.

- The site's port answers at an address that others can reach: there they get everything.
- The site answers signal files with its page: then they are not its own, whatever its status says.

Both are warnings. A site that is not running yet is not waited for: the first visitor will show it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fronts.addresses import parse
from stagedoor.fronts.mitmproxy.upstream_client import Upstream, UpstreamClient
from stagedoor.fronts.mitmproxy.upstreams import (
    is_local,
    looked_up,
    own_addresses,
    reachable_at,
)
from stagedoor.signals.file_forms import fits

AGENT = "Stagedoor (looks at its own site at the start)"

_log = logging.getLogger("stagedoor.door")

Misfit = Callable[[str, str], None]
Address = tuple[str, int]


async def look(
    upstream: Upstream,
    client: UpstreamClient,
    listening: Sequence[Address],
    paths: Sequence[str],
    misfit: Misfit,
) -> None:
    """Look once. `listening` are the guard's own sockets, `paths` the signal files that it has."""
    open_at = await exposed(upstream, listening, own_addresses())
    if open_at:
        _log.warning("%s", exposure(upstream, open_at))
    for path in paths:
        fields = (("User-Agent", AGENT), ("Host", upstream.host), ("X-Forwarded-Proto", "https"))
        try:
            answer = await client.ask(upstream, path, fields)
        except FetchError:
            return  # it is down, which the first visitor will make known
        kind = answer.header("content-type")
        if answer.status == 200 and not fits(path, kind, answer.body[:1024]):
            misfit(path, kind)
            return  # it does so with the others, too


async def exposed(
    upstream: Upstream, listening: Sequence[Address], own: Sequence[str]
) -> list[str]:
    """Addresses of this machine, loopback left out, at which the site behind answers."""
    if not is_local(upstream.host):
        return []
    asked = [
        parse(text)
        for text in ([upstream.host] if parse(upstream.host) else looked_up(upstream.host))
    ]
    here = {parse(text) for text in own}
    if not any(each is not None and (each.is_loopback or each in here) for each in asked):
        return []  # another machine's, or a container's: what can reach it is not known here
    ours = {parse(host) for host, port in listening if port == upstream.port}
    everywhere = any(each is not None and each.is_unspecified for each in ours)
    if everywhere:
        return []
    return await reachable_at(upstream.port, [text for text in own if parse(text) not in ours])


def exposure(upstream: Upstream, addresses: Sequence[str]) -> str:
    """What to report about a site that can be reached past the guard."""
    shown = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    return (
        f"the site's port {upstream.port} also answers at {shown}: visitors can go past the guard — "
        f"let the site listen at 127.0.0.1:{upstream.port} only (docker: "
        f"-p 127.0.0.1:{upstream.port}:…), or close the port in the firewall"
    )
