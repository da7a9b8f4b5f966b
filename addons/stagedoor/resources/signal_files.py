"""Signal files, and the request targets that name them: literally, never by a normal form.

Signal files are never refused, so this is an exemption, and an exemption must not rest on a reading
that the site does not share. Only a target that, as it was sent, is one of the names below, or a
plain path below `/.well-known/`, is one. Whatever needs decoding, resolving or cutting is not.
"""

from __future__ import annotations

import re

from stagedoor.signals import registry

NAMES: frozenset[str] = frozenset(
    {
        "/robots.txt",
        "/llms.txt",
        "/tdmrep.json",
        "/rsl.xml",
        "/humans.txt",
        "/security.txt",
    }
)
"""Files that say to a crawler what is allowed, besides those of the standards. Refusing one would
be refusing to say no."""

_SEGMENT = r"(?!\.{1,2}(?:/|\?|\Z))[A-Za-z0-9._~@:,+-]+"
_LITERAL = re.compile(
    rf"(/[a-z]+\.[a-z]+|/\.well-known(?:/{_SEGMENT})+)(?:\?[A-Za-z0-9._~@:,+=&-]*)?", re.ASCII
)
"""A path of plain segments, and a plain query. Queries are let through because caches add them
(`/robots.txt?v=2`) and WebFinger needs them; one with a slash, an escape or a semicolon could name
another file to a site that routes on it, so it is not plain. What such a site sends is looked at
once more when it comes (`response_kinds`)."""
_AUTHORITY = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?=/)", re.ASCII)
MAX_LITERAL = 1024
"""Characters; no signal file's address is longer."""


def literal(target: str) -> str:
    """The signal file that `target` names as it was sent, as a path; empty where it names none."""
    if len(target) > MAX_LITERAL:
        return ""
    start = 0
    if not target.startswith("/"):
        absolute = _AUTHORITY.match(target)
        if absolute is None:
            return ""
        start = absolute.end()
    elif not target.startswith("/.well-known/") and not is_named(target.partition("?")[0]):
        return ""  # nearly all targets end here
    found = _LITERAL.fullmatch(target, start)
    if found is None:
        return ""
    path = found[1]
    return path if path.startswith("/.well-known/") or is_named(path) else ""


def is_named(path: str) -> bool:
    """Whether `path` is one of the names, as it is written."""
    return path in NAMES or path in registry.current().paths
