"""Encodings of pages, against the words of the standards and Python's codecs."""

from __future__ import annotations

import pytest

from stagedoor.signals.html.charsets import (
    _ASCII,
    attributes,
    by_declaration,
    by_mark,
    family,
    prescan,
    said,
)


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("utf-8", "ascii"),
        (" UTF8\n", "ascii"),
        ("Shift_JIS", "ascii"),
        ("GB18030", "ascii"),
        ("ISO-2022-JP", "ascii"),
        ("utf-16", "utf-16le"),
        ("UTF-16BE", "utf-16be"),
        ("unicodefffe", "utf-16be"),
        ("utf-7", "unknown"),
        ("utf-32", "unknown"),
        ("hz-gb-2312", "unknown"),
        ("iso-2022-kr", "unknown"),
        ("cp037", "unknown"),
        ("rot13", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_label_tells_how_ascii_stands_in_the_page(label: str, found: str) -> None:
    assert family(label) == found


def test_ascii_is_ascii_in_every_encoding_that_python_knows_too() -> None:
    text = '<meta name="robots" content="noai, noimageai" />'
    known = []
    for label in _ASCII:
        try:
            assert text.encode("ascii").decode(label) == text, label
            known.append(label)
        except LookupError:
            pass
    assert len(known) > 120


def test_markup_is_never_a_part_of_a_multi_byte_character() -> None:
    for label in ("shift_jis", "gbk", "gb18030", "big5hkscs", "euc_kr", "cp949", "euc_jp"):
        for code in range(0x80, 0x10000):
            try:
                data = chr(code).encode(label)
            except UnicodeEncodeError:
                continue
            assert not set(data) & set(b"<>=\"'/! -"), (label, hex(code))


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (b"\xef\xbb\xbf<", ("ascii", 3)),
        (b"\xfe\xff\0<", ("utf-16be", 2)),
        (b"\xff\xfe<\0", ("utf-16le", 2)),
        (b"<html", ("unknown", 0)),
        (b"\xef\xbb", None),
        (b"\xff", None),
        (b"", None),
    ],
)
def test_a_byte_order_mark(start: bytes, found: object) -> None:
    assert by_mark(start, whole=False) == found
    assert by_mark(start, whole=True) == (found or ("unknown", 0))


def test_utf_16_without_a_mark_shows_in_its_declaration() -> None:
    declaration = "<?xml version='1.0'?>"
    assert by_declaration(declaration.encode("utf-16-le")) == "utf-16le"
    assert by_declaration(declaration.encode("utf-16-be")) == "utf-16be"
    assert by_declaration(declaration.encode()) == "unknown"


def test_attributes_of_a_tag() -> None:
    tag = b""" A=1 b = "2>" c='3' d e= f/g="x"h=i =j=k l"m" / >"""
    assert list(attributes(tag)) == [
        (b"a", b"1"), (b"b", b"2>"), (b"c", b"3"), (b"d", b""), (b"e", b'f/g="x"h=i'),
        (b"=j", b"k"), (b'l"m"', b""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "label"),
    [
        (b" charset=KOI8-R", "koi8-r"),
        (b" charset=koi8-r charset=utf-8", "koi8-r"),
        (b" http-equiv=content-type content='text/html; charset=gbk'", "gbk"),
        (b" http-equiv=Content-Type content='text/html; CHARSET = \"gbk\"'", "gbk"),
        (b" content='text/html; charset=gbk'", ""),
        (b" charset=utf-16", "utf-8"),
        (b" charset=nonsense", ""),
        (b" name=charset", ""),
    ],
)
def test_what_a_meta_says(tag: bytes, label: str) -> None:
    assert said(attributes(tag)) == label


@pytest.mark.parametrize(
    ("page", "label"),
    [
        (b"<meta charset=koi8-r>", "koi8-r"),
        (b"<html a='<meta charset=x>'><META\tCHARSET='gbk'>", "gbk"),
        (b"<!-- <meta charset=gbk> --><meta charset=koi8-r>", "koi8-r"),
        (b"<!--><meta charset=koi8-r>", "koi8-r"),
        (b"<!-- <meta charset=gbk>", ""),
        (b"<script>'<meta charset=koi8-r>'</script>", "koi8-r"),
        (b"<meta charset=nonsense><meta charset=big5>", "big5"),
        (b"<metadata charset=gbk><x/><meta/charset=big5>", "big5"),
        (b"<? <meta charset=gbk><meta charset=big5>", "big5"),
        (b"<br/ a='><meta charset=gbk>", ""),
        (b"<meta charset=gbk", ""),
        (b"<meta charset='gbk>", ""),
        (b" " * 1004 + b"<meta charset=gbk>", "gbk"),
        (b" " * 1007 + b"<meta charset=gbk>", ""),
    ],
)
def test_the_prescan(page: bytes, label: str) -> None:
    assert prescan(page) == label
