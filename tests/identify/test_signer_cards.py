"""Signature Agent Cards and registries: drafts -00 to -04, and what is none."""

from __future__ import annotations

import json

import pytest

from stagedoor.identify.signer_cards import (
    MAX_BYTES,
    MOST_CARDS,
    Card,
    CardError,
    read_card,
    read_registry,
)

AT = "https://signer.example/bot.json"
SIGNER = "https://signer.example"


def card(**members: object) -> Card:
    return read_card(json.dumps(members).encode(), AT)


def test_the_members_of_the_newest_draft() -> None:
    """-04: client metadata of OAuth, and one object of its own."""
    found = card(
        client_name="Example Bot",
        contacts=["mailto:bot@signer.example", "https://signer.example/contact"],
        jwks_uri=f"{SIGNER}/.well-known/http-message-signatures-directory",
        web_bot_auth={
            "rfc9309-product-token": "ExampleBot",
            "purpose": "tdm",
            "ips_uri": f"{SIGNER}/ips.json",
        },
    )
    mail, ips = "mailto:bot@signer.example", f"{SIGNER}/ips.json"
    assert found == Card(SIGNER, "Example Bot", "ExampleBot", "tdm", mail, ips)


def test_the_members_of_earlier_drafts_stand_beside_the_others() -> None:
    found = card(
        **{"name": "Bot", "contact": "x@y.example", "rfc9309-product-token": "B", "purpose": "tdm"}
    )
    assert found == Card(SIGNER, "Bot", "B", "tdm", "x@y.example")


@pytest.mark.parametrize(
    ("members", "signer"),
    [
        ({"jwks_uri": "https://keys.example/jwks.json?v=1"}, "https://keys.example/jwks.json"),
        ({"keys": []}, AT),
        ({}, SIGNER),
    ],
)
def test_the_signer_is_where_its_keys_are(members: dict[str, object], signer: str) -> None:
    assert card(**members).signer == signer


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not JSON"),
        (b"[]", "no JSON object"),
        (b" " * (MAX_BYTES + 1), "larger than"),
        (b'{"jwks_uri": "http://signer.example/jwks.json"}', "no key set"),
    ],
)
def test_what_is_no_card(data: bytes, why: str) -> None:
    with pytest.raises(CardError, match=why):
        read_card(data, AT)


def test_texts_are_bounded_and_fit_a_terminal() -> None:
    found = card(
        client_name="\x1b[31mBot\n" + "x" * 2000,
        contacts=[5, "a\x07b"],
        web_bot_auth={"ips_uri": "http://a.example/x", "purpose": ["tdm"]},
    )
    assert found.name.startswith("[31mBotx")
    assert all(text.isprintable() and len(text) <= 512 for text in found.texts)
    assert (found.contact, found.ranges, found.purpose) == ("ab", "", "")


def test_a_registry_lists_addresses_of_cards() -> None:
    text = "\ufeff# ours\nhttps://a.example/card.json  # the first\n\nhttp://b.example/\n"
    assert read_registry((text + text.lstrip("\ufeff")).encode()) == (
        "https://a.example/card.json",
    )
    many = "".join(f"https://a{n}.example/\n" for n in range(MOST_CARDS + 9))
    assert len(read_registry(many.encode())) == MOST_CARDS
    for nothing in (b"", b"<html>", b"x" * (MAX_BYTES + 1)):
        with pytest.raises(CardError):
            read_registry(nothing)
