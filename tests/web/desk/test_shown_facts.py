"""Rules, reasons and purposes on the desk, in the language of the person who looks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from making import GPTBOT_CLIENT, asks, event, judgement
from shippedpolicy import shipped_policy
from stagedoor.model.facts import KINDS, PURPOSES, Client, Resource
from stagedoor.model.languages import LANGUAGES, Language
from stagedoor.record.daily import Day
from stagedoor.web.desk import today_page
from stagedoor.web.desk.refusal_page import why_page
from stagedoor.web.desk.rulebook import rules_page
from stagedoor.web.desk.shown_facts import kind, proof_reason, purposes, rule_text
from stagedoor.web.desk.texts import speaking
from stagedoor.web.desk.view import Outlook

WHY = "not in OpenAI's list of 2026-10-01 (7 networks)"
TITLES = {
    "en": "Crawlers that gather training data are refused",
    "de": "Crawler, die Trainingsdaten sammeln, werden abgewiesen",
    "fr": "Les robots qui collectent des données d’entraînement sont refusés",
    "es": "Se rechazan los robots que recogen datos de entrenamiento",
}
REASONS = {
    "en": "OpenAI&#39;s list of 2026-10-01",
    "de": "nicht in der Liste von OpenAI vom 1. Oktober 2026",
    "fr": "pas dans la liste de OpenAI du 1 octobre 2026",
    "es": "no está en la lista de OpenAI del 1 de octubre de 2026",
}
TRAINING = {
    "en": "AI training", "de": "KI-Training", "fr": "entraînement d’IA", "es": "entrenamiento de IA",
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_purpose_and_kind_has_a_word(language: Language) -> None:
    with speaking(language):
        for purpose in PURPOSES:
            assert purposes(Client("x", "", purpose)).strip()
        assert len({kind(Resource(one, "/")) for one in KINDS}) == len(KINDS)
        both = purposes(replace(GPTBOT_CLIENT, further=("search",)))
        assert both.startswith(f"{TRAINING[language]}, ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_desk_says_why_in_the_persons_language(language: Language) -> None:
    policy = shipped_policy()
    outlook = Outlook(policy, "enforce", None, "0.2")
    request = asks("GPTBot/1.2", "/music/a.mp3")
    client, resource, verdict = judgement(policy, request)
    client = replace(client, why=WHY)
    day = Day()
    refused = replace(event(at=day.since), request=request, client=client, resource=resource,
                      verdict=verdict, id="K7Q29FXM")  # fmt: skip
    day.record(refused)
    with speaking(language):
        today = str(today_page.today_page(day.look(), outlook, "T"))
        rules = str(rules_page(outlook, {}, (0, [])))
        why = str(why_page(refused, outlook))
    for page in (today, rules, why):
        assert TITLES[language] in page
        assert language == "en" or TITLES["en"] not in page
    assert TRAINING[language] in today
    assert REASONS[language] in why


def test_what_the_artist_wrote_stays() -> None:
    with speaking("de"):
        assert rule_text("No robots, thanks") == "No robots, thanks"
        assert proof_reason("said so by mail") == "said so by mail"
