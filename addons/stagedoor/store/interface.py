"""What is remembered between requests, behind one interface.

It is made so that a networked store fits: a request reads once, in one batch, and writes once, by
effects; keys are the same in every process; times are given, never asked for. An implementation in
this process answers at once; one elsewhere returns an awaitable, and never holds a request longer
than its own time-out. Every implementation passes `tests/store/contract.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from stagedoor.engine.needs import Effects, Known, SignalKind
from stagedoor.engine.under_way import Expected, Way
from stagedoor.model.facts import Rate
from stagedoor.model.heard import Amounts, Listener, Scope, Sweep
from stagedoor.model.sound import SoundSent


class Query(NamedTuple):
    """What one request asks of the store, in one batch.

    `client` is a household's key. `recording`: the path that is asked for, where it is one.
    `behaviour`, and `rates` (rule id, rate), as in `engine.needs.Needs`. `crawler` is the key of
    the crawler, empty for people. `included`: the request was counted before, and is not added to
    what is known. `at` is seconds of a clock that never goes back; it may lie ahead, which asks what
    would be known then.

    `listener` has the sessions, of which `listening` are asked about; `sentences` are those (rule
    id, scope) that may be in force. `expected`: what is under way counts for listening as well.
    """

    client: str
    at: float
    recording: str = ""
    behaviour: bool = False
    rates: tuple[tuple[str, Rate], ...] = ()
    crawler: str = ""
    included: bool = False
    listener: Listener | None = None
    listening: tuple[Scope, ...] = ()
    sentences: tuple[tuple[str, Scope], ...] = ()
    expected: Expected | None = None


@dataclass(frozen=True, slots=True)
class Length:
    """A recording's `size` in bytes and `seconds` of sound, 0 where that is not known.

    `exact`: it says so itself; else a part of it was measured.
    """

    size: int
    seconds: float = 0.0
    exact: bool = True


class Store(Protocol):
    """A memory shared by all requests of a guard, or of several guards."""

    def read(self, query: Query) -> Known | Awaitable[Known]:
        """What is known, with the request at hand included. Changes nothing."""

    def here(self, query: Query) -> Known:
        """The same at once: what this process knows, which may lag behind the others."""

    def apply(
        self,
        client: str,
        crawler: str,
        effects: Effects,
        at: float,
        listener: Listener | None = None,
    ) -> None:
        """Count what a decision leaves. Returns at once; what is lost is the store's to report.

        `listener` is whom sentences and traps keep to; without one they leave nothing.
        """

    def missing(self, client: str, recording: str) -> None:
        """A recording that was counted as asked for is not there: it counts no more."""

    def sounded(self, listener: Listener, sent: SoundSent, at: float) -> None:
        """Count a portion of a recording that has gone out, in all sessions of `listener`."""

    def begun(self, way: Way, at: float) -> None:
        """A recording was let in, and is expected to be sent. At once, in memory."""

    def ended(self, way: Way) -> None:
        """Its response has ended, or there is none: only what was sent counts. At once."""

    def under_way(self, listener: Listener) -> int:
        """How many of them there are in its network. At once, from memory."""

    def sweep(self, listener: Listener, amounts: Amounts, at: float) -> Sweep | None:
        """What `listener`, or its network, was sent, where that is more than `amounts`."""

    def run(self, listener: Listener, scope: Scope, at: float) -> Sweep | None:
        """What was sent to this household or network without a pause; None where nothing was."""

    def watched(self, listener: Listener, at: float) -> bool:
        """Whether the household was sent more than `WATCHED` seconds ahead. At once, from memory."""

    def aired(self, household: str, at: float, change: int = 0) -> None:
        """Count a portion of a live stream; `change` is 1 where it has begun, -1 where it ended."""

    def playlist(self, listener: Listener, at: float) -> None:
        """A playlist has gone out: its segments are asked for by right."""

    def sent(self, client: str, size: int, seconds: float, at: float) -> tuple[float, ...]:
        """Count audio that went to a client: bytes, seconds of sound.

        Returns the listening ratios of visitors whose hour has ended by that: seconds of sound by
        seconds of the clock.
        """

    def received(
        self, crawler: str, signal: SignalKind, digest: str, text: bytes | None = None
    ) -> bool:
        """A crawler was sent the text of this SHA-256 (`text`: robots.txt); whether that is new to
        it from this guard: each guard's ledger says so once.
        """

    def text(self, digest: str) -> bytes | None:
        """The robots.txt with this SHA-256, where it is still remembered."""

    def once(
        self, key: bytes, owner: str, until: float, now: float, *, shared: bool
    ) -> bool | Awaitable[bool]:
        """Whether `key` was not seen before, and may be used now; remembered until `until`.

        `shared`: the same `owner` may use it again. Times are Unix seconds.
        """

    def proof_seen(self, key: bytes) -> bool:
        """Whether this outcome of a proof is known to this guard already; it is from now on."""

    def length(self, path: str) -> Length | None:
        """How large and long the recording under this path is, where it has passed before."""

    def keep_length(self, path: str, length: Length) -> None:
        """Remember a recording's size and length."""

    def __len__(self) -> int:
        """How many clients are remembered."""
