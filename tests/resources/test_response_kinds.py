"""What a response is: by every line of its head, and by the first bytes of its body."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.facts import GUARDED_KINDS, Resource
from stagedoor.resources.magic import LOOK, sniff
from stagedoor.resources.response_kinds import enough, from_body, from_head, read, to_look_at

PAGE = Resource("page", "/dl")
MP3 = (b"\xff\xfb\x90\x64" + bytes(413)) * 12


def tar(name: str = "a.mp3") -> bytes:
    """An archive of one file."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    return out.getvalue()


def packed(name: str) -> bytes:
    """A ZIP file of one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, b"x" * 100)
    return out.getvalue()


def kind(body: bytes, *fields: tuple[bytes, bytes]) -> str:
    """What a response with these fields and this body is."""
    head = read(fields)
    return from_body(from_head(PAGE, head), head, body).kind


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([(b"Content-Type", b"text/html"), (b"content-type", b"audio/mpeg")], "audio"),
        ([(b"Content-Type", b"text/html, audio/mpeg")], "audio"),
        ([(b"Content-Type", b"image/png"), (b"Content-Type", b"application/zip")], "download"),
        ([(b"Content-Type", b"application/zip")], "download"),
        ([(b"Content-Disposition", b'attachment; filename="a.mp3"')], "audio"),
        ([(b"Content-Disposition", b"attachment; filename=a.FLAC")], "audio"),
        ([(b"Content-Disposition", b"attachment; filename*=UTF-8''s%C3%B6ng%2emp3")], "audio"),
        ([(b"Content-Disposition", b"attachment; filename=x.txt; filename*=utf-8'de'a.ogg")], "audio"),
        ([(b"Content-Disposition", b'attachment; filename="tool.exe"')], "page"),
        ([(b"Content-Disposition", b'inline; filename="a\\".mp3"')], "audio"),
        ([(b"Content-Type", b"text/html")], "page"),
        ([(b"Content-Type", b"application/rss+xml")], "feed"),
        ([], "page"),
    ],
)  # fmt: skip
def test_every_line_of_the_head_counts(fields: list[tuple[bytes, bytes]], expected: str) -> None:
    assert from_head(PAGE, read(fields)).kind == expected


@pytest.mark.parametrize("kind_of", ["audio", "download", "playlist"])
def test_a_recording_is_never_made_less_of_one(kind_of: str) -> None:
    resource = Resource(kind_of, "/x")  # type: ignore[arg-type]
    head = read([(b"content-type", b"text/html")])
    assert from_head(resource, head) is resource
    assert from_body(resource, head, b"<html>") is resource


@pytest.mark.parametrize(
    ("expected", "body"),
    [
        ("audio", b"ID3\x04\0\0\0\0\0\0"),
        ("audio", MP3),
        ("audio", MP3[:100]),
        ("audio", b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)),
        ("audio", b"fLaC\0\0\0\x22"),
        ("audio", b"OggS\0\x02"),
        ("audio", b"RIFF\x24\0\0\0WAVEfmt "),
        ("audio", b"FORM\0\0\0\0AIFF"),
        ("audio", b"\0\0\0\x20ftypM4A \0\0\0\0"),
        ("audio", b"\0\0\0\x18ftypisom\0\0\0\0"),
        ("audio", b"\x1a\x45\xdf\xa3\x01"),
        ("audio", bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")),
        ("audio", b"MThd\0\0\0\x06\0\x01"),
        ("audio", gzip.compress(MP3, mtime=0)),
        ("download", packed("a.mp3")),
        ("download", tar()),
        ("download", gzip.compress(tar(), mtime=0)),
        ("download", b"7z\xbc\xaf\x27\x1c"),
        ("download", b"Rar!\x1a\x07\x01\0"),
        ("playlist", b"#EXTM3U\n#EXTINF:1,\na.ts\n"),
        ("playlist", b"\xef\xbb\xbf#EXTM3U\n"),
        ("playlist", b"[playlist]\nFile1=a.mp3\n"),
        ("playlist", b'<?xml version="1.0"?>\n<playlist version="1">'),
        ("playlist", b'<?xml version="1.0"?>\n<!-- x -->\n<MPD xmlns="urn:mpeg:dash">'),
        (None, b"<!doctype html><title>playlist</title>"),
        (None, b'{"a": 1}'),
        (None, b"\x89PNG\r\n\x1a\n"),
        (None, b"\xff\xd8\xff\xe0\0\x10JFIF"),
        (None, b"RIFF\x24\0\0\0WEBPVP8 "),
        (None, b"\0\0\0\x1cftypavif\0\0\0\0"),
        (None, b"wOF2\0\x01\0\0"),
        (None, b"%PDF-1.7"),
        (None, b"\x7fELF\x02\x01\x01"),
        (None, b"MZ\x90\0"),
        (None, packed("[Content_Types].xml")),
        (None, gzip.compress(b"<svg/>", mtime=0)),
        (None, "\ufeffhello there".encode("utf-16-le")),
        (None, b"\xff" * 600),
        (None, b"#!/bin/sh\n"),
        (None, b""),
    ],
)  # fmt: skip
def test_the_first_bytes_say_what_a_file_is(expected: str | None, body: bytes) -> None:
    assert sniff(body) == expected
    head = read([(b"content-type", b"application/octet-stream")])
    assert from_body(PAGE, head, body).kind == (expected or "page")


def test_a_coding_is_looked_through() -> None:
    coded = (b"content-encoding", b"gzip")
    assert kind(gzip.compress(MP3), coded) == "audio"
    assert kind(gzip.compress(b"<html>" * 99), coded) == "page"


@pytest.mark.parametrize(
    ("part", "body", "expected"),
    [
        (b"Content-Type: audio/mpeg\r\nContent-Range: bytes 0-10/99", b"abc", "audio"),
        (b"Content-Range: bytes 0-10/99", MP3[:11], "audio"),
        (b"Content-Type: application/octet-stream\r\nContent-Range: bytes 5-9/99", b"abc", "download"),
        (b"Content-Type: text/html\r\nContent-Range: bytes 5-9/99", b"abc", "page"),
    ],
)  # fmt: skip
def test_the_first_part_of_several_ranges_counts(part: bytes, body: bytes, expected: str) -> None:
    sent = b"\r\n--THIS\r\n" + part + b"\r\n\r\n" + body + b"\r\n--THIS--\r\n"
    assert kind(sent, (b"Content-Type", b"multipart/byteranges; boundary=THIS")) == expected


def test_a_piece_from_the_middle_is_no_way_round() -> None:
    untyped = (b"content-type", b"application/octet-stream")
    at = (b"content-range", b"bytes 100-200/99999")
    assert kind(MP3[100:], untyped, at) == "audio"
    assert kind(b"anything", untyped, at) == "download"
    assert kind(b"anything", at) == "download"
    assert kind(b"<p>text", (b"content-type", b"text/html"), at) == "page"
    assert kind(b"anything", untyped) == "page"


def test_what_streams_is_not_held() -> None:
    for name in (b"text/event-stream", b"application/grpc"):
        assert not to_look_at(PAGE, read([(b"content-type", name)]), 200)
    assert to_look_at(PAGE, read([]), 206)
    assert not to_look_at(PAGE, read([]), 304)
    assert not to_look_at(Resource("audio", "/a"), read([]), 200)


def test_a_short_text_is_enough_and_a_short_binary_is_not() -> None:
    head = read([])
    assert enough(head, b"<!doctype html><p>")
    assert not enough(head, struct.pack("<I", 7) * 20)
    assert enough(head, struct.pack("<I", 7) * 200)
    assert not enough(head, b"short")


@given(st.binary(max_size=2 * LOOK), st.sampled_from([b"", b"gzip", b"br", b"zstd", b"deflate"]))
def test_no_body_raises(body: bytes, coding: bytes) -> None:
    assert kind(body, (b"content-encoding", coding))
    kind(body, (b"content-type", b"multipart/byteranges"))
    kind(body, (b"content-range", b"bytes 5-6/7"))


@pytest.mark.parametrize("length", [1, 2, 3, 15])
@pytest.mark.parametrize("typed", [b"Content-Type: application/octet-stream\r\n", b""])
def test_a_first_part_of_a_few_bytes_hides_nothing(length: int, typed: bytes) -> None:
    """`Range: bytes=0-0,1-`: the second part is the recording but for its first byte."""
    part = b"--B\r\n%sContent-Range: bytes 0-%d/9999\r\n\r\n%s\r\n"
    first = part % (typed, length - 1, MP3[:length])
    sent = first + part % (typed, 9998, MP3[length:])
    assert kind(sent, (b"Content-Type", b"multipart/byteranges; boundary=B")) in GUARDED_KINDS


def test_parts_of_a_page_are_a_page() -> None:
    part = b"--B\r\nContent-Type: text/html\r\nContent-Range: bytes 0-3/99\r\n\r\n<htm\r\n--B--"
    assert kind(part, (b"Content-Type", b"multipart/byteranges; boundary=B")) not in GUARDED_KINDS


@pytest.mark.parametrize(
    ("fields", "live"),
    [
        ([(b"icy-name", b"Radio Ana")], True),
        ([(b"ICY-br", b"128")], True),
        ([(b"Ice-Audio-Info", b"bitrate=128")], True),
        ([(b"icy-name", b"")], False),
        ([(b"icebergs", b"1")], False),
    ],
)
def test_a_radio_is_known_by_its_own_fields(fields: list[tuple[bytes, bytes]], live: bool) -> None:
    head = read([(b"content-type", b"audio/mpeg"), *fields])
    found = from_head(PAGE, head)
    assert (found.kind, found.form) == ("audio", "live" if live else "")
    assert from_head(found, head) is found
    assert from_head(PAGE, read(fields)).form == ""  # a page with such a field is none


@pytest.mark.parametrize(
    ("fields", "body", "much"),
    [
        ([], b"x" * LOOK, True),
        ([], b"", False),
        ([(b"content-type", b"multipart/byteranges; boundary=b")], b"--b\r\nA: b\r\n\r\n", False),
        (
            [(b"content-type", b"multipart/byteranges; boundary=b")],
            b"--b\r\nA: b\r\n\r\n" + b"x" * 2048,
            True,
        ),
        (
            [(b"content-type", b"multipart/byteranges; boundary=b")],
            b"--b\r\nA: b" + b"x" * 600,
            False,
        ),
        ([(b"content-encoding", b"gzip")], gzip.compress(MP3, mtime=0)[:40], False),
        ([], b'<?xml version="1.0"?>' + b" " * 40, False),
        ([], b'<?xml version="1.0"?>' + b" " * 3000, True),
    ],
)
def test_when_enough_of_a_body_has_come(
    fields: list[tuple[bytes, bytes]], body: bytes, much: bool
) -> None:
    assert enough(read(fields), body) is much


def test_a_body_that_is_not_coded_as_it_says_is_looked_at_as_far_as_it_can_be() -> None:
    coded = (b"content-encoding", b"gzip")
    assert kind(MP3, coded) == "audio"  # it is not coded at all
    whole = gzip.compress(MP3 * 40, 0, mtime=0)
    assert kind(whole[:1000] + b"\xff" * 600, coded) == "audio"


@pytest.mark.parametrize("body", [b"", b"no boundary", b"--b\r\nContent-Type: audio/mpeg\r\n"])
def test_several_ranges_without_a_part_show_nothing(body: bytes) -> None:
    assert kind(body, (b"content-type", b"multipart/byteranges; boundary=b")) == "page"
