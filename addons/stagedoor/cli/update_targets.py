"""What `stagedoor update` keeps copies of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One file to keep a copy of.

    `read` takes its bytes and a place for messages, and gives its entries as text (networks, key
    ids); it raises ConfigError for a file that must not be used. `folder` is inside the state
    directory.
    """

    url: str
    operator: str
    folder: str
    read: Callable[[bytes, str], frozenset[str]]
