"""One listening session: what was sent of which recording, in a few hundred bytes.

What each fact means stands in `model.heard`. Times are seconds of a clock that never goes back.
Reading changes nothing, so that a time to come can be asked about as well.
"""

from __future__ import annotations

from itertools import islice, takewhile

from stagedoor.engine.catalogued import MOST_NUMBERED, Place
from stagedoor.model.heard import DRAIN, PARTS, PIECES, WHOLE, Heard, Scope

TEN_MINUTES, HOUR, HALF_DAY, DAY = 600, 3600, 43_200, 86_400
MOST_TRACKS = 512
"""Recordings, and as many episodes, remembered of one session; one that takes more is known by then."""
WATCHED = 900.0
"""Seconds of sound ahead from which on a session is kept where others make room."""

_ALL = (1 << PARTS) - 1
_PIECES, _WHOLE_AT, _SENT = PARTS, PARTS + 8, PARTS + 8 + 34
"""A recording is one number: the parts sent, the responses they took, the second in which it became
whole (0: it is not), the second of the last part. A tuple takes four times as much memory."""
_MOST_PIECES, _SECONDS = 255, (1 << 34) - 1

_SLOW = DRAIN["agent"]


class _Two:
    """A count in windows that follow each other: of this one and of the one before."""

    __slots__ = ("before", "now", "window")

    def __init__(self) -> None:
        self.window = self.now = self.before = 0

    def add(self, window: int, amount: int = 1) -> None:
        if window != self.window:
            self.before = self.now if window == self.window + 1 else 0
            self.window, self.now = window, 0
        self.now += amount

    def count(self, window: int) -> int:
        if window == self.window:
            return self.now + self.before
        return self.now if window == self.window + 1 else 0

    def copied(self) -> _Two:
        other = _Two()
        other.window, other.now, other.before = self.window, self.now, self.before
        return other


class _Rare:
    """What most sessions never have."""

    __slots__ = (
        "archives",
        "bare",
        "episodes",
        "ignored",
        "ignored_keys",
        "playlist",
        "ranges",
        "tripped",
    )

    def __init__(self) -> None:
        self.bare, self.ranges, self.ignored = _Two(), _Two(), _Two()
        self.ignored_keys: set[int] = set()
        self.episodes: dict[int, int] = {}
        self.archives: dict[int, int] = {}
        self.playlist = -DAY
        self.tripped = 0.0


