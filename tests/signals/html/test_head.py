"""Signals in a page: only what a browser would find in its head."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals import licence_documents
from stagedoor.signals.html import head
from stagedoor.signals.html.head_elements import Head
from stagedoor.signals.meaning import Said
from stagedoor.signals.standards import robots_tag, rsl, tdmrep

NOAI = '<meta name="robots" content="noai">'
URL = "https://ana.example/music/"


def metas(page: str) -> tuple[tuple[str, str], ...]:
    return head.scan(page.encode()).metas


@pytest.mark.parametrize(
    "page",
    [
        f"<!doctype html><html><head>{NOAI}</head><body></body></html>",
        NOAI,
        f"<title>a</title>{NOAI}<p>",
        f"<!-- <body> --><html lang=en><head><meta charset=utf-8><style>a>b{{}}</style>{NOAI}",
        f'<script>"</scr" + "ipt><body>"</script>{NOAI}',
        f"<link rel=stylesheet href=a><base href=/><noscript>{NOAI}</noscript>",
        f"<head><template><title>a</title></template>{NOAI}",
        "<META NAME=robots CONTENT=noai />",
        "<meta\ncontent='noai'\tname = 'robots' x y=z>",
        '<meta name="robots" content="no&#97;i">',
    ],
)
def test_what_stands_in_the_head_is_found(page: str) -> None:
    assert [name.lower() for name, _ in metas(page)] == ["robots"]
    [found] = head.read(page.encode())
    assert found.said == Said(train="no")


@pytest.mark.parametrize(
    "page",
    [
        f"<html><body>{NOAI}</body></html>",
        f"<p>a</p>{NOAI}",
        f"text{NOAI}",
        f"<!-- {NOAI} -->",
        f"<!-- never closed {NOAI}",
        f"<title>{NOAI}</title>",
        f"<title>{NOAI}",
        f"<script>'{NOAI}'</script>",
        f"<style>{NOAI}</style>",
        f"<template>{NOAI}</template>",
        f"<head><title>a</title><template>{NOAI}</template></head>",
        f"<frameset>{NOAI}</frameset>",
        "<meta content=noai>",
        "<meta name=robots",
        "",
    ],
)
def test_what_stands_elsewhere_is_not(page: str) -> None:
    assert head.read(page.encode()) == ()


def test_a_page_ends_where_reading_ends() -> None:
    for length, found in ((head.LIMIT - 2 * len(NOAI), 1), (head.LIMIT, 0)):
        page = f"<head><!--{' ' * length}-->{NOAI}"
        assert len(metas(page)) == found


@pytest.mark.parametrize(
    ("codec", "hint"),
    [
        ("utf-8", ""),
        ("utf-8-sig", "iso-8859-1"),
        ("utf-16", ""),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", '"utf-16be"'),
        ("latin-1", "iso-8859-1"),
        ("shift_jis", "shift_jis"),
        ("iso2022_jp", "ISO-2022-JP"),
        ("gb18030", "punycode"),
        ("utf-8", "zlib_codec"),
        ("utf-8", "\0nonsense"),
    ],
)
def test_charsets(codec: str, hint: str) -> None:
    title = "ä" if codec in {"latin-1", "utf-8"} else "日本語"
    page = f"<title>{title}</title>{NOAI}".encode(codec)
    assert [found.said for found in head.read(page, hint)] == [Said(train="no")]


def test_all_standards_at_once() -> None:
    inline = licence_documents.write(Said(search="yes", train="no"), scope="/music/").decode()
    page = f"""<!doctype html><html><head>
      {tdmrep.write_meta("no", policy="https://ana.example/p?a=1&b=2")}
      {robots_tag.write_meta(Said(train="no"))}
      <meta name="GPTBot" content="noindex">
      {rsl.write_link("https://ana.example/license.xml")}
      <link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
      <script type="application/rsl+xml">{inline}</script>
      <link rel="stylesheet license" type="APPLICATION/rsl+xml" href="../rsl.xml">
      </head><body>"""
    found = head.read(page.encode(), "utf-8", URL)
    assert found == head.read_head(head.scan(page.encode(), "utf-8"), URL)
    assert {statement.where for statement in found} == {"html"}
    assert [(s.standard, s.agent, s.said) for s in found] == [
        ("tdmrep", "*", Said(train="no")),
        ("robots-tag", "*", Said(train="no")),
        ("robots-tag", "GPTBot", Said(search="no")),
        ("rsl", "*", Said("no", "no", "yes")),
        ("rsl", "*", Said()),
        ("rsl", "*", Said()),
    ]
    assert found[0].text == "tdm-reservation: 1\ntdm-policy: https://ana.example/p?a=1&b=2"
    assert head.licences(head.scan(page.encode()), URL) == (
        "https://ana.example/license.xml",
        "https://ana.example/rsl.xml",
    )


def test_a_reference_that_is_none_is_left_out() -> None:
    assert head.licences(Head(licences=("https://[x", "a")), URL) == (f"{URL}a",)


@given(st.binary(), st.text(max_size=12))
def test_no_page_does_harm(data: bytes, charset: str) -> None:
    head.read(data, charset, URL)


@given(st.lists(st.sampled_from(
    ["<", ">", "meta", "/", " name=robots", " content='noai'", "<!--", "-->", "<script", "</script>",
     " type=application/rsl+xml", "<link rel=license", "<template>", "</template>", '"', "&#0;", "\0",
     "<html>", "<head>", "<svg>", "<![CDATA[", "<?xml", "\ud7ff", "<title>"]
)))  # fmt: skip
def test_no_soup_does_harm(pieces: list[str]) -> None:
    head.read("".join(pieces).encode(), "", URL)
