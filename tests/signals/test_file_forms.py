"""What has the form of a signal file, in any coding and any encoding."""

from __future__ import annotations

import codecs
import gzip

import brotli
import pytest
import zstandard

from stagedoor.signals.file_forms import as_utf8, fits, robots_text, unpacked

ROBOTS = b"User-agent: *\nDisallow: /private\n"
PAGE = b"<!DOCTYPE html>\n<html><head><title>404</title></head></html>"


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("", ROBOTS),
        ("identity", ROBOTS),
        ("gzip", gzip.compress(ROBOTS, mtime=0)),
        ("x-gzip", gzip.compress(ROBOTS, mtime=0)),
        ("BR", brotli.compress(ROBOTS)),
        ("zstd", zstandard.compress(ROBOTS)),
        ("gzip, br", brotli.compress(gzip.compress(ROBOTS, mtime=0))),
        (" , gzip ,", gzip.compress(ROBOTS, mtime=0)),
    ],
)
def test_codings_are_taken_off(coding: str, data: bytes) -> None:
    assert unpacked(data, coding) == ROBOTS


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("lzma", ROBOTS),
        ("gzip", ROBOTS),
        ("br", b"\xff" * 40),
        ("gzip," * 5, ROBOTS),
    ],
)
def test_what_is_not_coded_as_it_says_is_no_file(coding: str, data: bytes) -> None:
    assert unpacked(data, coding) is None


def test_no_more_is_unpacked_than_is_asked_for() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    found = unpacked(bomb, "gzip", most=1000)
    assert found is not None
    assert 1000 <= len(found) <= 2_000_000


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (ROBOTS, ROBOTS),
        (codecs.BOM_UTF8 + ROBOTS, codecs.BOM_UTF8 + ROBOTS),
        (codecs.BOM_UTF16_LE + ROBOTS.decode().encode("utf-16-le"), ROBOTS),
        (codecs.BOM_UTF16_BE + ROBOTS.decode().encode("utf-16-be"), ROBOTS),
        (codecs.BOM_UTF32_LE + ROBOTS.decode().encode("utf-32-le"), ROBOTS),
        (codecs.BOM_UTF32_BE + ROBOTS.decode().encode("utf-32-be"), ROBOTS),
        (ROBOTS.decode().encode("utf-16-le"), ROBOTS),
        (ROBOTS.decode().encode("utf-16-be"), ROBOTS),
        (ROBOTS.decode().encode("utf-32-le"), ROBOTS),
        (ROBOTS.decode().encode("utf-32-be"), ROBOTS),
        (b"", b""),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
    ],
)
def test_text_in_any_encoding_of_unicode(data: bytes, text: bytes | None) -> None:
    assert as_utf8(data) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (ROBOTS, ROBOTS),
        (b"", b""),
        # A page that shows its robots.txt: crawlers read the records in it.
        (
            b"<pre>\nUser-agent: *\n<b>Disallow: /private</b>\nhello\n</pre>",
            b"User-agent: *\nDisallow: /private\n",
        ),
        (PAGE, None),
        (b"<p>Sitemap: https://a.example/s.xml\nDisallow: /", None),  # speaks to nobody
        (b'{"error": "not found"}', None),
        (codecs.BOM_UTF8 + b"\n [1]", None),
        (b"\0\1\2", None),
    ],
)
def test_a_robots_txt_is_no_page_and_no_json(data: bytes, text: bytes | None) -> None:
    assert robots_text(data) == text


@pytest.mark.parametrize(
    ("path", "content_type", "start", "fitting"),
    [
        ("/robots.txt", "text/plain", ROBOTS, True),
        ("/robots.txt", "text/html", ROBOTS, True),  # many a good one is sent so
        ("/robots.txt", "text/plain", PAGE, False),
        ("/robots.txt", "text/plain", b"", False),
        ("/robots.txt", "text/plain", b" \r\n", False),
        ("/robots.txt", "text/plain", b"\0\1", False),
        ("/ai.txt", "application/json", b'{"detail": "Not Found"}', False),
        ("/ai.txt", "text/plain", b"<error/>", False),
        ("/license.xml", "text/xml", codecs.BOM_UTF8 + b"<rsl/>", True),
        ("/license.xml", "text/xml", b"<html><body>", False),
        ("/license.xml", "text/xml", b"rsl", False),
        ("/.well-known/tdmrep.json", "application/json", b'[{"location": "/"}]', True),
        ("/.well-known/tdmrep.json", "application/json", b'{"detail": "Not Found"}', False),
        ("/.well-known/tdm-policy.json", "application/json", b'{"@context": 1}', True),
        ("/.well-known/tdm-policy.json", "application/json", b"no", False),
        # HEAD sends no body: the type alone decides.
        ("/robots.txt", "text/plain", None, True),
        ("/robots.txt", "Text/HTML; charset=utf-8", None, False),
        ("/robots.txt", "", None, True),
    ],
)
def test_what_fits_the_name_of_a_file(
    path: str, content_type: str, start: bytes | None, fitting: bool
) -> None:
    assert fits(path, content_type, start) is fitting
