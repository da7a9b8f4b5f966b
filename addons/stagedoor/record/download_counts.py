"""Downloads for sponsors: per recording and month, after the public rules of podcast measurement.

Counted after refusals, and of people only: the same recording to one address and user agent counts
once in WINDOW, and only when at least MINUTE seconds of its sound have gone out (all of it, where it
is shorter). A HEAD, a range of two bytes and what is refused therefore count nothing; the same sound
twice counts as sound once. It follows IAB's Podcast Measurement Guidelines, and is not certified.

Who is counted is kept in memory alone, as a checksum with a salt of this process; the file holds
numbers. After a restart one who downloads on may be counted a second time.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from stagedoor.model.events import Sounded
from stagedoor.model.facts import PEOPLE
from stagedoor.model.sound_intervals import NOTHING, Intervals, added
from stagedoor.record.recorders import Handlers
from stagedoor.verify.range_files import write_whole

FILE = "downloads.json"
FORM = 1
WINDOW = 24 * 3600.0
MINUTE = 60.0
"""Seconds, both."""
MOST_LISTENERS = 100_000
"""Listeners and recordings that are followed at once; 25 MB."""
MOST_RECORDINGS = 20_000
"""Of one month; a site's visitors must not decide how large the file grows."""
EVERY = 60.0
"""Seconds between two writes."""
PATIENCE = 2.0
"""Seconds to wait at the end for a disk that hangs."""
OTHERS = "(others)"
_LARGEST = 1 << 53

_log = logging.getLogger("stagedoor.downloads")


@dataclass(slots=True)
class _Following:
    """What one listener was sent of one recording."""

    since: float
    sent: Intervals = NOTHING
    """Milliseconds of sound, or bytes where the place of the sound is not known."""
    seconds: float = 0.0
    counted: bool = False


class Downloads:
    """Counts into `STATE/downloads.json`. `now` is Unix time."""

    def __init__(self, state: Path, now: Callable[[], float] = time.time) -> None:
        self._path = state / FILE
        self._now = now
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._salt = secrets.token_bytes(16)
        self._following: OrderedDict[bytes, _Following] = OrderedDict()
        self._months: dict[str, Counter[str]] = {
            month: Counter(counts) for month, counts in read_downloads(self._path).items()
        }
        self._changed = False
        self._written = now()
        self._failing = False
        self._writer: threading.Thread | None = None

    def handlers(self) -> Handlers:
        """What has gone out of recordings."""
        return {Sounded: self.record}

    def record(self, event: Sounded) -> None:
        """One portion of one response."""
        sent, request = event.sent, event.request
        if event.client.purpose not in PEOPLE or sent.kind == "live" or request.method != "GET":
            return
        now = self._now()
        who = f"{request.address}\0{request.agent}\0{sent.track}".encode("utf-8", "replace")
        key = hashlib.blake2b(who, key=self._salt, digest_size=12).digest()
        with self._lock:
            listener = self._follow(key, now)
            if not listener.counted:
                _hear(listener, event)
                short = 0 < sent.length < MINUTE and listener.seconds >= 0.95 * sent.length
                if listener.seconds >= MINUTE or short:
                    listener.counted = True
                    listener.sent = NOTHING
                    self._count(sent.track, now)
        if self._changed and now - self._written >= EVERY and not self.writing:
            # A slow disk must not keep requests waiting.
            self._writer = threading.Thread(target=self.write, name="downloads", daemon=True)
            self._writer.start()

    @property
    def writing(self) -> bool:
        """Whether the file is being written."""
        return self._writer is not None and self._writer.is_alive()

    def _follow(self, key: bytes, now: float) -> _Following:
        found = self._following.get(key)
        if found is None or now - found.since >= WINDOW or now < found.since:
            found = self._following[key] = _Following(now)
            self._following.move_to_end(key)
            while len(self._following) > MOST_LISTENERS:
                self._following.popitem(last=False)
        return found

    def _count(self, track: str, now: float) -> None:
        month = self._months.setdefault(time.strftime("%Y-%m", time.gmtime(now)), Counter())
        month[track if track in month or len(month) < MOST_RECORDINGS else OTHERS] += 1
        self._changed = True

    def write(self) -> None:
        """Put the numbers on the disk; a disk that is full is reported once."""
        with self._writing:  # one after the other, so that older numbers never come last
            self._write()

    def _write(self) -> None:
        with self._lock:
            self._changed = False
            self._written = self._now()
            document = {"form": FORM, "months": self._months}
            data = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
        try:
            write_whole(self._path, data)
        except OSError as error:
            self._changed = True
            if not self._failing:
                _log.warning(
                    "Downloads cannot be written to %s (%s); they are counted on, and tried again "
                    "each minute.", self._path, error.strerror or error,
                )  # fmt: skip
            self._failing = True
        else:
            self._failing = False

    def close(self) -> None:
        """Write what is not yet written."""
        if self._writer is not None:
            self._writer.join(PATIENCE)
        if self._changed and not self.writing:
            self.write()


def _hear(listener: _Following, event: Sounded) -> None:
    """Add the sound of a portion that the listener had not been sent before."""
    sent = event.sent
    if sent.seconds <= 0:
        return
    if sent.length > 0 or sent.resource not in {"", sent.track}:
        start, end = int(sent.offset * 1000), int((sent.offset + sent.seconds) * 1000)
    else:
        start, end = sent.start, sent.end
    listener.sent, new = added(listener.sent, start, end)
    if end > start:
        listener.seconds += sent.seconds * new / (end - start)


def _number(count: object) -> int:
    """A count in the file; ValueError where it is none, or one that could not be written again."""
    if not isinstance(count, int) or not 0 <= count <= _LARGEST:
        raise ValueError(count)
    return count


def read_downloads(path: Path) -> Mapping[str, Mapping[str, int]]:
    """The numbers in the file, by month and recording; none where there is no such file.

    A file that is none is left as it is under another name, and reported.
    """
    try:
        document = orjson.loads(path.read_bytes())
        if document["form"] == FORM:
            return {
                str(month): {str(track): _number(count) for track, count in counts.items()}
                for month, counts in document["months"].items()
            }
    except FileNotFoundError:
        return {}
    except OSError as error:
        _log.warning("%s cannot be read: %s", path, error.strerror or error)
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    aside = path.with_suffix(".unread.json")
    _log.warning("%s is no list of downloads: it is kept as %s", path, aside.name)
    path.replace(aside)
    return {}
