"""What guards tell each other through a shared store: each change of the memory, as a short list.

An operation is `[word, time, …]`; the words are the table OPERATIONS. Times are the server's, in Unix
seconds. Paths may hold bytes that are no UTF-8; they travel as one character a byte.

Operations reach a guard late, and in another order than they happened. Counters take that as it is.
Sessions only know a time that goes on: what is a few seconds late counts as though it came now, and
sound that is later than LATE is left out, so that an hour that was heard is never an hour at once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

from stagedoor.engine.needs import Effects
from stagedoor.model.client_keys import network_key
from stagedoor.model.facts import Rate
from stagedoor.model.heard import Listener, Sentence
from stagedoor.model.sound import SoundSent
from stagedoor.store.interface import Length
from stagedoor.store.memory import MemoryStore

LATE = 10.0
"""Seconds."""

MOST_PASSES = 20_000

Operation = list[Any]

_SESSIONS = frozenset("hitspw")
"""Words whose third value is an agent, and its pass."""


class Replay:
    """Carries out the operations of one log on a memory. `latest` is the newest time in it so far;
    `passes` has that of each pass, which may be shown in several networks, and so in several logs.
    """

    __slots__ = ("_passes", "latest")

    def __init__(self, passes: OrderedDict[str, float]) -> None:
        self.latest = float("-inf")
        self._passes = passes

    def happened(self, at: float, *said: Operation) -> None:
        """Something has happened here."""
        self.latest = max(self.latest, at)
        for one in said:
            if serial := _pass(one):
                self._passed(serial, at)

    def carry_out(self, memory: MemoryStore, operation: Operation, offset: float) -> bool:
        """Whether it changed anything. `offset`: the server's time less ours.

        Raises ValueError, TypeError, LookupError or AttributeError where it is none of ours.
        """
        word, time, *rest = operation
        at = float(time) - offset
        serial = _pass(operation)
        now = max(at, self.latest, self._passes.get(serial, at))
        done = OPERATIONS[word](memory, at, now, rest)
        self.latest = max(self.latest, at)
        if serial:
            self._passed(serial, now)
        return done

    def _passed(self, serial: str, at: float) -> None:
        self._passes[serial] = max(at, self._passes.get(serial, at))
        self._passes.move_to_end(serial)
        if len(self._passes) > MOST_PASSES:
            self._passes.popitem(last=False)


def _pass(operation: Operation) -> str:
    """The serial of the pass in an operation on sessions."""
    return operation[3].partition("/")[2] if operation[0] in _SESSIONS else ""


def counted(client: str, effects: Effects, at: float) -> Operation | None:
    """The counters of an effect."""
    if not effects.counted and not effects.rates:
        return None
    rates = [[rule, rate.requests, rate.seconds] for rule, rate in effects.rates]
    return ["c", at, client, int(effects.counted), as_written(effects.recording), rates]


def lasting(listener: Listener, effects: Effects, at: float) -> list[Operation]:
    """What of an effect is held against somebody."""
    home, who = listener.household, agent(listener)
    found: list[Operation] = []
    if effects.sentence is not None:
        found.append(["h", at, home, who, *effects.sentence])
    if effects.ignored:
        found.append(["i", at, home, who, as_written(effects.ignored)])
    if effects.tripped:
        found.append(["t", at, home, who, effects.tripped])
    if effects.owed:
        found.append(["w", at, home, who, effects.owed])
    return found


HELD: Mapping[str, int] = {"h": 6, "t": 4}
"""Words that must outlast the log; where the seconds stand for which they hold."""


def sounded(listener: Listener, sent: SoundSent, at: float) -> Operation:
    """A portion of a recording."""
    return [
        "s", at, listener.household, agent(listener), as_written(sent.track), sent.kind, sent.seconds,
        sent.start, sent.end, sent.size, sent.length, sent.offset,
        "" if sent.resource == sent.track else as_written(sent.resource),
        sent.first, sent.last, sent.complete,
    ]  # fmt: skip


def missing(client: str, recording: str, at: float) -> Operation:
    """A recording that is not there."""
    return ["m", at, client, as_written(recording)]


def length(path: str, found: Length, at: float) -> Operation:
    """A recording's size and length."""
    return ["l", at, as_written(path), found.size, found.seconds, found.exact]


def agent(listener: Listener) -> str:
    """The agent, and behind a slash the serial of its pass, where it has one."""
    return f"{listener.agent}/{listener.passed}" if listener.passed else listener.agent


