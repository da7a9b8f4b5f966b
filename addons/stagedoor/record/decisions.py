"""The decision log: one JSON line a decision worth reading, in the state directory.

Refusals and whatever a `log` rule noted are written, plain admissions are not. Field names are
public interface. A thread of its own writes, so a slow disk never holds up a request; a full one
is counted and told, and the site goes on.

Query strings are left out (Subsonic clients carry their password there), and addresses are cut to
their network unless the client was refused.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path

import orjson

from stagedoor.errors import StagedoorError
from stagedoor.facts import Event

FILE = "decisions.jsonl"
MAX_BYTES = 32 << 20
KEPT = 3
"""At most 128 MB on disk: one file in use and three older ones."""
MAX_WAITING = 10_000
"""Lines waiting for the disk, about 5 MB; more than that are dropped and counted."""


class Decisions:
    """Writes to `STATE/decisions.jsonl`; `failed` is called for every line that is lost."""

    def __init__(self, state: Path, failed: Callable[[], None]) -> None:
        try:
            state.mkdir(parents=True, exist_ok=True)
            handler = _File(state / FILE, failed)
        except OSError as error:
            raise StagedoorError(
                f"the state directory {state} cannot be written: {error.strerror or error} — "
                "choose another with --set guard_state=DIR, or mend its rights"
            ) from error
        waiting: queue.Queue[logging.LogRecord] = queue.Queue(MAX_WAITING)
        self._front = _Front(waiting, failed)
        self._listener = QueueListener(waiting, handler)
        self._handler = handler
        self._listener.start()

    def record(self, event: Event) -> None:
        """Write `event` down where it is worth reading."""
        if event.verdict.action == "allow":
            return
        self._front.emit(logging.makeLogRecord({"msg": line(event)}))

    def close(self) -> None:
        """Write what is waiting."""
        self._listener.stop()
        self._handler.close()


class _Front(QueueHandler):
    def __init__(self, waiting: queue.Queue[logging.LogRecord], failed: Callable[[], None]) -> None:
        super().__init__(waiting)
        self._failed = failed

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        return record

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        self._failed()


class _File(RotatingFileHandler):
    def __init__(self, path: Path, failed: Callable[[], None]) -> None:
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
        self._failed = failed

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        self._failed()


def line(event: Event) -> str:
    """The JSON line for `event`, without the line break."""
    request, client, verdict = event.request, event.client, event.verdict
    refused = verdict.action == "block"
    return orjson.dumps(
        {
            "at": datetime.fromtimestamp(event.at, UTC).isoformat(timespec="milliseconds"),
            "verdict": verdict.label,
            "rule": verdict.rule,
            "status": verdict.status if refused else None,
            "client": client.name,
            "operator": client.operator,
            "purpose": client.purpose,
            "proof": client.proof,
            "resource": event.resource.kind,
            "method": request.method,
            "host": request.host,
            "path": request.path,
            "address": request.address if refused else network(request.address),
            "agent": request.agent[:512],
        }
    ).decode()


def network(address: str) -> str:
    """`address` cut to its /24 or /48, so that it no longer names a household."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
