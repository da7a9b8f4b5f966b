"""The memory of one process: a bounded number of clients, the least recently seen forgotten first.

A client is an IPv4 address or an IPv6 network of 64 bits, which is what one household has. Times
are seconds of a clock that never goes back; nothing here asks for one.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import Behaviour, Rate

MINUTE, HOUR = 60.0, 3600.0
MOST_RECORDINGS = 500
"""Recordings remembered of one client; one that takes more in an hour is told apart by then."""


class Sliding:
    """A count over a window that slides: this window's, and the last one's in proportion.

    Exact for an even stream, off by a few per cent otherwise, and two numbers in size (the way
    Cloudflare's rate limits count, 2017).
    """

    __slots__ = ("before", "now", "window")

    def __init__(self) -> None:
        self.window = -1
        self.now = self.before = 0

    def add(self, amount: int, at: float, seconds: float) -> None:
        """Count `amount` at the time `at`."""
        self._turn(int(at // seconds))
        self.now += amount

    def count(self, at: float, seconds: float) -> int:
        """How much there was within the last `seconds`."""
        self._turn(int(at // seconds))
        left = 1.0 - (at % seconds) / seconds
        return self.now + int(self.before * left)

    def _turn(self, window: int) -> None:
        if window == self.window:
            return
        self.before = self.now if window == self.window + 1 else 0
        self.window, self.now = window, 0


@dataclass(slots=True)
class _Client:
    first: float
    requests: Sliding = field(default_factory=Sliding)
    audio: Sliding = field(default_factory=Sliding)
    recordings: OrderedDict[int, float] = field(default_factory=OrderedDict)
    """When each was last asked for, by the hash of its path; the oldest first."""
    due: dict[str, float] = field(default_factory=dict)
    """For each rule with a rate: when the next request would be on time (GCRA's TAT)."""


class Memory:
    """Remembers at most `clients` clients, and four recordings for each of them on average."""

    def __init__(self, clients: int) -> None:
        self._most = clients
        self._most_recordings = clients * 4
        self._clients: OrderedDict[str, _Client] = OrderedDict()
        self._recordings = 0

    def __len__(self) -> int:
        return len(self._clients)

    def seen(self, address: str, at: float, recording: str = "") -> Behaviour:
        """Count one request (for the path `recording`, where it is one); what is known now."""
        client = self._client(address, at)
        client.requests.add(1, at, MINUTE)
        if recording:
            self._heard(client, hash(recording), at)
        return self.recall(address, at)

    def recall(self, address: str, at: float) -> Behaviour:
        """What is known of a client, without counting anything."""
        client = self._clients.get(client_key(address))
        if client is None:
            return Behaviour()
        self._forget(client, at)
        return Behaviour(
            requests=client.requests.count(at, MINUTE),
            recordings=len(client.recordings),
            audio=client.audio.count(at, HOUR),
            known=at - client.first,
        )

    def took(self, address: str, count: int, at: float) -> None:
        """Count bytes of audio that went to a client."""
        self._client(address, at).audio.add(count, at, HOUR)

    def wait(self, address: str, rule: str, rate: Rate, at: float) -> float:
        """Seconds until the client is within `rate` again; 0 where it is, and this one counts.

        GCRA: a whole `rate` at once is well, and each request becomes free again after its share of
        the time. What is refused does not count, so that waiting helps.
        """
        due = self._client(address, at).due
        share = rate.seconds / rate.requests
        planned = max(due.get(rule, at), at)
        late = planned + share - at - rate.seconds
        if late > 1e-9:
            return late
        due[rule] = planned + share
        return 0.0

    def _client(self, address: str, at: float) -> _Client:
        key = client_key(address)
        client = self._clients.get(key)
        if client is None:
            client = self._clients[key] = _Client(at)
            while len(self._clients) > self._most:
                self._drop()
        else:
            self._clients.move_to_end(key)
        return client

    def _heard(self, client: _Client, recording: int, at: float) -> None:
        known = client.recordings.pop(recording, None)
        client.recordings[recording] = at
        if known is not None:
            return
        self._recordings += 1
        if len(client.recordings) > MOST_RECORDINGS:
            client.recordings.popitem(last=False)
            self._recordings -= 1
        while self._recordings > self._most_recordings and len(self._clients) > 1:
            self._drop()

    def _forget(self, client: _Client, at: float) -> None:
        """Let go of recordings that were asked for more than an hour ago."""
        while client.recordings:
            recording, last = next(iter(client.recordings.items()))
            if at - last < HOUR:
                return
            del client.recordings[recording]
            self._recordings -= 1

    def _drop(self) -> None:
        _, client = self._clients.popitem(last=False)
        self._recordings -= len(client.recordings)
