"""Readers take whatever they are given: lines out, never a traceback."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_importing_golden import DAY, load

from stagedoor.engine.cases import run_cases
from stagedoor.import_.conversion import Part, carry
from stagedoor.import_.file_kinds import READERS, guess, includes
from stagedoor.import_.robots_txt import read
from stagedoor.import_.wishes import Named, Wish
from stagedoor.model.globs import Globs

SNIPPETS = (
    *(
        "User-agent: ",
        "Disallow: ",
        "Allow: ",
        "*",
        "/",
        "/a",
        "$",
        "?",
        "%2A",
        "#",
        "GPTBot",
        "\n",
        "\r",
    ),
    *(
        "map $http_user_agent $x {",
        "}",
        ";",
        " 1;",
        "~*",
        "~^a",
        '"',
        "'",
        "default",
        "include x;",
        "\\",
    ),
    *(
        "bots:\n",
        "  - name: a\n",
        "    action: DENY\n",
        "    user_agent_regex: ",
        "    path_regex: ",
    ),
    *(
        "    headers_regex: {X: a}\n",
        "    remote_addresses: [1.2.3.4]\n",
        "import: ",
        "(?!a)",
        "(",
        "[",
    ),
    *("{", '"GPTBot": {"function": "x"}', ",", "\0", "\x1b", "é", "Firefox", "FooBot", ": ", "- "),
)
WRITTEN = st.lists(st.sampled_from(SNIPPETS), max_size=30).map("".join)


@pytest.mark.parametrize("kind", READERS)
@settings(max_examples=40)
@given(st.one_of(WRITTEN.map(str.encode), st.binary(max_size=60)))
def test_no_file_brings_a_reader_down(kind: str, data: bytes) -> None:
    found = READERS[kind]("in", data, {})
    guess(data)
    includes(kind, data)
    for problem in (*found.left, *found.so):
        assert re.match(r"in(:\d+:\d+)?: \S", str(problem))


@settings(max_examples=12)
@given(st.sampled_from(sorted(READERS)), WRITTEN)
def test_whatever_is_carried_over_holds(kind: str, text: str) -> None:
    result = carry([Part("in", READERS[kind]("in", text.encode(), {}))], load, DAY)
    loaded = load(result.files)
    assert [f for f in run_cases(loaded)[1] if f.at.path in result.files] == []


ROBOTS_PATHS = st.from_regex(r"/([ab*]{0,2}/?){0,2}\$?", fullmatch=True)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.booleans(), ROBOTS_PATHS), min_size=1, max_size=4),
    st.from_regex(r"/([ab]{0,2}/?){0,2}", fullmatch=True),
)
def test_paths_are_refused_as_rfc_9309_has_it(lines: list[tuple[bool, str]], path: str) -> None:
    """The longest match decides, Allow in a tie: worked out here line by line."""
    if "//" in path or any("//" in line for _, line in lines):
        return  # requests never have them: paths are normalised
    text = "User-agent: A-Bot\n" + "".join(
        f"{'Allow' if allow else 'Disallow'}: {line}\n" for allow, line in lines
    )
    matching = [(len(line), allow) for allow, line in lines if _matches(line, path)]
    refused = bool(matching) and not max(matching)[1]
    found = read("in", text.encode(), {})
    assert any(_holds(wish, path) for wish in found.wishes) is refused


def _matches(line: str, path: str) -> bool:
    pattern = re.escape(line.removesuffix("$")).replace(r"\*", ".*")
    return re.match(pattern + (r"\Z" if line.endswith("$") else ""), path) is not None


def _holds(wish: Wish, path: str) -> bool:
    if wish.action != "block":
        return False
    assert isinstance(wish.who, Named)
    assert isinstance(wish.paths, tuple)
    inside = not wish.paths or Globs(wish.paths).match(path)
    return inside and not (wish.besides and Globs(wish.besides).match(path))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"User-agent: *\nDisallow:\n", "robots"),
        (b"\xef\xbb\xbf# x\nsitemap: y\n", "robots"),
        (b'{"A": {"operator": "x"}}', "ai-robots"),
        (b'{"bots": []}', "anubis"),
        (b"bots:\n  - import: x\n", "anubis"),
        (b"- name: x\n  action: DENY\n", "anubis"),
        (b"http {\n  map $http_user_agent $bad {\n", "nginx-map"),
        (b"hello\n", ""),
        (b"", ""),
    ],
)
def test_the_kind_is_guessed_from_the_content(data: bytes, kind: str) -> None:
    assert guess(data) == kind
