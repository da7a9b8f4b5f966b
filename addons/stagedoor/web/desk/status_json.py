"""The desk for programs: /status.json. Field names are public interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stagedoor.record.today import Row, Today
from stagedoor.web.desk import sentences
from stagedoor.web.desk.view import Outlook

TOP = 50
"""Crawlers that are listed."""


def status(today: Today, outlook: Outlook) -> Mapping[str, Any]:
    """Times are Unix seconds. `words` are sentences for people."""
    policy = outlook.policy
    return {
        "program": outlook.program,
        "mode": outlook.mode,
        "at": today.at,
        "date": today.date,
        "since": today.since,
        "from_ledger": today.from_ledger,
        "rules": {
            "loaded": len(policy.rules),
            "in_force": policy.in_force,
            "current": not outlook.trouble,
            "trouble": list(outlook.trouble),
            "advice": list(outlook.advice),
        },
        "ledger": outlook.state is not None,
        "words": [*sentences.sentences(today), sentences.since(today)],
        "requests": today.requests,
        "machines": today.knocks,
        "people": today.people,
        "refused": today.refused,
        "would_refuse": today.would,
        "hours": [
            {"machines": hour.machines, "refused": hour.refused, "people": hour.people}
            for hour in today.hours
        ],
        "crawlers": [_row(row, today) for row in today.rows[:TOP]],
        "listeners": today.listeners,
        "listeners_at_least": today.more_listeners,
        "takers": [
            {
                "network": taker.network,
                "together": taker.scope == "network",
                "calls_itself": taker.client.name,
                "purpose": taker.client.purpose,
                "recordings": taker.recordings,
                "seconds": taker.seconds,
                "refused_since": taker.stopped,
                "last": taker.last,
            }
            for taker in today.takers[:TOP]
        ],
        "people_now": dict(today.people_now),
        "referrals": {service: count for (service, _), count in today.referrals.items()},
    }


def _row(row: Row, today: Today) -> Mapping[str, Any]:
    client = row.client
    return {
        "name": client.name,
        "operator": client.operator,
        "purpose": client.purpose,
        "purposes": client.purposes,
        "proof": client.proof,
        "docs": client.docs,
        "now": today.now.get((client.name, client.proof), 0),
        "knocks": row.knocks,
        "refused": row.refused,
        "would_refuse": row.would,
        "told": row.told,
        "against": row.against,
        "against_recordings": row.track_requests,
        "against_different": row.tracks,
        "taken": row.taken,
        "taken_against": row.taken_against,
        "recordings": row.recordings,
        "recordings_different": row.different,
        "different_at_least": row.more,
        "bytes": row.bytes,
        "first": row.first,
        "last": row.last,
        "hours": row.hours,
    }
