"""What is written reads back as the same values, whatever people call things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.config.yamltext import Source, Value, parse
from stagedoor.import_.wishes import Expression
from stagedoor.import_.yaml_writer import WIDTH, Written, entry, in_braces, on_a_line
from stagedoor.model.errors import Problem

HOSTILE = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        [
            *("", " ", "no", "yes", "null", "~", "true", "False", "12", "-1", "1.5", "1:30", "012"),
            *("- a", "? a", "a: b", "a #b", "#a", "a:", ":a", "'a'", '"a"', "a\\", "\\x41", "{a}"),
            *(
                "[a]",
                "a, b",
                "*a",
                "**/a",
                "&a",
                "!a",
                "%a",
                "@a",
                "`a",
                "|",
                ">",
                "---",
                "...",
                "<<",
            ),
            *(
                "a\nb",
                "a\tb",
                "\ufeffa",
                "a\u2028b",
                "a\x85b",
                "\x1b[31m",
                "\0",
                "a ",
                "é",
                "\ufffe",
            ),
            *("2026-11-23", "192.0.2.0/24", "2001:db8::/32", "1.2.3.4", "=", "/music/**"),
        ]
    ),
)
WRITTEN: st.SearchStrategy[Written] = st.recursive(
    st.one_of(HOSTILE, HOSTILE.map(Expression)),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=12).map(tuple),
        st.dictionaries(HOSTILE.filter(bool), inner, min_size=1, max_size=4),
    ),
    max_leaves=20,
)


def plain(value: Written) -> Value:
    if isinstance(value, str):
        return value
    if isinstance(value, Expression):
        return {"re": value.pattern}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value]


def read(text: str) -> Value:
    problems: list[Problem] = []
    document = parse(Source("a.yaml", text.encode()), problems)
    assert document is not None, problems
    assert problems == []
    return document.value


@given(
    st.dictionaries(
        st.one_of(st.sampled_from(["when", "cases", "not"]), HOSTILE.filter(bool)),
        WRITTEN,
        min_size=1,
        max_size=5,
    )
)
def test_everything_reads_back_as_it_was(items: dict[str, Written]) -> None:
    text = "\n".join(entry(items)) + "\n"
    assert read(text) == [plain(items)]


@given(HOSTILE)
def test_a_text_alone_and_in_braces(text: str) -> None:
    assert read(f"a: {on_a_line(text)}\n") == {"a": text}
    assert read(f"a: {{b: {in_braces(text)}}}\n") == {"a": {"b": text}}


@pytest.mark.parametrize(
    ("text", "alone", "inside"),
    [
        ("GPTBot", "GPTBot", "GPTBot"),
        ("/music/**", "/music/**", "/music/**"),
        ("python-requests/2.32.3", "python-requests/2.32.3", "python-requests/2.32.3"),
        ("Nobody, please: go", '"Nobody, please: go"', '"Nobody, please: go"'),
        ("A bot, and more", "A bot, and more", '"A bot, and more"'),
        ("**.php", '"**.php"', '"**.php"'),
        ("192.0.2.0/24", "192.0.2.0/24", "192.0.2.0/24"),
        ("2001:db8::/32", "2001:db8::/32", '"2001:db8::/32"'),
    ],
)
def test_quotes_stand_only_where_they_are_needed(text: str, alone: str, inside: str) -> None:
    assert on_a_line(text) == alone
    assert in_braces(text) == inside


def test_a_long_list_goes_on_in_the_next_line() -> None:
    lines = entry({"name": [f"Crawler{n}" for n in range(40)]})
    assert len(lines) > 3
    assert max(map(len, lines)) <= WIDTH
    assert read("\n".join(lines)) == [{"name": [f"Crawler{n}" for n in range(40)]}]
