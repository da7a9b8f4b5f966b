"""The day in sentences, for page and terminal alike."""

from __future__ import annotations

import time
from collections.abc import Sequence

from stagedoor.model.events import MarkUsed
from stagedoor.model.facts import NOBODY, Client
from stagedoor.record.today import Row, Taker, Today
from stagedoor.web.desk.texts import calendar_day, many, number, say, volume

MOST_PATH = 120
"""Characters of a path in a sentence."""
SENDERS = 5
"""How many services that sent people are named."""
TOLD = 3
"""How many crawlers that came back are named, and how many takers."""


def sentences(today: Today) -> Sequence[str]:
    """What happened today, the most important first."""
    return (
        *_machines(today),
        *_takers(today),
        *_uses(today),
        *_people(today),
        *_referrals(today),
    )


def _machines(today: Today) -> Sequence[str]:
    if not today.requests:
        return (say("day.quiet"),)
    if not today.knocks:
        return () if today.takers else (say("day.people only"),)
    names = len({row.client.name for row in today.rows if row.knocks})
    found = [many("day.knocked", today.knocks, who=many("day.who", names))]
    refused = sum(row.refused for row in today.rows)
    if refused:
        found.append(many("day.refused", refused))
    elif not today.would:
        found.append(say("day.refused.none"))
    if today.would:
        found.append(many("day.would", today.would))
    returning = sorted((r for r in today.rows if r.track_requests), key=lambda r: -r.track_requests)
    found += [_came_back(row) for row in returning[:TOLD]]
    took = [row for row in today.rows if row.recordings]
    if took:
        found.append(_took(took))
    return found


def _came_back(row: Row) -> str:
    key = "day.came back.least" if row.more or row.tracks == 0 else "day.came back"
    return many(
        key, row.tracks or 1, who=named(row), requests=many("day.requests", row.track_requests)
    )


def _took(rows: Sequence[Row]) -> str:
    """Two machines that took the same recording took two."""
    least = any(row.more or row.different == 0 for row in rows)
    return many(
        "day.took.least" if least else "day.took",
        sum(row.different for row in rows) or 1,
        requests=many("day.requests", sum(row.recordings for row in rows)),
        size=volume(sum(row.recorded for row in rows)),
    )


def _takers(today: Today) -> Sequence[str]:
    """Who took more than anybody can listen to, by what was sent."""
    takers = [taker for taker in today.takers if taker.recordings]
    found = [took(taker) for taker in takers[:TOLD]]
    if len(takers) > TOLD:
        found.append(many("day.takers", len(takers) - TOLD))
    return found


def _uses(today: Today) -> Sequence[str]:
    """Links handed to one machine that another client came by."""
    found = [used(use) for use in today.uses[:TOLD]]
    if len(today.uses) > TOLD:
        found.append(many("day.uses", len(today.uses) - TOLD))
    return found


def used(use: MarkUsed) -> str:
    """`The link handed to CCBot on 3 May was fetched on 9 July as yt-dlp from another network`."""
    handout, client = use.handout, use.decided.client
    who = say("use.unnamed") if client.name in NOBODY else client.name
    did = say("use.refused" if use.decided.verdict.refused else "use.fetched")
    seen, path = calendar_day(use.decided.at), use.decided.request.path[:MOST_PATH]
    if handout is None:
        return say("use.unknown", who=who, did=did, day=seen, path=path)
    whom = (
        handout.client if handout.proof == "verified" else say("use.claimed", name=handout.client)
    )
    return say(
        "use.near" if use.near else "use.far",
        whom=whom,
        did=did,
        handed=calendar_day(handout.at),
        day=seen,
        who=who,
        path=path,
    )


def took(taker: Taker) -> str:
    """`One visitor in 203.0.113.0/24 took 100 recordings in 5 seconds`."""
    end = ""
    if taker.stopped:
        kind = "taker.stopped.network" if taker.scope == "network" else "taker.stopped"
        end = many(kind, taker.stopped)
    return many(
        f"taker.{'network' if taker.scope == 'network' else 'household'}",
        taker.recordings,
        network=taker.network or say("taker.nowhere"),
        time=span(taker.seconds),
        who=called(taker.client),
        end=end,
    )


def span(seconds: float) -> str:
    """So much time, in the largest unit of which there are two, or the smallest."""
    if seconds < 1:
        return say("time.moment")
    if seconds < 120:
        return many("time.seconds", round(seconds))
    if seconds < 7200:
        return many("time.minutes", round(seconds / 60))
    return many("time.hours", round(seconds / 3600))


def called(client: Client) -> str:
    """What a client calls itself; what it says proves nothing."""
    return say("taker.unnamed") if client.name in NOBODY else client.name


def listeners(today: Today) -> str:
    """How many addresses listened."""
    key = "day.listeners.least" if today.more_listeners else "day.listeners"
    return many(key, today.listeners)


def _people(today: Today) -> Sequence[str]:
    found = [many("day.people", today.people)] if today.people else []
    if today.people_refused:
        found.append(many("day.people refused", today.people_refused))
    if today.listeners:
        found.append(listeners(today))
    return found


def _referrals(today: Today) -> Sequence[str]:
    """Who sends people, and what the same operator's proven crawlers took."""
    sent = sorted(today.referrals.items(), key=lambda one: (-one[1], one[0]))
    found = []
    if sent:
        names = ", ".join(f"{service} {number(count)}" for (service, _), count in sent[:SENDERS])
        found.append(many("day.sent", sum(today.referrals.values()), who=names))
    for operator in sorted({operator for _, operator in today.referrals}):
        took = sum(
            row.different
            for row in today.rows
            if row.client.operator == operator and row.client.proof == "verified"
        )
        if took:
            count = sum(n for (_, of), n in today.referrals.items() if of == operator)
            visits = many("day.visits", count)
            found.append(many("day.took and sent", took, who=operator, visits=visits))
    return found


def since(today: Today) -> str:
    """From when on is counted."""
    if today.from_ledger:
        return say("since.ledger", time=clock(today.since))
    if time.localtime(today.since)[3:6] == (0, 0, 0):
        return say("since.midnight")
    return say("since.start", time=clock(today.since))


def named(row: Row) -> str:
    """`GPTBot` where that is proven; else somebody who calls itself so. Begins a sentence."""
    if row.client.name in NOBODY:
        return say(f"who.{row.client.name}")
    return say(f"who.{row.client.proof}", name=row.client.name)


def proof(word: str) -> str:
    """How sure an identity is."""
    return say(f"proof.{word}")


def clock(at: float) -> str:
    """The time of day, in local time."""
    return time.strftime("%H:%M:%S", time.localtime(at))
