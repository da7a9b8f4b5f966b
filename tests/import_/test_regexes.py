"""Other people's expressions: what is wrong with them, what is in them, what they match."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.import_ import regexes
from stagedoor.model.globs import Globs


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("GPTBot", ""),
        (r"(?i:gptbot|ccbot)", ""),
        (r"^(?!Mozilla)", "looks ahead"),
        (r"(?<!x)bot", "looks ahead or behind"),
        (r"(a)\1", "refers back"),
        (r"a++", "forbids going back"),
        ("(", "RE2 says"),
        ("[", "RE2 says"),
        ("a" * 3000, "3,000 characters"),
    ],
)
def test_what_cannot_be_used_is_reported(pattern: str, told: str) -> None:
    assert told in regexes.fault(pattern)
    assert bool(regexes.fault(pattern)) is bool(told)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("GPTBot", ("GPTBot",)),
        ("GPTBot|CCBot|GPTBot", ("GPTBot", "CCBot")),
        ("(?i:GPTBot|CCBot)", ("GPTBot", "CCBot")),
        ("(?i)(GPTBot|CCBot)", ("GPTBot", "CCBot")),
        (r"\b(GPTBot)\b", ("GPTBot",)),
        (r"(?:\b)360Spider(?:\b)", ()),
        (r"(?:\b)Hum Spider(?:\b)", ("Hum Spider",)),
        (r".*archive\.org_bot.*", ("archive.org_bot",)),
        ("curl/", ("curl",)),
        ("^curl", ()),
        ("GPT.ot", ()),
        ("GPTBot|^$", ()),
        (r"\+https\://help\.example/bot/", ()),
    ],
)
def test_a_choice_of_names(pattern: str, names: tuple[str, ...]) -> None:
    assert regexes.names(pattern) == names


@pytest.mark.parametrize(
    ("pattern", "glob"),
    [
        ("^/api/", "/api/**"),
        ("^/api/.*$", "/api/**"),
        (r"\.php$", "**.php"),
        (r"^/robots\.txt$", "/robots.txt"),
        (r"^/a/[^/]*$", "/a/*"),
        ("/private", "**/private**"),
        ("^/a/.*/b$", ""),  # /**/ would also be a single slash
        ("^/.well-known/", ""),
        ("^/(a|b)", ""),
        (r"^/a\*b", ""),
        ("(?i)^/a", ""),
        (r"^/\d", ""),
    ],
)
def test_simple_ones_become_globs(pattern: str, glob: str) -> None:
    assert regexes.glob(pattern) == glob


@given(
    st.from_regex(r"\^?(/[a-c.]{0,2}|\.\*|\[\^/\]\*|\\\.){1,4}\$?", fullmatch=True),
    st.from_regex(r"/([a-c.]{0,2}/?){0,3}", fullmatch=True),
)
def test_a_glob_says_the_same_as_its_expression(pattern: str, path: str) -> None:
    glob = regexes.glob(pattern)
    if glob:
        assert Globs([glob]).match(path) == regexes.found(pattern, path)


@pytest.mark.parametrize(
    "pattern",
    [
        *("GPTBot", "^curl/[0-9]+", r"^Foo/\d+\.\d+ \(.*\)$", "(?i:a|b)c{3}", "[^a-z ]x", r"\bx\b"),
        *(
            "^$",
            "(?:a(b(c)))?d",
            r"[[:alpha:]]+\s\S",
            r"\x41\x{42}",
            "a|b",
            "[]a]",
            "Ж+",
            r"\pL\p{Lu}",
        ),
        *(r"(?P<name>x)y", r"(?i)z{2,}?", r"[\w.-]+@"),
    ],
)
def test_an_example_is_found_by_its_expression(pattern: str) -> None:
    text = regexes.sample(pattern)
    assert text is not None
    assert regexes.found(pattern, text)


@pytest.mark.parametrize("pattern", [r"a\bb", "^b^", "x{900}", "(" * 60 + "a" + ")" * 60])
def test_where_no_example_can_be_made_there_is_none(pattern: str) -> None:
    assert regexes.sample(pattern) is None


@given(st.text(st.sampled_from("ab|()[]^$.*+?\\{}1,-:i<>P/ "), max_size=30))
def test_no_expression_brings_it_down(pattern: str) -> None:
    if regexes.fault(pattern):
        return
    text = regexes.sample(pattern)
    assert text is None or regexes.found(pattern, text)
    regexes.names(pattern)
    regexes.glob(pattern)
