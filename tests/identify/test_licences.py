"""What the token of a request is worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import GPTBOT_CLIENT, asks
from stagedoor.identify.licences import MOST_TOKEN, Licence, Licences, digest
from stagedoor.model.facts import Client, LicenceStanding, Purpose

TODAY = date(2026, 11, 29)
TOKEN = "sdl_abcdefgh"
LICENCE = Licence(
    id="l1", to="Label X", token_digest=digest(TOKEN), uses=("train",), paths=("/music/ep1/**",),
    granted=TODAY, until=date(2027, 6, 30),
)  # fmt: skip
SCRIPT = Client("python-requests", "", "http-library")


def standing(
    licence: Licence = LICENCE,
    sent: str = f"License {TOKEN}",
    path: str = "/music/ep1/a.mp3",
    client: Client = GPTBOT_CLIENT,
    signer: str = "",
    today: date = TODAY,
) -> LicenceStanding:
    licences = Licences.of([licence])
    return licences.held(asks("x", path, Authorization=sent), client, signer, today).standing


@pytest.mark.parametrize(
    ("sent", "worth"),
    [
        (f"License {TOKEN}", "valid"),
        (f"license   {TOKEN} ", "valid"),
        (f"LICENSE {TOKEN}", "valid"),
        (f"License {TOKEN}x", "unknown"),
        ("License ", "unknown"),
        ("License " + "a" * 100_000, "unknown"),
        (f"License{TOKEN}", "none"),
        (f"Bearer {TOKEN}", "none"),
        ("Basic YTpi", "none"),
    ],
)
def test_only_the_very_token_counts(sent: str, worth: LicenceStanding) -> None:
    assert standing(sent=sent) == worth


@pytest.mark.parametrize(
    ("path", "worth"),
    [
        ("/music/ep1/a.mp3", "valid"),
        ("/music/ep1/disc/2.flac", "valid"),
        ("/music/ep2/a.mp3", "other-path"),
        ("/music/ep1/../ep2/a.mp3", "other-path"),
        ("/music/ep10/a.mp3", "other-path"),
        # What some servers read as another path.
        ("/music/ep1/..;/ep2/a.mp3", "other-path"),
        ("/music/ep1/%252e%252e/ep2/a.mp3", "other-path"),
        ("/music/ep1/..%c0%afep2/a.mp3", "other-path"),
        ("/music/ep1/No.%231;%20live.mp3?x=/../", "valid"),
        ("/music/ep1/%C3%A9t%C3%A9.mp3", "valid"),
        ("/", "other-path"),
    ],
)
def test_it_is_for_its_paths_alone(path: str, worth: LicenceStanding) -> None:
    assert standing(path=path) == worth


def test_it_ends_after_its_last_day() -> None:
    assert standing(today=date(2027, 6, 30)) == "valid"
    assert standing(today=date(2027, 7, 1)) == "expired"
    assert standing(replace(LICENCE, until=None), today=date(2099, 1, 1)) == "valid"


def test_what_was_taken_back_is_no_licence() -> None:
    assert standing(replace(LICENCE, revoked=TODAY)) == "revoked"


def test_a_key_asks_for_the_signature_of_its_holder() -> None:
    bound = replace(LICENCE, key="https://label.example")
    assert standing(bound) == "unsigned"
    assert standing(bound, signer="https://other.example") == "unsigned"
    assert standing(bound, signer="https://label.example") == "valid"


@pytest.mark.parametrize(
    ("purpose", "worth"),
    [("ai-training", "valid"), ("ai-input", "other-use"), ("search", "other-use"),
     ("http-library", "valid"), ("unknown", "valid")],
)  # fmt: skip
def test_a_crawler_that_comes_for_something_else_is_not_licensed(
    purpose: Purpose, worth: LicenceStanding
) -> None:
    assert standing(client=Client("X", "X", purpose)) == worth


def test_of_several_purposes_all_must_be_licensed() -> None:
    both = replace(GPTBOT_CLIENT, further=("search",))
    assert standing(client=both) == "other-use"
    assert standing(replace(LICENCE, uses=("train", "search")), client=both) == "valid"


def test_the_text_holds_all_of_it_and_not_the_token() -> None:
    text = replace(LICENCE, key="https://label.example").text()
    for part in ("l1", "Label X", "train", "/music/ep1/**", "2027-06-30", "https://label.example"):
        assert part in text
    assert TOKEN not in text


@given(st.text(max_size=MOST_TOKEN * 2))
def test_no_other_token_is_good(token: str) -> None:
    sent = "License " + token.encode("utf-8", "replace").decode("latin-1")
    assert (standing(sent=sent) == "valid") == (token.strip() == TOKEN)
