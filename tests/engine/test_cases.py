"""The examples that rules and catalogue entries carry."""

from __future__ import annotations

import pytest

from making import TRAINING_OFF, policy, rules
from stagedoor.engine.cases import run_cases, run_examples

STANCES = [
    "",
    "ai: {train: no}",
    "ai: {train: yes}",
    "mode: observe",
    "ai: {train: yes, search: no}\nmode: observe",
]


@pytest.mark.parametrize("stance", STANCES)
def test_cases_hold_whatever_the_artists_stance_says_today(stance: str) -> None:
    assert run_cases(rules(TRAINING_OFF, stance)) == (2, [])


@pytest.mark.parametrize("stance", STANCES)
def test_a_case_of_a_rule_that_the_stance_rules_out_is_run_all_the_same(stance: str) -> None:
    wrong = TRAINING_OFF.replace(
        "Firefox/140.0, get: /music/a.mp3, expect: allow", "Firefox/140.0, get: /, expect: block"
    )
    count, failures = run_cases(rules(wrong, stance))
    assert (count, len(failures)) == (2, 1)


def test_a_wrong_case_is_shown_as_a_difference() -> None:
    _, failures = run_cases(rules(TRAINING_OFF.replace("expect: block", "expect: allow")))
    assert str(failures[0]) == (
        "10-test.yaml:10:7: ai-training-off: GPTBot (ai-training) asking for audio /music/a.mp3\n"
        "    - expected: allow\n"
        "    + decided:  block by rule ai-training-off (Crawlers that gather training data are refused, 10-test.yaml:2:3)"
    )


def test_a_case_that_no_rule_meets_says_so() -> None:
    _, failures = run_cases(
        rules(
            TRAINING_OFF.replace(
                "Firefox/140.0, get: /music/a.mp3, expect: allow", "x, get: /, expect: log"
            )
        )
    )
    assert str(failures[0]).endswith("    - expected: log\n    + decided:  allow, no rule held")


def test_a_case_tells_of_the_rule_that_came_first() -> None:
    found = rules(
        "- {id: first, title: Welcome, then: allow}\n"
        "- {id: second, title: S, then: block, cases: [{ua: x, get: /, expect: block}]}"
    )
    _, failures = run_cases(found)
    assert "+ decided:  allow by rule first (Welcome, 10-test.yaml:1:3)" in str(failures[0])


def test_all_wrong_cases_are_shown() -> None:
    assert (
        len(
            run_cases(
                rules(
                    TRAINING_OFF.replace("expect: block", "expect: log").replace(
                        "expect: allow", "expect: log"
                    )
                )
            )[1]
        )
        == 2
    )


def test_a_case_may_say_what_the_response_tells() -> None:
    text = """
        - id: a
          title: A
          when: {resource: audio, request.method: HEAD, request.host: b.example}
          then: block
          cases:
            - {ua: x, get: /live, method: HEAD, host: b.example, type: audio/mpeg, expect: block}
            - {ua: x, get: /live, method: HEAD, host: b.example, expect: allow}
            - {ua: x, get: /live, host: b.example, type: audio/mpeg, expect: allow}
            - {ua: x, get: /live, method: HEAD, type: audio/mpeg, expect: allow}
        """
    assert run_cases(rules(text)) == (4, [])


def test_a_case_is_asked_as_the_door_would_ask() -> None:
    text = """
        - id: a
          title: A
          when: {client.name: Café, request.path: /music/ü.mp3}
          then: block
          cases:
            - {ua: Café/1.0, get: "//x/../music/%C3%BC.MP3?y", expect: block}
        """
    crawlers = "reviewed: 2026-11-23\ncrawlers: [{name: Café, token: Café, purpose: seo}]"
    assert run_cases(policy({"10-a.yaml": text, "crawlers/x.yaml": crawlers})) == (1, [])


def test_a_policy_without_cases_has_none_to_fail() -> None:
    assert run_cases(policy()) == (0, [])


EXAMPLES = """
    reviewed: 2026-11-23
    crawlers:
      - name: LCC
        token: LCC
        purpose: archive
        examples:
          match: [LCC/1.0, {match}]
          differ: [SLCC2, {differ}]
    """


