"""A recording on its way out: passed on as it is, and reported in portions (`model.sound`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from stagedoor.model.sound import PORTION, PORTION_SECONDS, SoundKind, SoundSent, portion
from stagedoor.resources.bit_rates import bytes_a_second
from stagedoor.resources.media_lengths import Headers, Meter, announced, extent
from stagedoor.resources.multipart_ranges import Parts
from stagedoor.store.interface import Length, Store
from stagedoor.store.tracks import Place, Tracks

LIVE_AFTER: Final = 600.0
"""Seconds after which a response without a size, at the speed of sound, is a live stream."""
LIVE_FOR_ALL: Final = 3 * 3600.0
"""Seconds after which a live stream is known for one before the site answers: no recording is so long."""
LIVE_PACE: Final = (0.8, 1.5)
"""Seconds of sound in a second of the clock that are the speed of sound. What comes more slowly is
held up by its visitor, and may be a recording."""
BURST: Final = 60.0
"""Seconds of sound that a radio sends at once, for its listeners' buffers."""
FASTEST: Final = 4.0
"""Seconds of sound in a second of the clock that no radio sends, after its burst. Programs that hand
out recordings write the fields of a radio, too, where their visitor asks for a radio's titles."""
LONGEST_PIECE: Final = 60.0
"""Seconds. What is longer is no piece of a track, whatever its name says, unless a playlist says so."""
_NOWHERE: Final = 1
"""Where a body begins of which nobody knows where it begins: not at the head."""

Report = Callable[[SoundSent], None]
Clock = Callable[[], float]


