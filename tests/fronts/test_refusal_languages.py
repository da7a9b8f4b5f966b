"""A refused visitor reads the language that the browser asks for; machines read the same as ever."""

from __future__ import annotations

import re
import string
from dataclasses import replace

import pytest

from making import GPTBOT_CLIENT, asks
from stagedoor.config.offers import Offer
from stagedoor.config.stance import Artist
from stagedoor.fronts.refusal_texts import HEADLINES, TEXTS, headline
from stagedoor.fronts.refusals import _LICENCE, Answer, _drawn, refuse, unavailable
from stagedoor.model import actions
from stagedoor.model.actions import Refuse, registered
from stagedoor.model.facts import LICENCE_STANDINGS, Request, Resource, Verdict
from stagedoor.model.languages import LANGUAGES, Language

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
ARTIST = Artist(name="The Understudies", contact="mailto:us@example.org")
SONG = Resource("audio", "/music/a.mp3")
TITLE, WHY = (
    "Crawlers that gather training data are refused",
    "The artist does not allow it (ai.train is no).",
)
RULE = Verdict("block", "ai-training-off", TITLE, WHY)
OFFERS = (Offer(what="training", price="100 €", write="mailto:us@example.org"),)
NAME = "K7Q29FXM"
OTHERS: list[Language] = [language for language in LANGUAGES if language != "en"]


def refused(
    request: Request, verdict: Verdict = RULE, artist: Artist = ARTIST, come_by: str = ""
) -> Answer:
    return refuse(
        request, replace(GPTBOT_CLIENT, licence="none"), SONG, verdict, artist, NAME, OFFERS,
        come_by=come_by,
    )  # fmt: skip


def fields(answer: Answer) -> dict[str, str]:
    found = {name.decode(): value.decode() for name, value in answer.headers}
    assert len(found) == len(answer.headers)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("accept", [BROWSER, "*/*"])
def test_every_language_has_a_page_and_a_text(language: Language, accept: str) -> None:
    answer = refused(asks(accept=accept, accept_language=f"{language}-XX,zz;q=0.3"))
    said, text = fields(answer), answer.body.decode()
    assert said["Content-Language"] == language
    assert said["Vary"] == "Accept, Accept-Language"
    assert said["Content-Length"] == str(len(answer.body))
    assert said["X-Request-Id"] == NAME
    assert text.count(NAME) == 1
    assert "The Understudies" in text
    assert "GPTBot (OpenAI)" in text
    assert "us@example.org" in text
    assert "{" not in re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    if accept == BROWSER:
        assert f'<html lang="{language}">' in text


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("action", [a.word for a in actions.table() if a.refuses])
def test_nothing_of_ours_is_left_in_english(language: Language, action: str) -> None:
    request = asks(accept="*/*", accept_language=language)
    text = refused(
        request, replace(RULE, action=action, seconds=90.0), come_by="https://m.example/"
    ).body.decode()
    assert not re.findall(
        r"\b(?:the|this|policy|you|please|refused|not)\b",
        text.replace("The Understudies", ""),
        re.IGNORECASE,
    )
    assert "ai.train: no" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_artist_wrote_is_shown_as_it_is(language: Language) -> None:
    own = Verdict("block", "mine", "Keine Maschinen, bitte", "Es sind <meine> Lieder")
    for accept in (BROWSER, "*/*"):
        text = refused(asks(accept=accept, accept_language=language), own).body.decode()
        assert "Keine Maschinen, bitte. Es sind " in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_machines_read_is_the_same_in_every_language(language: Language) -> None:
    licence = replace(RULE, action="license", status=402, seconds=5.0)
    found = fields(refused(asks(accept=BROWSER, accept_language=language), licence))
    english = fields(refused(asks(accept=BROWSER), licence))
    for name in ("Content-Language", "Content-Length"):
        del found[name], english[name]
    assert found == english
    assert "A licence is needed, and none was shown" in found["WWW-Authenticate"]


def test_a_page_elsewhere_may_read_it_and_the_origin_counts_too() -> None:
    said = fields(refused(asks(accept=BROWSER, origin="https://player.example")))
    assert said["Vary"] == "Accept, Accept-Language, Origin"


def test_one_kind_of_refusal_is_drawn_once_for_each_language() -> None:
    _drawn.cache_clear()
    for language in LANGUAGES:
        for _ in range(50):
            refused(asks(accept=BROWSER, accept_language=language))
    found = _drawn.cache_info()
    assert (found.misses, found.hits) == (len(LANGUAGES), 49 * len(LANGUAGES))
    assert found.maxsize is not None


def test_names_of_requests_do_not_mix() -> None:
    names = []
    for name in ("AAAA1111", "BBBB2222", ""):
        answer = refuse(asks(), GPTBOT_CLIENT, SONG, RULE, ARTIST, name)
        names.append(re.findall(r"known as (\S+)\.", answer.body.decode()))
    assert names == [["AAAA1111"], ["BBBB2222"], []]


def test_a_name_with_the_sign_for_the_requests_name_stays_before_it() -> None:
    client = replace(GPTBOT_CLIENT, name="a\0b")
    text = refuse(asks(), client, SONG, RULE, ARTIST, NAME).body.decode()
    assert text.index("a\0b") < text.index(f"known as {NAME}.")


def test_hostile_wishes_end_in_english() -> None:
    for header in (
        "q" * 100_000,
        "de;q=" + "9" * 5000,
        "\0de",
        ",".join(f"x{n}" for n in range(999)) + ",de",
    ):
        assert (
            fields(refused(asks(accept=BROWSER, accept_language=header)))["Content-Language"]
            == "en"
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guard_that_failed_says_so_in_the_visitors_language(language: Language) -> None:
    answer = unavailable(asks(accept=BROWSER, accept_language=language))
    assert fields(answer)["Content-Language"] == language
    assert TEXTS[language]["failed"] in answer.body.decode()
    assert TEXTS[language]["minute"] in answer.body.decode()
    assert fields(unavailable(None))["Content-Language"] == "en"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_values(language: Language) -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    assert list(TEXTS[language]) == list(TEXTS["en"])
    for key, text in TEXTS[language].items():
        assert text.strip(), key
        assert values(text) == values(TEXTS["en"][key]), key
    assert {
        key.removeprefix("licence.") for key in TEXTS[language] if key.startswith("licence.")
    } == set(LICENCE_STANDINGS)


def test_texts_about_licences_are_those_of_the_header() -> None:
    for standing, (_, description) in _LICENCE.items():
        assert TEXTS["en"][f"licence.{standing}"] == f"{description}."


def test_every_action_has_its_headline_in_every_language() -> None:
    known = {
        action.effect.headline.format(thing=thing)
        for action in actions.table() if isinstance(action.effect, Refuse)
        for thing in ("recording", "page")
    }  # fmt: skip
    assert set(HEADLINES) == known
    for english, others in HEADLINES.items():
        assert set(others) == set(OTHERS)
        assert all(text != english for text in others.values())


def test_the_headline_of_another_action_is_shown_as_it_is() -> None:
    own = replace(actions.named("block"), word="hold", rank=99, effect=Refuse(headline="Held back"))
    with registered(own):
        text = refused(asks(accept_language="de"), replace(RULE, action="hold")).body.decode()
    assert text.startswith("Held back.\n")
    assert headline("Held back", "de") == "Held back"
