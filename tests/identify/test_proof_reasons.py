"""Every reason that a proof gives is recognised, and said in every language."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import pytest

from stagedoor.identify.proof import DAY, FAILED, PENDING, Evidence, Names, prove
from stagedoor.identify.proof_reasons import reason
from stagedoor.identify.ranges import Membership
from stagedoor.model.languages import LANGUAGES, Language

NOW = 1_790_856_000.0
SIGNER = "https://signer.example"


@dataclass(frozen=True)
class Ways:
    ranges: tuple[str, ...] = ()
    rdns: tuple[str, ...] = ()
    web_bot_auth: str = ""


@dataclass(frozen=True)
class Claim:
    name: str
    operator: str
    proof: Ways


def reasons() -> set[str]:
    """Everything that prove() can say, put together from all that may have been found."""
    lists = ("https://lists.example/a.json",)
    ways = [
        Ways(), Ways(ranges=lists), Ways(rdns=("bot.example",)), Ways(web_bot_auth=SIGNER),
        Ways(ranges=lists, rdns=("bot.example",), web_bot_auth=SIGNER),
    ]  # fmt: skip
    found = [
        Membership(network="192.0.2.0/24", as_of=NOW), Membership(network="192.0.2.0/24", as_of=NOW - 400 * DAY),
        Membership(networks=1, as_of=NOW), Membership(networks=7, as_of=NOW - 30 * DAY), Membership(networks=7),
        Membership(missing=lists),
    ]  # fmt: skip
    names = [
        PENDING, FAILED, Names("known"), Names("known", confirmed=("a.bot.example",)),
        Names("known", denied=("a.bot.example",)), Names("known", undecided=("a.bot.example",)),
        Names("known", confirmed=("x.gae.googleusercontent.com",)), Names("known", confirmed=("other.example",)),
    ]  # fmt: skip
    signed = [("none", ""), ("verified", SIGNER), ("verified", "https://other.example"), ("invalid", ""),
              ("unverified", "")]  # fmt: skip
    said = set()
    for way, member, name, (state, signer), between, address, operator in itertools.product(
        ways,
        found,
        names,
        signed,
        ("", "Cloudflare"),
        ("", "8.8.8.8", "10.0.0.1"),
        ("OpenAI", "Meta Platforms"),
    ):
        evidence = Evidence(NOW, member, name, state, signer, between)  # type: ignore[arg-type]
        said.add(prove(Claim("Bot", operator, way), address, evidence)[1])
    return said


REASONS = reasons()


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_every_reason_is_recognised(language: Language) -> None:
    assert len(REASONS) > 100
    for english in REASONS:
        for part, told in zip(
            english.split("; "), reason(english, language).split("; "), strict=False
        ):
            assert part != told, part
        assert not re.search(r"\b(?:the|its|not in|which)\b", reason(english, language)), english
        for value in ("OpenAI", "192.0.2.0/24", SIGNER, "a.bot.example", "Cloudflare"):
            assert (value in english) == (value in reason(english, language)), english


def test_dates_are_written_as_the_language_does() -> None:
    english = "not in OpenAI's list of 2026-10-01 (7 networks)"
    assert english in REASONS or any(english[:20] in one for one in REASONS)
    assert reason(english, "de") == "nicht in der Liste von OpenAI vom 1. Oktober 2026 (Netze: 7)"
    assert "date inconnue" in reason("not in OpenAI's list of unknown date (1 network)", "fr")


def test_english_and_what_nobody_knows_stay_as_they_were_written() -> None:
    for english in REASONS:
        assert reason(english, "en") == english
    assert reason("an older version said this", "es") == "an older version said this"
