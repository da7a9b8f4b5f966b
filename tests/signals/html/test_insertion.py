"""Tags into pages: the right place, and every other byte the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages import PAGES, TAGS, UTF_8, XHTML, Page
from stagedoor.signals.html.insertion import HOLD, Inserter, Tags, meta

TAG = TAGS.text.encode()


def passed(
    page: bytes, sizes: list[int], charset: str = "", *, xml: bool = False
) -> tuple[Inserter, bytes]:
    """A page through an inserter, in chunks of these sizes, the last as often as needed."""
    inserter = Inserter(TAGS, charset, xml=xml)
    out, begin, rest = b"", 0, iter(sizes)
    size = 1
    while begin < len(page):
        size = next(rest, size)
        out += inserter.feed(page[begin : begin + size])
        begin += size
    return inserter, out + inserter.finish()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1 << 20])
def test_a_page_gets_its_tags_in_one_place(page: Page, size: int) -> None:
    inserter, out = passed(page.before, [size], page.charset, xml=page.kind == XHTML)
    assert (inserter.outcome, out) == (page.outcome, page.after)
    if page.outcome == "tagged":
        assert page.page[inserter.where :].startswith(page.here)
    else:
        assert inserter.where == -1


@pytest.mark.parametrize(
    "page", [page for page in PAGES if len(page.before) < 200], ids=lambda page: page.name
)
def test_every_way_of_cutting_a_page_in_two(page: Page) -> None:
    for cut in range(len(page.before) + 1):
        _, out = passed(page.before, [cut, 1 << 20], page.charset, xml=page.kind == XHTML)
        assert out == page.after, cut


_BITS = st.sampled_from(
    [
        *(
            b"<",
            b">",
            b"/",
            b"=",
            b'"',
            b"'",
            b"--",
            b"?",
            b" ",
            b"\n",
            b"x",
            b"\0",
            b"\x1b",
            b"\xff\xfe",
        ),
        *(
            b"<!--",
            b"-->",
            b"--!>",
            b"<!doctype html>",
            b"<!doctype",
            b"<html>",
            b"<html ",
            b"<head>",
        ),
        *(
            b"<head",
            b"</head>",
            b"<header>",
            b"<body>",
            b"<title>",
            b"</title>",
            b"<meta charset=gbk>",
        ),
        *(
            b"<meta ",
            b"charset=koi8-r",
            b"<script>",
            b"</script>",
            b"<link>",
            b"<style>",
            b"</style>",
        ),
        *(b"\xef\xbb\xbf", b"<template>", b" " * 300, b"<p>", b"<?xml", b"?>"),
    ]
)


@given(
    st.lists(_BITS, max_size=24).map(b"".join),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
    st.sampled_from(["", "utf-8", "utf-16", "iso-2022-jp", "x"]),
    st.booleans(),
)
def test_chunks_do_not_matter_and_nothing_else_changes(
    page: bytes, sizes: list[int], charset: str, xml: bool
) -> None:
    whole, once = passed(page, [1 << 20], charset, xml=xml)
    cut, out = passed(page, sizes, charset, xml=xml)
    assert (cut.outcome, cut.where, out) == (whole.outcome, whole.where, once)
    if whole.outcome == "tagged":
        tags = next(
            t
            for t in (TAG, TAGS.text.encode("utf-16-le"), TAGS.text.encode("utf-16-be"))
            if t in out
        )
        assert out[: whole.where] + out[whole.where + len(tags) :] == page
    else:
        assert out == page


def test_what_is_decided_goes_out_at_once() -> None:
    """A page that is sent while it is being made must not wait for its end."""
    inserter = Inserter(TAGS, "utf-8")
    assert inserter.feed(b"<!doctype html><html><head>") == b""
    assert inserter.feed(b"<title>A") == b"<!doctype html><html><head>" + TAG + b"<title>A"
    assert inserter.feed(b"</title>") == b"</title>"
    fragment = Inserter(TAGS)
    assert fragment.feed(b"<p>a") == b"<p>a"


def test_without_a_charset_a_page_waits_for_what_it_may_still_say() -> None:
    inserter = Inserter(TAGS)
    start = b"<!doctype html><html><head><title>A</title></head><body>"
    assert inserter.feed(start) == b""
    filled = inserter.feed(b"x" * (1024 - len(start)))
    assert filled.startswith(b"<!doctype html><html><head>" + TAG + b"<title>")
    assert inserter.where == 27


@pytest.mark.parametrize("unit", [b"<!-- x -->", b" ", b"<!--", b"<html a='", b"\n<?x?>"])
def test_no_more_than_so_much_is_kept_back(unit: bytes) -> None:
    inserter = Inserter(TAGS, "utf-8")
    came = out = b""
    while len(came) < HOLD + 5000:
        came += unit * 100
        out += inserter.feed(unit * 100)
        assert len(came) - len(out) <= HOLD
    assert (inserter.outcome, out) == ("no-place", came)


def test_a_page_is_tagged_at_the_best_place_known_when_too_much_comes() -> None:
    page = b"<!doctype html><html><head>" + b"<!-- x -->" * (HOLD // 10) + b"<title>A</title>"
    inserter, out = passed(page, [4096], "utf-8")
    assert (inserter.outcome, inserter.where) == ("tagged", 27)
    assert out.replace(TAG, b"") == page


def test_five_megabytes() -> None:
    page = b"<!doctype html><head>" + b"<p>One &amp; the same.</p>\n" * 200_000
    inserter, out = passed(page, [65536], "utf-8")
    assert len(page) > 5_000_000
    assert inserter.where == 21
    assert out == page[:21] + TAG + page[21:]


def test_what_tags_may_be() -> None:
    assert (
        meta("robots", 'a"b<c>&ä')
        == '<meta name="robots" content="a&quot;b&lt;c&gt;&amp;&#228;" />'
    )
    link = '<link rel="license" type="application/rsl+xml" href="https://a.example/license.xml" />'
    both = Tags.of(meta("robots", "noai") + "\n" + link)
    assert both.marker != TAGS.marker
    assert Tags.of(both.text) == both
    for wrong in (
        "",
        "<meta>",
        "<script />",
        '<meta name="ä" />',
        '<meta name="a">',
        both.text + "x",
    ):
        with pytest.raises(ValueError, match="not a row of"):
            Tags.of(wrong)


def test_the_table_has_what_it_is_for() -> None:
    assert {page.outcome for page in PAGES} == {"tagged", "not-html", "no-place", "charset"}
    assert {page.kind for page in PAGES} >= {UTF_8, XHTML, "text/html"}
    assert len({page.name for page in PAGES}) == len(PAGES)
