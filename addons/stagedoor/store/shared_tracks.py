"""What playlists and feeds name, shared by several guards: a segment may be asked for at another guard
than its playlist was.

Each thing is said once, by the guard that learned it first. It goes into the log that every guard reads.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from stagedoor.resources.listings import Listed
from stagedoor.store.operations import Operation, as_read, as_written
from stagedoor.store.tracks import MOST_LISTED, Tracks


class SharedTracks:
    """The listener of a guard's `tracks`. `say` passes operations of one moment on, `clock` says when."""

    def __init__(
        self, tracks: Tracks, say: Callable[..., None], clock: Callable[[], float]
    ) -> None:
        self._tracks, self._say, self._clock = tracks, say, clock
        self._said: OrderedDict[tuple[str, ...], None] = OrderedDict()
        self._last: tuple[str, Listed] | None = None

    def learned(self, listing: str, found: Listed) -> None:
        """A playlist has passed here."""
        if found.kind == "segment":
            self._last = (listing, found)
        if not self._new(listing, found):
            return
        at = self._clock()
        said = [_operation(listing, found, at)]
        if found.kind in {"live", "ended"} and self._last is not None and self._last[0] == listing:
            said.insert(0, _operation(*self._last, at))  # it is about the track of this segment
        self._say(at, *said)

    def live(self, key: str, *, ends: bool) -> None:
        """A stream was seen to have no end, or to have one."""
        at = self._clock()
        self._say(at, ["n", at, as_written(key), ends])

    def carry_out(self, operation: Operation) -> None:
        """Another guard has learned something. Raises what a wrong form raises."""
        word, _, key, *rest = operation
        if word == "n":
            take = self._tracks.take_not_live if rest[0] else self._tracks.take_live
            take(as_read(key))
            return
        name, kind, seconds, offset, again = rest
        found = Listed(as_read(name), kind, float(seconds), float(offset), bool(again))
        self._new(as_read(key), found)
        self._tracks.take(as_read(key), found)

    def _new(self, listing: str, found: Listed) -> bool:
        """Whether nobody has said it. A playlist that ends now was live before, and may be again."""
        key: tuple[str, ...] = (listing, found.key, found.kind, f"{found.offset}")
        if found.kind in {"live", "ended"}:
            key = (listing, found.kind)
            self._said.pop((listing, "ended" if found.kind == "live" else "live"), None)
        if key in self._said:
            self._said.move_to_end(key)
            return False
        self._said[key] = None
        if len(self._said) > 2 * MOST_LISTED:
            self._said.popitem(last=False)
        return True


def _operation(listing: str, found: Listed, at: float) -> Operation:
    return [
        "k", at, as_written(listing), as_written(found.key), found.kind, found.seconds, found.offset,
        found.again,
    ]  # fmt: skip
