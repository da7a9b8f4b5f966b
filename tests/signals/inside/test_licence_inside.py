"""Licences inside real recordings: written, read by others, and the sound the same."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tinytag import TinyTag

from e2e.programs import program
from recordings import recording
from stagedoor.signals import licence_documents
from stagedoor.signals.inside import id3_tags, licence_inside, mp4_metadata, xmp_packets
from stagedoor.signals.inside.carrier import MOST, CarrierError
from stagedoor.signals.meaning import Said
from stagedoor.signals.standard import Message

URL = "https://ana.example/music/a.mp3"
NO = Message(Said("no", "no", "yes"), name="Ana Müller & Co", contact="mailto:ana@ana.example")
LICENCE = licence_documents.write_embedded(NO, URL)
OTHER = licence_documents.write_embedded(Message(Said("yes", "no", "yes")), URL)
NAMES = ("cbr.mp3", "bare.mp3", "fast.m4a")


def decoded(data: bytes, folder: Path, name: str) -> str:
    """The checksum of the sound, by ffmpeg."""
    path = folder / name
    path.write_bytes(data)
    command = [program("ffmpeg"), "-v", "error", "-i", str(path), "-map", "0:a", "-f", "hash"]
    done = subprocess.run([*command, "-"], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("SHA256=")
    return done.stdout


def tags(data: bytes, folder: Path, name: str) -> dict[str, str]:
    """Title and the like, by ffprobe."""
    path = folder / name
    path.write_bytes(data)
    command = [program("ffprobe"), "-v", "error", "-show_format", "-of", "json", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    found: dict[str, str] = json.loads(done.stdout)["format"].get("tags", {})
    return {key: value for key, value in found.items() if not key.startswith("id3v2_priv")}


@pytest.mark.parametrize("name", NAMES)
def test_the_sound_is_the_same_and_the_licence_is_read_back(name: str, tmp_path: Path) -> None:
    before = recording(name)
    after = licence_inside.write(before, LICENCE)
    assert decoded(after, tmp_path, name) == decoded(before, tmp_path, name)
    assert tags(after, tmp_path, name) == tags(before, tmp_path, name)
    assert licence_inside.sound_of(after) == licence_inside.sound_of(before)
    (statement,) = licence_inside.read(after)
    assert (statement.standard, statement.where, statement.said) == ("rsl", "file", NO.said)
    assert licence_inside.read(before) == ()
    path = tmp_path / f"x-{name}"
    path.write_bytes(after)
    assert TinyTag.get(path).duration == pytest.approx(30, abs=0.5)


@pytest.mark.parametrize("name", NAMES)
def test_another_reader_finds_the_element_of_the_specification(name: str) -> None:
    """4.8: an `rsl:rsl` with one content and a canonical address, inside an rdf:Description."""
    after = licence_inside.write(recording(name), LICENCE)
    start, end = after.index(b"<x:xmpmeta"), after.index(b"</x:xmpmeta>") + 12
    root = etree.fromstring(after[start:end])
    spaces = {
        "r": licence_documents.NAMESPACE,
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    }
    (content,) = root.xpath("rdf:RDF/rdf:Description/r:rsl/r:content", namespaces=spaces)
    assert content.get("url") == URL
    assert content.findtext("r:copyright", namespaces=spaces) == "Ana Müller & Co"
    (prohibited,) = content.xpath("r:license/r:prohibits[@type='usage']/text()", namespaces=spaces)
    assert prohibited == "ai-train ai-input"


@pytest.mark.parametrize("name", NAMES)
def test_written_again_it_is_replaced(name: str) -> None:
    once = licence_inside.write(recording(name), OTHER)
    twice = licence_inside.write(once, LICENCE)
    assert [s.said for s in licence_inside.read(twice)] == [NO.said]
    assert twice == licence_inside.write(licence_inside.write(twice, OTHER), LICENCE)
    assert len(twice) < len(recording(name)) + 4096


@pytest.mark.parametrize("name", NAMES)
def test_a_licence_of_somebody_elses_stays(name: str) -> None:
    packet = xmp_packets.with_licence(b"", OTHER).replace(b"Stagedoor", b"Another")
    kind = mp4_metadata if name.endswith("m4a") else id3_tags
    theirs = kind.with_xmp(recording(name), packet)
    assert licence_inside.read(theirs)
    with pytest.raises(CarrierError, match="licence of its own"):
        licence_inside.write(theirs, LICENCE)


FOREIGN = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>L\xe4rm</dc:title>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
).encode("ascii", "xmlcharrefreplace")


@pytest.mark.parametrize("name", NAMES)
def test_what_an_xmp_packet_holds_besides_stays(name: str) -> None:
    kind = mp4_metadata if name.endswith("m4a") else id3_tags
    theirs = kind.with_xmp(recording(name), FOREIGN)
    for licence in (OTHER, LICENCE):  # the second takes the place of the first
        theirs = licence_inside.write(theirs, licence)
    assert b"<dc:title>L&#228;rm</dc:title>" in theirs
    assert [s.said for s in licence_inside.read(theirs)] == [NO.said]
    assert theirs.count(b"<rsl:rsl") == 1


TEXT = LICENCE.decode()


@pytest.mark.parametrize(
    "frame",
    [
        b"\x03RSL\0" + LICENCE,
        b"\x00RSL\0" + LICENCE,
        b"\x01" + "RSL".encode("utf-16") + b"\0\0" + TEXT.encode("utf-16"),
    ],
    ids=["utf-8", "latin-1", "utf-16"],
)
@pytest.mark.parametrize("version", [3, 4])
def test_it_is_read_from_other_frames(frame: bytes, version: int) -> None:
    """The standard names no frame: TXXX is as good as PRIV."""
    size = len(frame).to_bytes(4) if version == 3 else id3_tags._written_safe(len(frame))
    body = b"TXXX" + size + b"\0\0" + frame
    data = b"ID3" + bytes([version, 0, 0]) + id3_tags._written_safe(len(body)) + body + b"\xff\xfb"
    assert [s.said for s in licence_inside.read(data)] == [NO.said]


def box(kind: bytes, payload: bytes) -> bytes:
    return (len(payload) + 8).to_bytes(4) + kind + payload


@pytest.mark.parametrize(
    "path", [(b"udta", b"moov"), (b"data", b"----", b"ilst", b"meta", b"udta", b"moov"), (b"uuid",)]
)
def test_it_is_read_from_other_boxes(path: tuple[bytes, ...]) -> None:
    inner = LICENCE
    for kind in path if path[0] != b"udta" else (b"rsl ", *path):
        inner = box(kind, (b"\0\0\0\0" if kind == b"meta" else b"") + inner)
    data = box(b"ftyp", b"M4A ") + inner + box(b"mdat", b"sound" + LICENCE)
    assert [s.said for s in licence_inside.read(data)] == [NO.said]
    assert licence_inside.read(box(b"ftyp", b"M4A ") + box(b"mdat", LICENCE)) == ()


def test_xmp_is_found_in_files_of_any_kind() -> None:
    packet = xmp_packets.with_licence(b"", LICENCE)
    assert [s.said for s in licence_inside.read(b"RIFF....WAVE_PMX" + packet)] == [NO.said]
    assert licence_inside.read(b"RIFF....WAVE_PMX" + packet[:-40]) == ()


@pytest.mark.parametrize("name", ["a.wav", "a.ogg", "a.flac"])
def test_other_containers_are_not_written(name: str) -> None:
    with pytest.raises(CarrierError, match="neither MP3 nor MP4"):
        licence_inside.write(recording(name), LICENCE)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:5] + b"\x40" + data[6:], "of a kind that is not written"),
        (lambda data: b"ID3\x02" + data[4:], "of a kind that is not written"),
        (lambda data: data[:6] + b"\x7f" + data[7:], "damaged"),
        (lambda data: data[:10] + b"\0\0" + data[12:], "behind its frames"),
    ],
)
def test_tags_that_are_not_understood_are_left_alone(change: object, why: str) -> None:
    assert callable(change)
    with pytest.raises(CarrierError, match=why):
        licence_inside.write(change(recording("cbr.mp3")), LICENCE)


def test_a_tag_with_unsynchronisation_stays_readable() -> None:
    """ID3 2.3, 5: no FF may stand before a byte that a player takes for sound."""
    for more in range(256):
        licence = LICENCE.replace(b"Ana", b"A" * (more + 1))
        after = licence_inside.write(tag(3, 0x80, b""), licence)
        found = id3_tags.tag_of(after)
        assert found
        assert b"\xff" not in found.body
        assert [s.said for s in licence_inside.read(after)] == [NO.said]


def test_boxes_that_cannot_be_added_to() -> None:
    data = recording("fast.m4a")
    with pytest.raises(CarrierError, match="can be added to"):
        licence_inside.write(data + b"\0\0\0\0free", LICENCE)
    with pytest.raises(CarrierError, match="can be added to"):
        licence_inside.write(data + b"xx", LICENCE)


def test_an_xmp_box_in_the_middle_is_given_up_in_its_place() -> None:
    packet = xmp_packets.with_licence(b"", OTHER)
    data = recording("fast.m4a")
    data = mp4_metadata.with_xmp(data, packet) + box(b"free", b"")
    after = licence_inside.write(data, LICENCE)
    assert len(after) > len(data)
    assert [s.said for s in licence_inside.read(after)] == [NO.said]


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"ID3\x04\0\0", b"\0\0\0\x08ftyp", b"\xff\xfb"])
)
def test_no_bytes_do_harm(data: bytes, head: bytes) -> None:
    licence_inside.read(head + data)
    try:
        after = licence_inside.write(head + data, LICENCE)
    except CarrierError:
        return
    assert [s.said for s in licence_inside.read(after)] == [NO.said]


def tag(version: int, flags: int, body: bytes) -> bytes:
    """A file with this tag, and something to hear."""
    head = b"ID3" + bytes([version, 0, flags]) + id3_tags._written_safe(len(body))
    return head + body + b"\xff\xfbsound"


def frame(version: int, payload: bytes, flags: int = 0, name: bytes = b"PRIV") -> bytes:
    size = len(payload).to_bytes(4) if version == 3 else id3_tags._written_safe(len(payload))
    return name + size + bytes([0, flags]) + payload


PRIV = b"owner\0" + LICENCE
ESCAPED = b"owner\xff\0\0" + LICENCE


@pytest.mark.parametrize(
    ("data", "read"),
    [
        # Unsynchronisation: of a whole tag in 2.3, of a frame in 2.4.
        (tag(3, 0x80, frame(3, b"owner\xff" + PRIV[5:]).replace(b"\xff", b"\xff\0")), True),
        (tag(4, 0, frame(4, ESCAPED, 0x02)), True),
        # Extended heads.
        (tag(3, 0x40, b"\0\0\0\x06" + bytes(6) + frame(3, PRIV)), True),
        (tag(4, 0x40, b"\0\0\0\x06\x01\0" + frame(4, PRIV)), True),
        # Frames with a group, or a length of data; compressed and encrypted ones are left out.
        (tag(3, 0, frame(3, b"g" + PRIV, 0x20)), True),
        (tag(4, 0, frame(4, b"g\0\0\0\x01" + PRIV, 0x41)), True),
        (tag(3, 0, frame(3, PRIV, 0x80)), False),
        (tag(4, 0, frame(4, PRIV, 0x08)), False),
        # A frame that is longer than its tag, a frame that is too long to be looked at, and 2.2.
        (tag(4, 0, frame(4, PRIV)[:-1]), False),
        (tag(3, 0, frame(3, PRIV + bytes(1 << 20))), False),
        (tag(2, 0, frame(3, PRIV)), False),
    ],
)
def test_frames_of_all_kinds(data: bytes, read: bool) -> None:
    assert [s.said for s in licence_inside.read(data)] == ([NO.said] if read else [])


def test_a_packet_is_found_in_a_tag_with_others() -> None:
    body = frame(3, b"owner\0x") + frame(3, b"XMP\0" + xmp_packets.with_licence(b"", OTHER))
    after = licence_inside.write(tag(3, 0, body), LICENCE)
    assert [s.said for s in licence_inside.read(after)] == [NO.said]
    assert b"owner\0x" in after
    with pytest.raises(ValueError, match="ASCII"):
        id3_tags.with_xmp(after, "ä".encode())


def test_a_tag_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id3_tags, "_SAFE_MOST", 1000)
    with pytest.raises(CarrierError, match="full"):
        licence_inside.write(recording("cbr.mp3"), LICENCE)


def test_boxes_with_long_sizes_and_without() -> None:
    inner = LICENCE
    long = (1).to_bytes(4) + b"uuid" + (len(inner) + 16).to_bytes(8) + inner
    start = box(b"ftyp", b"M4A ")
    assert [s.said for s in licence_inside.read(start + long)] == [NO.said]
    endless = (0).to_bytes(4) + b"uuid" + inner
    assert [s.said for s in licence_inside.read(start + endless)] == [NO.said]
    too_long = box(b"udta", LICENCE + bytes(1 << 20))
    assert licence_inside.read(start + too_long) == ()
    assert licence_inside.read(start + box(b"free", b"") * 10_001 + long) == ()
    assert len(licence_inside.read(start + long + long)) == 1


def test_xmp_that_cannot_be_added_to_and_xmp_in_utf_8() -> None:
    with pytest.raises(CarrierError, match="cannot be added to"):
        xmp_packets.with_licence(b"<x:xmpmeta></x:xmpmeta>", LICENCE)
    wide = FOREIGN.replace(b"&#228;", "ä".encode())
    packet = xmp_packets.with_licence(wide, LICENCE)
    assert packet.isascii()
    assert b"L&#228;rm" in packet
    many = (b"<x:xmpmeta>" + licence_documents.NAMESPACE.encode() + b"</x:xmpmeta>") * 17
    assert licence_inside.read(many) == ()
    long = b"<x:xmpmeta>" + LICENCE + bytes(1 << 20) + b"</x:xmpmeta>"
    assert licence_inside.read(long) == ()


def test_what_would_change_the_sound_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(id3_tags, "with_xmp", lambda data, _packet: data[:-1])
    with pytest.raises(CarrierError, match="would not sound the same"):
        licence_inside.write(recording("cbr.mp3"), LICENCE)


def test_metadata_that_nobody_can_read_is_left_alone() -> None:
    """What is written must be read back: XMP of others may be broken."""
    broken = FOREIGN.replace(b"<dc:title>", b"<dc:title")
    theirs = id3_tags.with_xmp(recording("cbr.mp3"), broken)
    with pytest.raises(CarrierError, match="cannot be added to"):
        licence_inside.write(theirs, LICENCE)


def test_a_box_larger_than_any_licence_is_not_read() -> None:
    large = (MOST + 9).to_bytes(4) + b"name" + bytes(MOST + 1)
    boxes = b"".join((b"\0\0\0\x10ftypM4A \0\0\0\0", large, b"\0\0\0\x10nameLicence!"))
    found = list(mp4_metadata.texts(boxes))
    assert found == [b"M4A \0\0\0\0", b"Licence!"]
