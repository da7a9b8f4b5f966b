"""The decision log: one JSON line a decision worth reading, in the state directory.

Refusals and whatever a `log` rule noted are written, plain admissions are not. Field names are
public interface. A thread of its own writes, so a slow disk never holds up a request; a full one
is counted and told, and the site goes on.

Query strings are left out (Subsonic clients carry their password there), and addresses are cut to
their network unless the client was refused.
"""

from __future__ import annotations

import contextlib
import io
import logging
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import orjson

from stagedoor.model.errors import StagedoorError
from stagedoor.model.facts import Event, network

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
MAX_WAITING = 10_000
"""Lines waiting for the disk, about 5 MB; more than that are dropped and counted."""


class Decisions:
    """Writes to `STATE/decisions.jsonl`; `failed` is called for every line that is lost."""

    def __init__(self, state: Path, failed: Callable[[], None]) -> None:
        try:
            state.mkdir(parents=True, exist_ok=True)
            self._file = _File(state / FILE, failed)
        except OSError as error:
            raise StagedoorError(
                f"the state directory {state} cannot be written: {error.strerror or error} — "
                "choose another with --set guard_state=DIR, or mend its rights"
            ) from error
        self._failed = failed
        self._waiting: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._closing = threading.Event()
        self._anew = threading.Event()
        self._thread = threading.Thread(target=self._write, name="decision log", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> None:
        """Write `event` down where it is worth reading."""
        if event.verdict.action == "allow":
            return
        try:
            self._waiting.put_nowait(line(event))
        except queue.Full:
            self._failed()

    def reopen(self) -> None:
        """Write to a new file from the next line on: somebody has moved this one away."""
        self._anew.set()

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
            if self._anew.is_set():
                self._anew.clear()
                self._file.reopen()
            for text in _portions(filter(None, lines), min(PORTION, MAX_BYTES)):
                self._file.emit(logging.makeLogRecord({"msg": text}))
        with contextlib.suppress(OSError):  # a full disk has been counted, line by line
            self._file.close()

    def close(self) -> None:
        """Write what is waiting; a disk that hangs does not hold up the end for long."""
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

    def reopen(self) -> None:
        """Close the file; it is opened, or made, when the next line comes."""
        with contextlib.suppress(OSError):
            self._let_go()

    def _let_go(self) -> None:
        stream, self.stream = self.stream, None  # logging opens it again
        if stream is not None:
            stream.close()

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 (logging's name)
        try:
            return bool(super().shouldRollover(record))
        except io.UnsupportedOperation:  # a pipe has no size
            return False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        for _ in record.getMessage().splitlines():
            self._failed()


def line(event: Event) -> str:
    """The JSON line for `event`, without the line break."""
    request, client, verdict = event.request, event.client, event.verdict
    refused = verdict.refused
    return orjson.dumps(
        {
            "at": datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds"),
            "id": event.id,
            "verdict": verdict.label,
            "rule": verdict.rule,
            "status": verdict.status if refused else None,
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
            "agent": request.agent[:512],
        }
    ).decode()
