"""Where statements contradict one another, and where they only seem to."""

from __future__ import annotations

from typing import Any

import pytest

from sitefacts import HTML, answer, audited, told

NO = ("Content-Usage", "train-ai=n")
YES = ("Content-Usage", "train-ai=y")


def contradictions(**facts: Any) -> list[str]:
    return told(audited(**facts), "contradiction")


def test_a_yes_against_a_no() -> None:
    page = answer("/", "", HTML, NO)
    found = audited(page=page, robots="User-agent: *\nAllow: /\nContent-Signal: ai-train=yes\n")
    (finding,) = found.contradictions
    assert finding.what.startswith("Content-Signal says yes to training, Content-Usage says no.")
    assert finding.places == (
        "robots.txt line 3: Content-Signal: ai-train=yes",
        "headers of /: Content-Usage: train-ai=n",
    )
    assert finding.fix == (
        "If you mean no: ai-train=no in robots.txt line 3. If you mean yes: take the no out of "
        "headers of /."
    )
    assert not found.holds


@pytest.mark.parametrize(
    ("said", "fix"),
    [
        ({"files": {"/trust.txt": "datatrainingallowed=yes\n"}}, "datatrainingallowed=no in /trust.txt"),
        ({"files": {"/ai.txt": "User-Agent: *\nAllow: /\n"}}, "Disallow instead of Allow in /ai.txt"),
        ({"files": {"/.well-known/tdmrep.json": '[{"location":"/","tdm-reservation":0}]'}},
         "tdm-reservation 1 instead of 0 in /.well-known/tdmrep.json"),
        ({"robots": "User-agent: *\nAllow: /\nContent-Usage: train-ai=y\n"}, "train-ai=n in robots.txt line 3"),
        ({"robots": "License: https://ana.example/l.xml\n", "licences": {"https://ana.example/l.xml":
          '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license><permits type="usage">'
          "ai-train</permits></license></content></rsl>"}},
         '<prohibits type="usage">ai-train</prohibits> in /l.xml'),
    ],
)  # fmt: skip
def test_the_fix_speaks_each_standards_own_words(said: dict[str, Any], fix: str) -> None:
    (finding,) = audited(page=answer("/", "", HTML, NO), **said).contradictions
    assert fix in finding.fix


def test_the_same_on_several_recordings_is_one() -> None:
    recordings = tuple(answer(f"/{n}.mp3", b"", YES, ("tdm-reservation", "1")) for n in range(3))
    (finding,) = audited(recordings=recordings).contradictions
    assert finding.places[0] == "headers of /0.mp3, /1.mp3 and /2.mp3: Content-Usage: train-ai=y"


def test_a_part_that_is_closed_does_not_contradict() -> None:
    signals = "Content-Signal: search=yes, ai-train=yes\n"
    recordings = (answer("/music/a.mp3"),)
    closed = f"User-agent: *\nDisallow: /music/\n{signals}"
    assert contradictions(robots=closed, recordings=recordings) == []
    closed = f"User-agent: *\nDisallow: /\n{signals}"
    assert len(contradictions(robots=closed, recordings=recordings)) == 1


def test_named_crawlers_hear_another_file() -> None:
    robots = "User-agent: GPTBot\nUser-agent: CCBot\nUser-agent: AhrefsBot\nDisallow: /\n"
    page = answer("/", "", HTML, YES)
    assert contradictions(robots=robots, page=page) == [
        "Content-Usage says yes to training, Disallow says no (to CCBot and GPTBot). Where both are "
        "read, no counts."
    ]
    # Content-Signal for everybody is not heard by those who are named.
    assert (
        contradictions(robots=robots + "User-agent: *\nContent-Signal: ai-train=yes\nAllow: /\n")
        == []
    )


def test_tdmrep_against_itself() -> None:
    files = {"/.well-known/tdmrep.json": '[{"location":"/","tdm-reservation":1}]'}
    (what,) = contradictions(files=files, page=answer("/", "", HTML, ("tdm-reservation", "0")))
    assert what == (
        "TDMRep says yes to training in headers of / and no in /.well-known/tdmrep.json. What is "
        "nearer to the recording counts: yes."
    )


def test_one_voice_is_no_contradiction() -> None:
    files = {"/trust.txt": "datatrainingallowed=no\n"}
    found = audited(files=files, page=answer("/", "", HTML, NO, ("tdm-reservation", "1")))
    assert found.contradictions == ()
    assert found.holds


def test_many_groups_cost_little() -> None:
    groups = "".join(f"User-agent: bot{n}\nDisallow: /{n}\n" for n in range(5_000))
    assert contradictions(robots=groups, page=answer("/", "", HTML, YES)) == []
