"""Links are marked where they lead to recordings; every other byte stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.marks.link_rewriter import HOLD, LinkRewriter, Text, text_of
from stagedoor.marks.marked_links import Form, unmarked

MARK = "abcdefghijklmnopqrst"
M = f"sd={MARK}"


def wanted(address: str) -> bool:
    """Whatever ends in .mp3 or .m3u8, or is a stream."""
    path = address.partition("#")[0].partition("?")[0]
    return path.endswith((".mp3", ".m3u8", ".ts", "$.m4s")) or "/stream" in path


def through(text: Text, body: str, size: int = 0, form: Form = "query") -> str:
    """`body` through a rewriter, in pieces of `size` bytes."""
    rewriter = LinkRewriter(text, wanted, lambda: MARK, form)
    data = body.encode("utf-8", "surrogateescape")
    size = size or max(1, len(data))
    out = b"".join(rewriter.feed(data[at : at + size]) for at in range(0, len(data), size))
    return (out + rewriter.finish()).decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("html", '<a href="/a.mp3">x</a>', f'<a href="/a.mp3?{M}">x</a>'),
        ("html", "<a href='/a.mp3'>", f"<a href='/a.mp3?{M}'>"),
        ("html", "<audio src=/a.mp3 controls>", f"<audio src=/a.mp3?{M} controls>"),
        ("html", "<audio src=/a.mp3>", f"<audio src=/a.mp3?{M}>"),
        ("html", '<a href="/stream?id=5">', f'<a href="/stream?id=5&{M}">'),
        ("html", '<a href="/a.mp3#t=30">', f'<a href="/a.mp3?{M}#t=30">'),
        ("html", '<script>var t=["/a.mp3","b.mp3"]</script>', f'<script>var t=["/a.mp3?{M}","b.mp3?{M}"]</script>'),
        ("html", '<link rel="canonical" href="/a.mp3">', '<link rel="canonical" href="/a.mp3">'),
        ("html", '<link href="/a.mp3" rel=canonical>', '<link href="/a.mp3" rel=canonical>'),
        ("html", "<p>/a.mp3 is a file, a.mp3 too</p>", "<p>/a.mp3 is a file, a.mp3 too</p>"),
        ("html", '<a href="/about">', '<a href="/about">'),
        ("html", '<a href="/stream?id=5&#38;f=1">', f'<a href="/stream?id=5&#38;f=1&{M}">'),
        ("json", '{"url":"/a.mp3","n":1}', f'{{"url":"/a.mp3?{M}","n":1}}'),
        ("json", '{"u":"https:\\/\\/a.example\\/a.mp3"}', f'{{"u":"https:\\/\\/a.example\\/a.mp3?{M}"}}'),
        ("json", '{"u":"/stream?id=5\\u0026f=1"}', f'{{"u":"/stream?id=5\\u0026f=1&{M}"}}'),
        ("json", '{"id":"/a.mp3","guid" : "/b.mp3"}', '{"id":"/a.mp3","guid" : "/b.mp3"}'),
        ("xml", '<enclosure url="/a.mp3" length="5"/>', f'<enclosure url="/a.mp3?{M}" length="5"/>'),
        ("xml", '<enclosure url="/stream?id=1&amp;f=2"/>', f'<enclosure url="/stream?id=1&amp;f=2&amp;{M}"/>'),
        ("xml", "<link>/a.mp3</link>", "<link>/a.mp3</link>"),
        ("xml", "<guid>/a.mp3</guid>", "<guid>/a.mp3</guid>"),
        ("xml", '<atom:link rel="self" href="/a.mp3"/>', '<atom:link rel="self" href="/a.mp3"/>'),
        ("xml", "<location>/a.mp3</location>", f"<location>/a.mp3?{M}</location>"),
        ("xml", "<location> <![CDATA[/a.mp3]]></location>", f"<location> <![CDATA[/a.mp3?{M}]]></location>"),
        ("xml", '<SegmentTemplate media="$Number$.m4s"/>', f'<SegmentTemplate media="$Number$.m4s?{M}"/>'),
        ("lines", "#EXTM3U\n#EXTINF:3,A song.mp3\na.mp3\n", f"#EXTM3U\n#EXTINF:3,A song.mp3\na.mp3?{M}\n"),
        ("lines", "My Song.mp3\r\n\r\nb.mp3", f"My Song.mp3?{M}\r\n\r\nb.mp3?{M}"),
        ("lines", '#EXT-X-MEDIA:URI="a.m3u8",NAME="x.mp3"\n', f'#EXT-X-MEDIA:URI="a.m3u8?{M}",NAME="x.mp3"\n'),
        ("lines", "[playlist]\nFile1=/a.mp3\nTitle1=b.mp3\n", f"[playlist]\nFile1=/a.mp3?{M}\nTitle1=b.mp3\n"),
        ("lines", '#EXT-X-DATERANGE:URI="a.mp3"\n', '#EXT-X-DATERANGE:URI="a.mp3"\n'),
    ],
)  # fmt: skip
def test_links_to_recordings_are_marked(text: Text, before: str, after: str) -> None:
    for size in (0, 1, 7):
        assert through(text, before, size) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="/a.mp3">', f'<a href="/sd-{MARK}/a.mp3">'),
        ('<a href="https://a.example/a.mp3">', f'<a href="https://a.example/sd-{MARK}/a.mp3">'),
        ('<a href="a.mp3">', f'<a href="a.mp3?{M}">'),
        ("<b c='https:\\/\\/a.example\\/a.mp3'>", f"<b c='https:\\/\\/a.example/sd-{MARK}\\/a.mp3'>"),
    ],
)  # fmt: skip
def test_a_mark_may_stand_before_the_path(before: str, after: str) -> None:
    assert through("html", before, form="path") == after


ITEM = '<item><title>One</title><enclosure url="/a.mp3" length="1" type="audio/mpeg"/></item>'
WITH = ITEM.replace("<title>", "<guid>one</guid><title>")


@pytest.mark.parametrize("size", [0, 1, 10, 50])
def test_an_item_without_a_guid_keeps_the_name_it_had(size: int) -> None:
    feed = f"<rss><channel>{ITEM}{WITH}{ITEM}</channel></rss>"
    out = through("xml", feed, size)
    assert out.count('<guid isPermaLink="false">/a.mp3</guid></item>') == 2
    assert out.count(f"/a.mp3?{M}") == 3
    assert out.count("<guid>one</guid>") == 1


def test_an_item_without_an_enclosure_gets_no_guid() -> None:
    feed = "<rss><item><title>x</title></item></rss>"
    assert through("xml", feed) == feed


pieces = st.sampled_from(
    ['<a href="/a.mp3">', "'", '"', "<", ">", "=", " ", "\n", ",", "/a.mp3", "#", "&amp;", "[", "]",
     "<item>", "</item>", "http://", "\\/", "FILE1=", "URI=", '",', "<![CDATA[", "é", "\udcff", "text"]
)  # fmt: skip


@given(
    st.sampled_from(["html", "xml", "json", "lines", "listing"]),
    st.lists(pieces),
    st.integers(1, 9),
)
def test_nothing_but_marks_changes(text: Text, parts: list[str], size: int) -> None:
    body = "".join(parts)
    out = through(text, body, size)
    without = out.replace(f"?{M}", "").replace(f"&amp;{M}", "").replace(f"&{M}", "")
    guids = without.count('<guid isPermaLink="false">')
    assert without == body or guids
    if not guids:
        assert through(text, body) == out or text in {"html", "xml", "json"}


def test_how_a_listing_is_written_shows_at_its_beginning() -> None:
    for start in ("", "\ufeff", "\n \n"):
        assert through("listing", f"{start}#EXTM3U\na.mp3\n", 1).endswith(f"a.mp3?{M}\n")
        xml = through("listing", f'{start}<rss><enclosure url="/stream?id=1"/></rss>', 1)
        assert f"/stream?id=1&amp;{M}" in xml
        assert f'"/a.mp3?{M}"' in through("listing", f'{start}{{"url": "/a.mp3"}}', 1)
    assert through("listing", "[playlist]\nFile1=a.mp3\n", 1) == f"[playlist]\nFile1=a.mp3?{M}\n"
    assert through("listing", "") == ""
    blank = " " * 3000
    assert through("listing", blank, 100) == blank


def test_little_is_kept_back() -> None:
    rewriter = LinkRewriter("html", wanted, lambda: MARK)
    assert rewriter.feed(b"x" * (HOLD + 1)) == b"x" * (HOLD + 1)
    assert rewriter.feed(b"<a " + b"y " * 3000).startswith(b"<a y")
    assert rewriter.feed(b"") == b""
    assert LinkRewriter("json", wanted, lambda: MARK).feed(b"z" * 90_000) == b"z" * 90_000


@pytest.mark.parametrize(
    ("kind", "media", "text"),
    [
        ("feed", "application/rss+xml", "listing"),
        ("playlist", "audio/mpegurl", "listing"),
        ("page", "text/html; charset=utf-8", "html"),
        ("api", "application/json", "json"),
        ("other", "application/ld+json", "json"),
        ("page", "application/xhtml+xml", "xml"),
        ("other", "text/plain", None),
        ("page", "", None),
    ],
)
def test_what_holds_links(kind: str, media: str, text: Text | None) -> None:
    assert text_of(kind, media) == text


@given(st.lists(st.from_regex(r"[a-z]{1,5}\.mp3(\?[a-z]=[0-9])?", fullmatch=True), max_size=5))
def test_what_was_put_in_comes_off(names: list[str]) -> None:
    out = through("lines", "".join(f"{name}\n" for name in names)).splitlines()
    assert [unmarked(line) for line in out] == [(name, (MARK,)) for name in names]
