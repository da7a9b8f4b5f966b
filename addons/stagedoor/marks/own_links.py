"""The site's own links that may carry a mark: recordings, and what lists them.

An address is resolved against the resource it stands in, as a client would, and looked up once: the
links of a site are the same again and again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from stagedoor.marks.marked_links import PARAMETER, unmarked
from stagedoor.model.facts import Kind, Resource
from stagedoor.model.globs import Globs
from stagedoor.resources.paths import normalise

Classify = Callable[[str, str], Resource]
"""What is at a normalised path and a target: `Policy.classify`."""

LONGEST: Final = 2048
"""Characters of an address; longer ones are left alone."""
_CACHED: Final = 16_384
_SCHEMES: Final = ("http:", "https:")


def resolved(base: str, hosts: frozenset[str], address: str) -> str:
    """The target of an address that stands in the resource at the target `base`; empty where it leads
    to another site, or is none. `hosts` are the site's names.
    """
    address = address.partition("#")[0]
    if not address or len(address) > LONGEST:
        return ""
    if address[0] != "/":
        scheme, colon, rest = address.partition(":")
        if colon and "/" not in scheme and "?" not in scheme:
            if f"{scheme.lower()}:" not in _SCHEMES or not rest.startswith("//"):
                return ""
            address = rest
    if address.startswith("//"):
        authority, slash, rest = address[2:].partition("/")
        host = authority.rpartition("@")[2].lower()
        name, port_sign, port = host.rpartition(":")
        if (name if port_sign and port.isdigit() else host) not in hosts:
            return ""
        return slash + rest
    if address[0] == "/":
        return address
    path = base.partition("?")[0]
    return path + address if address[0] == "?" else path.rpartition("/")[0] + "/" + address


class OwnLinks:
    """Which links get a mark: those of `kinds`, below `paths` where it is not None."""

    def __init__(self, classify: Classify, kinds: frozenset[Kind], paths: Globs | None) -> None:
        # No method of its own: with a cache that holds the links, a policy would outlive its reload.
        self.wanted = lru_cache(_CACHED)(partial(_wanted, classify, kinds, paths))


def _wanted(
    classify: Classify,
    kinds: frozenset[Kind],
    paths: Globs | None,
    base: str,
    hosts: frozenset[str],
    address: str,
    *,
    listed: bool,
) -> bool:
    """`listed`: it stands in a playlist, and is a piece of a recording whatever it is called."""
    target = resolved(base, hosts, address)
    if not target or (PARAMETER in target and unmarked(target)[1]):
        return False
    path = normalise(target)
    if paths is not None and not paths.match(path):
        return False
    return listed or classify(path, target).kind in kinds
