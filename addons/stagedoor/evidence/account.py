"""Entries → an account: what one crawler was sent, what it took, how sure its name is.

A user agent is a claim, so nothing is ever added up over different proofs: what somebody in the
name of GPTBot took says nothing about GPTBot. "After a notice" means: after a client of the same
name with the same proof had been handed a signal. "Against" means against a signal: what the site's
own rules allowed is a taking, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from stagedoor.evidence.entries import VISITS, InForce, follow
from stagedoor.model.facts import GUARDED_KINDS, PROOFS

Body = Mapping[str, Any]
Lane = Literal["notice", "taking", "refusal"]

MOST_ROWS = 5_000
"""Of each table; a report is read by people, and the export has every entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the account, and what is known of its personal parts."""

    seq: int
    body: Body
    personal: Mapping[str, str]
    after: int | None = None
    """Of a taking against the signals: milliseconds since the first notice; None where there was none."""


@dataclass(slots=True)
class Tally:
    """What clients of one name and one proof did. Times are Unix milliseconds."""

    notices: int = 0
    takings: int = 0
    after: int = 0
    against: int = 0
    bytes: int = 0
    recordings: int = 0
    """Takings of recordings, playlists and downloads against the signals, and their bytes:"""
    recorded: int = 0
    different: set[tuple[str, str]] = field(default_factory=set)
    """Host and path of those: the same one twice is one recording, and two requests."""
    refusals: int = 0
    proofs: int = 0
    first: int = 0
    last: int = 0
    first_notice: int | None = None

    def add(self, body: Body) -> int | None:
        """Count one entry; for a taking after a notice, the milliseconds since the first one."""
        kind, at = body["kind"], body["at"]
        self.first = min(self.first or at, at)
        self.last = max(self.last, at)
        if kind == "notice":
            self.notices += 1
            self.first_notice = min(at, self.first_notice or at)
        elif kind == "refusal":
            self.refusals += 1
        elif kind == "summary":
            self.refusals += body["count"]
            self.first = min(self.first, body["since"])
        elif kind == "proof":
            self.proofs += 1
        elif kind == "taking":
            return self._take(body)
        return None

    def _take(self, body: Body) -> int | None:
        self.takings += 1
        self.bytes += body["bytes"]
        if not body["against"]:
            return None
        self.against += 1
        if body["resource"] in GUARDED_KINDS:
            self.recordings += 1
            self.recorded += body["bytes"]
            self.different.add((body["host"], body["path"]))
        if self.first_notice is None or body["at"] < self.first_notice:
            return None
        self.after += 1
        return int(body["at"] - self.first_notice)


@dataclass(slots=True)
class Goods:
    """What was taken from one path."""

    times: int = 0
    against: int = 0
    after: int = 0
    bytes: int = 0
    first: int = 0
    last: int = 0

    def add(self, body: Body, *, after: bool) -> None:
        """Count one taking."""
        self.times += 1
        self.against += body["against"]
        self.after += after
        self.bytes += body["bytes"]
        self.first = min(self.first or body["at"], body["at"])
        self.last = max(self.last, body["at"])


@dataclass(frozen=True, slots=True)
class InForceFrom:
    """`where` said `text` (a SHA-256) from `since` on; `until` is None where it still does."""

    where: str
    standard: str
    text: str
    since: int
    until: int | None


@dataclass(slots=True)
class Account:
    """One crawler's account. Lists hold the first MOST_ROWS."""

    client: str
    since: int
    until: int
    operator: str = ""
    hosts: Counter[str] = field(default_factory=Counter)
    tallies: dict[str, Tally] = field(default_factory=dict)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By proof and reason; only where the reason has not been erased."""
    goods: dict[tuple[str, str, str], Goods] = field(default_factory=dict)
    """By proof, kind of resource and path."""
    notices: list[Entry] = field(default_factory=list)
    refusals: list[Entry] = field(default_factory=list)
    soonest: Entry | None = None
    """The first taking against the signals after a notice; of a recording and of a proven crawler where there is one."""
    times: dict[Lane, list[tuple[int, bool]]] = field(
        default_factory=lambda: {"notice": [], "taking": [], "refusal": []}
    )
    """When, and whether it was proven who it was."""
    traces: list[Entry] = field(default_factory=list)
    """Marked links: handed to it, or used by it or by others who were not handed them."""
    published: list[InForceFrom] = field(default_factory=list)
    signals: Counter[str] = field(default_factory=Counter)
    """How often each text was handed out, by hash."""

    def total(self, what: str) -> int:
        """`what`, over all proofs: to show how much there is, not to accuse anybody."""
        return sum(getattr(tally, what) for tally in self.tallies.values())

    def different(self, *, proven: bool) -> int:
        """Different recordings taken against the signals, by proven clients or by all."""
        sets = (t.different for p, t in self.tallies.items() if p == "verified" or not proven)
        return len(set().union(*sets))

    def proven(self, what: str) -> int:
        """`what`, of those alone who proved who they are."""
        return int(getattr(self.tallies.get("verified", Tally()), what))

    def add(self, seq: int, body: Body, personal: Mapping[str, str]) -> None:
        """One more entry about this crawler."""
        proof, kind, at = body["proof"], body["kind"], body["at"]
        self.operator = self.operator or body["operator"]
        self.hosts[body["host"]] += 1
        after = self.tallies.setdefault(proof, Tally()).add(body)
        if why := personal.get("why"):
            self.reasons[proof, why] += 1
        if kind in self.times:
            self.times[kind].append((at, proof == "verified"))
        elif kind == "summary":
            self.times["refusal"].append((at, proof == "verified"))
        self.signals.update(body.get("signals", ()))
        entry = Entry(seq, body, personal, after)
        if kind == "notice":
            _keep(self.notices, entry)
        elif kind == "refusal":
            _keep(self.refusals, entry)
        elif kind == "taking":
            key = proof, body["resource"], body["path"]
            if key in self.goods or len(self.goods) < MOST_ROWS:
                self.goods.setdefault(key, Goods()).add(body, after=after is not None)
            if after is not None and (self.soonest is None or _rank(entry) < _rank(self.soonest)):
                self.soonest = entry


def _rank(entry: Entry) -> tuple[bool, bool, int]:
    body = entry.body
    return body["proof"] != "verified", body["resource"] not in GUARDED_KINDS, body["at"]


def _keep(rows: list[Entry], entry: Entry) -> None:
    if len(rows) < MOST_ROWS:
        rows.append(entry)


def survey(bodies: Iterable[Body]) -> dict[tuple[str, str], Tally]:
    """Every client's tally, by name and proof, in the order of proofs and names."""
    found: dict[tuple[str, str], Tally] = {}
    for body in bodies:
        if body["kind"] in VISITS:
            found.setdefault((body["client"], body["proof"]), Tally()).add(body)
    order: dict[str, int] = {proof: place for place, proof in enumerate(PROOFS)}
    return dict(sorted(found.items(), key=lambda one: (one[0][0], order.get(one[0][1], 9))))


