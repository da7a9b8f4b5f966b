"""Boxes of MP4 files (ISO/IEC 14496-12): those that may hold a licence, and an XMP box at the end.

XMP stands in a `uuid` box at the top (XMP specification, part 3). It is put behind everything else, so
no byte of the file moves and no offset in it has to change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stagedoor.signals.inside.carrier import MOST, CarrierError

XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_CONTAINERS = frozenset({b"moov", b"udta", b"meta", b"ilst", b"----", b"trak"})
_DEPTH = 8
_BOXES = 10_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, and where it, its payload and its end are. `open`: it has no size."""

    kind: bytes
    start: int
    payload: int
    end: int
    open: bool = False


def is_mp4(data: bytes) -> bool:
    """Whether a file begins as MP4 files do."""
    return data[4:8] == b"ftyp"


def texts(data: bytes) -> Iterator[bytes]:
    """The payloads in which a licence may stand."""
    for box in _within(data, 0, len(data), 0):
        if box.end - box.payload <= MOST:
            yield data[box.payload : box.end]


def xmp_of(data: bytes) -> bytes:
    """The XMP packet; empty where there is none."""
    box = next((b for b in _boxes(data, 0, len(data)) if _is_xmp(data, b)), None)
    return data[box.payload + 16 : box.end] if box else b""


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """The file with this XMP packet behind everything else, in the place of another; CarrierError."""
    boxes = list(_boxes(data, 0, len(data)))
    if not is_mp4(data) or not boxes or boxes[-1].end != len(data) or boxes[-1].open:
        raise CarrierError("is no MP4 file that can be added to: encode it anew")
    changed = bytearray(data)
    for box in boxes:
        if not _is_xmp(data, box):
            continue
        if box is boxes[-1]:
            del changed[box.start :]
        else:
            changed[box.start + 4 : box.start + 8] = b"free"  # in its place, so that nothing moves
            changed[box.payload : box.end] = bytes(box.end - box.payload)
    payload = b"uuid" + XMP + packet
    return bytes(changed) + (len(payload) + 4).to_bytes(4) + payload


def sound_of(data: bytes) -> bytes:
    """All but the XMP boxes: which bytes the sound is, the rest of the file says."""
    return b"".join(
        data[box.start : box.end] if box.kind not in {b"free", b"uuid"} else b""
        for box in _boxes(data, 0, len(data))
    )


def _is_xmp(data: bytes, box: Box) -> bool:
    return box.kind == b"uuid" and data[box.payload : box.payload + 16] == XMP


def _within(data: bytes, start: int, end: int, depth: int) -> Iterator[Box]:
    """All boxes but those of the sound, the inner ones of containers instead of these."""
    for box in _boxes(data, start, end):
        if box.kind not in _CONTAINERS or depth >= _DEPTH:
            if box.kind != b"mdat":
                yield box
            continue
        # `meta` begins with a version in MP4 and without one in QuickTime.
        versioned = box.kind == b"meta" and data[box.payload : box.payload + 4] == b"\0\0\0\0"
        yield from _within(data, box.payload + 4 * versioned, box.end, depth + 1)


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    at = start
    for _ in range(_BOXES):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        if size == 0:
            yield Box(kind, at, at + head, end, open=True)
            return
        if size < head or at + size > end:
            return
        yield Box(kind, at, at + head, at + size)
        at += size
