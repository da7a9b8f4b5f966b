"""Catalogue files: what an entry may say, and what makes two of them contradict each other."""

from __future__ import annotations

import pytest

from making import catalogue, document
from stagedoor.identify.catalogue import Signature, read_catalogue
from stagedoor.model.errors import Problem

HEAD = "operator: O\nreviewed: 2026-11-23\ncrawlers:\n"


def only(entry: str, head: str = HEAD) -> Signature:
    """The one signature of a file."""
    (found,) = catalogue(f"{head}  - {entry}\n").signatures
    return found


def mistakes(*files: str) -> list[str]:
    """What is wrong with catalogue files a.yaml, b.yaml …"""
    problems: list[Problem] = []
    read_catalogue(
        [document(t, f"{n}.yaml") for n, t in zip("abcd", files, strict=False)], problems
    )
    return list(map(str, sorted(problems)))


def test_an_entry_has_what_its_file_says_for_all() -> None:
    head = "operator: O\npurpose: seo\ndocs: https://o.example/docs\n" + HEAD.partition("\n")[2]
    found = only("{name: A, token: ABot}", head)
    assert (found.operator, found.purpose, found.docs) == ("O", "seo", "https://o.example/docs")


def test_an_entrys_own_words_win_over_its_files() -> None:
    head = "operator: O\npurpose: seo\ndocs: https://o.example/docs\n" + HEAD.partition("\n")[2]
    found = only(
        "{name: A, token: ABot, operator: P, purpose: search, docs: 'https://p.example'}", head
    )
    assert (found.operator, found.purpose, found.docs) == ("P", "search", "https://p.example")


def test_the_source_stands_in_where_there_are_no_docs() -> None:
    assert (
        only("{name: A, token: a, purpose: seo, source: 'https://list.example'}").docs
        == "https://list.example"
    )


def test_a_file_may_hold_crawlers_and_clients() -> None:
    found = catalogue(
        """
        reviewed: 2026-11-23
        crawlers: [{name: A, token: a, purpose: seo}]
        clients: [{name: B, token: b, purpose: browser}]
        """
    )
    assert found.names == {"A", "B"}
    assert found.operators == set()


def test_one_token_and_several_are_both_right() -> None:
    assert only("{name: A, token: a, purpose: seo}").tokens == ("a",)
    assert only("{name: A, tokens: [a, b], purpose: seo}").tokens == ("a", "b")


def test_an_entry_knows_where_it_stands() -> None:
    assert str(only("{name: A, token: a, purpose: seo}").at) == "crawlers/test.yaml:4:5"


