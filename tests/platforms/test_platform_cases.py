"""The cases of profiles and of rules for terms: that shipped ones hold, and what is said of others."""

from __future__ import annotations

from making import document
from platformrules import profiles, rules
from stagedoor.model.errors import Problem
from stagedoor.platforms.clauses import TermsRules, read_terms_rules
from stagedoor.platforms.normal_text import Calendar
from stagedoor.platforms.platform_cases import run_platform_cases
from stagedoor.platforms.profiles import Profiles, read_profiles

NO_RULES = TermsRules({}, Calendar({}, ()), {})
PROFILE = """
name: A
hosts: [a.example]
reviewed: 2026-11-29
source: test
audio: ["/t/*"]
private: ["/me/**"]
documents: [{name: T, kind: terms, url: "https://a.example/terms", source: s}]
settings: [{name: S, path: /me/ai, label: train AI, means: m, source: s}]
cases:
  audio: ["https://a.example/t/1", "https://a.example/me/1"]
  document:
    - https://a.example/terms
    - https://a.example/imprint
  setting: ["https://a.example/me/ai", "https://a.example/me/x"]
  private: ["https://a.example/me/1", "https://a.example/t/1"]
  other:
    - https://a.example/
    - https://a.example/t/1
    - https://b.example/
"""
TERMS = """
language: xx
reviewed: 2026-11-29
source: test
common: [a, b, c, d, e, f, g, h]
months: [a, b, c, d, e, f, g, h, i, j, k, l]
updated: [u]
words: {training: [train], ai: [ai]}
clauses:
  - {id: last, class: mentions, all: [ai], cases: {match: [ai]}}
  - id: one
    class: forbids
    part: [training]
    cases:
      match:
        - train it
        - feed it
      differ:
        - no word
        - a train
"""


def test_every_case_of_every_shipped_file_holds() -> None:
    count, found = run_platform_cases(profiles(), rules())
    assert found == []
    assert count > 120


def test_a_case_of_a_profile_that_does_not_hold_is_said_with_its_line_and_a_fix() -> None:
    problems: list[Problem] = []
    file = read_profiles([document(PROFILE, "platforms/a.yaml")], [], problems)
    assert problems == []
    count, found = run_platform_cases(file, NO_RULES)
    assert count == 11
    assert [str(problem) for problem in found] == [
        'platforms/a.yaml:11:36: a: https://a.example/me/1 is "private", not "audio" — '
        "add its path to audio:, or take it out of not_audio: and private:",
        'platforms/a.yaml:14:7: a: https://a.example/imprint is "other", not "document" — '
        "add its path to paths: of a document",
        'platforms/a.yaml:15:40: a: https://a.example/me/x is "private", not "setting" — '
        "add a setting with its path",
        'platforms/a.yaml:16:39: a: https://a.example/t/1 is "audio", not "private" — '
        "add its path to private:",
        'platforms/a.yaml:19:7: a: https://a.example/t/1 is "audio", not "other" — '
        "add its path to not_audio:, or make the pattern in audio: narrower",
        "platforms/a.yaml:20:7: a: https://b.example/ is on no host of this profile — "
        "write a whole address, or add its host to hosts:",
    ]


def test_a_case_of_a_rule_that_does_not_hold_is_said_with_its_line_and_a_fix() -> None:
    problems: list[Problem] = []
    terms = read_terms_rules([document(TERMS, "terms/xx.yaml")], problems)
    assert problems == []
    count, found = run_platform_cases(Profiles(()), terms)
    assert count == 5
    assert [str(problem) for problem in found] == [
        "terms/xx.yaml:17:11: xx, one: does not find “feed it” — "
        "add its words to the groups that the rule asks for",
        "terms/xx.yaml:20:11: xx, one: finds “a train” — "
        "name a group of words under without: or none:",
    ]
