"""The lock beside a ledger: it says who writes, and that nobody does after a kill."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from stagedoor.model.errors import StagedoorError
from stagedoor.record import state_directory

FILE = "ledger.lock"
PATIENCE = 2.0
"""Seconds to wait for another guard's end."""


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class WriterLock:
    """Held while a guard writes; the system lets go of it when the guard is killed."""

    def __init__(self, state: Path) -> None:
        try:
            state_directory.prepare(state)
            self._file = open(state / FILE, "a", opener=_private)  # noqa: SIM115
        except OSError as error:
            raise StagedoorError(
                f"the state directory {state} cannot be written: {error.strerror or error} — "
                "choose another with --set guard_state=DIR, or fix its rights"
            ) from error
        until = time.monotonic() + PATIENCE
        while not self._had():
            if time.monotonic() > until:
                self._file.close()
                raise StagedoorError(
                    f"another guard writes the ledger in {state} — end it, or give each guard a "
                    "state directory of its own with --set guard_state=DIR"
                )
            time.sleep(0.02)

    def _had(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go."""
        self._file.close()
