"""`STATE/licences.json`: what `stagedoor licence` writes and a running guard follows.

The guard looks at the file's time at most once a second, and only when a request carries a licence.
A file that cannot be read leaves the licences of before in force, and is reported once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson

from stagedoor.engine.transaction import Transaction
from stagedoor.identify.licences import MOST_TOKEN, Held, Licence, Licences, token_of
from stagedoor.model.errors import StagedoorError
from stagedoor.verify.licence_server import LicenceServer
from stagedoor.verify.range_files import write_whole
from stagedoor.verify.seen_file import SeenFile

FILE = "licences.json"
FORM = 1
PATIENCE = 1.0
"""Seconds between two looks at the file."""
MOST_BYTES = 4 << 20

_log = logging.getLogger("stagedoor.licence")


def read_licences(state: Path) -> tuple[Licence, ...]:
    """Every licence in the file, oldest first; none where there is no file. StagedoorError where it
    is not one.
    """
    path = state / FILE
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StagedoorError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise StagedoorError(f"{path} is too large to be a list of licences")
    try:
        found = orjson.loads(data)
        if found["form"] != FORM:
            raise StagedoorError(
                f"{path} was written by another version of Stagedoor (form {found['form']}) — use "
                "that one"
            )
        return tuple(_licence(one) for one in found["licences"])
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StagedoorError(
            f"{path} is no list of licences — put back a copy, or remove it to begin anew (every "
            "token is then refused)"
        ) from error


def write_licences(state: Path, licences: Sequence[Licence]) -> None:
    """Put `licences` in the place of what was there, whole or not at all. OSError as it comes."""
    document = {"form": FORM, "licences": [asdict(one) for one in licences]}
    write_whole(state / FILE, orjson.dumps(document, option=orjson.OPT_INDENT_2))


def _licence(one: dict[str, Any]) -> Licence:
    return Licence(
        id=str(one["id"]),
        to=str(one["to"]),
        token_digest=str(one["token_digest"]),
        uses=tuple(map(str, one["uses"])),
        paths=tuple(map(str, one["paths"])),
        granted=date.fromisoformat(one["granted"]),
        until=_day(one["until"]),
        key=str(one["key"]),
        revoked=_day(one["revoked"]),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


class LicenceFile:
    """The licences in force, as the file has them. `changed` is called when they are others."""

    def __init__(
        self, changed: Callable[[], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed, self._now = changed, now
        self._state: Path | None = None
        self._file = SeenFile()
        self._next = 0.0
        self._licences = Licences()
        self.server = LicenceServer()
        self.granted: tuple[Licence, ...] = ()

    def open(self, state: Path | None) -> None:
        """Begin with the file in `state`; without a directory there are no licences."""
        self._state = state
        self._look()

    def held(self, transaction: Transaction) -> Held:
        """What the licence is worth that a request shows."""
        if self._state is not None and self._now() >= self._next:
            self._look()
        request = transaction.request
        client = transaction.policy.claim(request.agent, transaction.signer)
        today = datetime.now(UTC).date()
        held = self._licences.held(request, client, transaction.signer, today)
        token = token_of(request)
        if held.standing != "unknown" or not token or len(token) > MOST_TOKEN:
            return held
        found = self.server.licences(token)
        if found is None:
            return Held("asked")
        return found.held(request, client, transaction.signer, today)

    def _look(self) -> None:
        self._next = self._now() + PATIENCE
        if self._state is None:
            return
        if not self._file.changed(self._state / FILE):
            return
        try:
            self.granted = read_licences(self._state)
        except StagedoorError as error:
            _log.error("%s. The licences of before stay in force.", error)
            return
        self._licences = Licences.of(self.granted)
        self._changed()
