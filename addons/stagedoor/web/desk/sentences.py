"""The day in sentences, for page and terminal alike."""

from __future__ import annotations

import time
from collections.abc import Sequence

from stagedoor.evidence.wording import size
from stagedoor.record.today import Row, Today
from stagedoor.web.desk.texts import many, say

TOLD = 3
"""How many crawlers that came back are named."""


def sentences(today: Today) -> Sequence[str]:
    """What happened today, the most important first."""
    return (*_machines(today), *_people(today))


def _machines(today: Today) -> Sequence[str]:
    if not today.requests:
        return (say("day.quiet"),)
    if not today.knocks:
        return (say("day.people only"),)
    names = len({row.client.name for row in today.rows if row.knocks})
    found = [many("day.knocked", today.knocks, who=many("day.who", names))]
    refused = sum(row.refused for row in today.rows)
    if refused:
        found.append(many("day.refused", refused))
    elif not today.would:
        found.append(say("day.refused.none"))
    if today.would:
        found.append(many("day.would", today.would))
    returning = sorted((r for r in today.rows if r.tracks), key=lambda r: -r.tracks)
    found += [many("day.came back", r.tracks, who=named(r)) for r in returning[:TOLD]]
    recordings = sum(row.recordings for row in today.rows)
    if recordings:
        found.append(many("day.took", recordings, size=size(sum(r.recorded for r in today.rows))))
    return found


def _people(today: Today) -> Sequence[str]:
    if not today.people:
        return ()
    came = many("day.people", today.people)
    if not today.people_refused:
        return (came,)
    return (came, many("day.people refused", today.people_refused))


def since(today: Today) -> str:
    """From when on is counted."""
    if today.from_ledger:
        return say("since.ledger", time=clock(today.since))
    if time.localtime(today.since)[3:6] == (0, 0, 0):
        return say("since.midnight")
    return say("since.start", time=clock(today.since))


def named(row: Row) -> str:
    """`GPTBot`, and how sure that is where it is not the common case."""
    name = row.client.name
    return name if row.client.proof == "unverified" else f"{name} ({proof(row.client.proof)})"


def proof(word: str) -> str:
    """How sure an identity is."""
    return say(f"proof.{word}")


def clock(at: float) -> str:
    """The time of day, in local time."""
    return time.strftime("%H:%M:%S", time.localtime(at))
