"""`STATE/passes.json`: passes that were sold, as `stagedoor pass` and shops write them; how often each
file was taken by them stands in `passes.uses.json`, which the guard writes.

A pass is for its paths until its end. Where it has a count, each file may be begun so often; further
requests of the same household for the same file within a day are the same time: players and downloads
that are resumed ask more than once.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import orjson

from stagedoor.engine.transaction import Transaction
from stagedoor.marks.mark import SERIAL_LENGTH, Mark
from stagedoor.model.client_keys import client_key
from stagedoor.model.errors import StagedoorError
from stagedoor.model.globs import Globs
from stagedoor.verify.mark_keys import ensure_keys
from stagedoor.verify.range_files import write_whole
from stagedoor.verify.seen_file import SeenFile

FILE, USES, LOCK = "passes.json", "passes.uses.json", "passes.lock"
_PASSES = "passes of form 1"
PATIENCE = 1.0
"""Seconds between two looks at the file."""
SAVE = 5.0
"""Seconds between two writings of the uses; a kill loses no more than that."""
SAME = 86_400.0
MOST = 100_000
"""Passes in the file."""
MOST_BYTES = 64 << 20

_log = logging.getLogger("stagedoor.marks")


@dataclass(frozen=True, slots=True)
class SoldPass:
    """`serial` is the mark's. `count` is how often each file may be taken, 0 for as often as wished."""

    serial: str
    paths: tuple[str, ...]
    granted: date
    until: date | None = None
    count: int = 0
    note: str = ""
    revoked: date | None = None


def read_sold(state: Path) -> tuple[SoldPass, ...]:
    """Every pass in the file, oldest first. StagedoorError where it is not one."""
    path = state / FILE
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StagedoorError(f"{path} cannot be read: {error.strerror or error}") from error
    try:
        found = orjson.loads(data)
        return tuple(
            SoldPass(
                str(one["serial"]),
                tuple(map(str, one["paths"])),
                date.fromisoformat(one["granted"]),
                date.fromisoformat(one["until"]) if one["until"] else None,
                int(one["count"]),
                str(one["note"]),
                date.fromisoformat(one["revoked"]) if one["revoked"] else None,
            )
            for one in found[_PASSES]
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StagedoorError(
            f"{path} is no list of passes — put back a copy, or remove it to begin anew (every pass "
            "that was sold is then refused)"
        ) from error


@contextmanager
def changing(state: Path) -> Iterator[None]:
    """One program at a time reads the file, and writes it anew."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(state / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sell(
    state: Path, paths: Sequence[str], until: date | None, count: int, note: str, now: float
) -> tuple[str, SoldPass]:
    """A new pass: its mark, which is shown once, and what is kept. OSError where the disk takes
    nothing, StagedoorError where there are too many, or the files cannot be read.
    """
    with changing(state):
        before = read_sold(state)
        if len(before) >= MOST:
            raise StagedoorError(f"there are {len(before):,} passes already, and no room for more")
        ring = ensure_keys(state, now)
        taken = {one.serial for one in before}
        while True:
            mark = ring.issue("bought", now, secrets.randbits(32))
            serial = mark[:SERIAL_LENGTH]
            if serial not in taken:
                break
        sold = SoldPass(serial, tuple(paths), _day(now), until, count, note)
        write_sold(state, (*before, sold))
    return mark, sold


def revoke(state: Path, serial: str, now: float) -> SoldPass | None:
    """Take a pass back; as it was before, None where there is none of this serial."""
    with changing(state):
        before = read_sold(state)
        found = next((one for one in before if one.serial == serial.lower()), None)
        if found is not None and found.revoked is None:
            gone = replace(found, revoked=_day(now))
            write_sold(state, [gone if one is found else one for one in before])
    return found


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()


def write_sold(state: Path, passes: Sequence[SoldPass]) -> None:
    """Put `passes` in the place of what was there, whole or not at all. OSError as it comes."""
    document = {_PASSES: [asdict(one) for one in passes]}
    write_whole(state / FILE, orjson.dumps(document))


class SoldPasses:
    """Those in force, as the file has them."""

    def __init__(self) -> None:
        self._state: Path | None = None
        self._file = SeenFile()
        self._next = 0.0
        self._passes: dict[str, tuple[SoldPass, Globs]] = {}
        self._uses: dict[str, dict[str, int]] = {}
        self._lately: dict[tuple[str, str, str], float] = {}
        self._saved = 0.0
        self._dirty = False

    def open(self, state: Path | None) -> None:
        """Begin with the files in `state`; without a directory nothing was sold."""
        self._state = state
        if state is None:
            return
        try:
            self._uses = orjson.loads((state / USES).read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, orjson.JSONDecodeError) as error:
            _log.error("%s cannot be read (%s): sold passes are counted anew", state / USES, error)
        self._look()

    def covers(self, mark: Mark, transaction: Transaction, now: float) -> bool:
        """Whether the pass is for what is asked for, and not used up; this request is counted."""
        if self._state is not None and time.monotonic() >= self._next:
            self._look()
        found = self._passes.get(mark.serial)
        if found is None:
            return False
        sold, paths = found
        request = transaction.request
        today = _day(now)
        if sold.revoked is not None or (sold.until is not None and today > sold.until):
            return False
        if not paths.match(request.path):
            return False
        return not sold.count or self._counts(sold, request.path, client_key(request.address), now)

    def _counts(self, sold: SoldPass, path: str, household: str, now: float) -> bool:
        key = (sold.serial, path, household)
        if now - self._lately.get(key, -SAME) < SAME:
            return True
        uses = self._uses.setdefault(sold.serial, {})
        if uses.get(path, 0) >= sold.count:
            return False
        uses[path] = uses.get(path, 0) + 1
        self._lately[key] = now
        if len(self._lately) > MOST:
            self._lately.pop(next(iter(self._lately)))
        self._dirty = True
        self.save()
        return True

    def save(self, *, last: bool = False) -> None:
        """Write how often what was taken, where that has changed and is due."""
        moment = time.monotonic()
        if not self._dirty or self._state is None or (moment - self._saved < SAVE and not last):
            return
        self._saved, self._dirty = moment, False
        try:
            write_whole(self._state / USES, orjson.dumps(self._uses))
        except OSError as error:
            _log.error("how often sold passes were used cannot be kept: %s", error)

    def _look(self) -> None:
        self._next = time.monotonic() + PATIENCE
        assert self._state is not None
        if not self._file.changed(self._state / FILE):
            return
        try:
            found = read_sold(self._state)
        except StagedoorError as error:
            _log.error("%s. The passes of before stay in force.", error)
            return
        self._passes = {one.serial: (one, Globs(one.paths)) for one in found}
