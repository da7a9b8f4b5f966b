"""The small YAML: plain words stay words, everything has a place, cleverness is refused."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import document
from stagedoor.config.yamltext import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_VALUES,
    Document,
    Path,
    Source,
    Value,
    parse,
)
from stagedoor.model.errors import Location, Problem


def value(text: str) -> Value:
    """What `text` says."""
    return document(text).value


def mistakes(data: str | bytes) -> list[str]:
    """The problems of a file that cannot be used as it stands."""
    problems: list[Problem] = []
    parse(Source("x.yaml", data.encode() if isinstance(data, str) else data), problems)
    return list(map(str, problems))


@pytest.mark.parametrize("word", ["yes", "no", "on", "off", "Yes", "NO", "y", "n"])
def test_yes_and_no_stay_words(word: str) -> None:
    assert value(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    "text", ["1:30", "012", "0x10", "1_000", "1e3", "10m", "2026-11-23", ".5", "+.inf", ".nan"]
)
def test_what_only_looks_like_a_number_stays_text(text: str) -> None:
    assert value(f"a: {text}") == {"a": text}


@pytest.mark.parametrize(
    ("text", "meant"),
    [("8080", 8080), ("-3", -3), ("0", 0), ("1.5", 1.5), ("true", True), ("False", False), ("null", None), ("~", None), ("", None)],
)  # fmt: skip
def test_plain_numbers_truths_and_nothing_are_what_they_seem(text: str, meant: Value) -> None:
    assert value(f"a: {text}") == {"a": meant}


@pytest.mark.parametrize("text", ["8080", "true", "null", "", "1.5"])
def test_what_stands_in_quotes_is_text(text: str) -> None:
    assert value(f'a: "{text}"') == {"a": text}
    assert value(f"a: '{text}'") == {"a": text}


def test_an_endless_number_stays_text() -> None:
    assert value("a: " + "9" * 5000) == {"a": "9" * 5000}


def test_an_empty_file_is_a_document_of_nothing() -> None:
    assert value("") is None
    assert value("# only a remark\n") is None
    assert value("---\n") is None


def test_windows_line_ends_and_byte_order_marks_do_no_harm() -> None:
    found = document("\ufeffa: 1\r\nb: [x,\r\n  y]\r\n")
    assert found.value == {"a": 1, "b": ["x", "y"]}
    assert found.at(("b", 1)) == Location("stance.yaml", 3, 3)


def test_every_value_and_key_has_its_place() -> None:
    found = document("when:\n  all:\n    - resource: audio\n    - client.name: [A, B]\n")
    assert found.at(("when", "all", 0, "resource")) == Location("stance.yaml", 3, 17)
    assert found.at(("when", "all", 0, "resource"), key=True) == Location("stance.yaml", 3, 7)
    assert found.at(("when", "all", 1, "client.name", 1)) == Location("stance.yaml", 4, 24)


def test_columns_count_characters_not_bytes() -> None:
    assert document("{ä: ö, ü: x}").at(("ü",)) == Location("stance.yaml", 1, 11)


def test_what_is_not_in_the_file_is_placed_at_what_is_around_it() -> None:
    found = document("ai:\n  train: no\n")
    assert found.at(("ai", "input")) == Location("stance.yaml", 1, 1)
    assert found.at(("artist", "name")) == Location("stance.yaml", 1, 1)
    assert found.at(("ai", "train", "deeper", 3)) == Location("stance.yaml", 2, 3)


def test_an_empty_file_is_placed_as_a_whole() -> None:
    assert document("").at(("ai",)) == Location("stance.yaml")


def test_a_key_written_twice_is_a_mistake_and_the_rest_is_still_read() -> None:
    problems: list[Problem] = []
    found = parse(Source("x.yaml", b"ai:\n  train: no\n  input: no\n  train: yes\n"), problems)
    assert list(map(str, problems)) == [
        'x.yaml:4:3: "train" is written twice (first in line 2) — keep one of them'
    ]
    assert found is not None


def test_the_same_key_in_two_places_is_no_mistake() -> None:
    assert value("a: {x: 1}\nb: {x: 2}\nc: [{x: 1}, {x: 2}]")


@pytest.mark.parametrize(
    ("data", "place", "told"),
    [
        ("a:\n\tb: 1", "2:1", "a tab is used to indent — use spaces instead"),
        ("a:\n  b: 1\n\tc: 1", "3:1", "a tab is used to indent — use spaces instead"),
        ("a: &x 1", "1:4", "anchors (&) and aliases (*)"),
        ("a: *NSYNC", "1:4", "put quotes around text that starts with & or *"),
        ("a: !!python/object:os.system x", "1:4", "tags (words that begin with !)"),
        ("a: !x 1", "1:4", "put quotes around text that begins with !"),
        ("? [a, b]\n: c", "1:3", "a key must be one word"),
        ("a: 1\n---\nb: 1", "2:1", "a second document starts here"),
        ('a: 1\nb: "x', "2:4", "a quote is opened here and never closed"),
        ("a: {b: 1]", "1:4", "the bracket { is opened here and never closed"),
        ("a: b: c", "1:5", "put quotes around text that holds a colon"),
        ("a: @b", "1:4", "put quotes around text that starts with @"),
        ("a:\n  b: 1\n c: 1", "3:2", "check the indentation"),
        ("a:\n  - b\n - c", "3:2", "check the indentation"),
        ("ai:\n  train: no\n  input no\n  search: yes", "3:3", "a colon and a space are missing"),
        ("a: \x07", "1:4", "a control character stands here"),
        ("ä: ö\nü: \x00", "2:4", "a control character stands here"),
        (b"a: 1\nb: caf\xe9", "2:7", "byte 0xe9 is not UTF-8"),
        ("a: 1".encode("utf-16"), "1:1", "byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbf\xff", "1:1", "byte 0xff is not UTF-8"),  # found by ./run fuzz
        (b"\xef\xbb\xbfa: caf\xe9", "1:7", "byte 0xe9 is not UTF-8"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_with_place_and_fix(
    data: str | bytes, place: str, told: str
) -> None:
    (line,) = mistakes(data)
    assert line.startswith(f"x.yaml:{place}: ")
    assert told in line


def test_merging_is_no_way_round_the_ban_on_aliases() -> None:
    assert "anchors" in mistakes("a: &x {b: 1}\nc: {<<: *x}")[0]


def test_an_alias_bomb_costs_nothing() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    tracemalloc.start()
    try:
        assert len(mistakes(bomb)) == 1
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "{", "[{"])
def test_bottomless_nesting_is_told_and_costs_nothing(opening: str) -> None:
    (line,) = mistakes(opening * (MAX_BYTES // len(opening)))
    assert (
        f"nested more than {MAX_DEPTH} levels deep" in line
        or "this is not YAML" in line
        or "one word" in line
    )


def test_nesting_as_deep_as_allowed_is_read() -> None:
    assert mistakes("[" * MAX_DEPTH + "]" * MAX_DEPTH) == []
    assert len(mistakes("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))) == 1


def test_a_file_that_is_too_large_is_not_even_parsed() -> None:
    (line,) = mistakes(b"\xff" * (MAX_BYTES + 1))
    assert line == (
        "x.yaml: the file has 1,000,001 bytes; at most 1,000,000 are read"
        " — split it, or check that it is the file you meant"
    )


def _leaves(found: Value, path: Path = ()) -> list[Path]:
    if isinstance(found, dict):
        return [leaf for key, item in found.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(found, list):
        return [leaf for key, item in enumerate(found) for leaf in _leaves(item, (*path, key))]
    return [path]


@given(st.text(alphabet="ab:- \n\"'[]{},#&*!|>%@`?\t1.", max_size=60))
def test_no_text_raises_and_every_value_has_a_place(text: str) -> None:
    problems: list[Problem] = []
    found = parse(Source("x.yaml", text.encode()), problems)
    assert found is not None or problems
    lines = text.count("\n") + 2
    assert all(0 <= problem.location.line <= lines for problem in problems)
    if isinstance(found, Document) and not problems:
        assert all(found.at(path).line for path in _leaves(found.value)) or found.value is None


@given(st.binary(max_size=60))
def test_no_bytes_raise(data: bytes) -> None:
    problems: list[Problem] = []
    assert parse(Source("x.yaml", data), problems) is not None or problems


def test_a_file_of_very_many_values_is_not_read_to_its_end() -> None:
    (told,) = mistakes("- a\n" * (MAX_VALUES + 5))
    assert told.startswith(f"x.yaml:{MAX_VALUES}:3: the file has more than 120,000 values")


def test_a_key_written_very_often_is_told_often_enough() -> None:
    assert len(mistakes("a: 1\n" * 9000)) == 101
