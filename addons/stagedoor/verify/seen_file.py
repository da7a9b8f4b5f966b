"""Whether a file is another than it was: by its time and size, without reading it."""

from __future__ import annotations

from pathlib import Path


class SeenFile:
    """A file as it was when it was looked at last; at first it is taken for missing."""

    def __init__(self) -> None:
        self._seen: tuple[int, int] | None = None

    def changed(self, path: Path) -> bool:
        """Whether it is another than at the last look, was added, or is gone."""
        try:
            status = path.stat()
            seen = (status.st_mtime_ns, status.st_size)
        except OSError:
            seen = None
        before, self._seen = self._seen, seen
        return seen != before