class AudioStream:
    """A response's stream.

    `key` is the resource's (`resources.track_keys`). `head` is the response's status and fields.
    `kind` and `track`, where they are given, overrule what the tracks say: live or bought, and what
    the site's profile calls the recording.
    """

    __slots__ = (
        *("_at", "_began", "_clock", "_counted", "_due", "_ended", "_first", "_guessed", "_key"),
        "_kind",
        *(
            "_last",
            "_length",
            "_live_rate",
            "_meter",
            "_parts",
            "_piece",
            "_place",
            "_portion_size",
            "_rate",
            "_report",
            "_sent",
            "_size",
        ),
        *("_start", "_store", "_tracks", "_whole"),
    )

    def __init__(
        self,
        store: Store,
        tracks: Tracks,
        key: str,
        head: tuple[int, Headers],
        report: Report,
        kind: SoundKind | None = None,
        track: str = "",
        clock: Clock = time.monotonic,
    ) -> None:
        status, headers = head
        self._store, self._tracks, self._report, self._clock = store, tracks, report, clock
        self._key = key
        place = tracks.place(key)
        self._piece = place.track != key
        self._place = place._replace(track=track) if track else place
        self._kind: SoundKind = kind or self._place.kind
        # Whose piece it is, its name alone says.
        self._guessed = self._kind == "segment" and not track and not place.listed
        where = extent(status, headers)
        live = self._kind == "live" and not self._place.listed
        self._live_rate = _live_rate(headers) if live else 0.0
        self._start, self._size = where if where and not live else (0, 0)
        self._portion_size = portion(self._size)
        self._whole = status == 200
        self._rate = self._length = self._counted = 0.0
        self._sent = self._at = 0
        self._first, self._ended = True, False
        self._due = announced(headers)
        self._began = self._last = clock()
        self._meter: Meter | None = None
        self._parts: Parts | None = None
        if not live:
            self._measure(headers, known_start=where is not None)

    def _measure(self, headers: Headers, *, known_start: bool) -> None:
        """What the length follows from."""
        store, key, place = self._store, self._key, self._place
        media_type = headers.get("content-type", "")
        known = store.length(key)
        if media_type.lower().startswith("multipart/byteranges"):
            self._parts = Parts()
            self._size = known.size if known is not None else 0
        if place.listed and place.seconds and self._piece:
            self._length = place.seconds  # as its playlist says
        elif known is not None and known.exact and known.size == self._size:
            self._length = known.seconds
        if self._length and (self._size or self._parts is None):
            self._rate = self._length / self._size if self._size else 0.0
            if self._rate or self._whole:
                return
        readable = known_start or (self._whole and not headers.get("content-encoding", ""))
        start = self._start if readable else _NOWHERE
        usual = place.seconds
        if known is not None and known.seconds and known.size == self._size:
            usual = known.seconds
        self._meter = Meter(start, self._size, key, media_type, usual=usual)
        if self._size and known is None:
            store.keep_length(key, Length(self._size))  # its size is known at once

    def __call__(self, chunk: bytes) -> bytes:
        size = len(chunk)
        if not size:  # mitmproxy's way to say that the response is complete
            self.end(complete=True)
            return chunk
        if self._meter is not None:
            self._meter.feed(chunk)
        if self._parts is not None:
            self._parts.feed(chunk)
        self._sent += size
        if self._first and self._sent == self._due:
            return chunk  # all of it at once: its end reports it
        now = self._clock()
        if (
            self._sent - self._at >= self._portion_size
            or self._first
            or now - self._last >= PORTION_SECONDS
        ):
            meter = self._meter
            if meter is not None and (
                meter.silent or not (meter.settled or now - self._last >= PORTION_SECONDS)
            ):
                return chunk
            if (
                meter is not None
                and meter.awaits
                and self._sent - self._at < PORTION
                and now - self._last < PORTION_SECONDS
            ):
                return chunk  # a table's guess is soon corrected, and sound cannot be taken back
            self._portion(now)
        return chunk

    @property
    def sent(self) -> int:
        """Bytes that have gone out."""
        return self._sent

    @property
    def size(self) -> int:
        """Bytes of the whole recording, 0 for unknown."""
        return self._size

    def end(self, *, complete: bool = False) -> None:
        """Report what is left, once. `complete`: the site has ended the response."""
        if self._ended:
            return
        self._ended = True
        meter = self._meter
        if meter is not None and complete:
            meter.end()
            if meter.exact and not self._size and self._whole:
                self._store.keep_length(self._key, Length(self._sent, meter.seconds))
        if meter is not None and self._size and not meter.exact and meter.measured:
            # Of a part; better than nothing, for the parts that follow.
            self._store.keep_length(self._key, Length(self._size, meter.seconds, exact=False))
        elif (
            meter is not None and complete and not (meter.exact or meter.silent)
            and meter.seconds and self._start == 0 and 0 < self._sent == self._size
        ):  # fmt: skip
            # All of it has passed: nothing better will ever be known.
            self._store.keep_length(self._key, Length(self._size, meter.seconds))
        if self._sent and not (meter is not None and meter.silent):
            self._portion(self._clock(), complete=complete)

    # -- portions ----------------------------------------------------------------------------------

    def _portion(self, now: float, *, complete: bool = False) -> None:
        seconds = self._seconds(now, complete=complete)
        if self._guessed and self._holds() > LONGEST_PIECE:
            self._place = Place(self._key, "recording")
            self._kind, self._guessed, self._piece = "recording", False, False
        if self._parts is not None:
            pieces = self._parts.taken()
            if not pieces and not self._ended:
                return
        else:
            pieces = [(self._start + self._at, self._start + self._sent)]
        self._at, self._last = self._sent, now
        first, self._first = self._first, False
        place = self._place
        total = sum(end - begin for begin, end in pieces)
        for number, (begin, end) in enumerate(pieces or [(0, 0)]):
            last = self._ended and number >= len(pieces) - 1
            self._report(
                SoundSent(
                    track=place.track,
                    kind=self._kind,
                    seconds=seconds * (end - begin) / total if len(pieces) > 1 else seconds,
                    start=begin,
                    end=end,
                    size=self._size or (self._parts.size if self._parts is not None else 0),
                    length=place.length if self._piece else self._length,
                    offset=place.offset + begin * self._rate,
                    resource=self._key,
                    collection=place.collection,
                    first=first and number == 0,
                    last=last,
                    complete=last and complete,
                )
            )

    def _holds(self) -> float:
        """Seconds of sound in the whole of what is sent, as far as is known."""
        return max(self._length, self._size * self._rate, self._counted)

    def _seconds(self, now: float, *, complete: bool) -> float:
        """Seconds of sound since the last portion."""
        radio = self._kind == "live" and not self._place.listed
        if radio and not self._is_no_radio(now, ended=complete):
            return now - self._last
        meter = self._meter
        if meter is not None:
            self._rate = meter.rate
            if meter.seconds:
                self._length = meter.seconds
            if meter.exact and self._size:  # nothing more is to be learned
                self._store.keep_length(self._key, Length(self._size, meter.seconds))
                self._meter = None
        counted = self._sent * self._rate
        if not self._size and self._length and self._parts is None:  # how long, but not how large
            if complete and counted < 2 * self._length:
                counted = self._length
            elif meter is None or not meter.measured:
                counted = min(counted or self._length, self._length)
        more = max(0.0, counted - self._counted)
        self._counted += more
        if not self._size and not self._ended:
            self._turn_live(now)
        return more

    def _turn_live(self, now: float) -> None:
        """What has no size, and goes on at the speed of sound, never ends."""
        past, (slowest, fastest) = now - self._began, LIVE_PACE
        meter = self._meter
        if not self._whole or past < LIVE_AFTER or (meter is not None and meter.exact):
            return
        known = self._store.length(self._key)
        if self._place.listed or (known is not None and known.exact and known.seconds):
            return  # it has an end
        if slowest * past <= self._counted <= fastest * past:
            self._live_rate = self._sent / self._counted
            self._kind, self._meter = "live", None

    def _is_no_radio(self, now: float, *, ended: bool) -> bool:
        """Whether a stream that seemed to be live is sent faster than any radio sends, or the site
        has ended it soon: then it is a recording after all, and all of it counts.
        """
        past = now - self._began
        if past >= LIVE_FOR_ALL:
            self._tracks.live(self._key)
        soon = ended and past < LIVE_AFTER
        if not soon and self._sent / self._live_rate <= BURST + past * FASTEST:
            return False
        self._tracks.not_live(self._key)
        self._kind, self._rate, self._counted = "recording", 1 / self._live_rate, 0.0
        self._place = self._place._replace(kind="recording")
        return True


def _live_rate(headers: Headers) -> float:
    """Bytes a second of a radio: as it says, or as usual for its type."""
    said = headers.get("icy-br", "").partition(",")[0].strip()
    kbits = int(said) if said.isascii() and said.isdigit() and len(said) < 5 else 0
    return kbits * 125.0 if kbits >= 8 else bytes_a_second(headers.get("content-type", ""))
