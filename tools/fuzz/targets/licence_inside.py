"""Licences inside audio files: signals/inside/."""

from __future__ import annotations

from contextlib import suppress

from stagedoor.signals import licence_documents
from stagedoor.signals.inside import id3_tags, licence_inside, mp4_metadata, xmp_packets
from stagedoor.signals.inside.carrier import CarrierError
from stagedoor.signals.meaning import Said
from stagedoor.signals.standard import Message

SAID = Said("no", "no", "yes")
LICENCE = licence_documents.write_embedded(Message(SAID), "https://a.example/a.mp3")
_PACKET = xmp_packets.with_licence(b"", LICENCE)
SEEDS = (
    id3_tags.with_xmp(b"\xff\xfbsound", _PACKET),
    mp4_metadata.with_xmp(b"\0\0\0\x08ftyp\0\0\0\x0amdatxx", _PACKET),
    b"ID3\x04\0\x80\0\0\0\x14TXXX\0\0\0\x0a\0\0\x01a\0b\0<\0>\0\xff\xfb",
)


def check(data: bytes) -> None:
    """Written, it is read back, and the sound is the same; nothing but CarrierError."""
    before = licence_inside.read(data)
    with suppress(CarrierError):
        changed = licence_inside.write(data, LICENCE)
        found = licence_inside.read(changed)
        assert SAID in {statement.said for statement in found}
        assert len(found) <= len(before) + 1
        assert licence_inside.sound_of(changed) == licence_inside.sound_of(data)
