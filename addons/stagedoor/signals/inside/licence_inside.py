"""RSL licences inside audio files: ID3, MP4 and XMP (RSL 1.0, 4.8).

Read from everywhere in a tag or box, because the standard names no frame. Written as XMP, in a PRIV
frame of ID3 or a `uuid` box of MP4: into copies, and so that the sound is byte for byte the same.
(mutagen would do it, but is under the GPL.)
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from stagedoor.signals import licence_documents
from stagedoor.signals.inside import id3_tags, mp4_metadata, xmp_packets
from stagedoor.signals.inside.carrier import CarrierError, xml_in
from stagedoor.signals.meaning import Statement

WRITABLE = frozenset({".mp3", ".m4a", ".m4b", ".mp4"})
"""Names of files that a licence is written into."""


def read(data: bytes) -> tuple[Statement, ...]:
    """What the licences inside a file say about it; the same is said once."""
    found = (licence_documents.read_embedded(text) for text in _texts(data))
    return tuple(dict.fromkeys(statement for statement in found if statement))


def _texts(data: bytes) -> Iterator[bytes]:
    space = licence_documents.NAMESPACE.encode()
    for kind in (id3_tags, mp4_metadata) if data[:3] == b"ID3" or mp4_metadata.is_mp4(data) else ():
        for payload in kind.texts(data):
            if space in payload:
                yield xml_in(payload)
    for packet in xmp_packets.texts(data):
        if space in packet:
            yield packet


def write(data: bytes, licence: bytes) -> bytes:
    """The file with this `rsl:rsl` element (ASCII, with its namespace) in it.

    A licence that was written here is replaced. Raises CarrierError for a file that carries another
    one, or cannot carry any.
    """
    kind = _kind(data)
    packet = kind.xmp_of(data)
    if read(data) and not xmp_packets.ours(packet):
        raise CarrierError("carries a licence of its own: it is left as it is")
    changed: bytes = kind.with_xmp(data, xmp_packets.with_licence(packet, licence))
    if kind.sound_of(changed) != kind.sound_of(data):
        raise CarrierError("would not sound the same: it is left as it is")
    wanted = licence_documents.read_embedded(licence)
    if wanted is None or wanted.said not in {statement.said for statement in read(changed)}:
        raise CarrierError("has metadata that cannot be added to: encode its tags anew")
    return changed


def sound_of(data: bytes) -> bytes:
    """What of a file is not the licence's: the same before and after it is written."""
    sound: bytes = _kind(data).sound_of(data)
    return sound


def _kind(data: bytes) -> ModuleType:
    if mp4_metadata.is_mp4(data):
        return mp4_metadata
    if data[:3] == b"ID3" or (data[:1] == b"\xff" and data[1:2] >= b"\xe0"):
        return id3_tags
    raise CarrierError("is neither MP3 nor MP4")
