"""SQLite's write-ahead log beside the ledger: whether it holds anything that was committed.

https://www.sqlite.org/fileformat2.html#walformat: a header of 32 bytes, whose bytes 8 to 12 are the
page size, then frames of 24 bytes and a page; bytes 4 to 8 of a frame are not 0 where it ends a
commit. SQLite removes such a log when it opens an empty database beside it.
"""

from __future__ import annotations

from pathlib import Path

_HEADER, _FRAME = 32, 24


def log_beside(path: Path) -> bool:
    """Whether `path`-wal holds a commit. Raises OSError where it cannot be read."""
    log = path.with_name(path.name + "-wal")
    try:
        size = log.stat().st_size
    except FileNotFoundError:
        return False
    with log.open("rb") as file:
        page = int.from_bytes(file.read(_HEADER)[8:12], "big")
        for place in range(_HEADER, size, _FRAME + page) if page else ():
            file.seek(place)
            if any(file.read(_FRAME)[4:8]):
                return True
    return False
