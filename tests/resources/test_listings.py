"""Playlists and feeds, read as they pass: what they name, how long it is, and to what it belongs."""

from __future__ import annotations

import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from e2e.programs import program
from stagedoor.resources import listings
from stagedoor.resources.dash_manifests import seconds_of
from stagedoor.resources.listings import Listed, Reader, clock

HOSTS = frozenset({"music.example.org"})


def read(text: str | bytes, target: str = "/set/index", piece: int = 1 << 20) -> list[Listed]:
    data = text.encode() if isinstance(text, str) else text
    found: list[Listed] = []
    reader = Reader(target, HOSTS, found.append)
    for at in range(0, len(data), piece):
        reader.feed(data[at : at + piece])
    reader.end()
    return found


def keys(found: list[Listed], kind: str) -> list[str]:
    return [one.key for one in found if one.kind == kind]


@cache
def made(*options: str) -> dict[str, bytes]:
    """What ffmpeg makes of 33 seconds of sound, by file name."""
    with tempfile.TemporaryDirectory() as name:
        source = ["-f", "lavfi", "-i", "sine=duration=33", "-f", "lavfi", "-i", "sine=duration=33"]
        command = [program("ffmpeg"), "-v", "error", *source, *options]
        subprocess.run(command, check=True, timeout=60, cwd=name)
        folder = Path(name)
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


# -- HLS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["mpegts", "fmp4"])
def test_hls_by_ffmpeg(kind: str) -> None:
    files = made("-map", "0", "-c:a", "aac", "-f", "hls", "-hls_time", "5", "-hls_list_size", "0",
                 "-hls_segment_type", kind, "-hls_playlist_type", "vod", "a.m3u8")  # fmt: skip
    found = read(files["a.m3u8"], "/set/a.m3u8")
    segments = [one for one in found if one.kind == "segment"]
    there = {f"/set/{name}" for name in files if name.endswith((".ts", ".m4s"))}
    assert {one.key for one in segments} == there
    assert sum(one.seconds for one in segments) == pytest.approx(33, rel=0.01)
    offsets = [one.offset for one in segments]
    assert offsets == sorted(offsets)
    assert offsets[1] == pytest.approx(segments[0].seconds)
    assert keys(found, "key") == (["/set/init.mp4"] if kind == "fmp4" else [])
    assert found[-1].kind == "ended"


def test_hls_in_byte_ranges_by_ffmpeg() -> None:
    files = made("-map", "0", "-c:a", "aac", "-f", "hls", "-hls_time", "5", "-hls_list_size", "0",
                 "-hls_flags", "single_file", "a.m3u8")  # fmt: skip
    segments = [one for one in read(files["a.m3u8"], "/set/a.m3u8") if one.kind == "segment"]
    assert {one.key for one in segments} == {"/set/a.ts"}
    assert [one.again for one in segments] == [False] + [True] * (len(segments) - 1)


def test_hls_with_variants_by_ffmpeg() -> None:
    files = made("-map", "0:a", "-map", "1:a", "-c:a", "aac", "-b:a:0", "64k", "-b:a:1", "128k",
                 "-f", "hls", "-hls_time", "5", "-var_stream_map", "a:0 a:1",
                 "-master_pl_name", "master.m3u8", "v%v.m3u8")  # fmt: skip
    found = read(files["master.m3u8"], "/set/master.m3u8")
    assert keys(found, "variant") == ["/set/v0.m3u8", "/set/v1.m3u8"]
    assert len(found) == 2


def test_hls_keys_parts_and_renditions() -> None:
    found = read(
        "#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="/keys/7?token=secret",IV=0x1\r\n'
        '#EXT-X-MAP:URI="init.mp4"\r\n'
        '#EXT-X-PART:DURATION=1.5,URI="part1.mp4"\r\n'
        "#EXTINF:4,A title, with a comma\r\nhttps://music.example.org/cdn/a.bin?sig=1\r\n"
        "#EXTINF:4,\r\nhttps://elsewhere.example.net/b.ts\r\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="data:text/plain;base64,AAAA"\r\n',
        "/set/x.m3u8",
    )
    assert keys(found, "key") == ["/keys/7", "/set/init.mp4"]
    assert keys(found, "segment") == ["/set/part1.mp4", "/cdn/a.bin"]
    assert found[-1].kind == "live"


