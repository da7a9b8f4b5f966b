"""stance.yaml read: mistakes with their place, advice, and the words of earlier versions."""

from __future__ import annotations

import pytest

from making import document
from stagedoor.config.stance import Stance
from stagedoor.config.stance_reading import advice
from stagedoor.config.yamltext import Source, parse
from stagedoor.model.errors import Problem
from stancetexts import mistakes, stance


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ai: {trian: no}", 'stance.yaml:1:6: unknown field "trian" — did you mean "train"?'),
        ("modus: observe", 'stance.yaml:1:1: unknown field "modus" — did you mean "mode"?'),
        ("ai:\n  train: maybe", 'stance.yaml:2:10: train "maybe" is not one of: yes, no'),
        ("ai:\n  train: No", 'stance.yaml:2:10: train "No" is not one of: yes, no — did you mean "no"?'),
        ("others:\n  seo: logs", 'stance.yaml:2:8: seo "logs" is not one of: yes, log, no — did you mean "log"?'),
        ("mode: enforced", 'stance.yaml:1:7: mode "enforced" is not one of: enforce, observe — did you mean "enforce"?'),
        ("on_error: {audio: close}", 'stance.yaml:1:19: audio "close" is not one of: open, closed — did you mean "closed"?'),
        ("artist:\n  contact: me@example.org", 'stance.yaml:2:12: "me@example.org" is not a link — write mailto:me@example.org'),
        ("artist: {contact: call me}", 'stance.yaml:1:19: "call me" is not a link — begin with mailto: or https://'),
        ("artist: {contact: 'javascript:alert(1)'}", 'stance.yaml:1:19: "javascript:alert(1)" is not a link — begin with mailto: or https://'),
        ("audio: {paths: /music/**}", 'stance.yaml:1:16: paths must be a list, not "/music/**"'),
        ("audio: {paths: [/a, music/**]}", 'stance.yaml:1:21: the path "music/**" does not begin with / — write "/music/**"'),
        ("site: {upstream: 'localhost:8000'}", 'stance.yaml:1:18: "localhost:8000" is not the address of a site — write http://localhost:8000'),
        ("site: {upstream: 'http://a.example/music'}", 'stance.yaml:1:18: "http://a.example/music" names a page — write only the site, http://a.example'),
        ("site: {listen: here}", 'stance.yaml:1:16: "here" is not a listening address — write 0.0.0.0:8080 or just 8080'),
        ("site: {listen: 70000}", 'stance.yaml:1:16: "70000" is not a listening address — write 0.0.0.0:8080 or just 8080'),
        ("site: {listen: -1}", 'stance.yaml:1:16: "-1" is not a listening address — write 0.0.0.0:8080 or just 8080'),
        ("ai: no", 'stance.yaml:1:5: ai must be fields, each on a line of its own, not "no"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_fix(text: str, line: str) -> None:
    found = mistakes(text)
    assert len(found) == 1, found
    assert found[0] == line or found[0].startswith(line + " — ")


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes("artist: {contact: x}\nai: {train: perhaps, imput: no}\nmode: on\n")
    assert len(found) == 4


@pytest.mark.parametrize(
    "name",
    [
        "upstream: http://localhost:99999",
        "upstream: http://localhost:port",
        "upstream: 'http://[::1'",
    ],
)
def test_an_address_nobody_can_reach_is_told_where_it_stands_with_a_fix(name: str) -> None:
    (line,) = mistakes(f"site: {{{name}}}")
    assert line.startswith("stance.yaml:1:18: ")
    assert " — " in line


def test_a_trusted_proxy_that_is_no_address_is_told_where_it_stands() -> None:
    (line,) = mistakes("site:\n  trusted_proxies: [127.0.0.1, my-proxy]")
    assert line.startswith("stance.yaml:2:")


def test_an_artist_without_a_contact_is_told_of_it() -> None:
    (note,) = advice(Stance(), document("artist:\n  contact: ''"))
    assert str(note).startswith("stance.yaml:2:12: artist.contact is empty")
    assert "mailto:" in note.fix


def test_a_folder_that_means_only_its_own_page_is_pointed_out() -> None:
    text = "artist: {contact: 'mailto:a@example.org'}\naudio:\n  paths: [/live/**, /music/]\n"
    assert list(map(str, advice(stance(text), document(text)))) == [
        'stance.yaml:3:21: "/music/" is the folder\'s own page alone, not what lies in it — '
        'write "/music/**"'
    ]


def test_an_artist_with_a_contact_gets_no_advice() -> None:
    text = "artist: {contact: 'mailto:me@example.org'}"
    assert advice(stance(text), document(text)) == []


def test_advice_has_a_place_even_where_the_file_says_nothing() -> None:
    problems: list[Problem] = []
    empty = parse(Source("stance.yaml", b""), problems)
    assert empty is not None
    (note,) = advice(Stance(), empty)
    assert str(note).startswith("stance.yaml: ")


@pytest.mark.parametrize("word", ["yes", "log", "no", "block"])
def test_the_former_word_for_the_nameless_is_read_as_both(word: str) -> None:
    found = stance(f"others: {{nameless: {word}}}").others
    wanted = {"block": "no"}.get(word, word)
    assert (found.anonymous, found.unknown) == (wanted, wanted)


def test_beside_the_former_word_the_new_ones_count() -> None:
    found = stance("others: {nameless: no, unknown: yes}").others
    assert (found.anonymous, found.unknown) == ("no", "yes")
    found = stance("others: {unknown: yes, anonymous: log, nameless: no}").others
    assert (found.anonymous, found.unknown) == ("log", "yes")


def test_the_former_word_is_answered_with_the_new_ones_and_where_to_write_them() -> None:
    text = "artist:\n  contact: mailto:a@b.example\nothers:\n  seo: no\n  nameless: log\n"
    (line,) = map(str, advice(stance(text), document(text)))
    assert ":5:3: others.nameless is now two words" in line
    assert line.endswith('write "anonymous: log" and "unknown: log" in its place')


def test_a_mistake_in_the_former_word_is_reported_once_and_in_its_place() -> None:
    (line,) = mistakes("others:\n  nameless: perhaps\n")
    assert ":2:13: " in line
    assert '"perhaps" is not one of: yes, log, no' in line
    assert mistakes("others: nameless") != []
    assert mistakes("others:\n  nameless: {a: b}\n") != []
