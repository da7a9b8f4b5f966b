"""What words do not say, and lines that readers take in two ways."""

from __future__ import annotations

from typing import Any

import pytest

from sitefacts import HTML, answer, audited, told
from stagedoor.signals.meaning import Said, Statement
from stagedoor.signals.standards import c2pa

TRAIN = "train-ai=n speaks of generative models alone"
SEARCH = "search=y counts for more"
SPLIT = "User-agent: GPTBot\nContent-Usage: train-ai=n\nUser-agent: *\nDisallow: /private/\n"


def notes(**facts: Any) -> str:
    return "\n".join(told(audited(**facts), "note"))


@pytest.mark.parametrize(
    ("value", "train", "search"),
    [
        ("train-ai=n, ai-use=n, search=y", True, True),
        ("train-ai=n", True, False),
        ("ai-use=n, search=y", False, True),
        ("train-ai=y, search=y", False, False),
        ("search=n", False, False),
        ("nonsense (", False, False),
    ],
)
def test_what_content_usage_does_not_say(value: str, train: bool, search: bool) -> None:
    found = notes(page=answer("/", "", HTML, ("Content-Usage", value)))
    assert (TRAIN in found, SEARCH in found) == (train, search)
    assert ("Content-Usage (headers of /)" in found) is (train or search)


def test_a_limit_is_reported_once_with_all_its_places() -> None:
    field = ("Content-Usage", "train-ai=n")
    found = notes(page=answer("/", "", HTML, field), recordings=(answer("/a.mp3", b"", field),))
    assert found.count(TRAIN) == 1
    assert "headers of / and /a.mp3" in found


def test_lines_that_readers_take_in_two_ways_are_reported() -> None:
    found = "\n".join(told(audited(robots=SPLIT), "missing"))
    assert 'Readers differ about robots.txt line 2 ("Content-Usage: train-ai=n")' in found
    plain = SPLIT.replace("User-agent: *", "Allow: /\nUser-agent: *")
    assert "Readers differ" not in "\n".join(told(audited(robots=plain), "missing"))


def credentials(**uses: str) -> Statement:
    text = "\n".join([*(f"cawg.{name}: {use}" for name, use in uses.items()), "(Valid)"])
    return Statement("c2pa", "file", Said(train="no"), text)


@pytest.mark.parametrize(
    ("uses", "apart"),
    [
        (
            {"ai_generative_training": "notAllowed", "ai_training": "allowed"},
            "training of generative models: notAllowed; training: allowed",
        ),
        (
            {"ai_generative_training": "notAllowed"},
            "training of generative models: notAllowed; training: not said",
        ),
        ({"ai_generative_training": "notAllowed", "ai_training": "notAllowed"}, ""),
        ({"data_mining": "notAllowed"}, ""),
    ],
)
def test_credentials_show_generative_and_other_training_apart(
    uses: dict[str, str], apart: str
) -> None:
    statement = credentials(**uses)
    recording = answer("/a.mp3", b"", ("Content-Type", "audio/mpeg"))
    found = notes(recordings=(recording,), credentials={recording.url: statement})
    assert ("two kinds of training apart" in found) is bool(apart)
    assert apart in found
    assert bool(list(c2pa.limits(statement))) is bool(apart)
