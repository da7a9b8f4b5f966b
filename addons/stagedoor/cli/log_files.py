"""Opening logs and captures: files or standard input, packed (gzip, bzip2, xz, zstd) or not.

What something is, its first bytes say, not its name. Nothing is held but a portion of it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import zstandard

from stagedoor.fronts.replay import har
from stagedoor.fronts.replay.formats import BOM, PARSERS, Format, packer, sniff
from stagedoor.fronts.replay.line_reader import LineReader
from stagedoor.fronts.replay.log_records import MAX_LINE, Exchange, Unreadable
from stagedoor.fronts.replay.tally import Tally
from stagedoor.model.errors import Location, Problem, StagedoorError

STDIN = "-"
PORTION = 1 << 20
"""Bytes that are read at once."""
HEAD = 65_536
"""Bytes that say what a file is."""
MAX_HAR = 512 << 20
"""A HAR file is one document and read as a whole."""


class LogError(StagedoorError):
    """A file that could not be read, or not to its end."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file being read: unpacked, with its format."""

    name: str
    format: Format
    stream: BinaryIO


def size_of(name: str) -> int | None:
    """Bytes of a file, as it lies there; None where nobody can say."""
    try:
        return None if name == STDIN else Path(name).stat().st_size
    except OSError:
        return None


def replay(name: str, wanted: Format, tally: Tally, progress: Callable[[int], object]) -> None:
    """Count all of the file `name`; `progress` is called with the number of bytes read.

    Raises LogError; what came before the fault has been counted.
    """
    place = "standard input" if name == STDIN else name
    try:
        with _binary(name) as file:
            _count(_open(file, place, wanted, progress), tally)
    except OSError as error:  # gzip.BadGzipFile is one, without an errno
        why = f"cannot be read: {error.strerror.lower()}" if error.strerror else "is damaged"
        raise _fault(place, why, _mend(error)) from error
    except EOFError as error:
        raise _fault(
            place, "the packed file ends in the middle", "what came before is counted; copy it anew"
        ) from error
    except (zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise _fault(
            place, "the packed file is damaged", "what came before is counted; copy it anew"
        ) from error


def _mend(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "look at its name"
    if isinstance(error, PermissionError):
        return "logs belong to an administrator: run it as one, or copy the log"
    if isinstance(error, IsADirectoryError):
        return "name the files in it"
    return ""


def _fault(place: str, why: str, fix: str) -> LogError:
    return LogError(str(Problem(Location(place), why, fix)))


def _binary(name: str) -> BinaryIO:
    if name == STDIN:
        return open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    return cast("BinaryIO", Path(name).open("rb", buffering=0))


def _open(file: BinaryIO, place: str, wanted: Format, progress: Callable[[int], object]) -> Opened:
    stream = io.BufferedReader(_Counted(file, progress), PORTION)
    head = stream.peek(HEAD)
    packed = packer(head)
    if packed and packed not in _UNPACK:
        known = ", ".join(_UNPACK)
        raise _fault(place, f"it is packed with {packed}", f"unpack it first; read are {known}")
    unpacked: BinaryIO = stream
    if packed:
        unpacked = cast("BinaryIO", io.BufferedReader(_UNPACK[packed](stream), PORTION))
        head = cast("io.BufferedReader", unpacked).peek(HEAD)
    return Opened(place, sniff(head) if wanted == "auto" else wanted, unpacked)


def _count(opened: Opened, tally: Tally) -> None:
    place = opened.name
    if opened.format in PARSERS:
        parse, number = LineReader().parse, 1
        for lines in portions(opened.stream):
            tally.take_lines(lines, parse, place, number)
            number += len(lines)
        return
    for number, found in enumerate(_exchanges(opened), 1):
        tally.take(found, place, number)


def _exchanges(opened: Opened) -> Iterator[Exchange | Unreadable]:
    if opened.format == "flow":
        from stagedoor.fronts.mitmproxy.flow_files import exchanges

        return exchanges(opened.stream)
    data = opened.stream.read(MAX_HAR + 1)
    if len(data) > MAX_HAR:
        most = MAX_HAR >> 20
        raise _fault(opened.name, f"a HAR file of more than {most} MB", "save it in parts")
    return har.exchanges(data.removeprefix(BOM))


def portions(stream: BinaryIO) -> Iterator[list[bytes]]:
    """The lines, without their breaks, some thousand at once. A line longer than MAX_LINE loses its
    rest.
    """
    rest, first = b"", True
    while portion := cast("io.BufferedReader", stream).read1(PORTION):
        lines = (rest + portion).split(b"\n")
        if first:
            lines[0], first = lines[0].removeprefix(BOM), False
        rest = lines.pop()[:MAX_LINE]
        yield lines
    if rest:
        yield [rest]


class _Zstd(io.RawIOBase):
    """A file packed with zstd; the library's own reader takes a file that was cut off for whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            data = self._file.read(PORTION >> 3)
            if not data:
                if self._begun and not self._frame.eof:
                    raise EOFError
                return 0
            while data:
                if self._frame.eof:
                    self._frame = zstandard.ZstdDecompressor().decompressobj()
                self._begun = True
                self._ready += self._frame.decompress(data)
                data = self._frame.unused_data if self._frame.eof else b""
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


class _Counted(io.RawIOBase):
    """A file that says how far it has been read, and gives less than asked for only at its end."""

    def __init__(self, file: BinaryIO, progress: Callable[[int], object]) -> None:
        self._file, self._progress = file, progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        got = 0
        while got < len(buffer):
            part = self._file.readinto(buffer[got:])  # type: ignore[attr-defined]
            if not part:
                break
            got += part
        self._progress(got)
        return got


_UNPACK: Mapping[str, Callable[[Any], Any]] = {
    "gzip": lambda stream: gzip.GzipFile(fileobj=stream),
    "bzip2": bz2.BZ2File,
    "xz": lzma.LZMAFile,
    "zstd": _Zstd,
}
