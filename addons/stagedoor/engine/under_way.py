"""Responses that are under way: recordings that were let in, and have not been sent yet.

A request is decided before anything of it was sent. Of a hundred requests of the same moment, each
would be the first. So what is let in is *expected* from then on, as much of it as was asked for, and
taken out again when its response has ended: then counts what was sent, and nothing else.

What is expected is no reason to refuse anybody: a browser opens thirty recordings and drops them again
after their first bytes. It is a reason to wait for a moment, until it shows what becomes of the others
(`fronts/waiting_line.py`).

- A response that is silent (STALLED) is not expected to go on: the player has enough for now.
- One that goes on slowly is expected to send what it sends in HORIZON seconds at its pace.
- No response is expected to send more than LONGEST seconds of sound.
- Two responses with the same recording are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from stagedoor.engine.catalogued import ALL, between
from stagedoor.engine.session import Session
from stagedoor.engine.sessions import Sessions
from stagedoor.model.heard import LONG, PARTS, WHOLE, Heard, Listener, Listening, Scope
from stagedoor.model.recording_keys import recording_key
from stagedoor.model.sound import SoundSent

FEW: Final = 3
"""Responses under way in a network that are not even looked at: that of most listeners."""
MOST: Final = 20_000
"""Responses that are remembered, some 8 MB."""
FURTHEST: Final = 0.6
"""The share of a recording of which the rest surely follows: players stop earlier, or not at all."""
STALLED: Final = 3.0
"""Seconds without a portion; a running response has one every two seconds."""
UNANSWERED: Final = 10.0
"""Seconds that a site may take to begin."""
YOUNG: Final = 2.0
"""Seconds in which a response has no pace yet."""
HORIZON: Final = 60.0
LONGEST: Final = 600.0
SONG: Final = 180.0
"""Seconds of a recording of which nothing is known."""
_USUAL: Final = 16_000
"""Bytes a second, where only its size is known."""
_LOOKED_AT: Final = 128
_TRIED: Final = 8
"""Of the longest under way, so many are looked at for one that may be forgotten."""
_RANGE: Final = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?", re.ASCII)


class Way:
    """One response. `begin` and `end` are bytes of the recording, `end` 0: to its end; `size` and
    `length` (seconds) are all of it, 0 for unknown. `piece`: seconds of an HLS segment, else 0.
    `archive`: it is one, and has no seconds. `unanswered`: seconds that it may take to begin.
    """

    __slots__ = (
        "_began", "_had", "_last", "_unanswered", "archive", "begin", "end", "length", "listener", "piece", "size", "track",
    )  # fmt: skip

    def __init__(
        self,
        listener: Listener,
        track: str,
        at: float,
        extent: tuple[int, int] = (0, 0),
        *,
        size: int = 0,
        length: float = 0.0,
        piece: float = 0.0,
        archive: bool = False,
        unanswered: float = UNANSWERED,
    ) -> None:
        self.listener, self.track = listener, track
        self.piece, self.archive = piece, archive
        self.begin, self.end = extent
        self.size, self.length = size, length
        self._began = self._last = at
        self._unanswered = unanswered
        self._had = 0.0

    def moved(self, sent: SoundSent, at: float) -> None:
        """A portion has gone out; it may say how long the recording is."""
        self._last = at
        self._had += sent.seconds
        self.size = sent.size or self.size
        if sent.length:
            self.length = sent.length
        elif sent.seconds and sent.size and sent.bytes:
            self.length = sent.seconds * sent.size / sent.bytes

    @property
    def seconds(self) -> float:
        """Of the whole recording, as well as is known."""
        return self.length or (self.size / _USUAL if self.size else SONG)

    @property
    def parts(self) -> int:
        """What was asked for, a bit each; 0 where that cannot be said."""
        begin, end, size = self.begin, self.end, self.size
        if self.piece:
            return 0
        if not size:
            return 0 if begin or end else ALL
        begin = max(0, size + begin) if begin < 0 else begin
        return between(min(1.0, begin / size), min(1.0, end / size) if end else 1.0)

    def most(self, at: float) -> float:
        """Seconds of sound that it can be expected to send yet, however much was asked for."""
        stalled = STALLED if self._had else self._unanswered
        if at - self._last > stalled:
            return 0.0
        age = at - self._began
        if age < YOUNG or not self._had:
            return LONGEST
        return min(LONGEST, self._had / age * HORIZON)


class Expected(NamedTuple):
    """What of it counts: of recordings of which at least the `share` was sent; not the way `but`.

    `whose`: the listener's keys among the ways, where its sessions are kept under others.
    """

    share: float = 0.0
    but: Way | None = None
    whose: Listener | None = None


class UnderWay:
    """All responses under way of one guard."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._all: dict[Way, None] = {}
        """In the order in which they were last looked at."""
        self._groups: dict[str, dict[Way, None]] = {}
        """By network: what a household or an agent has under way is found among it."""

    def __len__(self) -> int:
        return len(self._all)

    def count(self, listener: Listener) -> int:
        """How many are under way in this network."""
        return len(self._groups.get(group(listener), ()))

    def begun(self, way: Way, at: float) -> None:
        """A response was let in; where too many go on, it is not remembered."""
        if len(self._all) >= self._most:
            self._make_room(at)
        if len(self._all) < self._most:
            self._all[way] = None
            self._groups.setdefault(group(way.listener), {})[way] = None

    def ended(self, way: Way) -> None:
        """It has ended, or will not be sent."""
        if way not in self._all:
            return
        del self._all[way]
        key = group(way.listener)
        ways = self._groups[key]
        del ways[way]
        if not ways:
            del self._groups[key]

    def _make_room(self, at: float) -> None:
        """Forget what is not expected to go on. A few are looked at, however many there are: this
        happens with every request while there is no room.
        """
        for way in list(islice(self._all, _TRIED)):
            if way.most(at):
                del self._all[way]
                self._all[way] = None
            else:
                self.ended(way)

    def added(
        self,
        heard: Listening,
        listener: Listener,
        scopes: Iterable[Scope],
        sessions: Sessions,
        at: float,
        expected: Expected,
    ) -> Listening:
        """The facts as they would be, had what is expected been sent."""
        whose = expected.whose or listener
        ways = self._groups.get(group(whose))
        if not ways:
            return heard
        known = sessions.catalogue.known
        going: list[_Going] = [
            (way, most, known(way.track))
            # The latest first: one whose end was never reported is in nobody's way.
            for way in islice(reversed(ways), _LOOKED_AT)
            if way is not expected.but and (most := way.most(at))
        ]
        facts: dict[Scope, Heard] = {}
        before: tuple[int, Session | None] = (-1, None)
        more = _NOTHING
        for scope in scopes:
            own = [one for one in going if _whose(one[0], whose, scope)]
            session = sessions.session(listener, scope)
            # Those of an agent are among its household's, and those among its network's.
            if before != (len(own), session):
                before, more = (len(own), session), _more(own, session, at, expected.share)
            found = getattr(heard, scope)
            facts[scope] = found._replace(
                ahead=found.ahead + more.ahead,
                whole_recordings=found.whole_recordings + more.whole_recordings,
                begun_recordings=found.begun_recordings + more.begun_recordings,
                archives=found.archives + more.archives,
            )
        return heard._replace(**facts)


