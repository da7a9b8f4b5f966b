"""A folder in which some files are ours: they are made anew, and nobody else's is touched.

Ours is a file that still is, byte for byte, what was written here: `headers/written.txt` remembers
the digests, in the form that `sha256sum -c` reads.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

from stagedoor.model.errors import StagedoorError

WRITTEN = "headers/written.txt"
_LIMIT = 1_000_000
"""Bytes of `WRITTEN` that are read: some ten thousand files."""

Outcome = Literal["written", "same", "foreign"]


class Shelf:
    """The folder. Names are relative, with slashes.

    Every method raises StagedoorError where a file cannot be read, written or taken away.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._digests = dict(self._remembered())

    def _remembered(self) -> list[tuple[str, str]]:
        lines = (self.read(WRITTEN, _LIMIT) or b"").decode("utf-8", "replace").splitlines()
        pairs = (line.partition("  ") for line in lines if not line.startswith("#"))
        return [
            (name, digest)
            for digest, _, name in pairs
            if name and not name.startswith("/") and ".." not in name.split("/")
        ]

    @property
    def ours(self) -> tuple[str, ...]:
        """The names of files that were written here at some time."""
        return tuple(self._digests)

    def read(self, name: str, most: int = -1) -> bytes | None:
        """What is in a file; None where there is none."""
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed(self.folder / name, "read", error) from error

    def put(self, name: str, data: bytes, *, merged: bool = False) -> Outcome:
        """Write a file, whole or not at all; `merged`: what is there has been taken into `data`."""
        there = self.read(name)
        if there is not None and there != data and not merged and not self._is_ours(name, there):
            return "foreign"
        self._digests[name] = _digest(data)
        if there == data:
            return "same"
        self._write(name, data)
        return "written"

    def take_away(self, name: str) -> bool:
        """Remove a file of ours; False where somebody has changed it since, and it stays."""
        there = self.read(name)
        if there is not None and not self._is_ours(name, there):
            return False
        self._digests.pop(name, None)
        self._remove(name)
        return True

    def forget(self, name: str) -> None:
        """The file is the site's own from now on."""
        self._digests.pop(name, None)

    def remember(self) -> None:
        """Write down what is ours; to be called last."""
        if not self._digests:
            self._remove(WRITTEN)
            return
        text = "# What Stagedoor wrote here; it overwrites nothing else.\n"
        text += "".join(f"{digest}  {name}\n" for name, digest in sorted(self._digests.items()))
        if self.read(WRITTEN) != text.encode():
            self._write(WRITTEN, text.encode())

    def _remove(self, name: str) -> None:
        try:
            (self.folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(self.folder / name, "taken away", error) from error

    def _is_ours(self, name: str, data: bytes) -> bool:
        return self._digests.get(name) == _digest(data)

    def _write(self, name: str, data: bytes) -> None:
        """Beside it first, so that no reader ever sees half of it; a link stays a link."""
        target = (self.folder / name).resolve()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
            handle, beside = tempfile.mkstemp(prefix=".stagedoor-", dir=target.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    os.fchmod(file.fileno(), mode)
                    file.flush()
                    os.fsync(file.fileno())
                Path(beside).replace(target)
            finally:
                with suppress(FileNotFoundError):
                    Path(beside).unlink()
        except OSError as error:
            raise _failed(self.folder / name, "written", error) from error


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _failed(path: Path, what: str, error: OSError) -> StagedoorError:
    why = os.strerror(error.errno or 0)
    return StagedoorError(f"{path} cannot be {what}: {why} — check its rights and the space left")
