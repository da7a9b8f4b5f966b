"""The counts of a tally as rows, for people and for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from stagedoor.fronts.replay.tally import RECORDINGS, SHOWN, Cell, Example, Outcome, Tally, changes
from stagedoor.model.facts import CRAWLERS, Client, Verdict

DAY = 86_400.0


@dataclass(slots=True)
class Amount:
    """So many requests. `recordings` are those for recordings; `served` were answered 2xx, as the
    log says, and `size` is what was sent with that. `served_recordings` and `recorded` (bytes) are
    the recordings' part.
    """

    requests: int = 0
    recordings: int = 0
    served: int = 0
    size: int = 0
    served_recordings: int = 0
    recorded: int = 0

    def add(self, outcome: Outcome, cell: Cell) -> None:
        self.requests += cell.requests
        self.served += cell.served
        self.size += cell.size
        if outcome.kinds[-1] in RECORDINGS:
            self.recordings += cell.requests
            self.served_recordings += cell.served
            self.recorded += cell.size

    def as_json(self) -> dict[str, int]:
        return {
            "requests": self.requests,
            "recordings": self.recordings,
            "served": self.served,
            "bytes": self.size,
            "served_recordings": self.served_recordings,
            "recordings_bytes": self.recorded,
        }


@dataclass(slots=True)
class ClientRow:
    """One client: what came, and what becomes of it. `files` are different recordings it took."""

    client: Client
    files: int
    came: Amount = field(default_factory=Amount)
    refused: Amount = field(default_factory=Amount)
    verdicts: Counter[str] = field(default_factory=Counter)
    """Requests by action."""

    @property
    def is_crawler(self) -> bool:
        """Comes for an operator, or says no more than that it is a machine."""
        return self.client.purpose in CRAWLERS or self.client.purpose == "robot"


@dataclass(slots=True)
class RuleRow:
    """One rule: what it decided."""

    verdict: Verdict
    amount: Amount = field(default_factory=Amount)


@dataclass(slots=True)
class Change:
    """Requests of one client that the two policies treat differently, by the same two rules."""

    old_client: Client
    client: Client
    old: Verdict
    new: Verdict
    amount: Amount = field(default_factory=Amount)
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Summary:
    """Everything a replay has found out. Clients and rules come with the most refused first."""

    tally: Tally
    came: Amount
    refused: Amount
    verdicts: Counter[str]
    clients: list[ClientRow]
    rules: list[RuleRow]
    changes: list[Change]

    @property
    def days(self) -> float:
        """The time between the first request and the last."""
        return max(0.0, self.tally.last - self.tally.first) / DAY

    def files(self, rows: Iterable[ClientRow]) -> int:
        """How many different recordings these clients took together."""
        return len(set().union(*(self.tally.files.get(row.client.name, ()) for row in rows)))

    @property
    def files_capped(self) -> bool:
        """Whether there were more files than are counted separately."""
        return self.tally.files_left == 0


def summarise(tally: Tally) -> Summary:
    """The rows of `tally`; where it has two policies, the last one's, and the changes."""
    clients: dict[str, ClientRow] = {}
    rules: dict[str, RuleRow] = {}
    changed: dict[tuple[str, str, Verdict, Verdict], Change] = {}
    came, refused, verdicts = Amount(), Amount(), Counter[str]()
    for outcome, cell in tally.outcomes.items():
        client, verdict = outcome.clients[-1], outcome.verdicts[-1]
        row = clients.setdefault(
            client.name, ClientRow(client, len(tally.files.get(client.name, ())))
        )
        row.verdicts[verdict.action] += cell.requests
        verdicts[verdict.action] += cell.requests
        amounts = [came, row.came]
        if verdict.refused:
            amounts += [refused, row.refused]
        if verdict.rule:
            amounts.append(rules.setdefault(verdict.rule, RuleRow(verdict)).amount)
        if changes(outcome):
            old, whom = outcome.verdicts[0], outcome.clients[0]
            change = changed.setdefault(
                (whom.name, client.name, old, verdict), Change(whom, client, old, verdict)
            )
            change.examples.extend(cell.examples[: SHOWN - len(change.examples)])
            amounts.append(change.amount)
        for amount in amounts:
            amount.add(outcome, cell)
    return Summary(
        tally,
        came,
        refused,
        verdicts,
        sorted(clients.values(), key=_most),
        sorted(rules.values(), key=lambda r: (not r.verdict.refused, -r.amount.requests)),
        sorted(changed.values(), key=lambda c: -c.amount.requests),
    )


def _most(row: ClientRow) -> tuple[int, int, int, str]:
    return (-row.refused.requests, -row.came.recorded, -row.came.requests, row.client.name)


def as_json(summary: Summary) -> Mapping[str, Any]:
    """All of it, as plain values."""
    tally = summary.tally
    found: dict[str, Any] = {
        "lines": tally.lines,
        "first": _time(tally.first),
        "last": _time(tally.last),
        "not_requests": tally.no_requests,
        "without_agent": tally.nameless,
        "outside": tally.outside,
        "unreadable": {"count": tally.unreadable, "first": _examples(tally.troubles)},
        "came": summary.came.as_json(),
        "refused": summary.refused.as_json(),
        "verdicts": dict(summary.verdicts),
        "files_at_least": summary.files_capped,
        "clients": [
            {
                **_client(row.client),
                "files": row.files,
                "came": row.came.as_json(),
                "refused": row.refused.as_json(),
                "verdicts": dict(row.verdicts),
            }
            for row in summary.clients
        ],
        "rules": [
            {**_verdict(row.verdict), "title": row.verdict.title, **row.amount.as_json()}
            for row in summary.rules
        ],
    }
    found["stopped"] = [
        {
            "time": _time(one.at),
            "network": one.network,
            "client": one.client,
            "rule": one.rule,
            "recordings": one.had,
            "seconds": one.seconds,
            "together": one.together,
            "refused": one.refused,
            "bytes_refused": one.size,
        }
        for one in tally.stopped
    ]
    if len(tally.policies) > 1:
        found["changes"] = [
            {
                **_client(change.client),
                "old_name": change.old_client.name,
                "old": _verdict(change.old),
                "new": _verdict(change.new),
                **change.amount.as_json(),
                "examples": _examples(change.examples),
            }
            for change in summary.changes
        ]
    return found


def _client(client: Client) -> dict[str, object]:
    return {
        "name": client.name,
        "operator": client.operator,
        "purpose": client.purpose,
        "purposes": client.purposes,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    status = verdict.status if verdict.refused else None
    return {"action": verdict.label, "rule": verdict.rule, "status": status}


def _examples(examples: Iterable[Example]) -> list[dict[str, Any]]:
    return [
        {
            "file": example.place,
            "line": example.number,
            "text": example.text.decode("utf-8", "replace"),
            **({"why": example.why} if example.why else {}),
        }
        for example in examples
    ]


def _time(at: float) -> str | None:
    try:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return None
