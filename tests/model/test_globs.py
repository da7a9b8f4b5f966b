"""Globs: folders, files and nothing clever."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.globs import Globs, PatternSet, fault, finder, path_glob, whole, wildcard


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


def test_many_patterns_are_found_in_one_pass() -> None:
    together = PatternSet([whole(path_glob(f"/f{n}/**")) for n in range(2000)] + ["x+y"])
    assert together.found(b"/f7/a") == {7}
    assert together.found(b"/f1999/xxy") == {1999, 2000}
    assert together.found(b"/elsewhere") == set()


def test_patterns_are_found_also_where_the_memory_does_not_suffice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("stagedoor.model.globs.MAX_MEMORY", 1 << 12)
    together = PatternSet([f"a.*b{n}.*c[0-9]{{50}}" for n in range(40)])
    assert together.found(b"a--b7--c" + b"0" * 50) == {7}
    assert together.found(b"a--b7--c" + b"0" * 49) == set()


@pytest.mark.parametrize(
    ("text", "value", "matches"),
    [
        ("*Windows 98*", "mozilla (windows 98)", True),
        ("Windows 98", "mozilla (windows 98)", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a.c", "abc", False),
        ("(x)*", "(X) y", True),
        ("**/x/**/y", "a/x/b/y", True),
        ("", "", True),
    ],
)
def test_a_wildcard_is_the_whole_text_in_any_case(text: str, value: str, matches: bool) -> None:
    assert finder(whole(wildcard(text)), latin=True)(value.encode()) is matches


@pytest.mark.parametrize("expression", ["a(", "(?<=a)b", r"(a)\1", "[z-a]", "a{2000}"])
def test_what_is_wrong_with_an_expression_is_told(expression: str) -> None:
    assert fault(expression)
    assert fault("^a+$") == ""


def test_more_globs_than_fit_into_the_memory_still_match() -> None:
    found = Globs([*(f"/{n}/{'?' * 200}" for n in range(30)), "/music/**"], memory=64 << 10)
    assert len(found._compiled) == 31
    assert found.match("/music/a.mp3")
    assert not found.match("/about")


@pytest.mark.parametrize("memory", [1, 4 << 10, 64 << 10])
def test_a_set_that_does_not_fit_into_its_memory_finds_the_same(memory: int) -> None:
    """RE2 either refuses to build it, or gives up on a text and says that nothing was found."""
    expressions = [f"[^a-f]{{{number}}}.*(x|y){number}" for number in range(1, 60)]
    small, large = (PatternSet(expressions, memory=size) for size in (memory, 64 << 20))
    for text in (b"", b"zz x1", b"0123456789x9y12" * 30, b"nothing of all that"):
        assert small.found(text) == large.found(text)
    assert 0 in small.found(b"zz x1")
