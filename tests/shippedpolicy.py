"""The policy as shipped, read once for all tests of a process: reading it takes a second."""

from __future__ import annotations

from functools import cache

from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy


@cache
def shipped_policy() -> Policy:
    """The rules and the catalogue in `rules/`. Nothing of it ever changes but what it caches."""
    return rule_folder.load()
