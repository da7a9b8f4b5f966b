"""Log files that grow: followed from their end on. One that is only for the counter is emptied as well.

So a spool takes no room on the disk, and nothing of what people did lies there: the blocks of what was
read are given back (Linux: a hole is punched, and the writer goes on behind it). A writer loses
nothing by that, which it would if the file were cut. Its size is said to grow all the same; where it has
become LARGE and nobody has written for a while, it is cut.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from stagedoor.fronts.authorize.front_logs import MARK, MOST_LINE

_log = logging.getLogger("stagedoor.door")

MOST_AT_ONCE = 4 << 20
"""Bytes of a file that are read in one look."""
LARGE = 1 << 30
"""Bytes."""
QUIET = 20
"""Looks without a new line, after which nobody is taken to be writing: five seconds."""
_KEEP_SIZE, _PUNCH_HOLE = 1, 2

_MARK = MARK.encode()

Punch = Callable[[int, int, int], bool]
"""Take bytes out of the file with this descriptor, from one place on, so many; whether that works."""


def punch(descriptor: int, start: int, length: int) -> bool:
    """By fallocate(2)."""
    if not sys.platform.startswith("linux"):
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "fallocate64", None)
    if call is None:  # musl has but one
        call = ctypes.CDLL(None, use_errno=True).fallocate
    call.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return int(call(descriptor, _KEEP_SIZE | _PUNCH_HOLE, start, length)) == 0


class FollowedFile:
    """A file that grows: read from its end on, and one that takes its place from its beginning."""

    def __init__(self, path: Path) -> None:
        self._path, self._number, self._at, self._rest = path, -1, 0, b""
        with contextlib.suppress(OSError):
            there = path.stat()
            self._number, self._at = there.st_ino, there.st_size

    def lines(self) -> list[bytes]:
        """What was added since the last look, as whole lines."""
        try:
            there = self._path.stat()
            if there.st_ino != self._number or there.st_size < self._at:
                self._number, self._at, self._rest = there.st_ino, 0, b""
            if there.st_size == self._at:
                return []
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read(MOST_AT_ONCE)
        except OSError:
            return []
        self._at += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE:
            self._rest = b""
        return [line for line in lines if line]

    def empty(self) -> None:
        """All that was returned was dealt with; the file is left as it is."""


class SpoolFile(FollowedFile):
    """Followed from its end on, and emptied up to there; one with other lines than a front's for the
    counter is left as it is.
    """

    def __init__(self, path: Path, punched: Punch = punch) -> None:
        super().__init__(path)
        self._punch = punched
        self._emptied = self._quiet = 0
        self._ours, self._complained = True, False

    def lines(self) -> list[bytes]:
        """What was added since the last look, as whole lines."""
        before = self._number
        found = super().lines()
        if self._number != before:
            self._emptied = 0
        self._quiet = 0 if found else self._quiet + 1
        self._ours = self._ours and all(_MARK in line for line in found)
        return found

    def empty(self) -> None:
        """Take out what was read. For when it was dealt with."""
        start = self._emptied if self._emptied <= self._at else 0
        large = self._at >= LARGE and self._quiet >= QUIET
        if self._at <= start and not large:
            return
        if not self._ours:
            self._complain("there are other lines in it")
            return
        try:
            descriptor = os.open(self._path, os.O_RDWR)
        except OSError as error:
            self._complain(error.strerror or str(error))
            return
        try:
            there = os.fstat(descriptor)
            if there.st_ino != self._number:
                return
            if large and there.st_size == self._at:
                os.ftruncate(descriptor, 0)
                self._at = self._emptied = 0
            elif not self._punch(descriptor, start, self._at - start):
                self._complain("this file system cannot")
            else:
                self._emptied = self._at
        finally:
            os.close(descriptor)

    def _complain(self, why: str) -> None:
        if not self._complained:
            self._complained = True
            _log.warning(
                "%s is read, and not emptied (%s): have it rotated, as other logs",
                self._path,
                why,
            )
