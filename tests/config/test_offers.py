"""licence.yaml: what the artist offers, and its mistakes."""

from __future__ import annotations

import pytest

from making import document
from stagedoor.config.offers import NO_OFFERS, Offer, OfferFile, read_offers
from stagedoor.model.errors import Problem

WRITE = "mailto:ana@ana.example"


def read(text: str) -> tuple[OfferFile, list[str]]:
    """The offers of a file, and what is wrong with it."""
    problems: list[Problem] = []
    found = read_offers(document(text, "licence.yaml"), problems)
    return found, list(map(str, problems))


def test_an_offer_says_what_it_costs_and_where_to_write() -> None:
    found, wrong = read(
        f"offers:\n  - {{what: training, price: 500 EUR a year, write: '{WRITE}'}}\n"
        "server: https://licences.example\n"
    )
    assert wrong == []
    assert found.server == "https://licences.example"
    assert found.offers == (Offer(what="training", price="500 EUR a year", write=WRITE),)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "offers: [{what: a, price: b, write: ana@ana.example}]",
            'licence.yaml:1:37: "ana@ana.example" is not a link — begin with mailto: or https://',
        ),
        (
            "offers: [{what: '', price: b, write: 'https://a.example'}]",
            "licence.yaml:1:17: what is empty — write something",
        ),
        (
            "server: licences.example",
            'licence.yaml:1:9: "licences.example" is not an address — write https://licences.example',
        ),
        (
            "server: https://user@licences.example",
            'licence.yaml:1:9: "https://user@licences.example" is not an address — write https://licences.example',
        ),
        (
            "server: https://licences.example?key=1",
            'licence.yaml:1:9: "https://licences.example?key=1" is not an address — write https://licences.example',
        ),
    ],
)
def test_a_mistake_is_reported_with_place_and_fix(text: str, line: str) -> None:
    found, wrong = read(text)
    assert wrong == [line]
    assert found == NO_OFFERS


@pytest.mark.parametrize("text", ["", "# nothing yet", "server: ''"])
def test_an_empty_file_offers_nothing(text: str) -> None:
    found, wrong = read(text)
    assert (found, wrong) == (NO_OFFERS, [])
    assert read_offers(None, []) is NO_OFFERS
