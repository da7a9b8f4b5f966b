"""Mistakes in a file's shape, worded so that people can act on them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from making import document
from stagedoor.config.schema import ListOf, Model, OneOrMany, check, check_value
from stagedoor.model.errors import Problem


class Track(Model):
    """A part of the file below."""

    title: str
    seconds: int = 0
    explicit: bool = False
    kind: Literal["live", "studio"] = "studio"


class Album(Model):
    """A file."""

    name: str = ""
    released: Annotated[date, Field(strict=False)] | None = None
    track: Track | None = None
    tracks: ListOf[Track] = ()
    genre: OneOrMany[str] = ()


class Shop(Model):
    """Fields of several shapes."""

    prices: Annotated[tuple[int, ...], Field(min_length=2, max_length=3, strict=False)] = (1, 2)
    best: ListOf[int] | Track | None = None


def mistakes(text: str) -> list[str]:
    """What is wrong with an album."""
    problems: list[Problem] = []
    found = check(Album, document(text, "album.yaml"), problems)
    assert (found is None) == bool(problems)
    return list(map(str, sorted(problems)))


def album(text: str) -> Album:
    """A right one."""
    problems: list[Problem] = []
    found = check(Album, document(text), problems)
    assert found is not None, problems
    return found


def test_an_empty_file_is_all_defaults() -> None:
    assert album("") == Album()


def test_one_word_and_a_list_of_words_mean_the_same_kind_of_thing() -> None:
    assert album("genre: folk").genre == ("folk",)
    assert album("genre: [folk, dub]").genre == ("folk", "dub")


def test_what_was_read_never_changes() -> None:
    with pytest.raises(ValidationError):
        album("name: x").name = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nmae: x", 'album.yaml:1:1: unknown field "nmae" — did you mean "name"?'),
        ("track: {title: x, secnds: 1}", 'album.yaml:1:19: unknown field "secnds" — did you mean "seconds"?'),
        ("tracks: [{title: x, long: 1}]", 'album.yaml:1:21: unknown field "long" — known here: explicit, kind, seconds, title'),
        ("tracks:\n  - seconds: 1", 'album.yaml:2:5: "title" is missing — add a line "title: …"'),
        ("tracks:\n  - title: x\n    kind: liv", 'album.yaml:3:11: kind "liv" is not one of: live, studio — did you mean "live"?'),
        ("track: {title: x, seconds: long}", 'album.yaml:1:28: seconds must be a whole number, not "long"'),
        ("track: {title: x, explicit: yes}", 'album.yaml:1:29: explicit must be true or false, not "yes"'),
        ("tracks: one", 'album.yaml:1:9: tracks must be a list, not "one"'),
        ("tracks: {title: x}", "album.yaml:1:9: tracks must be a list, not fields"),
        ("track: x", 'album.yaml:1:8: track must be fields, each on a line of its own, not "x"'),
        ("released: 2026-02-30", 'album.yaml:1:11: released must be a date such as 2026-11-23, not "2026-02-30"'),
        ("released: soon", 'album.yaml:1:11: released must be a date such as 2026-11-23, not "soon"'),
        ("name: [a]", "album.yaml:1:7: name must be text, not a list"),
        ("name: {a: b}", "album.yaml:1:7: name must be text, not fields"),
        ("genre: [folk, {a: b}]", "album.yaml:1:15: genre must be text, not fields"),
        ("- name: x", "album.yaml:1:1: this must be fields, each on a line of its own, not a list"),
        ("hello", 'album.yaml:1:1: this must be fields, each on a line of its own, not "hello"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_fix(text: str, line: str) -> None:
    found = mistakes(text)
    assert len(found) == 1, found
    # A fix may be added to a message that has none; message and place stay.
    assert found[0] == line or found[0].startswith(line + " — ")


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes("nmae: x\ntracks:\n  - {title: a, kind: b}\n  - {seconds: c}\n")
    assert [line.split(": ")[0] for line in found] == [
        "album.yaml:1:1", "album.yaml:3:22", "album.yaml:4:5", "album.yaml:4:15",
    ]  # fmt: skip


def test_a_long_value_is_not_printed_whole() -> None:
    (line,) = mistakes("tracks: " + "x" * 500)
    assert len(line) < 140
    assert "…" in line


def test_a_part_of_a_file_is_placed_where_it_stands() -> None:
    found = document("- {title: a}\n- {titel: b}\n", "album.yaml")
    problems: list[Problem] = []
    assert isinstance(found.value, list)
    assert check_value(Track, found.value[1], found, (1,), problems) is None
    assert sorted(problem.location.line for problem in problems) == [2, 2]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("name: true", "true"),
        ("name: 311", "quotes"),
        ("name:", '""'),
        ("released: 2026", "a date such as"),
        ("released: 20261123", "a date such as"),
    ],
)
def test_a_message_says_what_a_musician_can_do(text: str, wanted: str) -> None:
    (line,) = mistakes(text)
    assert wanted in line


@pytest.mark.parametrize("text", ["false", "[]", "0", '""'])
def test_a_file_that_says_something_else_is_not_taken_for_an_empty_one(text: str) -> None:
    assert mistakes(text) != []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("prices: [1]", "shop.yaml:1:9: prices has 1 entries, and must have at least 2 — add what is missing"),
        ("prices: [1, 2, 3, 4]", "shop.yaml:1:9: prices has 4 entries, and must have at most 3 — take some out"),
        ("best: {title: x, sold: 1}", 'shop.yaml:1:18: unknown field "sold" — known here: explicit, kind, seconds, title'),
        ("best: {title: x, secnds: 1}", 'shop.yaml:1:18: unknown field "secnds" — did you mean "seconds"?'),
        ("best: [1, x]", 'shop.yaml:1:11: best must be a whole number, not "x"'),
        ("owner: 1", 'shop.yaml:1:1: unknown field "owner" — known here: best, prices'),
    ],
)  # fmt: skip
def test_lists_of_a_bounded_length_and_fields_of_several_shapes(text: str, line: str) -> None:
    problems: list[Problem] = []
    assert check(Shop, document(text, "shop.yaml"), problems) is None
    assert line in list(map(str, problems))
