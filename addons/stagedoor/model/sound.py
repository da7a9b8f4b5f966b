"""What of a recording has gone out: the fact on which everything about listening rests.

A front reports it while a response runs and when it ends: in *portions*, which follow each other
without overlap and add up to the response. A portion is at least PORTION bytes (less of a small
recording, see portion()), or PORTION_SECONDS of the clock where less has gone out, or what was left
at the end. So a hundred transfers that run at once are seen while they run, and a stream that never
ends is seen as well.

What was refused, was missing, was only a head (HEAD, 304, 416) or was no sound is never reported.

How a store uses it: `fronts/sound_reports.py`, `SoundReports.sounded()`, is the one place that is called with
each portion; `sound_intervals.added()` says what of it a client had not been sent before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SoundKind = Literal["recording", "segment", "episode", "bought", "live", "archive"]
"""recording: a file of music, or a range of one. segment: a piece of a track that a playlist has
listed, or whose name says so. episode: an enclosure of a feed. bought: a download that a shop hands
out for a purchase. live: a stream without an end. archive: a zip or the like, an album most
likely; of it one portion is reported, once it is known to be large."""

PORTION = 1 << 20
"""Bytes after which a running response is reported."""
PORTION_SECONDS = 2.0
"""Seconds of the clock after which it is, where something has gone out since."""


_PORTIONS, _SMALLEST = 8, 64 << 10


def portion(size: int) -> int:
    """Bytes after which a response is reported that sends a recording of `size`, 0 for unknown: an
    eighth of it, so that small ones are seen while they run as well, but not each read of them.
    """
    return min(PORTION, max(_SMALLEST, size // _PORTIONS)) if size else PORTION


@dataclass(frozen=True, slots=True)
class SoundSent:
    """One portion of one response.

    `track` is the key of the recording: its path, with those parts of the query that choose it
    (`/rest/stream?id=7`); all segments of a track share one, whatever their variant. `resource` is
    the key of the file the bytes are of: the same as `track`, but for segments. `collection` is the
    feed, playlist or folder that `track` belongs to.

    `start` and `end` are bytes of `resource`, `end` excluded; `size` is all it has, 0 where that is
    not known. `seconds` is the sound in this portion, 0 where nothing is known of it. `offset` is
    where in the track that sound begins, in seconds, and `length` the track's, 0 where unknown. For
    `live`, `seconds` is time of the clock, and `start`, `end` count what this response has sent.

    `first`: the first portion of its response. `last`: the response has ended; `complete` is then
    whether all that it announced has gone out (a client that hangs up, or a site that breaks off,
    leaves False).
    """

    track: str
    kind: SoundKind
    seconds: float
    start: int
    end: int
    size: int = 0
    length: float = 0.0
    offset: float = 0.0
    resource: str = ""
    collection: str = ""
    first: bool = False
    last: bool = False
    complete: bool = False

    @property
    def bytes(self) -> int:
        """Bytes in this portion."""
        return self.end - self.start
