"""Link headers, as RFC 8288 writes them and as people do."""

from __future__ import annotations

import pytest
import requests.utils
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.links import absolute, is_absolute, parse


def read(value: str) -> list[tuple[str, dict[str, str]]]:
    return [(link.target, dict(link.parameters)) for link in parse(value)]


@pytest.mark.parametrize(
    ("value", "links"),
    [
        # RFC 8288, 3.5.
        (
            '<http://example.com/TheBook/chapter2>; rel="previous"; title="previous chapter"',
            [
                (
                    "http://example.com/TheBook/chapter2",
                    {"rel": "previous", "title": "previous chapter"},
                )
            ],
        ),
        ('</>; rel="http://example.net/foo"', [("/", {"rel": "http://example.net/foo"})]),
        (
            '</terms>; rel="copyright"; anchor="#foo"',
            [("/terms", {"rel": "copyright", "anchor": "#foo"})],
        ),
        (
            '</a>; rel="previous"; title*=UTF-8\'de\'letztes%20Kapitel, </b>; rel="next"',
            [
                ("/a", {"rel": "previous", "title*": "UTF-8'de'letztes%20Kapitel"}),
                ("/b", {"rel": "next"}),
            ],
        ),
        # A comma, a semicolon and a quote inside quotes; a comma inside the target.
        (
            r'<a,b>; title="x, \"y\"; z"; rel=license,<c>',
            [("a,b", {"title": 'x, "y"; z', "rel": "license"}), ("c", {})],
        ),
        ("<a>;rel=one;rel=two", [("a", {"rel": "one"})]),
        ("<a> ; REL = license", [("a", {"rel": "license"})]),
        ("<a>;crossorigin;rel=license", [("a", {"crossorigin": "", "rel": "license"})]),
        (",, <a>,,<b>,", [("a", {}), ("b", {})]),
        ('nonsense, <a>; = ; rel=license, "<b>", <c>', [("a", {}), ("c", {})]),
        ('<a>; title="never closed, <b>', [("a", {"title": "never closed, <b>"})]),
        ("", []),
        ("<a", []),
    ],
)
def test_many_links_in_one_header(value: str, links: list[object]) -> None:
    assert read(value) == links


@given(
    st.lists(
        st.tuples(
            st.text("abc:/.,;", min_size=1, max_size=9),
            st.text('ab ,;"\\<>=', max_size=9),
        ),
        max_size=4,
    )
)
def test_whatever_is_quoted_is_read_back(links: list[tuple[str, str]]) -> None:
    header = ", ".join(
        f'<{target}>; title="{title.replace("\\", "\\\\").replace('"', '\\"')}"; rel=next'
        for target, title in links
    )
    assert read(header) == [(target, {"title": title, "rel": "next"}) for target, title in links]


@given(
    st.lists(st.from_regex(r"https://[a-z]{1,5}\.example/[a-z0-9/?=&%._~-]{0,20}", fullmatch=True))
)
def test_requests_reads_plain_links_the_same_way(urls: list[str]) -> None:
    header = ", ".join(f'<{url}>; rel="license"; type="application/rsl+xml"' for url in urls)
    theirs = requests.utils.parse_header_links(header) if header else []
    assert [link["url"] for link in theirs] == [link.target for link in parse(header)]
    assert [link["rel"] for link in theirs] == [link.parameters["rel"] for link in parse(header)]


def test_relations_are_a_list_and_types_have_parameters() -> None:
    [link] = parse('<a>; rel="Next LICENSE"; type="Application/RSL+xml; charset=utf-8"')
    assert link.relations == {"next", "license"}
    assert link.media_type == "application/rsl+xml"


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("https://ana.example", True),
        ("http://ana.example:8080/licence.xml?a=b#c", True),
        ("https://ana.example?x", True),
        ("/licence.xml", False),
        ("//ana.example/licence.xml", False),
        ("https:///licence.xml", False),
        ("ftp://ana.example/", False),
        ("https://ana.example/ä", False),
        ("https://ana.example/a b", False),
        ("https://ana.example/>; rel=x", False),
        ("https://ana.example/\r\nX: y", False),
        ("", False),
    ],
)
def test_only_whole_urls_go_into_headers(url: str, whole: bool) -> None:
    assert is_absolute(url) is whole
    if whole:
        assert absolute(url) == url
    else:
        with pytest.raises(ValueError, match="absolute URL"):
            absolute(url)