# -- DASH ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        ["-use_template", "1", "-use_timeline", "1"],
        ["-use_template", "1", "-use_timeline", "0"],
        ["-use_template", "0"],
        ["-single_file", "1"],
    ],
    ids=["timeline", "numbers", "list", "one file"],
)
def test_dash_by_ffmpeg(options: list[str]) -> None:
    files = made("-map", "0:a", "-map", "1:a", "-c:a", "aac", "-f", "dash", "-seg_duration", "5",
                 *options, "a.mpd")  # fmt: skip
    found = read(files["a.mpd"], "/set/a.mpd", 700)
    segments = [one for one in found if one.kind == "segment"]
    there = {f"/set/{name}" for name in files if name != "a.mpd"}
    named = {one.key for one in found}
    assert named >= there if options[0] == "-single_file" else named == there
    by_stream = sum(one.seconds for one in segments) / 2
    if options[0] != "-single_file":
        assert by_stream == pytest.approx(33, rel=0.02)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT33.0S", 33), ("PT1H2M3.5S", 3723.5), ("P1DT1S", 86401), ("", 0), ("PT", 0), ("x", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


# -- lists of songs -----------------------------------------------------------------------------

LISTS = {
    "m3u": "#EXTM3U\n#EXTINF:123,Artist - One\none.mp3\n\n#EXTINF:-1,Radio\n/two.ogg\n",
    "plain m3u": "\ufeffone.mp3\r\n/two.ogg\r\n",
    "pls": "[playlist]\nFile1=one.mp3\nTitle1=One\nLength1=123\nFile2=/two.ogg\nNumberOfEntries=2\n",
    "xspf": """<?xml version="1.0"?><playlist version="1" xmlns="http://xspf.org/ns/0/"><trackList>
        <track><location>one.mp3</location><duration>123000</duration></track>
        <track><title>b</title><location>https://music.example.org/two.ogg?a=1&amp;b=2</location></track>
        </trackList></playlist>""",
    "asx": '<ASX version="3"><Entry><Ref HREF="one.mp3"/></Entry><entry><ref href = "/two.ogg" /></entry></ASX>',
    "asx in lines": "[Reference]\nRef1=http://music.example.org/set/one.mp3?MSWMExt=.asf\nRef2=/two.ogg\n",
}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("piece", [1, 50, 10_000])
def test_lists_of_songs(name: str, piece: int) -> None:
    found = read(LISTS[name], "/set/index", piece)
    assert keys(found, "recording") == ["/set/one.mp3", "/two.ogg"]
    if name in {"m3u", "xspf"}:
        assert [one.seconds for one in found] == [123, 0]


def test_a_list_of_playlists_makes_no_variants_of_them() -> None:
    """Else a whole catalogue of HLS albums would count as one recording."""
    assert read("#EXTM3U\n#EXTINF:60,A\na.m3u8\nb/index.M3U8?x=1\nc.m3u\n#EXTINF:5,\nd.mp3\n") == [
        Listed("/set/d.mp3", "recording", 5)
    ]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (b"#EXTM3U\n", b"#EXT-X-KEY:" + b"A" * 16_000 + b"\n"),
        (b"#EXTM3U\n", b"#EXT-X-MEDIA:URI=" + b"-" * 16_000 + b"\n"),
        (b"<rss>", b"<enclosure " + b"a" * 16_000 + b">"),
        (b"<rss>", b"<podcast:source " + b"a:" * 8_000 + b">"),
        (b"<rss>", b"<enclosure " + b"a = " * 4_000 + b">"),
    ],
)
def test_long_words_take_no_longer_than_others(head: bytes, line: bytes) -> None:
    """A playlist that anybody may have written must not hold up all other requests."""
    began = time.process_time()
    read(head + line * 16)
    assert time.process_time() - began < 2.0


# -- feeds --------------------------------------------------------------------------------------

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="x" version="2.0">
<channel><title>Live &amp; late</title><link>https://music.example.org/</link>
<item><title>1</title><description>%s</description>
  <enclosure url="https://music.example.org/e/1.mp3?source=feed" length="123" type="audio/mpeg"/>
  <itunes:duration>1:02:03</itunes:duration></item>
<item><enclosure type='audio/mpeg' url='https://stats.example.net/redirect.mp3/music.example.org/e/2.mp3' />
  <itunes:duration><![CDATA[300]]></itunes:duration>
  <podcast:alternateEnclosure type="audio/opus" length="1"><podcast:source uri="/e/2.opus"/></podcast:alternateEnclosure></item>
