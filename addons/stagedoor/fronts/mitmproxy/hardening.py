"""Hardening: what a public server needs and mitmproxy 12 has no interface for.

own_answers   its error pages become one plain line, and are counted
heads         heads are bounded, and read in one way only
bodies        bodies end where everybody thinks they end
accepting     connections that rest, or never ask for anything, make room
crashes       an error inside it reaches the client, and is counted
header_lookup header fields are found in less time
event_turns   events that follow from each other need no tasks that wait
immediate_hooks  hooks that nobody waits in do not stop a layer
request_objects  what is made for each request is made in less time

Besides, the types of every message's parts are not checked once more when the parser has just made
them: that is for those who write addons, and a sixth of the time of a request. `python -O` leaves it
out, too.
"""

from __future__ import annotations

from collections.abc import Callable

from mitmproxy import http

from stagedoor.fronts.mitmproxy import (
    accepting,
    bodies,
    crashes,
    event_turns,
    header_lookup,
    heads,
    immediate_hooks,
    lean,
    own_answers,
    request_objects,
)
from stagedoor.fronts.mitmproxy.complaints import Complaints
from stagedoor.fronts.mitmproxy.connections import Connections
from stagedoor.fronts.mitmproxy.early_refusals import EarlyRefusals
from stagedoor.fronts.mitmproxy.replacing import Replacement, install


def harden(
    complaints: Complaints | None = None,
    connections: Connections | None = None,
    early: EarlyRefusals | None = None,
) -> Callable[[], None]:
    """Put everything in place; returns what takes it out again."""
    if complaints is None:
        complaints = Complaints(lambda _side, _fault: None)
    if connections is None:
        connections = Connections()
    unreplace = install(replacements(complaints, connections, early))
    connections.following = True

    def undo() -> None:
        connections.following = False
        unreplace()

    return undo


def replacements(
    complaints: Complaints, connections: Connections, early: EarlyRefusals | None = None
) -> tuple[Replacement, ...]:
    """Every function of mitmproxy that is replaced."""
    return (
        *own_answers.replacements(complaints),
        *heads.replacements(complaints, connections, early),
        *bodies.replacements(),
        *accepting.replacements(connections),
        *crashes.replacements(),
        *header_lookup.replacements(),
        *event_turns.replacements(),
        *immediate_hooks.replacements(),
        *request_objects.replacements(),
        *lean.replacements(),
        Replacement(http.MessageData, "__post_init__", _unchecked()),
    )


def _unchecked() -> Callable[[http.MessageData], None]:
    def __post_init__(_message: http.MessageData) -> None:  # noqa: N807 (mitmproxy's name)
        return

    return __post_init__