def _listener(home: str, agent: str) -> Listener:
    name, _, passed = agent.partition("/")
    return Listener(home, network_key(home), name, passed)


def _counted(memory: MemoryStore, at: float, _now: float, rest: Operation) -> bool:
    client, count, recording, rates = rest
    used = tuple((rule, Rate(int(number), float(seconds))) for rule, number, seconds in rates)
    memory.apply(client, "", Effects(bool(count), as_read(recording), used), at)
    return True


def _sentence(memory: MemoryStore, at: float, now: float, rest: Operation) -> bool:
    home, agent, rule, scope, seconds = rest
    left = at + float(seconds) - now
    if left > 0:
        effects = Effects(sentence=Sentence(rule, scope, left))
        memory.apply(home, "", effects, now, _listener(home, agent))
    return left > 0


def _tripped(memory: MemoryStore, at: float, now: float, rest: Operation) -> bool:
    home, agent, seconds = rest
    left = at + float(seconds) - now
    if left > 0:
        memory.apply(home, "", Effects(tripped=left), now, _listener(home, agent))
    return left > 0


def _owed(memory: MemoryStore, at: float, now: float, rest: Operation) -> bool:
    home, agent, seconds = rest
    if now - at > LATE:
        return False
    memory.apply(home, "", Effects(owed=float(seconds)), now, _listener(home, agent))
    return True


def _ignored(memory: MemoryStore, at: float, now: float, rest: Operation) -> bool:
    home, agent, recording = rest
    if now - at > LATE:
        return False
    memory.apply(home, "", Effects(ignored=as_read(recording)), now, _listener(home, agent))
    return True


def _sounded(memory: MemoryStore, at: float, now: float, rest: Operation) -> bool:
    home, agent, track, kind, seconds, start, end, size, long, offset, resource, *flags = rest
    if now - at > LATE:
        return False
    track = as_read(track)
    first, last, complete = flags
    sent = SoundSent(
        track, kind, seconds, start, end, size, long, offset, as_read(resource) or track,
        first=first, last=last, complete=complete,
    )  # fmt: skip
    memory.sounded(_listener(home, agent), sent, now)
    return True


def _playlist(memory: MemoryStore, _at: float, now: float, rest: Operation) -> bool:
    home, agent = rest
    memory.playlist(_listener(home, agent), now)
    return True


def _bytes(memory: MemoryStore, at: float, _now: float, rest: Operation) -> bool:
    client, size = rest
    memory.sent(client, int(size), 0.0, at)
    return True


def _missing(memory: MemoryStore, _at: float, _now: float, rest: Operation) -> bool:
    client, recording = rest
    memory.missing(client, as_read(recording))
    return True


def _aired(memory: MemoryStore, _at: float, now: float, rest: Operation) -> bool:
    home, change = rest
    memory.aired(home, now, int(change))
    return True


def _received(memory: MemoryStore, _at: float, _now: float, rest: Operation) -> bool:
    crawler, signal, robots = rest
    memory.received_elsewhere(crawler, signal, robots)
    return True


def _violated(memory: MemoryStore, at: float, _now: float, rest: Operation) -> bool:
    memory.apply("", rest[0], Effects(violated=True), at)
    return True


def _length(memory: MemoryStore, _at: float, _now: float, rest: Operation) -> bool:
    path, size, seconds, exact = rest
    memory.keep_length(as_read(path), Length(size, seconds, exact))
    return True


def _of_tracks(_memory: MemoryStore, _at: float, _now: float, _rest: Operation) -> bool:
    return True  # `shared_tracks.py` carries it out


TRACKS = frozenset({"k", "n"})
"""Words about what playlists name."""

OPERATIONS: Mapping[str, Callable[[MemoryStore, float, float, Operation], bool]] = {
    "c": _counted,
    "h": _sentence,
    "i": _ignored,
    "t": _tripped,
    "w": _owed,
    "s": _sounded,
    "p": _playlist,
    "b": _bytes,
    "m": _missing,
    "o": _aired,
    "v": _received,
    "x": _violated,
    "l": _length,
    "k": _of_tracks,
    "n": _of_tracks,
}
"""Each takes the memory, when it happened, the same not before what is known, and its own values."""


def as_written(path: str) -> str:
    """A path, as it travels."""
    return path if path.isascii() else path.encode("utf-8", "surrogateescape").decode("latin-1")


def as_read(path: str) -> str:
    """A path that has travelled."""
    return path if path.isascii() else path.encode("latin-1").decode("utf-8", "surrogateescape")
