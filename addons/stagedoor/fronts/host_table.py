"""Which of several sites a request is for: by its Host, never by the connection it came on.

The Host counts where it is the name of a site. Where it is none, a proxy may have asked by an inner name:
then X-Forwarded-Host counts, if the site that it names trusts that proxy itself. What is left is the
default site's, or nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable

from stagedoor.fronts.addresses import Proxies, is_trusted
from stagedoor.fronts.authorities import normalised
from stagedoor.model.facts import host_name


class HostTable[Front]:
    """Names of sites → their fronts."""

    __slots__ = ("_by_host", "default")

    def __init__(
        self, rows: Iterable[tuple[Iterable[str], Front]] = (), default: Front | None = None
    ) -> None:
        self._by_host: dict[str, Front] = {host: front for hosts, front in rows for host in hosts}
        self.default = default

    def of(self, authority: str) -> Front | None:
        """The site of this name, with or without a port; None where there is none."""
        found = self._by_host.get(authority)
        if found is not None:
            return found
        name = normalised(authority)
        return self._by_host.get(host_name(name)) if name else None


def forwarded_host(values: Iterable[str]) -> str:
    """What the nearest proxy says: the last of all that is in X-Forwarded-Host."""
    return ",".join(values).rpartition(",")[2].strip()


def believes(trusted: Proxies, peer: str) -> bool:
    """Whether a site takes X-Forwarded-Host from `peer`."""
    return bool(trusted) and is_trusted(peer, trusted)
