"""Passes and marked links, which need a guard that writes into pages: behind a front there are none.

A stance that asks for passes would keep every listener out, because nobody is handed one. So requests
are decided as if no pass were needed, and that is said at the start.
"""

from __future__ import annotations

from pathlib import Path

from stagedoor.fronts.handouts import Handouts
from stagedoor.rules.policy import Policy

ADVICE = (
    "passes and marked links are handed out by a guard in front of the site (stagedoor serve), not "
    "by the counter: here nobody needs a pass"
)


class NoHandouts(Handouts):
    """Hands out nothing, and asks for nothing."""

    def follow(self, policy: Policy) -> None:
        """Take note of no policy."""

    def open(self, state: Path | None) -> None:
        """Look for no keys."""

    def look_again(self) -> None:
        """Look for none later, either."""

    def close(self) -> None:
        """Nothing was written."""
