"""`licence.yaml`: what the artist offers to those who ask properly. Words, and an address to write to.

Nothing is paid here: a price is a sentence, and an address to pay at is the artist's own.
"""

from __future__ import annotations

from pydantic import Field, field_validator

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.yamltext import Document
from stagedoor.model.errors import Problem

FILE = "licence.yaml"


class Offer(Model):
    """One offer: for what, at which price (as text), and where to write or pay."""

    what: str = Field(min_length=1, max_length=200)
    price: str = Field(min_length=1, max_length=200)
    write: str = Field(min_length=1)

    @field_validator("write")
    @classmethod
    def _link(cls, value: str) -> str:
        if not value.startswith(("mailto:", "https://")):
            raise ValueError(f'"{value}" is not a link — begin with mailto: or https://')
        return value


class OfferFile(Model):
    """The whole file."""

    offers: ListOf[Offer] = ()
    server: str = ""
    """A licence server that is asked about tokens which were not granted here."""

    @field_validator("server")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and (
            not value.startswith(("https://", "http://")) or "@" in value or "?" in value
        ):
            raise ValueError(f'"{value}" is not an address — write https://licences.example')
        return value


NO_OFFERS = OfferFile()


def read_offers(document: Document | None, problems: list[Problem]) -> OfferFile:
    """The offers in `document`; every mistake is added to `problems`."""
    file = check(OfferFile, document, problems) if document and document.value else None
    return file if file is not None else NO_OFFERS
