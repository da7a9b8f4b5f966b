"""One spelling, wildcards, the longest match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.robots.path_rules import Longest, literal, pattern, requested, spelled


@pytest.mark.parametrize(
    ("rule", "request_path", "matches"),
    [
        # The table of section 2.2.2.
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz", True),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar", True),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84", True),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84", True),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz", True),
        # Section 2.2.3.
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-x.html", False),
        ("/path/foo-%24", "/path/foo-$", True),
        ("/path/foo-$", "/path/foo-", True),
        ("/path/foo-$", "/path/foo-$", False),
        ("/a$b", "/a$b", True),
        ("/a$b", "/a", False),
        ("/this/*/exactly", "/this/path/exactly/x", True),
        # Ours.
        ("/a%2Fb", "/a/b", False),
        ("/a/b", "/a%2fb", False),
        ("/100%", "/100%25", True),
        ("/a b", "/a%20b", True),
        ("/$", "/", True),
        ("/$", "/a/", False),
        ("/*$", "/anything", True),
        ("*.mp3", "/music/a.mp3", True),
        ("*.mp3$", "/a.mp3?x", False),
        ("*.mp3$", "/a.mp3.mp3", True),
        ("/ab*ba$", "/aba", False),
        ("music", "/music", False),
        ("/", "", True),
        ("/x", "x", True),
        ("$", "/", False),
    ],
)
def test_rules_match(rule: str, request_path: str, matches: bool) -> None:
    table = Longest([(pattern(rule.encode()), rule)])
    assert bool(table.match(requested(request_path))) is matches


@given(st.text("ab*$", max_size=12), st.text("ab", max_size=12))
def test_wildcards_match_as_an_expression_would(rule: str, path: str) -> None:
    text, asked = pattern(f"/{rule}".encode()), requested(f"/{path}")
    anchored = text.endswith(b"$")
    parts = map(re.escape, text.removesuffix(b"$").split(b"*"))
    expression = b".*".join(parts) + (rb"\Z" if anchored else b"")
    assert bool(Longest([(text, 0)]).match(asked)) == bool(re.match(expression, asked))


@given(st.lists(st.text("ab*", max_size=4), max_size=8), st.text("ab", max_size=6))
def test_all_of_the_longest_are_found(rules: list[str], path: str) -> None:
    entries = [(pattern(f"/{rule}".encode()), number) for number, rule in enumerate(rules)]
    asked = requested(f"/{path}")
    matching = [(len(text), n) for text, n in entries if Longest([(text, n)]).match(asked)]
    longest = max((length for length, _ in matching), default=0)
    expected = {number for length, number in matching if length == longest}
    assert set(Longest(entries).match(asked)) == expected


def test_many_stars_do_not_explode() -> None:
    # Backtracking would try some 10^40 ways.
    evil = pattern(b"/" + b"*a" * 60 + b"b")
    assert not Longest([(evil, 0)]).match(requested("/" + "a" * 8000))
    assert Longest([(evil, 0)]).match(requested("/" + "a" * 8000 + "b"))


@given(st.binary(max_size=40))
def test_spelling_twice_changes_nothing(path: bytes) -> None:
    once = spelled(path)
    assert spelled(once) == once
    assert once.isascii()
    assert pattern(pattern(path)) == pattern(path)


def test_what_is_a_plain_beginning() -> None:
    assert literal(b"/a**") == b"/a"
    assert literal(b"/a*b") is None
    assert literal(b"/a$") is None
