"""Signers that registries and cards name, for `stagedoor update --registry URL --card URL`.

They are read, kept in the state directory and shown. Nobody gets into the catalogue by that: a card is
what a signer says about itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.table import Table
from rich.text import Text

from stagedoor.cli.update_targets import Target
from stagedoor.identify.proof import Claim
from stagedoor.identify.signer_cards import Card, CardError, read_card, read_registry
from stagedoor.model.errors import ConfigError, Location, Problem
from stagedoor.verify.range_files import CARDS, path_of, read_copy


def registry_targets(urls: Iterable[str]) -> list[Target]:
    """The registries to fetch."""
    return [Target(url, "registry", CARDS, _addresses) for url in dict.fromkeys(urls)]


def card_targets(urls: Iterable[str]) -> list[Target]:
    """The cards to fetch."""
    return [Target(url, "card", CARDS, _facts) for url in dict.fromkeys(urls)]


def listed(state: Path, registries: Iterable[str]) -> list[str]:
    """The cards that the kept registries list."""
    found: list[str] = []
    for url in registries:
        try:
            found += read_registry(read_copy(path_of(state / CARDS, url)).body)
        except (CardError, ConfigError):
            continue  # what is wrong stands in the table of what was fetched
    return list(dict.fromkeys(found))


def cards(state: Path, urls: Iterable[str]) -> list[Card]:
    """The kept cards at these addresses."""
    found: list[Card] = []
    for url in urls:
        try:
            found.append(read_card(read_copy(path_of(state / CARDS, url)).body, url))
        except (CardError, ConfigError):
            continue
    return found


def table(found: Iterable[Card], claims: Iterable[Claim]) -> Table:
    """A line for each signer, and what the catalogue calls it."""
    known = {claim.proof.web_bot_auth: claim.name for claim in claims if claim.proof.web_bot_auth}
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("signer", "calls itself", "robots.txt", "purpose", "contact", "networks"):
        shown.add_column(column, overflow="fold")
    shown.add_column("in the catalogue", no_wrap=True)
    for card in found:
        cells = (card.signer, card.name, card.token, card.purpose, card.contact, card.ranges)
        shown.add_row(*(Text(cell or "–") for cell in cells), Text(known.get(card.signer, "no")))
    return shown


def _addresses(data: bytes, place: str) -> frozenset[str]:
    try:
        return frozenset(read_registry(data))
    except CardError as error:
        raise ConfigError([Problem(Location(place), f"it {error}")]) from error


def _facts(data: bytes, place: str) -> frozenset[str]:
    try:
        return frozenset(filter(None, read_card(data, _address(place)).texts))
    except CardError as error:
        raise ConfigError([Problem(Location(place), f"it {error}")]) from error


def _address(place: str) -> str:
    """Where a card stands; of a copy on the disk that is not known, and does not matter here."""
    return place if place.startswith("https://") else "https://card.invalid/"
