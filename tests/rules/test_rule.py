"""A rule, as written."""

from __future__ import annotations

import pytest

from making import mistakes, rules
from rulefiles import HEAD, wrong


def test_a_rule_has_what_is_written() -> None:
    (rule,) = rules(
        """
        - id: no-seo
          title: Reports are not for sale
          why: Nobody asked.
          when: {client.purpose: seo}
          then: block
          cases:
            - {ua: x, get: /, expect: allow}
            - {ua: y, get: /a, expect: log, method: HEAD, host: h, type: audio/mpeg}
        """
    ).rules
    assert (rule.id, rule.title, rule.why, rule.action, rule.verdict.status) == (
        "no-seo", "Reports are not for sale", "Nobody asked.", "block", 403,
    )  # fmt: skip
    assert str(rule.at) == "10-test.yaml:2:3"
    assert [str(place) for place in rule.case_places] == ["10-test.yaml:8:7", "10-test.yaml:9:7"]
    assert rule.cases[0].method == "GET"
    assert rule.cases[1].type == "audio/mpeg"


def test_an_emptied_file_holds_no_rules() -> None:
    assert rules("# switched off\n").rules == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (HEAD, '10-test.yaml:1:3: "then" is missing — add a line "then: …"'),
        ("- title: A\n  then: block", '10-test.yaml:1:3: "id" is missing — add a line "id: …"'),
        ("- id: a\n  then: block", '10-test.yaml:1:3: "title" is missing — add a line "title: …"'),
        ("- id: No AI\n  title: A\n  then: block", '10-test.yaml:1:7: the id "No AI" must be words in lower case — like ai-training-off'),
        (HEAD + "  then: block\n  wen: {}", '10-test.yaml:4:3: unknown field "wen" — did you mean "when"?'),
        (HEAD + "  then: block\n  cases: none", '10-test.yaml:4:10: cases must be a list, not "none" — write ["none"]'),
        (HEAD + "  then: block\n  cases: [{ua: x, get: /, expect: refuse}]", '10-test.yaml:4:35: expect "refuse" is not one of: allow, log, delay, throttle, challenge, license, block'),
        (HEAD + "  then: block\n  cases: [{ua: x, get: /}]", '10-test.yaml:4:11: "expect" is missing — add a line "expect: …"'),
        (HEAD + "  then: block\n  cases: [{user: x, ua: x, get: /, expect: log}]", '10-test.yaml:4:12: unknown field "user" — known here: after, behaviour, credentials, expect, form, get, headers, host, ip, licence, method, pass, proof, solved, traits, type, ua'),
        ("id: a", '10-test.yaml:1:1: a rule file is a list of rules — begin each with "- id: …"'),
        ("hello", '10-test.yaml:1:1: a rule file is a list of rules — begin each with "- id: …"'),
        (HEAD + "  then: block\n" + HEAD + "  then: log", '10-test.yaml:4:3: the id "a" is taken — see 10-test.yaml:1:3'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_place_and_fix(text: str, line: str) -> None:
    assert wrong(text) == [line]


def test_one_id_in_two_files_is_a_mistake() -> None:
    rule = "- {id: a, title: A, then: log}"
    assert mistakes({"20-b.yaml": rule, "10-a.yaml": rule}) == [
        '20-b.yaml:1:3: the id "a" is taken — see 10-a.yaml:1:3'
    ]


def test_a_rules_mistakes_are_told_at_once_the_condition_included() -> None:
    found = wrong(
        "- id: A\n  titel: A\n  when: {client.purpos: seo}\n  then: block\n  cases: [{}]\n"
    )
    assert len(found) == 7, found


@pytest.mark.parametrize("when", ["audio", "", "[audio]", "3"])
def test_a_wrong_when_is_told_once(when: str) -> None:
    assert len(wrong(f"{HEAD}  then: block\n  when: {when}")) == 1


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("- id: a\n  title: ''\n  then: block", "2:10"),
        (HEAD + "  then: block\n  cases: [{ua: x, get: music/a.mp3, expect: block}]", "4:24"),
    ],
)
def test_no_message_speaks_the_type_checkers_language(text: str, place: str) -> None:
    (line,) = wrong(text)
    assert line.startswith(f"10-test.yaml:{place}: ")
    assert "String should" not in line
    assert " — " in line


def test_a_file_with_more_mistakes_than_anybody_reads_is_not_read_to_its_end() -> None:
    one = "- {id: a, title: A, when: {resource: audi}, then: blok}\n"
    found = mistakes({"10-test.yaml": one * 1000})
    assert len(found) == 101
    assert found[-1].endswith("more follow, which are not reported — fix these first")
