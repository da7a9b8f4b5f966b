"""Magic numbers: what the first bytes of a file say it is: sound, an archive, a playlist.

Only what a recording can be taken from is looked for; of everything else nothing is said. The
numbers are those of the formats' own specifications.
"""

from __future__ import annotations

import re
import zlib
from typing import Final, Literal

from stagedoor.resources.mpeg_frames import frames

Found = Literal["audio", "download", "playlist"]

LOOK: Final = 4096
"""Bytes that are worth having; more say nothing more."""

_AT_START: tuple[tuple[bytes, Found], ...] = (
    (b"ID3", "audio"),
    (b"fLaC", "audio"),
    (b"OggS", "audio"),
    (b"wvpk", "audio"),
    (b"MAC ", "audio"),  # Monkey's Audio
    (b"TTA1", "audio"),
    (b"tBaK", "audio"),
    (b"MPCK", "audio"),
    (b"MP+", "audio"),
    (b"ajkg", "audio"),  # Shorten
    (b".snd", "audio"),
    (b"caff\x00", "audio"),
    (b"#!AMR", "audio"),
    (b"DSD ", "audio"),
    (b"FRM8", "audio"),
    (b"ADIF", "audio"),
    (b".RMF", "audio"),
    (b".ra\xfd", "audio"),
    (b"MThd\x00\x00\x00\x06", "audio"),
    (b"Extended Module:", "audio"),
    (b"riff\x2e\x91\xcf\x11", "audio"),  # Wave64
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", "audio"),  # ASF, WMA
    (b"FLV\x01", "audio"),
    (b"\x00\x00\x01\xba", "audio"),  # MPEG program stream
    (b"7z\xbc\xaf\x27\x1c", "download"),
    (b"Rar!\x1a\x07", "download"),
    (b"\xfd7zXZ\x00", "download"),
    (b"\x28\xb5\x2f\xfd", "download"),
    (b"d8:announce", "download"),  # a torrent
)
_FIRST = frozenset(number[0] for number, _ in _AT_START)

_RIFF = frozenset({b"RIFF", b"RIFX", b"RF64", b"BW64"})
_RIFF_SOUND = frozenset({b"WAVE", b"AVI ", b"RMID", b"CDXA"})
_FORM_SOUND = frozenset({b"AIFF", b"AIFC", b"8SVX", b"MAUD"})
_BOXES = frozenset({b"ftyp", b"styp", b"moov", b"moof", b"sidx", b"mdat"})
"""The boxes that a file, or a segment, of MP4 begins with."""
_STILL = frozenset(
    {b"avif", b"avis", b"heic", b"heix", b"heim", b"hevc", b"mif1", b"msf1", b"jxl "}
)
"""Brands of pictures in the same container."""
_BOX_TYPE = re.compile(rb"[a-z]{4}")
_DOCUMENTS: tuple[bytes, ...] = (
    # First members of archives that are documents or programs.
    b"mimetype",
    b"[Content_Types].xml",
    b"_rels/",
    b"META-INF/",
    b"AndroidManifest.xml",
)
_XML = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[\s\S]{0,1000}?-->\s*|<!DOCTYPE[^>]{0,300}>\s*)*"
    rb"<(?:[a-z0-9]+:)?(playlist|mpd|asx|smil|wpl)[\s>]",
    re.IGNORECASE,
)


def sniff(data: bytes) -> Found | None:
    """What a file that begins with `data` is; None where the bytes do not say."""
    if not data:
        return None
    first = data[0]
    if first in _FIRST:
        for number, found in _AT_START:
            if data.startswith(number):
                return found
    if first == 0xFF and frames(data, 0):
        return "audio"
    if first in b"RB" and data[:4] in _RIFF and data[8:12] in _RIFF_SOUND:
        return "audio"
    if data[:4] == b"FORM" and data[8:12] in _FORM_SOUND:
        return "audio"
    if data[4:8] in _BOXES:
        return None if data[4:8] == b"ftyp" and data[8:12] in _STILL else "audio"
    if first == 0x1A and data.startswith(b"\x1aE\xdf\xa3"):
        return "audio"  # Matroska and WebM
    if first == 0x47 and data[188:189] == b"G" and data[376:377] in {b"G", b""}:
        return "audio"  # MPEG transport stream
    if first == 0x50 and data.startswith(b"PK\x03\x04"):
        return None if data.startswith(_DOCUMENTS, 30) else "download"
    if first == 0x42 and data[:3] == b"BZh" and data[4:10] == b"1AY&SY":
        return "download"
    if first == 0x1F and data.startswith(b"\x1f\x8b\x08"):
        return _packed(data)
    if data[257:262] == b"ustar":
        return "download"
    if first in b"#[<\xef \t\r\n":
        return _text(data)
    if first == 0 and len(data) > 16:
        rest = data.lstrip(b"\0")  # players pass over zeros before the first frame
        if len(data) - len(rest) > 8 and rest[:1] == b"\xff" and frames(rest, 0):
            return "audio"
    return None


def _text(data: bytes) -> Found | None:
    text = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    head = text[:11].lower()
    if head.startswith((b"#extm3u", b"[playlist]", b"[reference]")):
        return "playlist"
    return "playlist" if text[:1] == b"<" and _XML.match(text) else None


def _packed(data: bytes) -> Found | None:
    """A gzip file is what is in it: a tar, a recording, or something that is nobody's business."""
    try:
        inside = zlib.decompressobj(31).decompress(data, 1024)
    except zlib.error:
        return None
    return None if inside.startswith(b"\x1f\x8b") else sniff(inside)


def sound_within(data: bytes) -> bool:
    """Whether sound is found anywhere in `data`, a piece from the middle of a file."""
    if b"OggS\x00" in data or b"moof" in data:
        return True
    at = data.find(b"\xff")
    while 0 <= at < len(data) - 1500:
        if frames(data, at, most=3):
            return True
        at = data.find(b"\xff", at + 1)
    return False
