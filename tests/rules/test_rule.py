"""A rule, as written."""

from __future__ import annotations

import pytest

from making import mistakes, rules

HEAD = "- id: a\n  title: A\n"


def wrong(text: str) -> list[str]:
    """What is wrong with a rule file."""
    return mistakes({"10-test.yaml": text})


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


@pytest.mark.parametrize("action", ["allow", "log", "block"])
def test_a_rule_may_allow_log_or_block(action: str) -> None:
    assert rules(f"{HEAD}  then: {action}").rules[0].action == action


def test_a_block_may_name_its_status() -> None:
    (rule,) = rules(f"{HEAD}  then: {{block: {{status: 451}}}}").rules
    assert (rule.action, rule.verdict.status) == ("block", 451)
    assert rules(f"{HEAD}  then: {{block: {{}}}}").rules[0].verdict.status == 403
    assert rules(f"{HEAD}  then:\n    block:").rules[0].verdict.status == 403


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


@pytest.mark.parametrize(
    "then",
    [
        "blok",
        "no",
        "",
        "[block]",
        "{throttle: {retry_after: 10}}",
        "{throttle: {requests: 0}}",
        "{throttle: {requests: many}}",
        "{throttle: {per: 1m}}",
        "throttle",
        "delay",
        "{delay: 3}",
        "{delay: 2m}",
        "{delay: {seconds: 3}}",
        "{block: 403}",
        "{block: {status: 418}}",
        "{block: {stats: 403}}",
        "{block: {}, allow: {}}",
        "{}",
    ],
)
def test_a_wrong_then_is_one_line_that_a_musician_understands(then: str) -> None:
    (line,) = wrong(f"{HEAD}  then: {then}")
    assert line.startswith("10-test.yaml:3:")
    assert "literal[" not in line
    assert "dict[" not in line
    assert "[key]" not in line


def test_an_unknown_word_below_then_is_placed_where_it_stands() -> None:
    assert any(
        line.startswith("10-test.yaml:5:7: ")
        for line in wrong(f"{HEAD}  then:\n    block:\n      stats: 403")
    )


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


@pytest.mark.parametrize(
    ("case", "line"),
    [
        ("ip: home", '"home" is not an address — write for example 192.0.2.7'),
        ("traits: [bare-browsr]", 'there is no trait "bare-browsr" — did you mean "bare-browser"?'),
        ("behaviour: {tripped: maybe}", "tripped must be true or false"),
        ("after: {from_addresses: 0}", "from_addresses"),
    ],
)
def test_a_mistake_in_a_case_is_reported_with_a_fix(case: str, line: str) -> None:
    text = HEAD + f"  then: block\n  cases: [{{ua: x, get: /, expect: block, {case}}}]"
    (found,) = mistakes({"10-test.yaml": text})
    assert found.startswith("10-test.yaml:4:")
    assert line in found


def test_an_address_of_a_case_is_kept_in_one_spelling() -> None:
    text = HEAD + "  then: block\n  cases: [{ua: x, get: /, expect: block, ip: '2001:DB8:0::1'}]"
    assert rules(text).rules[0].cases[0].ip == "2001:db8::1"


def test_a_file_with_more_mistakes_than_anybody_reads_is_not_read_to_its_end() -> None:
    one = "- {id: a, title: A, when: {resource: audi}, then: blok}\n"
    found = mistakes({"10-test.yaml": one * 1000})
    assert len(found) == 101
    assert found[-1].endswith("more follow, which are not reported — fix these first")
