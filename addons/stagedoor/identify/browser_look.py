"""What the checks behind traits look at: one request of a client that claims to be a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from stagedoor.identify.browsers import Browser
from stagedoor.identify.tls_families import Families
from stagedoor.model.facts import Request, Resource
from stagedoor.resources.kinds import classify


@dataclass(slots=True)  # not frozen: that would cost a third of all checks together
class Look:
    """What the checks look at. `headers` are in the order sent, names in lower case; where one was
    sent twice, its last value counts.
    """

    request: Request
    browser: Browser | None
    headers: Mapping[str, str]
    ja4: str
    families: Families
    secure: bool
    """The browser knows the site as a secure one: TLS, or this machine."""
    untouched: bool
    """Nobody in between has written the headers anew."""

    @property
    def by_media_stack(self) -> bool:
        """Perhaps not from the browser itself: on Android, recordings and downloads may be fetched
        by the system's player, which says the browser's name and sends little else.
        """
        return (
            self.browser is not None
            and self.browser.system == "android"
            and asked_for(self.request.path, self.request.target).guarded
        )


_CACHED, _MAX_CACHED = 4096, 512
"""Paths that are looked at once, and the characters of one."""


@lru_cache(maxsize=_CACHED)
def _known(path: str, target: str) -> Resource:
    return classify(path, target=target or None)


def asked_for(path: str, target: str) -> Resource:
    """What a request is about, whatever the stance says of its path."""
    if len(path) + len(target) > _MAX_CACHED:
        return classify(path, target=target or None)
    return _known(path, target)


def is_this_machine(host: str) -> bool:
    """Whether browsers take plain HTTP to `host` (perhaps with a port) for secure."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in {"localhost", "[::1]"} or name.endswith(".localhost") or name.startswith("127.")
