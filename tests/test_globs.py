"""Globs: folders, files and nothing clever."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.globs import Globs


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("/music/*", "/music/a.mp3", True),
        ("/music/*", "/music/live/a.mp3", False),
        ("/music/*", "/music/", True),
        ("/music/*", "/music", False),
        ("/music/**", "/music/live/a.mp3", True),
        ("/music/**", "/musical", False),
        ("/music/**/a.mp3", "/music/a.mp3", True),
        ("/music/**/a.mp3", "/music/x/y/a.mp3", True),
        ("/music/**/a.mp3", "/music/xa.mp3", False),
        ("/**/feed", "/feed", True),
        ("/**/feed", "/blog/feed", True),
        ("/**/feed", "/newsfeed", False),
        ("**", "/any/thing", True),
        ("*.mp3", "/a.mp3", False),
        ("**.mp3", "/music/a.mp3", True),
        ("/a?.mp3", "/ab.mp3", True),
        ("/a?.mp3", "/a.mp3", False),
        ("/a?b", "/a/b", False),
        ("/a?b", "/aéb", True),
        ("/a.mp3", "/axmp3", False),
        ("/a.mp3", "/A.mp3", False),
        ("/(a|b)+[c]{2}^$", "/(a|b)+[c]{2}^$", True),
        (r"/a\d", "/a1", False),
        ("/a", "/ab", False),
        ("/b", "/ab", False),
        ("/a", "/a\n", False),
        ("/**", "/a\nb", True),
        ("/ü/*", "/ü/ß", True),
    ],
)
def test_a_glob_matches_whole_paths(glob: str, path: str, matches: bool) -> None:
    assert Globs([glob]).match(path) is matches


def test_one_of_several_globs_is_enough() -> None:
    globs = Globs(["/music/**", "/a|b"])
    assert globs.match("/music/x")
    assert globs.match("/a|b")
    assert not globs.match("/a")
    assert not globs.match("b")


def slowly(glob: str, path: str) -> bool:
    """What the docstring says, one character after the other."""
    if glob.startswith("/**/"):
        rest = glob[4:]
        return path.startswith("/") and any(
            slowly(rest, path[at + 1 :]) for at in range(len(path)) if path[at] == "/"
        )
    if glob.startswith("**"):
        return any(slowly(glob[2:], path[at:]) for at in range(len(path) + 1))
    if glob.startswith("*"):
        within = path.partition("/")[0]
        return any(slowly(glob[1:], path[at:]) for at in range(len(within) + 1))
    if not glob or not path:
        return glob == path
    if glob[0] == "?":
        return path[0] != "/" and slowly(glob[1:], path[1:])
    return glob[0] == path[0] and slowly(glob[1:], path[1:])


@given(
    st.text("/ab*?.", max_size=9).map(lambda glob: re.sub(r"\*{3,}", "**", glob)),
    st.text("/ab.", max_size=9),
)
def test_globs_agree_with_a_slow_reading_of_their_definition(glob: str, path: str) -> None:
    assert Globs([glob]).match(path) is slowly(glob, path)


@given(st.lists(st.text(), min_size=1, max_size=3), st.text())
def test_no_glob_and_no_path_raises(globs: list[str], path: str) -> None:
    Globs(globs).match(path)


def test_a_hostile_path_takes_no_more_than_linear_time() -> None:
    # With backtracking this would take longer than the universe has been there.
    assert not Globs(["/" + "*a" * 25 + "b"]).match("/" + "a" * 4000)