class Publications:
    """Follows what is in force, and for how long it was."""

    def __init__(self) -> None:
        self._force: InForce = {}
        self._done: list[InForceFrom] = []
        self._last = 0

    def add(self, body: Body) -> None:
        """One more entry, of any kind."""
        before = dict(self._force)
        kind = body["kind"]
        if kind != "seal" or not before:  # later seals only repeat
            follow(self._force, body)
        # A guard that was killed said nothing more after its last sign of life.
        end = body["at"]
        if kind == "start" and body["unclean_after"] is not None:
            end = body["unclean_after"]
        for where, old in before.items():
            new = self._force.get(where)
            if new is None or (new["text"], new["at"]) != (old["text"], old["at"]):
                self._done.append(_interval(old, end))

    def intervals(self) -> list[InForceFrom]:
        """All of them, oldest first; those still in force have no end."""
        running = [_interval(one, None) for one in self._force.values()]
        found: list[InForceFrom] = []
        for one in sorted([*self._done, *running], key=lambda one: (one.where, one.since)):
            last = found[-1] if found else None
            if last and (last.where, last.text, last.until) == (one.where, one.text, one.since):
                found[-1] = replace(last, until=one.until)
            else:
                found.append(one)
        return found


def _interval(body: Body, until: int | None) -> InForceFrom:
    return InForceFrom(body["where"], body["standard"], body["text"], body["at"], until)
