"""Contexts of mitmproxy's layers, forked for each request, without a connection that nobody uses.

Making a context makes a connection to a site, with a random name and thirty fields; a fork throws it
away for the one that is there.
"""

from __future__ import annotations

from typing import Any

from mitmproxy.proxy.context import Context

from stagedoor.fronts.mitmproxy.replacing import Replacement


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of forking."""
    return (Replacement(Context, "fork", _forking()),)


def _forking() -> Any:
    def fork(self: Any) -> Context:
        forked = Context.__new__(Context)
        forked.client, forked.options, forked.server = self.client, self.options, self.server
        forked.layers = self.layers.copy()
        return forked

    return fork
