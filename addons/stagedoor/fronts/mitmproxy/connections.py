"""Bounds on visitors' connections: how many may be open, and how long without a request.

A connection costs a descriptor and memory, whether it asks for something or keeps silent. So each
household (an IPv4 address, an IPv6 /64) has a bound, all together have one, and a part of the
descriptors is kept for site, disk and desk. Where one is reached, the oldest connection without a
complete request makes room; a client that is being served is never cut off. A head must be complete
15 seconds after it began, and between two requests a connection may rest for a while.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any

from stagedoor.fronts.mitmproxy.complaints import SILENCE

Key = Hashable
"""A connection, by the name that mitmproxy gives it."""

HEAD, IDLE = 15.0, 75.0
"""Seconds for a head; seconds of rest between two requests, as nginx grants."""
PER_HOUSEHOLD, IN_ALL = 256, 10_000
NEW = 1.0
"""Seconds for which an unfinished head makes room only when no resting connection can."""

_REASONS = {
    "household": "too many from one household",
    "room": "too many in all",
    "head": "no complete request in time",
    "idle": "at rest",
    "descriptors": "descriptors kept for site, disk and desk",
}
_log = logging.getLogger("stagedoor.door")


def key_of(connection: Any) -> Key:
    """The key of one of mitmproxy's connections."""
    key: Key = connection.id
    return key


def household(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or parsed.exploded[:19])
    return address


@dataclass(frozen=True, slots=True)
class Bounds:
    """`head` and `idle` in seconds; `descriptors` is the highest number a visitor's may have."""

    per_household: int = PER_HOUSEHOLD
    in_all: int = IN_ALL
    head: float = HEAD
    idle: float = IDLE
    descriptors: int = 1 << 30


@dataclass(slots=True, eq=False)
class _Held:
    close: Callable[[], None]
    household: str
    since: float
    waiting: bool = True
    """Without a complete head."""
    idle: bool = False


@dataclass(slots=True)
class Connections:
    """Those that are open. All methods are called in the event loop's thread.

    `exempt` says whether an address is a trusted proxy's: those carry many households. `closed` is
    given each reason a connection was closed for, a word of complaints.CLOSED.
    """

    closed: Callable[[str], None] = lambda _reason: None
    exempt: Callable[[str], bool] = lambda _address: False
    clock: Callable[[], float] = time.monotonic
    bounds: Bounds = field(default_factory=Bounds)
    following: bool = False
    """Whether complete heads are reported; else only silence is seen."""
    _open: dict[Key, _Held] = field(default_factory=dict)
    _waiting: dict[Key, _Held] = field(default_factory=dict)
    _idle: dict[Key, _Held] = field(default_factory=dict)
    _households: dict[str, dict[Key, _Held]] = field(default_factory=dict)
    _last_line: float = -SILENCE
    _unsaid: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._open)

    @property
    def unfinished(self) -> int:
        """How many have not sent a complete head."""
        return len(self._waiting)

    @property
    def served(self) -> int:
        """On how many a response is on its way."""
        return len(self._open) - len(self._waiting) - len(self._idle)

    def admit(self, key: Key, address: str, descriptor: int, close: Callable[[], None]) -> bool:
        """Take a new connection in, where there is room or somebody can make some."""
        bounds = self.bounds
        group = "" if self.exempt(address) else household(address)
        mine = self._households.get(group) if group else None
        if mine is not None and len(mine) >= bounds.per_household:
            oldest = next((k for k, held in mine.items() if held.waiting or held.idle), None)
            if not self._make_room(oldest, "household"):
                return False
        for full, reason in (
            (len(self._open) >= bounds.in_all, "room"),
            (descriptor >= bounds.descriptors, "descriptors"),
        ):
            if full and not self._make_room(self._oldest(), reason):
                return False
        held = _Held(close, group, self.clock())
        self._open[key] = self._waiting[key] = held
        if group:
            self._households.setdefault(group, {})[key] = held
        return True

    def _oldest(self) -> Key | None:
        key = next(iter(self._waiting), None)
        if key is not None and self.clock() - self._waiting[key].since >= NEW:
            return key
        return next(iter(self._idle), key)

    def _make_room(self, key: Key | None, reason: str) -> bool:
        if key is None:
            self._note(reason)
            return False
        self._close(key, reason)
        return True

    def _close(self, key: Key, reason: str) -> None:
        held = self._open[key]
        self.gone(key)
        held.close()
        self._note(reason)

    def _note(self, reason: str) -> None:
        self.closed(reason)
        self._unsaid[reason] = self._unsaid.get(reason, 0) + 1

    def begun(self, key: Key) -> None:
        """A head has begun to come."""
        held = self._idle.pop(key, None)
        if held is not None:
            held.idle, held.waiting, held.since = False, True, self.clock()
            self._waiting[key] = held
        elif not self.following:
            self.busy(key)

    def busy(self, key: Key) -> None:
        """A head is complete."""
        held = self._waiting.pop(key, None) or self._idle.pop(key, None)
        if held is not None:
            held.waiting = held.idle = False

    def quiet(self, key: Key) -> bool:
        """Whether nothing is being answered."""
        return key in self._waiting or key in self._idle

    def rests(self, key: Key) -> None:
        """All that was asked for has been answered."""
        held = self._open.get(key)
        if held is not None and not held.waiting and not held.idle:
            held.idle, held.since = True, self.clock()
            self._idle[key] = held

    def gone(self, key: Key) -> None:
        """The connection is closed."""
        held = self._open.pop(key, None)
        if held is None:
            return
        self._waiting.pop(key, None)
        self._idle.pop(key, None)
        mine = self._households.get(held.household)
        if mine is not None:
            mine.pop(key, None)
            if not mine:
                del self._households[held.household]

    def sweep(self) -> None:
        """Close what has taken too long; say once a minute what was closed."""
        now = self.clock()
        for kept, most, reason in (
            (self._waiting, self.bounds.head, "head"),
            (self._idle, self.bounds.idle, "idle"),
        ):
            while kept:  # the oldest first
                key, held = next(iter(kept.items()))
                if now - held.since < most:
                    break
                self._close(key, reason)
        if now - self._last_line >= SILENCE:
            self._say(now)

    def _say(self, now: float) -> None:
        said = [
            f"{number:,} ({_REASONS[reason]})"
            for reason, number in self._unsaid.items()
            if reason != "idle"  # that is everyday
        ]
        self._unsaid.clear()
        if said:
            self._last_line = now
            _log.warning(
                "connections closed or not taken: %s; %s are open", ", ".join(said),
                f"{len(self._open):,}",
            )  # fmt: skip
