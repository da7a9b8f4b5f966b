"""One operator's accounts → the facts of a complaint: what is proven, what is only claimed.

"Proven" is what came from clients that proved to be the operator's; a complaint rests on that alone.
What only carried the operator's name is counted apart. Times are Unix milliseconds, UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stagedoor.evidence.account import Account, InForceFrom, Tally
from stagedoor.model.facts import GUARDED_KINDS

MOST_STEPS = 60
"""Rows of the timeline; the folder of each crawler has every entry."""
MOST_NOTICES = 5
"""Rows of one crawler's notices in it: that it was informed, and when, needs no more."""

Happening = Literal["notice", "taking"]


@dataclass(frozen=True, slots=True)
class Step:
    """A row of the timeline."""

    at: int
    crawler: str
    happening: Happening
    path: str
    times: int = 1
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What clients of one name did, of one degree of proof."""

    crawler: str
    notices: int
    first_notice: int | None
    takings: int
    """Requests for recordings against the signals."""
    after: int
    """Requests against the signals that came after a notice; pages count, too."""
    recordings: int
    """Different recordings against the signals."""
    bytes: int
    refusals: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """All that a letter to one operator says."""

    operator: str
    address: str
    """Where the letter goes: a link, or empty where it is not known."""
    address_source: str
    artist: str
    reply_to: str
    site: str
    since: int
    until: int
    made: int
    proven: tuple[Figures, ...]
    claimed: tuple[Figures, ...]
    steps: tuple[Step, ...]
    more_steps: int
    texts: tuple[InForceFrom, ...]
    """The texts that were in force, one row for each time in force."""

    @property
    def rests_on_proof(self) -> bool:
        """Whether something was taken against the signals by a client that proved who it is."""
        return any(one.takings or one.after for one in self.proven)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who writes to whom, about which site."""

    operator: str
    address: str
    address_source: str
    artist: str
    reply_to: str
    site: str


def complaint(parties: Parties, accounts: Sequence[Account], made: int) -> Complaint:
    """The facts of `accounts`, which are of the operator's crawlers and of one time."""
    steps = sorted(
        (step for account in accounts for step in _steps(account)), key=lambda step: step.at
    )
    texts = {(t.where, t.text, t.since): t for account in accounts for t in account.published}
    return Complaint(
        operator=parties.operator,
        address=parties.address,
        address_source=parties.address_source,
        artist=parties.artist,
        reply_to=parties.reply_to,
        site=parties.site,
        since=min(account.since for account in accounts),
        until=max(account.until for account in accounts),
        made=made,
        proven=tuple(_proven(account) for account in accounts if "verified" in account.tallies),
        claimed=tuple(
            _figures(account.client, tally)
            for account in accounts
            if (tally := account.tallies.get("unverified")) is not None
        ),
        steps=tuple(steps[:MOST_STEPS]),
        more_steps=max(0, len(steps) - MOST_STEPS),
        texts=tuple(sorted(texts.values(), key=lambda one: (one.where, one.since))),
    )


def _proven(account: Account) -> Figures:
    return _figures(account.client, account.tallies["verified"])


def _figures(crawler: str, tally: Tally) -> Figures:
    return Figures(
        crawler=crawler,
        notices=tally.notices,
        first_notice=tally.first_notice,
        takings=tally.recordings,
        after=tally.after,
        recordings=len(tally.different),
        bytes=tally.recorded,
        refusals=tally.refusals,
    )


def _steps(account: Account) -> Sequence[Step]:
    """What proven clients were handed, and what they took against it, oldest first."""
    notices = [entry.body for entry in account.notices if entry.body["proof"] == "verified"]
    found = [
        Step(body["at"], account.client, "notice", body["path"]) for body in notices[:MOST_NOTICES]
    ]
    found += [
        Step(goods.first, account.client, "taking", path, goods.against, goods.bytes)
        for (proof, kind, path), goods in account.goods.items()
        if proof == "verified" and kind in GUARDED_KINDS and goods.against
    ]
    return found