def entry(match: str = "lcc", differ: str = "glcc") -> str:
    """A catalogue file with examples."""
    return EXAMPLES.replace("{match}", match).replace("{differ}", differ)


def test_examples_that_are_right_are_counted() -> None:
    assert run_examples(policy({"crawlers/x.yaml": entry()})) == (4, [])


def test_a_user_agent_that_is_not_taken_for_its_entry_is_shown_as_a_difference() -> None:
    count, (failure,) = run_examples(policy({"crawlers/x.yaml": entry(match="Firefox/1")}))
    assert count == 4
    assert str(failure) == (
        "crawlers/x.yaml:4:5: LCC: Firefox/1\n"
        "    - expected: LCC\n"
        "    + taken for: Firefox (browser)"
    )


def test_a_user_agent_that_must_differ_and_does_not_is_shown_as_a_difference() -> None:
    _, (failure,) = run_examples(policy({"crawlers/x.yaml": entry(differ="a lcc b")}))
    assert str(failure) == (
        "crawlers/x.yaml:4:5: LCC: a lcc b\n"
        "    - expected: anything but LCC\n"
        "    + taken for: LCC (archive)"
    )


# -- what the client was sent before ---------------------------------------------------------------


def after(condition: str, past: str, expect: str = "block") -> list[str]:
    """The failures of one case: a rule with this condition, and a client with this past."""
    found = rules(
        f"- {{id: r, title: R, when: {{{condition}}}, then: block, "
        f"cases: [{{ua: x, get: /music/a.mp3, after: {{{past}}}, expect: {expect}}}]}}"
    )
    count, failures = run_cases(found)
    assert count == 1
    return [str(failure) for failure in failures]


@pytest.mark.parametrize(
    ("condition", "enough", "too_little"),
    [
        ("behaviour.whole_recordings: {over: 20}", "whole_recordings: 21", "whole_recordings: 20"),
        # They have gone out within the time that is said, and are forgotten after it.
        (
            "behaviour.whole_recordings: {over: 20}",
            "whole_recordings: 21, within: 5s, later: 9m",
            "whole_recordings: 21, within: 5s, later: 11m",
        ),
        # Of a recording that is only begun, a tenth: it counts as begun, and as 18 seconds.
        ("behaviour.begun_recordings: {over: 4}", "begun_recordings: 5", "begun_recordings: 4"),
        ("behaviour.ahead: {over: 15m}", "whole_recordings: 6", "begun_recordings: 40"),
        ("behaviour.ahead: {over: 15m}", "whole_recordings: 2, each: 10m", "whole_recordings: 2"),
        ("behaviour.episodes: {over: 30}", "episodes: 31", "episodes: 30"),
        ("behaviour.archives: {over: 3}", "archives: 4", "archives: 3"),
        ("behaviour.segments_without_playlist: {over: 8}", "segments: 9", "segments: 8"),
        ("behaviour.ahead: {over: 15m}", "segments: 91", "segments: 90"),
        # From several addresses of one network: together they are ahead, no household is.
        (
            "behaviour.network.ahead: {over: 15m}",
            "whole_recordings: 8, from_addresses: 8",
            "whole_recordings: 4, from_addresses: 4",
        ),
        ("behaviour.tripped: yes", "tripped: yes", "tripped: no"),
        ("behaviour.tripped: yes", "tripped: yes, later: 59m", "tripped: yes, later: 61m"),
    ],
)
def test_a_case_tells_what_its_client_was_sent_before(
    condition: str, enough: str, too_little: str
) -> None:
    assert after(condition, enough) == []
    assert after(condition, too_little, expect="allow") == []
    (failure,) = after(condition, too_little)
    assert "decided:  allow" in failure


def test_a_case_may_say_what_is_known_of_its_client_instead() -> None:
    text = (
        "- {id: r, title: R, when: {behaviour.requests_last_minute: {over: 9}}, then: block, cases: ["
        "{ua: x, get: /, behaviour: {requests_last_minute: 10}, expect: block}, "
        "{ua: x, get: /, behaviour: {requests_last_minute: 9}, expect: allow}]}"
    )
    assert run_cases(rules(text)) == (2, [])


def test_only_the_cases_of_the_rules_that_are_named_are_run() -> None:
    assert run_cases(rules(TRAINING_OFF), only={"another"}) == (0, [])
