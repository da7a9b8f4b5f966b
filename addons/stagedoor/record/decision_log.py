"""The decision log: one JSON line a decision worth reading, in the state directory.

Refusals and whatever a `log` rule noted are written, plain admissions are not. Field names are
public interface. A thread of its own writes, so a slow disk never holds up a request; a full one
is counted and reported, and the site goes on.

Query strings are left out (Subsonic clients carry their password there), and addresses are cut to
their network unless the client was refused.

No client decides how long others are remembered: every field has a bound, and beyond so many lines
an hour a household's requests become one line with a count.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import orjson

from stagedoor.model.client_keys import client_key
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import Decided, Interrupted
from stagedoor.model.facts import network
from stagedoor.record import state_directory
from stagedoor.record.household_quota import HOUR, HouseholdQuota
from stagedoor.record.recorders import Handlers

FILE = "decisions.jsonl"
MAX_BYTES = 32 << 20
KEPT = 3
"""At most 128 MB on disk: one file in use and three older ones."""
MOMENT = 0.1
"""Seconds for which lines are gathered: a thread that woke for every line took the interpreter
away from requests, a fifth of their time under load."""
PORTION = 64 << 10
"""Bytes written at once; far below MAX_BYTES, so that files stay about that size."""
PATIENCE = 2.0
"""Seconds to wait at the end for a disk that hangs."""
MAX_LINE = 4096
"""Bytes of a line and its break."""
CUT = "…"
"""Stands at the end of a field that was cut."""
OF_A_HOUSEHOLD = 1_000
"""Lines in an hour; 4 MB at most, so one client needs more than a day to turn the log over."""
OF_ALL = 100_000
"""Lines in an hour, of all households together."""
COUNTED = "counted"
"""The verdict of a line that stands for others."""
MOST_COUNTED = 1_000
"""Households whose lines are counted apart; those beyond have one count together."""
MAX_WAITING = 10_000
"""Lines waiting for the disk, at most 40 MB; more than that are dropped and counted."""


class Decisions:
    """Writes to `STATE/decisions.jsonl`; `failed` is called for every line that is lost."""

    def __init__(self, state: Path, failed: Callable[[], None]) -> None:
        try:
            state_directory.prepare(state)
            self._file = _File(state / FILE, failed)
        except OSError as error:
            raise StagedoorError(
                f"the state directory {state} cannot be written: {error.strerror or error} — "
                "choose another with --set guard_state=DIR, or fix its rights"
            ) from error
        self._failed = failed
        self._waiting: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._quota = HouseholdQuota(OF_A_HOUSEHOLD, OF_ALL)
        self._counts: Counter[str] = Counter()
        self._hour = -1
        self._reopen = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._write, name="decision log", daemon=True)
        self._thread.start()

    def handlers(self) -> Handlers:
        """Decisions."""
        return {
            Decided: self.record,
            Interrupted: lambda event: self.record(event.decided, sent=event.end),
        }

    def record(self, event: Decided, sent: int | None = None) -> None:
        """Write `event` down where it is worth reading; `sent` of a response that was stopped."""
        if not event.verdict.logged:
            return
        now = int(event.at * 1000)
        self._turn(now // HOUR)
        if self._quota.admits(event.request.address, now):
            self._put(line(event, sent))
            return
        key = client_key(event.request.address)
        if key not in self._counts and len(self._counts) >= MOST_COUNTED:
            key = ""
        self._counts[key] += 1

    def reopen(self) -> None:
        """Let go of the file and open it anew, as logrotate asks; what waits goes into the new one.

        Returns at once, and may be called from a signal handler's task.
        """
        self._reopen.set()
        with contextlib.suppress(queue.Full):  # the thread is awake then
            self._waiting.put_nowait("")

    def _turn(self, hour: int) -> None:
        """Where an hour is over, its counts become lines."""
        if hour == self._hour:
            return
        for key, count in self._counts.items():
            self._put(counted(self._hour, key, count))
        self._counts.clear()
        self._hour = hour

    def _put(self, text: str) -> None:
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._failed()

    def _write(self) -> None:
        """The thread: sleeps until there is a line, gathers for a moment, writes all of it."""
        closed = False
        while not closed:
            lines = [self._waiting.get()]
            self._closing.wait(MOMENT)
            with contextlib.suppress(queue.Empty):
                while True:
                    lines.append(self._waiting.get_nowait())
            closed = None in lines
            if self._reopen.is_set():
                self._reopen.clear()
                self._file.reopen()
            for text in _portions(filter(None, lines), min(PORTION, MAX_BYTES)):
                self._file.emit(logging.makeLogRecord({"msg": text}))
        with contextlib.suppress(OSError):  # a full disk has been counted, line by line
            self._file.close()

    def close(self) -> None:
        """Write what is waiting; a disk that hangs does not hold up the end for long."""
        self._turn(-1)
        self._closing.set()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            self._waiting.get_nowait()
            self._failed()
            self._waiting.put_nowait(None)
        self._thread.join(timeout=PATIENCE)


def _portions(lines: Iterable[str], most: int) -> Iterator[str]:
    """`lines` joined to texts of at most `most` bytes; a longer line stands alone."""
    portion: list[str] = []
    size = 0
    for text in lines:
        length = len(text.encode()) + 1
        if portion and size + length > most:
            yield "\n".join(portion)
            portion, size = [], 0
        portion.append(text)
        size += length
    if portion:
        yield "\n".join(portion)


class _File(RotatingFileHandler):
    def __init__(self, path: Path, failed: Callable[[], None]) -> None:
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
        self._failed = failed

    def _open(self) -> io.TextIOWrapper:
        handle = _private(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        return io.TextIOWrapper(io.FileIO(handle, "a"), encoding=self.encoding, write_through=True)

    def reopen(self) -> None:
        """Open the file under its name anew; where that fails, the next line tries again."""
        with contextlib.suppress(OSError):  # what could not be flushed has been counted
            if self.stream:
                self.stream.close()
        self.stream = None  # logging opens it with the next line

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 (logging's name)
        try:
            return bool(super().shouldRollover(record))
        except io.UnsupportedOperation:  # a pipe has no size
            return False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        for _ in record.getMessage().splitlines():
            self._failed()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


_MOST = {
    "id": 64, "rule": 128, "client": 128, "operator": 128, "proof_why": 512,
    "method": 32, "host": 255, "path": 1024, "address": 64, "agent": 512,
}  # fmt: skip
"""Characters of each field; the others are words of ours."""
_SHORTENED = ("agent", "path", "proof_why", "host")
"""Fields that give way where characters need more than one byte, the first one first."""


def line(event: Decided, sent: int | None = None) -> str:
    """The JSON line for `event`, without the line break; at most MAX_LINE bytes with it. `sent`: its
    response was stopped when it had been sent up to this byte.
    """
    request, client, verdict = event.request, event.client, event.verdict
    refused = verdict.refused
    fields: dict[str, Any] = {
        "at": _time(event.at),
        "id": event.id,
        "verdict": verdict.label,
        "rule": verdict.rule,
        "status": event.status if refused and sent is None else None,
        "client": client.name,
        "operator": client.operator,
        "purpose": client.purpose,
        "proof": client.proof,
        "proof_why": client.why,
        "traits": sorted(client.traits),
        "resource": event.resource.kind,
        "method": request.method,
        "host": request.host,
        "path": request.path,
        "address": request.address if refused else network(request.address),
        "agent": request.agent,
        "purposes": client.purposes,
    }
    if sent is not None:
        fields["sent"] = sent
    for name, most in _MOST.items():
        fields[name] = _cut(str(fields[name]), most)
    written = orjson.dumps(fields)
    while len(written) >= MAX_LINE:
        longest = max(_SHORTENED, key=lambda name: len(orjson.dumps(fields[name])))
        fields[longest] = _cut(str(fields[longest]), len(str(fields[longest])) // 2)
        written = orjson.dumps(fields)
    return written.decode()


def counted(hour: int, key: str, count: int) -> str:
    """The line for `count` requests of the household `key` (empty: of several) within an hour."""
    return orjson.dumps(
        {
            "at": _time(hour * HOUR / 1000),
            "verdict": COUNTED,
            "count": count,
            "address": network(_some_address(key)),
        }
    ).decode()


def _some_address(key: str) -> str:
    """An address in the household: the key of an IPv6 one is only its first half."""
    return f"{key}::" if key.count(":") == 3 else key


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(most - 1, 0)] + CUT
