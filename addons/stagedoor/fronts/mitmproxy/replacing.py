"""Replacing functions of mitmproxy while the guard runs; afterwards they are put back.

Each replacement stands in the module that needs it; `tests/fronts/mitmproxy/test_replacing.py` holds
the source of every one against what it was written for, so that no upgrade goes unseen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

_ORIGINAL = "stagedoor_original"
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Replacement:
    """`function` takes the place of `owner.name`, which may be inherited or absent."""

    owner: Any
    name: str
    function: Any


def original(replacement: Any) -> Any:
    """What stood in the place of `replacement` before; it calls that."""
    return getattr(replacement, _ORIGINAL)


def install(replacements: Iterable[Replacement]) -> Callable[[], None]:
    """Put them in place; returns what takes them out again.

    A second guard in one process finds the first one's work: what counts is the original.
    """
    saved = []
    for each in replacements:
        current = getattr(each.owner, each.name, None)
        own = vars(each.owner).get(each.name, _ABSENT)
        found = getattr(current, _ORIGINAL, current)
        if own is not _ABSENT and hasattr(own, _ORIGINAL):
            own = getattr(own, "stagedoor_own", found)
        each.function.stagedoor_original = found
        each.function.stagedoor_own = own
        saved.append((each.owner, each.name, own))
        setattr(each.owner, each.name, each.function)

    def undo() -> None:
        for owner, name, own in saved:
            if own is not _ABSENT:
                setattr(owner, name, own)
            elif name in vars(owner):
                delattr(owner, name)

    return undo
