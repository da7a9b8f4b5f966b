"""Tracks: which segments belong to which track, which episodes to which feed, which mounts are live.

Learned from playlists and feeds as they pass. Kept by site, not by client, and bounded: what was not
looked for longest is forgotten. Of a forgotten or never listed segment, the form of its name says
which track it is a piece of.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal, NamedTuple, Protocol

from stagedoor.model.sound import SoundKind
from stagedoor.resources.listings import Listed
from stagedoor.resources.track_keys import MOST as LONGEST_KEY
from stagedoor.resources.track_keys import is_segment, shared_by_pieces

MOST_LISTED = 20_000
"""Segments, episodes and variants that are remembered, 10 MB of them at most."""
MOST_LIVE = 256


class Place(NamedTuple):
    """Where a resource stands in its track. `seconds` are its own, `length` the track's; 0: unknown.

    `listed`: a playlist or feed has named it.
    """

    track: str
    kind: SoundKind
    collection: str = ""
    seconds: float = 0.0
    offset: float = 0.0
    length: float = 0.0
    listed: bool = False


class TracksListener(Protocol):
    """Who is informed of what this guard learns."""

    def learned(self, listing: str, found: Listed) -> None: ...

    def live(self, key: str, *, ends: bool) -> None: ...


class _Track:
    """What the segments of one track share, kept once."""

    __slots__ = ("collection", "key", "kind", "length")

    def __init__(self, key: str, kind: SoundKind, collection: str) -> None:
        self.key, self.kind, self.collection = key, kind, collection
        self.length = 0.0


_Entry = tuple[_Track, float, float]


class Tracks:
    """The memory of one guard."""

    def __init__(self, most: int = MOST_LISTED) -> None:
        self._most = most
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._variants: OrderedDict[str, str] = OrderedDict()
        self._live: OrderedDict[str, None] = OrderedDict()
        self._last: _Track | None = None
        self.listener: TracksListener | None = None

    def __len__(self) -> int:
        return len(self._entries) + len(self._variants)

    def place(self, key: str) -> Place:
        """Where the resource under this key stands; a track of its own where nothing lists it."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
            track, seconds, offset = found
            return Place(
                track.key, track.kind, track.collection, seconds, offset, track.length, listed=True
            )
        if not is_segment(key):
            return Place(key, "live" if key in self._live else "recording")
        shared = shared_by_pieces(key)
        found = self._entries.get(shared)
        if found is None:
            return Place(shared, "segment")
        return Place(found[0].key, "segment", found[0].collection, length=found[0].length)

    def listed(self, key: str) -> SoundKind | Literal[""]:
        """What a playlist or feed has named this resource as; empty where none has."""
        found = self._entries.get(key)
        return found[0].kind if found is not None else ""

    def learn(self, listing: str, found: Listed) -> None:
        """`listing`, a playlist's or feed's key, names a resource."""
        self.take(listing, found)
        if self.listener is not None:
            self.listener.learned(listing, found)

    def take(self, listing: str, found: Listed) -> None:
        """The same, where another guard has learned it."""
        if len(found.key) > LONGEST_KEY:
            return
        if found.kind == "variant":
            self._keep(self._variants, found.key, self._variants.get(listing, listing))
            return
        if found.kind in {"live", "ended"}:
            last = self._last
            if last is not None and last.key == self._variants.get(listing, listing):
                last.kind = "live" if found.kind == "live" else "segment"
        elif found.kind in {"segment", "key"}:
            self._learn_segment(listing, found)
        elif found.kind == "episode" or (
            found.kind == "recording" and found.key not in self._entries
        ):
            # A file that a list of songs names is a track of its own.
            track = _Track(found.key, found.kind, listing)
            track.length = found.seconds
            self._keep(self._entries, found.key, (track, found.seconds, 0.0))

    def _learn_segment(self, listing: str, found: Listed) -> None:
        key = self._variants.get(listing, listing)
        shared = shared_by_pieces(found.key)
        before = self._entries.get(found.key)
        known = before or self._entries.get(shared)
        track = known[0] if known is not None and known[0].key == key else None
        if track is None:
            track = _Track(key, "segment", listing)
        if shared != found.key:
            self._keep(self._entries, shared, (track, 0.0, 0.0))
        seconds, offset = found.seconds, found.offset
        if before is not None and before[0] is track and found.again:
            seconds, offset = before[1] + seconds, before[2]  # one file in byte ranges
        self._last = track
        track.length = max(track.length, found.offset + found.seconds)
        self._keep(self._entries, found.key, (track, seconds, offset))

    def live(self, key: str) -> None:
        """The resource under this key never ends."""
        if self.listener is not None and key not in self._live:
            self.listener.live(key, ends=False)
        self.take_live(key)

    def take_live(self, key: str) -> None:
        """The same, where another guard has learned it."""
        self._live[key] = None
        self._live.move_to_end(key)
        while len(self._live) > MOST_LIVE:
            self._live.popitem(last=False)

    def not_live(self, key: str) -> None:
        """It was taken for one, and is a recording."""
        if self.listener is not None and key in self._live:
            self.listener.live(key, ends=True)
        self._live.pop(key, None)

    def take_not_live(self, key: str) -> None:
        """The same, where another guard has learned it."""
        self._live.pop(key, None)

    @property
    def any_live(self) -> bool:
        """Whether there is such a resource at all."""
        return bool(self._live)

    def is_live(self, key: str) -> bool:
        """Whether it was seen to."""
        return key in self._live

    def _keep[V](self, memory: OrderedDict[str, V], key: str, value: V) -> None:
        memory[key] = value
        memory.move_to_end(key)
        while len(memory) > self._most:
            memory.popitem(last=False)
