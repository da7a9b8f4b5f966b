"""Who was refused today, or would have been: the last ones, to be explained, and all in groups."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from stagedoor.model.events import Decided
from stagedoor.model.facts import Proof, Request
from stagedoor.record.today import Group

REFUSALS = 200
"""The last ones are kept."""
MOST_GROUPS = 4_096
MOST_TEXT = 2_048
"""Characters kept of a path; of a user agent a quarter."""


class RefusedToday:
    """One day's; for one thread at a time."""

    def __init__(self) -> None:
        self._last: deque[Decided] = deque(maxlen=REFUSALS)
        self._groups: dict[tuple[str, Proof, str], Group] = {}

    def add(self, event: Decided) -> None:
        """One more."""
        self._last.append(cut(event))
        self._group(event)

    def _group(self, event: Decided) -> None:
        """Who was refused, and by which rule."""
        key = event.client.name, event.client.proof, event.verdict.rule
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= MOST_GROUPS:
                return
            client = replace(event.client, why="", traits=frozenset())
            group = self._groups[key] = Group(client, event.verdict.rule, event.verdict.title)
        group.count += 1
        group.would = event.verdict.would is not None
        group.last, group.request = event.at, event.id

    def last(self) -> tuple[Decided, ...]:
        """The newest first."""
        return tuple(reversed(self._last))

    def groups(self) -> tuple[Group, ...]:
        """By client and rule, the largest first."""
        return tuple(
            sorted(
                (replace(group) for group in self._groups.values()),
                key=lambda g: (-g.count, g.client.name, g.rule),
            )
        )


def cut(event: Decided) -> Decided:
    """What is kept of a refusal: no headers (passwords are in some), nothing long."""
    asked = event.request
    path = asked.path[:MOST_TEXT]
    # Not replace(): that takes longer than everything else that is counted here.
    request = Request(
        asked.method[:32], asked.host[:255], path, path, asked.agent[: MOST_TEXT // 4],
        address=asked.address,
    )  # fmt: skip
    return Decided(
        event.at, request, event.client, event.resource, event.verdict, event.seconds, event.id,
        event.against,
    )  # fmt: skip
