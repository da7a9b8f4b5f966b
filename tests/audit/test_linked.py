"""Where pages, feeds and playlists lead."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.audit.page_links import MOST, in_feed, in_page, in_playlist, joined

AT = "https://ana.example/live/"


def test_everything_that_plays() -> None:
    page = """<base href="/x/"><audio src="1.mp3"></audio><audio><source src='2.ogg'></audio>
    <video><source src="film.bin" type="video/mp4"></video><a href="3.flac?dl=1#t">3</a><a href="p.html">p</a>
    <a href="mailto:ana@ana.example">m</a><meta property="og:audio" content="https://cdn.example/4.mp3">
    <link rel="alternate" type="application/rss+xml" href="/feed"><a href="/podcast.xml">f</a>
    <link rel="stylesheet" href="/a.css"><!-- <audio src="no.mp3"> -->"""
    found = in_page(page.encode(), "", AT)
    assert found.recordings == (
        "https://ana.example/x/1.mp3",
        "https://ana.example/x/2.ogg",
        "https://ana.example/x/3.flac?dl=1",
        "https://cdn.example/4.mp3",
    )
    assert found.feeds == ("https://ana.example/feed", "https://ana.example/podcast.xml")


def test_no_more_than_a_few_hundred_are_kept() -> None:
    page = b"".join(b'<a href="%d.mp3">' % n for n in range(5_000))
    assert len(in_page(page, "", AT).recordings) == MOST


def test_feeds() -> None:
    rss = b'<rss><channel><item><enclosure url="/1.mp3"/></item><item><enclosure url="2.mp3"/>'
    assert in_feed(rss, AT) == ("https://ana.example/1.mp3", "https://ana.example/live/2.mp3")
    atom = b'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="x"/><link rel="enclosure" href="3.mp3"/></feed>'
    assert in_feed(atom, AT) == ("https://ana.example/live/3.mp3",)
    bomb = b'<!DOCTYPE r [<!ENTITY a "b">]><rss><enclosure url="/1.mp3"/></rss>'
    assert in_feed(bomb, AT) == ()
    assert in_feed(b"<a>" * 100_000 + b'<enclosure url="/1.mp3"/>', AT) == ()


@pytest.mark.parametrize(
    ("playlist", "first"),
    [
        ("#EXTM3U\n#EXTINF:1,\nseg0.ts\nseg1.ts\n", "https://ana.example/live/seg0.ts"),
        ("\ufeff#EXTM3U\r\nhttps://cdn.example/a.mp3\r\n", "https://cdn.example/a.mp3"),
        ("C:\\Music\\a.mp3\n", ""),
        ("spotify:track:1\n", ""),
        ("", ""),
    ],
)
def test_playlists(playlist: str, first: str) -> None:
    assert in_playlist(playlist.encode(), AT) == first


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("a b.mp3", "https://ana.example/live/a%20b.mp3"),
        ("/ü.mp3?x=ä", "https://ana.example/%C3%BC.mp3?x=%C3%A4"),
        ("a%20b.mp3", "https://ana.example/live/a%20b.mp3"),
        ("//Söng.example", "https://xn--sng-sna.example/"),
        ("http://user:pass@ana.example/", ""),
        ("file:///etc/passwd", ""),
        ("http://[::1", ""),
        ("http://a:b/", ""),
        ("http://ana.exa mple/", ""),
    ],
)
def test_addresses(reference: str, url: str) -> None:
    assert joined(AT, reference) == url


@given(st.text(max_size=200), st.binary(max_size=500))
def test_no_stranger_does_harm(reference: str, data: bytes) -> None:
    url = joined(AT, reference)
    assert url == "" or (url.isascii() and url.isprintable() and " " not in url)
    in_page(data, "", AT)
    in_feed(data, AT)
    in_playlist(data, AT)
