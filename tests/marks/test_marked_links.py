"""Marks go into any address and come off it without a trace."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.marks.keyring import Key, Keyring
from stagedoor.marks.mark import EPOCH, LETTERS
from stagedoor.marks.marked_links import (
    MOST,
    Form,
    candidates,
    cookie,
    marked,
    uncookied,
    unmarked,
)

RING = Keyring([Key(EPOCH, b"k" * 32)])
MARK = RING.issue("canary", EPOCH + 5e7, 77)
OTHER = RING.issue("feed", EPOCH + 5e7, 78)

marks = st.text(alphabet=LETTERS, min_size=20, max_size=20)
addresses = st.from_regex(
    r"(https?://a\.example(:8000)?)?/[a-zA-Z0-9/._~%-]{0,30}(\?[a-zA-Z0-9=&;%+_-]{0,30})?(#[a-z]{0,5})?",
    fullmatch=True,
)


@given(addresses, marks, st.sampled_from(["query", "path"]))
def test_what_is_put_in_comes_off(address: str, mark: str, form: Form) -> None:
    own, before = unmarked(address)
    put = marked(own, mark, form)
    assert put != own
    assert unmarked(put) == (own, (mark,))
    assert not before or len(own) < len(address)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("/a.mp3?sd={m}", "/a.mp3"),
        ("/a.mp3?SD={M}", "/a.mp3"),
        ("/a.mp3?id=5&sd={m}", "/a.mp3?id=5"),
        ("/a.mp3?sd={m}&id=5", "/a.mp3?id=5"),
        ("/a.mp3?b=2&sd={m}&id=5", "/a.mp3?b=2&id=5"),
        ("/a.mp3?sd={m};id=5", "/a.mp3?id=5"),
        ("/a.mp3?id=5;sd={m}", "/a.mp3?id=5"),
        ("/a.mp3?id=5&amp;sd={m}", "/a.mp3?id=5&amp"),
        ("/a.mp3?%73d={m}", "/a.mp3"),
        ("/a.mp3?s%44={q}&x", "/a.mp3?x"),
        ("/a.mp3?sd%3D{m}", "/a.mp3"),
        ("/a.mp3?sd={m}#t=30", "/a.mp3#t=30"),
        ("/a.mp3?&sd={m}", "/a.mp3?"),
        ("/sd-{m}/a.mp3", "/a.mp3"),
        ("/SD-{M}/a/b.mp3?x=1", "/a/b.mp3?x=1"),
        ("/sd-{m}/a.mp3?sd={m}", "/a.mp3"),
        ("https://a.example:8000/sd-{m}/a.mp3", "https://a.example:8000/a.mp3"),
    ],
)
def test_a_mark_is_found_however_its_address_was_changed(sent: str, kept: str) -> None:
    every = "".join(f"%{ord(letter):02X}" for letter in MARK)
    address = sent.format(m=MARK, M=MARK.upper(), q=every)
    own, found = unmarked(address)
    assert own == kept
    assert [RING.read(one) for one in found] == [RING.read(MARK)] * sent.count("{")


@pytest.mark.parametrize(
    "address",
    [
        "/a.mp3?sd=1",
        "/a.mp3?sd=" + "a" * 21,
        "/a.mp3?sd=" + "a" * 19 + "1",
        "/a.mp3?sd=" + "%E4%BD%A0" * 6 + "%20%20",
        "/a.mp3?wsd=" + MARK,
        "/a.mp3?x=sd=" + MARK,
        "/a/sd-" + MARK + "/a.mp3",
        "/sd-" + MARK,
        "/sd-" + "%E4%BD%A0" * 6 + "%20%20/a.mp3",
        "/" + MARK,
        "/a.mp3?%",
    ],
)
def test_what_is_the_sites_own_stays(address: str) -> None:
    assert unmarked(address) == (address, ())


def test_marks_that_come_twice_are_all_taken_off_up_to_a_bound() -> None:
    own, found = unmarked(f"/a.mp3?sd={MARK}&x=1&sd={OTHER}&sd={MARK}")
    assert (own, found) == ("/a.mp3?x=1", (MARK, OTHER, MARK))
    own, found = unmarked("/a.mp3?" + "&".join([f"sd={MARK}"] * 5000))
    assert len(found) == MOST
    own, found = unmarked(f"/sd-{MARK}" * 2000 + "/a.mp3")
    assert len(found) == MOST


def test_a_relative_reference_gets_a_parameter_in_either_form() -> None:
    assert marked("b.ts", MARK, "path") == f"b.ts?sd={MARK}"
    assert marked("//a.example/b.ts", MARK, "path") == f"//a.example/sd-{MARK}/b.ts"


def test_a_cookie_comes_off_and_all_others_stay() -> None:
    assert uncookied("a=1; b=2") == ("a=1; b=2", ())
    assert uncookied("sd=mine; b=2") == ("sd=mine; b=2", ())
    assert uncookied(f"sd={MARK}") == ("", (MARK,))
    assert uncookied(f"a=1; sd={MARK}; b=2") == ("a=1; b=2", (MARK,))
    assert uncookied(f"sd={MARK}; b=2;sd={OTHER}") == ("b=2", (MARK, OTHER))
    assert uncookied(f"wsd={MARK}") == (f"wsd={MARK}", ())


def test_no_script_sees_the_cookie() -> None:
    said = cookie(MARK, 60, secure=True)
    assert said == f"sd={MARK}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
    assert "Secure" not in cookie(MARK, 60, secure=False)


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/a.mp3?sd={}",
        "a,b,https://a.example/a.mp3?x=1&sd={},c",
        '{{"url": "https:\\/\\/a.example\\/a.mp3?sd={}"}}',
        '{{"url": "https://a.example/a.mp3?sd\\u003d{}\\u0026x=1"}}',
        '{{"sd": "{}"}}',
        "https%3A%2F%2Fa.example%2Fa.mp3%3Fsd%3D{}%26x",
        "https://a.example/sd-{}/a.mp3",
        "<a href='/a.mp3?x=1&amp;sd={}'>",
        "{}\n",
    ],
)
def test_marks_are_found_in_any_text(text: str) -> None:
    for mark in (MARK, MARK.upper()):
        found = [RING.read(one) for _, one in candidates(text.format(mark))]
        assert RING.read(MARK) in found
    escaped = quote(text.format(MARK))
    assert "sd" not in text or RING.read(MARK) in [RING.read(one) for _, one in candidates(escaped)]


@given(st.text())
def test_no_text_holds_a_mark_by_chance(text: str) -> None:
    assert [one for _, one in candidates(text) if RING.read(one)] == []
