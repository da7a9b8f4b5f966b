"""Patterns of paths: stars, the dollar, one spelling."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.patterns import matches, normalised, pattern, requested


@pytest.mark.parametrize(
    ("written", "path", "holds"),
    [
        # The examples of RFC 9309, 2.2.3, and Google's table of paths.
        ("/", "/anything", True),
        ("/fish", "/fishheads/yummy.html", True),
        ("/fish", "/Fish.asp", False),
        ("/fish*", "/fish", True),
        ("/fish/", "/fish", False),
        ("/*.php", "/folder/filename.php?parameters", True),
        ("/*.php", "/windows.PHP", False),
        ("/*.php$", "/filename.php", True),
        ("/*.php$", "/filename.php?parameters", False),
        ("/*.php$", "/filename.php/", False),
        ("/fish*.php", "/fishheads/catfish.php?parameters", True),
        ("*.mp3", "/music/a.mp3", True),
        ("*", "/", True),
        ("/$", "/", True),
        ("/$", "/a", False),
        ("/a*a$", "/a", False),
        ("/a*a$", "/aa", True),
        ("/a*b*c", "/a-b-c-d", True),
        ("/a*b*c", "/a-c-b", False),
        ("/a*b*c", "/a-c-c", False),
        ("/a*b*c$", "/a-b-c", True),
        ("/a*b*c$", "/a-b-c-d", False),
        ("/a$b", "/a$b", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html", True),  # RFC 9309, 2.2.3
        ("/path/foo-%24", "/path/foo-$", True),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-b.html", False),
    ],
)
def test_a_pattern_holds_from_the_first_octet(written: str, path: str, holds: bool) -> None:
    assert matches(pattern(written), requested(path)) is holds


@given(st.text("/ab*", max_size=8), st.booleans(), st.text("/ab", max_size=8))
def test_patterns_agree_with_regular_expressions(piece: str, anchored: bool, path: str) -> None:
    expression = ".*".join(map(re.escape, piece.split("*"))) + (r"\Z" if anchored else "")
    assert matches(piece + "$" * anchored, path) is (re.match(expression, path) is not None)


@pytest.mark.parametrize(
    ("written", "one_spelling"),
    [
        # RFC 9309, 2.2.2.
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/%c3%bc", "/%C3%BC"),
        ("/a%2fb", "/a%2Fb"),
        ("/%2a%24", "/%2A%24"),
        ("/100%", "/100%"),
        ("/a b", "/a%20b"),
    ],
)
def test_paths_come_into_one_spelling(written: str, one_spelling: str) -> None:
    assert normalised(written) == one_spelling


@given(st.text())
def test_one_spelling_stays(path: str) -> None:
    assert normalised(normalised(path)) == normalised(path)
