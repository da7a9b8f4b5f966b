"""An archive on its way out: passed on as it is, and reported once, where it is a large one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LARGE: Final = 1_000_000
"""Bytes. A smaller archive holds no album."""


class ArchiveStream:
    """A response's stream. `size` is the whole archive's in bytes, 0 for unknown; `report` is called
    when something of a large one goes out.
    """

    __slots__ = ("_report", "_reported", "_sent", "_size")

    def __init__(self, size: int, report: Callable[[], None]) -> None:
        self._size, self._report = size, report
        self._sent, self._reported = 0, 0 < size < LARGE

    def __call__(self, chunk: bytes) -> bytes:
        self._sent += len(chunk)
        if not self._reported and chunk and (self._size or self._sent >= LARGE):
            self._reported = True
            self._report()
        return chunk