class Session:
    """One session. `sentences`: until when that of each rule lasts, and whom it keeps to; None where
    there is none.

    `agents` of a household: the one that it has, or all, where each has a session of its own.
    """

    __slots__ = (
        "_drain", "_level", "_level_at", "_place", "_rare", "_share", "_share_before",
        "_share_window", "_slow", "_tracks", "_walk", "_walk_at", "agents", "sentences",
    )  # fmt: skip

    def __init__(self, drain: float) -> None:
        self._drain = drain
        self._level = self._slow = self._level_at = 0.0
        """Seconds ahead, as a household's, or whatever this is, and as one agent's."""
        self._tracks: dict[int, int] = {}
        """By number in the catalogue; the one that was sent longest ago is the first."""
        self._share = self._share_before = self._share_window = 0
        """The recordings sent whole, a bit each, in this half of a day and in the one before."""
        self._walk = self._walk_at = 0
        self._place: Place | None = None
        self._rare: _Rare | None = None
        self.sentences: dict[str, tuple[float, Scope]] | None = None
        self.agents: bytes | dict[bytes, None] | None = None

    @property
    def recordings(self) -> int:
        """How many recordings, episodes and archives are remembered."""
        rare = self._rare
        if rare is None:
            return len(self._tracks)
        return len(self._tracks) + len(rare.episodes) + len(rare.archives)

    def copied(self, drain: float) -> Session:
        """The same recordings under another key; without what holds for one key alone."""
        other = Session(drain)
        other._level = self._slow if drain == _SLOW else self._level
        other._slow, other._level_at = self._slow, self._level_at
        other._tracks = self._tracks.copy()
        other._share, other._share_before = self._share, self._share_before
        other._share_window = self._share_window
        other._walk, other._walk_at, other._place = self._walk, self._walk_at, self._place
        if self._rare is not None:
            rare = other._rare = _Rare()
            rare.episodes = self._rare.episodes.copy()
            rare.archives = self._rare.archives.copy()
            rare.playlist = self._rare.playlist
        return other

    def hand_over(self, other: Session, scope: Scope) -> None:
        """`other`, a copy, speaks for this scope from now on: what is held against that is held there.

        Of an agent, which was all there was of its household, that is everything. Of a network, its
        sentences. Nothing is taken off here: a household is kept for what its agents are held to.
        """
        for rule, (until, of) in (self.sentences or {}).items():
            if of == scope:
                other.sentence(rule, until, scope)
        if scope == "agent" and self._rare is not None:
            mine, theirs = self._rare, other._seldom()
            theirs.tripped = mine.tripped
            theirs.ignored, theirs.ignored_keys = mine.ignored.copied(), mine.ignored_keys.copy()
            theirs.bare, theirs.ranges = mine.bare.copied(), mine.ranges.copied()

    # -- what has happened -------------------------------------------------------------------------

    def sent(
        self, number: int, parts: int, length: float, at: float, *, opened: bool, long: bool = True
    ) -> bool:
        """Parts of a recording have gone out; whether it was begun by that.

        `number` is its own in the catalogue, `length` in seconds, `opened`: this is the beginning of
        a response. A recording that is not `long` never counts as whole.
        """
        second, tracks = int(at), self._tracks
        known = tracks.get(number)
        begun = known is None or (known >> _SENT) <= second - HOUR
        if known is None or begun:
            before = pieces = whole = 0
        else:
            before, pieces = known & _ALL, (known >> _PIECES) & _MOST_PIECES
            whole = (known >> _WHOLE_AT) & _SECONDS
        new = parts & ~before
        pieces = min(pieces + opened, _MOST_PIECES)
        if known is None or begun or new or opened or second - (known >> _SENT) >= 60:
            if known is not None:
                del tracks[number]
            else:
                _make_room(tracks, (second - HOUR + 1) << _SENT)
            if new and long and not whole and (before | new).bit_count() >= WHOLE:
                whole = max(1, second)
                self._became_whole(number, second, pieces)
            tracks[number] = before | new | pieces << _PIECES | whole << _WHOLE_AT | second << _SENT
        if new:
            self._raise(new.bit_count() * length / PARTS, at)
        return begun

    def owe(self, seconds: float, at: float) -> None:
        """Begin with so much sound ahead that was never sent."""
        self._raise(seconds, at)

    def _raise(self, seconds: float, at: float) -> None:
        self._slow = self.ahead(at, alone=True) + seconds
        self._level = self.ahead(at) + seconds
        self._level_at = at

    def _became_whole(self, number: int, second: int, pieces: int) -> None:
        window = second // HALF_DAY
        if window != self._share_window:
            self._share_before = self._share if window == self._share_window + 1 else 0
            self._share_window, self._share = window, 0
        if number < MOST_NUMBERED:
            self._share |= 1 << number
        if pieces >= PIECES:
            self._seldom().ranges.add(second // HOUR)

    def begun(self, place: Place | None, at: float) -> None:
        """A recording was begun; `place` where it is numbered."""
        second, last = int(at), self._place
        follows = (
            place is not None
            and last is not None
            and second - self._walk_at < HOUR
            and (place[1] == last[1] + 1 if place[0] == last[0] else place[1] <= 1)
        )
        self._walk = self._walk + 1 if follows else int(place is not None)
        self._place, self._walk_at = place, second

    def segment(self, at: float) -> None:
        """A segment has begun to go out."""
        rare = self._seldom()
        if rare.playlist <= int(at) - DAY:
            rare.bare.add(int(at) // HOUR)

    def playlist(self, at: float) -> None:
        """A playlist was sent."""
        self._seldom().playlist = int(at)

    def episode(self, key: int, at: float) -> None:
        """Something of an episode was sent."""
        _note(self._seldom().episodes, key, int(at))

    def archive(self, key: int, at: float) -> None:
        """Something of an archive was sent."""
        _note(self._seldom().archives, key, int(at))

    def ignoring(self, key: int, at: float) -> None:
        """A recording was asked for while a sentence was in force."""
        rare, window = self._seldom(), int(at) // HOUR
        if rare.ignored.window != window:
            rare.ignored_keys.clear()
        if key not in rare.ignored_keys and len(rare.ignored_keys) < MOST_TRACKS:
            rare.ignored_keys.add(key)
            rare.ignored.add(window)

    def trip(self, until: float) -> None:
        """It has followed the trap link."""
        self._seldom().tripped = until

    def sentence(self, rule: str, until: float, scope: Scope = "household") -> None:
        """A sentence begins, which keeps to this scope; one that lasts longer is not shortened."""
        if self.sentences is None:
            self.sentences = {}
        known = self.sentences.get(rule)
        self.sentences[rule] = max(until, known[0]) if known else until, scope

    def _seldom(self) -> _Rare:
        if self._rare is None:
            self._rare = _Rare()
        return self._rare

    # -- what is known -----------------------------------------------------------------------------

    def ahead(self, at: float, *, alone: bool = False) -> float:
        """Seconds of sound that were sent and cannot have been heard yet; `alone`: by one agent."""
        level, drain = (self._slow, _SLOW) if alone else (self._level, self._drain)
        return max(0.0, level - (at - self._level_at) * drain)

    def remembers(self, number: int, at: float) -> bool:
        """Whether this recording was begun within the hour."""
        known = self._tracks.get(number)
        return known is not None and known >> _SENT > int(at) - HOUR

    def of_track(self, number: int, at: float) -> tuple[int, bool]:
        """The parts of this recording that were sent within the hour, a bit each, and whether they
        count as all of it.
        """
        known = self._tracks.get(number)
        if known is None or known >> _SENT <= int(at) - HOUR:
            return 0, False
        return known & _ALL, (known >> _WHOLE_AT) & _SECONDS > 0

    def has_whole(self, more_than: int, at: float) -> bool:
        """Whether it was sent more recordings whole within ten minutes; quick where it was not."""
        tracks = self._tracks
        return len(tracks) > more_than and _wholes(tracks, int(at) - TEN_MINUTES) > more_than

    def has_begun(self, more_than: int, at: float) -> bool:
        """Whether something of more recordings was sent to it within an hour."""
        if len(self._tracks) <= more_than:
            return False
        one = next(islice(reversed(self._tracks.values()), more_than, None))
        return one >= (int(at) - HOUR + 1) << _SENT

    def has_episodes(self, more_than: int, at: float) -> bool:
        """Whether something of more episodes was sent to it within a day."""
        return self._rare is not None and _has(self._rare.episodes, more_than, at)

    def has_archives(self, more_than: int, at: float) -> bool:
        """The same of archives."""
        return self._rare is not None and _has(self._rare.archives, more_than, at)

    def knows_archive(self, key: int, at: float) -> bool:
        """Whether something of this archive was sent to it within a day."""
        return self._rare is not None and self._rare.archives.get(key, -DAY) > int(at) - DAY

    def run(self, at: float) -> tuple[int, float]:
        """Recordings, episodes and archives sent up to now without a pause of ten minutes: how many, and for
        how many seconds.
        """
        times = [track >> _SENT for track in self._tracks.values()]
        rare = self._rare
        if rare is not None and (rare.episodes or rare.archives):
            times = sorted((*times, *rare.episodes.values(), *rare.archives.values()))
        count, first = 0, int(at)
        for time in reversed(times):
            if first - time > TEN_MINUTES:
                break
            count, first = count + 1, time
        return count, at - first

    def left(self, rule: str, at: float) -> float:
        """Seconds for which the sentence of this rule still lasts."""
        known = self.sentences.get(rule) if self.sentences else None
        return max(0.0, known[0] - at) if known else 0.0

    def rank(self, at: float) -> int:
        """How much it would matter to forget it: 2 where something is held against it (a sentence,
        a trap), 1 where it is far ahead, else 0.
        """
        if self._rare is not None and self._rare.tripped > at:
            return 2
        if self.sentences is not None and any(end > at for end, _ in self.sentences.values()):
            return 2
        return int(self.ahead(at) > WATCHED)

    def heard(self, at: float, catalogue: int, *, alone: bool = False) -> Heard:
        """Its facts; `catalogue` is how many recordings there are, `alone` as in ahead()."""
        second = int(at)
        tracks, rare = self._tracks, self._rare
        old = _older(tracks, (second - HOUR + 1) << _SENT)
        share = 0
        if self._share and (gone := second // HALF_DAY - self._share_window) < 2:
            share = (self._share if gone else self._share | self._share_before).bit_count()
        if rare is None:
            return Heard(
                self.ahead(at, alone=alone),
                _wholes(tracks, second - TEN_MINUTES),
                len(tracks) - old,
                0,
                share / catalogue if share else 0.0,
                self._walk if second - self._walk_at < HOUR else 0,
            )
        window = second // HOUR
        return Heard(
            self.ahead(at, alone=alone),
            _wholes(tracks, second - TEN_MINUTES),
            len(tracks) - old,
            len(rare.episodes) - _older(rare.episodes, second - DAY + 1),
            share / catalogue if share else 0.0,
            self._walk if second - self._walk_at < HOUR else 0,
            rare.ranges.count(window),
            rare.bare.count(window),
            rare.ignored.count(window),
            rare.tripped > at,
            len(rare.archives) - _older(rare.archives, second - DAY + 1),
        )


def _note(kept: dict[int, int], key: int, second: int) -> None:
    """Something of it was sent, within the day."""
    if kept.pop(key, None) is None:
        _make_room(kept, second - DAY + 1)
    kept[key] = second


def _has(kept: dict[int, int], more_than: int, at: float) -> bool:
    """Whether there are more within the day; quick where there are not."""
    if len(kept) <= more_than:
        return False
    return next(islice(reversed(kept.values()), more_than, None)) > int(at) - DAY


def _wholes(tracks: dict[int, int], since: int) -> int:
    """How many became whole after `since`: they were not sent for the last time before."""
    count = 0
    for track in reversed(tracks.values()):
        if track >> _SENT <= since:
            break
        if (track >> _WHOLE_AT) & _SECONDS > max(0, since):  # 0: it is not whole
            count += 1
    return count


def _older(kept: dict[int, int], since: int) -> int:
    """How many are older."""
    count = 0
    for one in kept.values():
        if one >= since:
            break
        count += 1
    return count


def _make_room(kept: dict[int, int], since: int) -> None:
    """For one more: what is older than `since` goes, and the oldest where there are too many."""
    for key in list(takewhile(lambda key: kept[key] < since, kept)):
        del kept[key]
    if len(kept) >= MOST_TRACKS:
        del kept[next(iter(kept))]