def test_an_emptied_file_is_no_mistake() -> None:
    assert mistakes("") == []
    assert mistakes("# switched off\n") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("operator: O", 'a.yaml:1:1: "reviewed" is missing — add a line "reviewed: …"'),
        ("reviewed: 23.11.2026", 'a.yaml:1:11: reviewed must be a date such as 2026-11-23, not "23.11.2026"'),
        (HEAD + "  - {name: A, token: a}", 'a.yaml:4:5: "A" has no purpose — add a line "purpose: …"'),
        (HEAD + "  - {name: A, purpose: seo}", 'a.yaml:4:5: "A" has no token — write "token: …"'),
        (HEAD + "  - {name: A, token: a, tokens: [b], purpose: seo}", 'a.yaml:4:5: "A" has both token and tokens — keep one of them'),
        (HEAD + "  - {name: A, token: ' ', purpose: seo}", 'a.yaml:4:5: a token of "A" is empty — write the word to look for'),
        (HEAD + "  - {name: A, tokens: [b, ''], purpose: seo}", 'a.yaml:4:5: a token of "A" is empty — write the word to look for'),
        (HEAD + "  - {token: a, purpose: seo}", 'a.yaml:4:5: "name" is missing — add a line "name: …"'),
        (HEAD + "  - {name: A, token: a, purpose: seo, match: regex}", 'a.yaml:4:46: match "regex" is not one of: word, prefix, exact, suffix'),
        (HEAD + "  - {name: A, token: a, purpose: seo, proof: {range: x}}", 'a.yaml:4:47: unknown field "range" — did you mean "ranges"?'),
        (HEAD + "  - {name: A, token: a, purpose: seo, proof: {web_bot_auth: 'http://a'}}", 'a.yaml:4:61: "http://a" is no address of keys — write https://signer.example, or the address of its key set'),
        ("operator: O\ncontact: {address: ana@a.example, source: s, seen: 2026-11-23}\n" + HEAD.partition("\n")[2] + "  - {name: A, token: a, purpose: seo}", 'a.yaml:2:20: "ana@a.example" is not a link — begin with mailto: or https://'),
        ("contact: {address: 'mailto:ana@a.example', source: s, seen: 2026-11-23}\n" + HEAD.partition("\n")[2] + "  - {name: A, token: a, purpose: seo}", 'a.yaml:1:10: a contact without an operator — add a line "operator: …" to the file'),
        (HEAD + "  - {name: A, token: a, purpose: seo, robots: yes}", 'a.yaml:4:47: robots "yes" is not one of: obeys, partly, ignores, unknown'),
        (HEAD + "  - {name: A, token: a, purpose: seo, examples: {match: x}}", 'a.yaml:4:57: match must be a list, not "x" — write ["x"]'),
        (HEAD.replace("crawlers", "crawler") + "  - {name: A, token: a, purpose: seo}", 'a.yaml:3:1: unknown field "crawler" — did you mean "crawlers"?'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_fix(text: str, line: str) -> None:
    assert mistakes(text) == [line]


def test_an_unknown_purpose_is_told_with_the_known_ones() -> None:
    (line,) = mistakes(HEAD + "  - {name: A, token: a, purpose: ai-train}")
    assert line.startswith('a.yaml:4:34: purpose "ai-train" is not one of: ai-training, ai-input')
    assert line.endswith('did you mean "ai-training"?')


def test_an_entry_that_can_never_match_is_a_mistake() -> None:
    # Every user agent contains the empty word.
    assert len(mistakes(HEAD + "  - {name: A, token: a, purpose: seo, unless: ''}")) == 1


def test_two_entries_may_not_share_a_name() -> None:
    one = HEAD + "  - {name: Foo, token: foo, purpose: seo}"
    two = HEAD + "  - {name: foo, token: bar, purpose: seo}"
    assert mistakes(one, two) == ['b.yaml:4:5: the name "foo" is taken — see a.yaml:4:5']


def test_two_entries_may_not_share_a_token() -> None:
    one = HEAD + "  - {name: A, token: foo, purpose: seo}"
    two = HEAD + "  - {name: B, tokens: [bar, FOO], purpose: seo}"
    (line,) = mistakes(one, two)
    assert line.startswith('b.yaml:4:5: the token "FOO" already means A — see a.yaml:4:5')


def test_an_entry_written_twice_is_told_once() -> None:
    entry = HEAD + "  - {name: Foo, token: foo, purpose: seo}"
    assert len(mistakes(entry, entry)) == 1


def test_the_same_token_may_be_looked_for_in_two_ways() -> None:
    one = HEAD + "  - {name: A, token: foo, match: exact, purpose: seo}"
    two = HEAD + "  - {name: B, token: foo, match: word, purpose: seo}"
    assert mistakes(one, two) == []


def test_an_exception_tells_two_entries_of_one_token_apart() -> None:
    one = HEAD + "  - {name: A, token: foo, unless: android, purpose: seo}"
    two = HEAD + "  - {name: B, token: foo, purpose: search}"
    assert mistakes(one, two) == []


def test_an_entry_may_say_the_same_token_twice() -> None:
    assert mistakes(HEAD + "  - {name: A, tokens: [foo, FOO], purpose: seo}") == []


def test_all_files_mistakes_are_told_at_once() -> None:
    assert (
        len(
            mistakes(
                "operator: O", HEAD + "  - {name: A}", HEAD + "  - {name: B, token: b, purpose: x}"
            )
        )
        == 3
    )