_Going = tuple[Way, float, int]
"""A response that goes on, what it can send yet at most, in seconds, and its recording's number."""
_NOTHING = Heard()


def group(listener: Listener) -> str:
    """The network; the household where it is in none."""
    return listener.network or listener.household


def _whose(way: Way, listener: Listener, scope: Scope) -> bool:
    other = way.listener
    return scope == "network" or (
        other.household == listener.household
        and (scope == "household" or other.agent == listener.agent)
    )


def _more(going: list[_Going], session: Session | None, at: float, share: float) -> Heard:
    """What they add to the facts of a session."""
    of_tracks: dict[str, list[_Going]] = {}
    for one in going:
        of_tracks.setdefault(one[0].track, []).append(one)
    seconds, whole, begun, archives = 0.0, 0, 0, 0
    for track, those in of_tracks.items():
        first, most, number = those[0]
        if first.archive:
            key = int.from_bytes(recording_key(track))
            archives += session is None or not session.knows_archive(key, at)
            continue
        bits, is_whole = session.of_track(number, at) if session is not None else (0, False)
        if bits.bit_count() < share * PARTS:
            continue
        asked, length, pieces = first.parts, first.seconds, first.piece
        for way, its_most, _ in those[1:]:
            most, length = max(most, its_most), max(length, way.seconds)
            asked, pieces = asked | way.parts, pieces + way.piece
        rest = (asked & ~bits).bit_count() * length / PARTS
        seconds += min(most, rest + pieces)
        # Cut short by LONGEST it is whole all the same; by its pace, it is not yet.
        all_of_it = (asked | bits).bit_count() >= WHOLE and min(rest, LONGEST) <= most
        whole += all_of_it and length >= LONG and not is_whole
        begun += session is None or not session.remembers(number, at)
    return Heard(seconds, whole, begun, archives=archives)


def asked_range(text: str) -> tuple[int, int]:
    """Which bytes a Range asks for, the end excluded and 0 for open; a beginning below 0 counts from
    the end. Of several ranges, and of what is no range, all.
    """
    found = _RANGE.fullmatch(text.strip()) if text else None
    if found is None or not (found[1] or found[2]):
        return 0, 0
    if not found[1]:
        return -int(found[2]), 0
    return int(found[1]), int(found[2]) + 1 if found[2] else 0
