"""Marks in what somebody publishes: lists of links, data sets, pages; read in pieces, of any size."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import zstandard

from stagedoor.marks.keyring import Keyring
from stagedoor.marks.mark import Mark
from stagedoor.marks.marked_links import candidates
from stagedoor.model.errors import StagedoorError

PIECE = 1 << 20
_OVERLAP = 64
"""Characters of a piece that are looked at again with the next one: longer than a mark and its sign."""
_GZIP, _ZSTD, _PARQUET = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"
_WIDE = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


@dataclass(slots=True)
class Found:
    """A mark, and where it stands first: file and line, counted from 1 (of Parquet the row)."""

    mark: Mark
    file: str
    line: int
    times: int = 1


def marks_in(files: Sequence[str], ring: Keyring) -> list[Found]:
    """The marks in these files (`-` is standard input), in the order in which they come.

    StagedoorError where a file cannot be read.
    """
    found: dict[str, Found] = {}
    for name in files:
        shown = "standard input" if name == "-" else name
        try:
            if name == "-":
                _look(_texts(sys.stdin.buffer, shown), shown, ring, found)
            else:
                with Path(name).open("rb") as file:
                    _look(_texts(file, name), name, ring, found)
        except (OSError, EOFError, zstandard.ZstdError) as error:
            raise StagedoorError(f"{shown} cannot be read: {error}") from error
    return list(found.values())


def _look(texts: Iterable[str], name: str, ring: Keyring, found: dict[str, Found]) -> None:
    rest, line = "", 1
    for text in texts:
        piece = rest + text
        # A mark may go on in what follows, so the piece is cut at a character that is in none.
        cut = max(0, len(piece) - _OVERLAP)
        while cut > 0 and piece[cut - 1].isalnum():
            cut -= 1
        if cut < _OVERLAP < len(piece) - 2 * PIECE:
            cut = len(piece)  # so long a word holds no mark
        _piece(piece[:cut], name, line, ring, found)
        line += piece.count("\n", 0, cut)
        rest = piece[cut:]
    _piece(rest, name, line, ring, found)


def _piece(text: str, name: str, line: int, ring: Keyring, found: dict[str, Found]) -> None:
    for start, candidate in candidates(text):
        mark = ring.read(candidate)
        if mark is None:
            continue
        known = found.get(mark.serial)
        if known is None:
            found[mark.serial] = Found(mark, name, line + text.count("\n", 0, start))
        else:
            known.times += 1


def _texts(file: IO[bytes], name: str) -> Iterator[str]:
    """The contents in pieces, as text: one character a byte, unless it says that it is UTF-16."""
    start = file.read(4)
    if start.startswith(_PARQUET):
        yield from _parquet(name)
        return
    opened: Any = _Again(start, file)
    if start.startswith(_GZIP):
        opened = gzip.GzipFile(fileobj=opened)
    elif start.startswith(_ZSTD):
        opened = zstandard.ZstdDecompressor().stream_reader(opened, read_across_frames=True)
    coding = ""
    while data := opened.read(PIECE):
        coding = coding or _WIDE.get(bytes(data[:2]), "latin-1")
        yield bytes(data).decode(coding, "replace")


class _Again:
    """A file whose first bytes were read already."""

    def __init__(self, start: bytes, file: IO[bytes]) -> None:
        self._start, self._file = start, file

    def read(self, size: int) -> bytes:
        """The next bytes, `size` at most."""
        if not self._start:
            return self._file.read(size)
        data, self._start = self._start[:size], self._start[size:]
        return data if self._start else data + self._file.read(size - len(data))


def _parquet(name: str) -> Iterator[str]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise StagedoorError(
            f"{name} is a Parquet file, and reading those needs pyarrow — pip install "
            "'stagedoor[parquet]'"
        ) from error
    with pyarrow.parquet.ParquetFile(name) as opened:
        for batch in opened.iter_batches():
            for row in batch.to_pylist():
                yield f"{row}\n"
