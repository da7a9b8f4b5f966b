"""Events of one connection take turns without tasks that wait for each other.

mitmproxy starts a task for each hook. That task runs at once, and where nothing in it has to be
waited for, it is done at once, too: but then it waits for a lock, because the event that started it
is still being handled, and comes back by way of the event loop. Four times a request, this costs a
tenth of its time. Here what would wait for the lock is handled next, in the same order, by who
holds it.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from mitmproxy.proxy import server

from stagedoor.fronts.mitmproxy.replacing import Replacement, original


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of mitmproxy's handling of a connection's events."""
    return (Replacement(server.ConnectionHandler, "server_event", _in_turn()),)


def _in_turn() -> Any:
    async def server_event(self: Any, event: Any) -> None:
        # None of its callers does anything with the connection after an event that came from
        # within another; so it may return before that one's turn has come.
        coming: deque[Any] | None = self.__dict__.get("stagedoor_coming")
        if coming is not None:
            coming.append(event)
            return
        self.stagedoor_coming = coming = deque((event,))
        handle = original(server_event)
        try:
            while coming:
                await handle(self, coming.popleft())  # it never waits: nobody else has the lock
        finally:
            self.stagedoor_coming = None

    return server_event
