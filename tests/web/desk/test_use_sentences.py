"""Sentences about links that were handed to one machine and came back by another client."""

from __future__ import annotations

from dataclasses import replace

import pytest

from making import REFUSED, event
from stagedoor.model.events import Handout, MarkUsed
from stagedoor.model.facts import Client
from stagedoor.model.languages import Language
from stagedoor.record.daily import USES, Day
from stagedoor.rules.plan import ALLOW
from stagedoor.web.desk import sentences
from stagedoor.web.desk.texts import LANGUAGES, speaking

MAY, JULY = 1_809_338_400.0, 1_815_127_200.0
HANDED = Handout(
    "s", "canary", MAY, "CCBot", "Common Crawl", "ai-training", "verified", "", "/feed"
)
TAKER = Client("yt-dlp", "", "downloader")


def use(**changed: object) -> MarkUsed:
    decided = replace(event(at=JULY, client=TAKER), verdict=ALLOW)
    return replace(MarkUsed(decided, "s", "canary", HANDED, near=False), **changed)  # type: ignore[arg-type]


def test_a_use_is_said_with_both_days() -> None:
    assert sentences.used(use()) == (
        "The link handed to CCBot on May 3, 2027 was fetched on July 9, 2027 as yt-dlp from "
        "another network: /music/a.mp3"
    )
    assert "from the same network" in sentences.used(use(near=True))
    claimed = replace(HANDED, proof="unverified")
    assert "handed to a client that calls itself CCBot on" in sentences.used(use(handout=claimed))
    refused = replace(event(at=JULY, client=TAKER), verdict=REFUSED)
    assert "was asked for, and refused, on July 9" in sentences.used(use(decided=refused))


def test_what_nobody_knows_is_said_so() -> None:
    nobody = replace(event(at=JULY), client=Client("unknown", "", "unknown"), verdict=ALLOW)
    said = sentences.used(use(handout=None, decided=nobody))
    assert said.startswith(
        "A link handed to a machine was fetched on July 9, 2027 as a client without"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_it(language: Language) -> None:
    with speaking(language):
        assert "CCBot" in sentences.used(use())
        assert "2027" in sentences.used(use(handout=None))


def test_the_day_keeps_the_last_ones() -> None:
    day = Day(lambda: JULY)
    for number in range(USES + 5):
        day.marked_link_used(use(serial=str(number)))
    today = day.look()
    assert len(today.uses) == USES
    assert today.uses[0].serial == str(USES + 4)
    assert any("more links that were handed" in said for said in sentences.sentences(today))