<item><enclosure url="https://elsewhere.example.net/e/3.mp3" type="audio/mpeg"/></item>
<item><enclosure url="/cover.jpg" type="image/jpeg"/></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/feed.atom"/>
<entry><link rel="alternate" href="/one"/><link rel="enclosure" href="/e/1.mp3" type="audio/mpeg"/></entry>
<entry><link href="/e/2.ogg" title="x" type="audio/ogg" rel='enclosure'></link></entry></feed>"""


@pytest.mark.parametrize("piece", [3, 1000, 1 << 20])
def test_rss(piece: int) -> None:
    found = read(RSS % ("words " * 9000), "/feed.xml", piece)
    assert [(one.key, one.seconds) for one in found] == [
        ("/e/1.mp3", 3723),
        ("/e/2.mp3", 300),
        ("/e/2.opus", 300),
    ]
    assert {one.kind for one in found} == {"episode"}


def test_atom() -> None:
    assert keys(read(ATOM, "/feed.atom"), "episode") == ["/e/1.mp3", "/e/2.ogg"]


def test_a_feed_of_a_thousand_episodes_is_read_in_bounds() -> None:
    item = '<item><description>{words}</description><enclosure url="/e/{n}.mp3" type="audio/mpeg"/></item>'
    items = (item.format(words="shownotes " * 300, n=n) for n in range(1000))
    found = read("<rss><channel>" + "".join(items) + "</channel></rss>", "/feed", 65_536)
    assert len(found) == 1000
    endless: list[Listed] = []
    reader = Reader("/feed", HOSTS, endless.append)
    reader.feed(b"<rss>" + b" " * 2000)
    while not reader.full:
        reader.feed(b'<item><enclosure url="/e.mp3" type="audio/mpeg"/></item>' * 1000)
    assert len(endless) == listings.MOST_NAMED
    reader.feed(b"more")
    reader.end()


@pytest.mark.parametrize(
    ("text", "seconds"), [("3723", 3723), ("62:03", 3723), ("1:02:03", 3723), ("", 0), ("a:b", 0)]
)
def test_clocks(text: str, seconds: float) -> None:
    assert clock(text) == seconds


@given(
    st.sampled_from([*LISTS.values(), RSS, ATOM, "<MPD><Period><AdaptationSet>", "#EXTM3U\n"]),
    st.binary(max_size=200),
    st.integers(1, 300),
)
def test_nonsense_does_no_harm(text: str, more: bytes, piece: int) -> None:
    data = text.encode()[: len(text) // 2] + more
    for found in read(data, "/x", piece):
        assert found.key.startswith("/") or found.kind in {"live", "ended"}
        assert 0 <= found.seconds < 1e6


def test_a_broken_manifest_names_what_it_can() -> None:
    """Found by `./run fuzz`: names of elements that are none."""
    text = '<MPD><Period><AdaptationSet><BaseURL>/a/</BaseURL><Repre<senX-T:9\n#E id="0"/><Representation id="1"/>'
    assert all(one.key.startswith("/a/") for one in read(text))


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("a.mp3", "/set/a.mp3"),
        ("https://music.example.org/a.mp3", "/a.mp3"),
        ("https://stats.example/redirect.mp3/music.example.org/a.mp3", "/a.mp3"),
        ("https://other.example/a.mp3", ""),
        ("ftp://music.example.org/a.mp3", ""),
        ("http://[/a.mp3", ""),
        ("mailto:ana@music.example.org", ""),
    ],
)
def test_only_what_is_on_this_site_has_a_key(uri: str, key: str) -> None:
    assert Reader("/set/index", HOSTS, lambda _listed: None).key(uri) == key


def test_a_line_longer_than_any_address_is_passed_over() -> None:
    long = "#" + "x" * listings.MOST_LINE
    assert keys(read(f"#EXTM3U\n{long}\na.mp3\n"), "recording") == ["/set/a.mp3"]
    assert keys(read(f"#EXTM3U\n{long}\na.mp3\n", piece=5000), "recording") == ["/set/a.mp3"]


def test_a_manifest_larger_than_any_is_not_kept() -> None:
    start = '<MPD><Period duration="PT9S"><AdaptationSet><BaseURL>/a.mp4</BaseURL><Representation/></AdaptationSet></Period>'
    reader_found = read(start + "<!-- -->" * 200_000 + "</MPD>", piece=100_000)
    assert keys(reader_found, "segment") == ["/a.mp4"]


def test_an_enclosure_may_say_how_long_it_is() -> None:
    feed = (
        '<rss><item><media:content url="/a.mp3" type="audio/mpeg" duration="61"/></item>'
        '<item><enclosure url="/b.mp3" type="audio/mpeg"/><itunes:duration>62</itunes:duration>'
        '<media:content url="/b.jpg" type="image/jpeg" duration="99"/></item></rss>'
    )
    assert [(one.key, one.seconds) for one in read(feed)] == [("/a.mp3", 61), ("/b.mp3", 62)]


def test_an_entry_without_an_address_names_nothing() -> None:
    assert read("<asx><entry><ref/><ref href=''/></entry></asx>") == []
