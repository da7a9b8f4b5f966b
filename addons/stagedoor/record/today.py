"""Facts of today: rows, hours, and a snapshot of all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stagedoor.model.events import Decided, MarkUsed
from stagedoor.model.facts import Client, Proof, Purpose
from stagedoor.model.heard import Scope

Key = tuple[str, Proof]


@dataclass(slots=True)
class Row:
    """What clients of one name and one proof did today. Times are Unix seconds."""

    client: Client
    knocks: int = 0
    refused: int = 0
    would: int = 0
    """Let pass by observe mode only."""
    told: int = 0
    """Times it was handed a signal; headers count once for each visitor."""
    against: int = 0
    """Requests for what a signal it had received forbids."""
    track_requests: int = 0
    """Those of them that were about recordings, playlists and downloads."""
    tracks: int = 0
    """The different recordings they were about."""
    taken: int = 0
    """Responses of the site it was handed, signals not counted."""
    taken_against: int = 0
    recordings: int = 0
    """Those of them that were recordings, playlists and downloads."""
    different: int = 0
    """The different recordings among them."""
    recorded: int = 0
    """Bytes of `recordings`."""
    bytes: int = 0
    more: bool = False
    """`tracks` and `different` are lower bounds: not all could be kept."""
    first: float = 0.0
    last: float = 0.0
    hours: list[int] = field(default_factory=lambda: [0] * 24)

    def seen(self, at: float) -> None:
        """It was here."""
        self.first = min(self.first or at, at)
        self.last = max(self.last, at)


@dataclass(slots=True)
class Past:
    """What was before the guard's start, the same day, as far as it is known."""

    rows: dict[Key, Row] = field(default_factory=dict)
    hours: list[list[int]] = field(default_factory=lambda: [[0, 0, 0] for _ in range(24)])
    """Of each hour: requests of machines, requests refused, requests of people."""
    people_refused: int = 0
    takers: dict[tuple[Scope, str, str], Taker] = field(default_factory=dict)
    """By scope, network and name: addresses are not kept of people."""


@dataclass(frozen=True, slots=True)
class Taker:
    """A visitor that was sent more than anybody can listen to, or a network of such visitors.

    `network` is a /24 or /48 and never an address; `client` is what it calls itself. `recordings` in
    `seconds` are those of its largest sweep; `stopped` requests for more were refused.
    """

    network: str
    scope: Scope
    client: Client
    recordings: int = 0
    seconds: float = 0.0
    stopped: int = 0
    last: float = 0.0


@dataclass(slots=True)
class Group:
    """Refusals of one name, one proof and one rule; `last` in Unix seconds, `request` its name."""

    client: Client
    rule: str
    title: str
    count: int = 0
    would: bool = False
    """The last was let pass by observe mode only."""
    last: float = 0.0
    request: str = ""


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the day."""

    machines: int = 0
    refused: int = 0
    people: int = 0


@dataclass(frozen=True, slots=True)
class Today:
    """One look at the day; nothing in it changes any more."""

    at: float
    date: str
    version: int
    since: float
    from_ledger: bool
    requests: int
    refused: int
    would: int
    people: int
    people_refused: int
    rows: tuple[Row, ...]
    """Those that knocked most come first."""
    hours: tuple[Hour, ...]
    now: Mapping[Key, int]
    """Requests of the last minutes."""
    people_now: Mapping[Purpose, int]
    refusals: tuple[Decided, ...]
    """The newest first."""
    rules: Mapping[str, int]
    """How often each rule decided."""
    referrals: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Visits of people, by the service that sent them and its operator."""

    uses: tuple[MarkUsed, ...] = ()
    """Links handed to a machine that another client asked for, the newest first."""
    listeners: int = 0
    """Addresses from which people have listened; takers are none of them."""
    more_listeners: bool = False
    """`listeners` is a lower bound."""
    takers: tuple[Taker, ...] = ()
    """Those that took most come first."""
    taker_requests: int = 0
    """What they asked for under the name of a person's program, from when on they were seen."""
    groups: tuple[Group, ...] = ()
    """Those with the most refusals come first; since the guard started."""
    kept_back: float = 0.0
    """Seconds of sound that were refused, where the length is known; since the guard started."""

    @property
    def returned(self) -> int:
        """Names, told apart by their proof, that received a no and asked all the same."""
        return sum(row.against > 0 for row in self.rows)

    @property
    def knocks(self) -> int:
        """Requests of machines."""
        return self.requests - self.people - self.taker_requests

    def row(self, key: Key) -> Row | None:
        """The row of one name and proof."""
        return next((r for r in self.rows if (r.client.name, r.client.proof) == key), None)
