"""ID3v2 tags (2.3 and 2.4) at the start of a file: frames read, and an XMP frame put in.

id3.org, "ID3 tag version 2.4.0 - Main Structure" and version 2.3.0. XMP stands in a PRIV frame whose
owner is `XMP` (XMP specification, part 3). Nothing but the tag changes: what follows it is the sound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from stagedoor.signals.inside.carrier import MOST, CarrierError

_HEAD = 10
_PADDING = 1024
"""Bytes left free behind the frames, so that a player can write its own."""
_UNSYNC, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_OWNER = b"XMP\0"
_SAFE_MOST = 1 << 28


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its name, its payload, and where it begins and ends in the body of the tag."""

    name: bytes
    payload: bytes
    start: int
    end: int

    @property
    def is_xmp(self) -> bool:
        return self.name == b"PRIV" and self.payload.startswith(_OWNER)


@dataclass(frozen=True, slots=True)
class Tag:
    """The tag of a file: version, flags, body without the head, and where the sound begins."""

    version: int
    flags: int
    body: bytes
    end: int


def tag_of(data: bytes) -> Tag | None:
    """The tag at the start of `data`; None where there is none, or not all of it."""
    if len(data) < _HEAD or data[:3] != b"ID3" or any(byte > 0x7F for byte in data[6:10]):
        return None
    size, flags = _safe(data[6:10]), data[5]
    end = _HEAD + size + (_HEAD if flags & _FOOTER else 0)
    if len(data) < end:
        return None
    return Tag(data[3], flags, data[_HEAD : _HEAD + size], end)


def texts(data: bytes) -> Iterator[bytes]:
    """The payloads in which a licence may stand, text in UTF-8."""
    tag = tag_of(data)
    if tag is None or tag.version not in {3, 4}:
        return
    body = tag.body
    if tag.version == 3 and tag.flags & _UNSYNC:
        body = body.replace(b"\xff\0", b"\xff")
    for frame in _frames(tag.version, tag.flags, body):
        payload = frame.payload
        if len(payload) <= MOST:
            if payload[:1] in {b"\x01", b"\x02"} and frame.name[:1] in {b"T", b"C", b"U", b"W"}:
                coding = "utf-16" if payload[:1] == b"\x01" else "utf-16-be"
                payload = (
                    payload[1 : 1 + (len(payload) - 1) // 2 * 2].decode(coding, "replace").encode()
                )
            yield payload


def xmp_of(data: bytes) -> bytes:
    """The XMP packet in the tag; empty where there is none."""
    tag = tag_of(data)
    frames = _frames(tag.version, tag.flags, tag.body) if tag and tag.version in {3, 4} else ()
    return next((f.payload[len(_OWNER) :] for f in frames if f.is_xmp), b"")


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """The file with this XMP packet (ASCII) in its tag, in the place of another; CarrierError."""
    if not packet.isascii():
        raise ValueError("a packet in ASCII needs no escapes")
    tag = tag_of(data)
    if tag is None and data.startswith(b"ID3"):
        raise CarrierError("has a damaged ID3 tag")
    if tag is None:
        tag = Tag(3, 0, b"", 0)
    if tag.version not in {3, 4} or tag.flags & (_EXTENDED | _FOOTER):
        raise CarrierError("has an ID3 tag of a kind that is not written: encode its tags anew")
    body, at = bytearray(), 0
    for frame in _frames(tag.version, tag.flags, tag.body):
        if not frame.is_xmp:
            body += tag.body[frame.start : frame.end]
        at = frame.end
    if tag.body[at:].strip(b"\0"):
        raise CarrierError("has an ID3 tag with something behind its frames: encode its tags anew")
    body += _frame(tag.version, _OWNER + packet) + bytes(_PADDING)
    if len(body) >= _SAFE_MOST:
        raise CarrierError("has an ID3 tag that is full")
    head = b"ID3" + bytes([tag.version, 0, tag.flags]) + _written_safe(len(body))
    return head + bytes(body) + data[tag.end :]


def sound_of(data: bytes) -> bytes:
    """All but the tag."""
    tag = tag_of(data)
    return data[tag.end :] if tag else data


def _frames(version: int, flags: int, body: bytes) -> Iterator[Frame]:
    at = 0
    if flags & _EXTENDED and len(body) >= 4:
        at = _safe(body[:4]) if version == 4 else 4 + int.from_bytes(body[:4])
    while at + _HEAD <= len(body) and (name := body[at : at + 4]).isalnum():
        size = (
            _safe(body[at + 4 : at + 8]) if version == 4 else int.from_bytes(body[at + 4 : at + 8])
        )
        end = at + _HEAD + size
        if end > len(body):
            return
        yield Frame(name, _plain(version, body[at + 9], body[at + _HEAD : end]), at, end)
        at = end


def _plain(version: int, flags: int, payload: bytes) -> bytes:
    """The payload without what its flags add; empty where it is compressed or encrypted."""
    if version == 3:
        return b"" if flags & 0xC0 else payload[1 if flags & 0x20 else 0 :]
    if flags & 0x0C:
        return b""
    payload = payload[(1 if flags & 0x40 else 0) + (4 if flags & 0x01 else 0) :]
    return payload.replace(b"\xff\0", b"\xff") if flags & 0x02 else payload


def _frame(version: int, payload: bytes) -> bytes:
    while True:
        size = _written_safe(len(payload)) if version == 4 else len(payload).to_bytes(4)
        if b"\xff" not in size:  # in a tag with unsynchronisation it would need an escape
            return b"PRIV" + size + b"\0\0" + payload
        payload += b" "


def _safe(four: bytes) -> int:
    """A number of four times seven bits."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))


def _written_safe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
