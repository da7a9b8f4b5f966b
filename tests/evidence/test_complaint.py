"""A complaint's figures are the ledger's, and only what is proven is a complaint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from ledgers import OCTOBER, Clock, day_of_visits
from stagedoor.evidence.account import Account, Publications, survey
from stagedoor.evidence.complaint import MOST_NOTICES, Complaint, Parties, complaint
from stagedoor.evidence.entries import DAY, VISITS
from stagedoor.record.ledger.database import Book

PARTIES = Parties(
    "OpenAI", "bots@openai.example", "a test", "Ada", "ada@music.example", "x.example"
)


def bodies(state: Path) -> list[dict[str, Any]]:
    book = Book(state)
    try:
        with book.reading():
            return [orjson.loads(row.body) for row in book.rows()]
    finally:
        book.close()


def facts(found: list[dict[str, Any]], *names: str) -> Complaint:
    publications = Publications()
    accounts = [Account(name, OCTOBER, OCTOBER + DAY) for name in names]
    for number, body in enumerate(found):
        if body["kind"] not in VISITS:
            publications.add(body)
        for account in accounts:
            if body.get("client") == account.client:
                account.add(number, body, {})
    for account in accounts:
        account.published = publications.intervals()
    return complaint(PARTIES, accounts, OCTOBER + DAY)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    state = tmp_path_factory.mktemp("complaint")
    day_of_visits(state, Clock(), 240)
    return bodies(state)


def test_the_figures_are_the_ledgers(found: list[dict[str, Any]]) -> None:
    about = facts(found, "GPTBot", "CCBot")
    ledger = survey(found)
    for rows, proof in ((about.proven, "verified"), (about.claimed, "unverified")):
        assert [row.crawler for row in rows] == ["GPTBot", "CCBot"]
        for row in rows:
            tally = ledger[row.crawler, proof]
            assert row.takings == tally.recordings > 0
            assert (row.notices, row.after, row.bytes) == (
                tally.notices,
                tally.after,
                tally.recorded,
            )
            assert (row.recordings, row.refusals) == (len(tally.different), tally.refusals)
    assert about.rests_on_proof


def test_the_timeline_holds_what_is_proven_alone(found: list[dict[str, Any]]) -> None:
    about = facts(found, "GPTBot")
    proven = {b["at"] for b in found if b.get("proof") == "verified" and b["client"] == "GPTBot"}
    assert {step.at for step in about.steps} <= proven
    assert [step.at for step in about.steps] == sorted(step.at for step in about.steps)
    assert sum(step.happening == "notice" for step in about.steps) == MOST_NOTICES
    took = [step for step in about.steps if step.happening == "taking"]
    assert sum(step.times for step in took) == about.proven[0].takings
    assert sum(step.bytes for step in took) == about.proven[0].bytes


def test_what_is_only_claimed_is_no_complaint(found: list[dict[str, Any]]) -> None:
    about = facts([b for b in found if b.get("proof") != "verified"], "GPTBot")
    assert not about.rests_on_proof
    assert not about.steps
    assert not about.proven
    assert about.claimed[0].takings > 0


def test_every_text_is_there_with_its_time(found: list[dict[str, Any]]) -> None:
    about = facts(found, "GPTBot", "CCBot")
    assert [text.where for text in about.texts] == ["/robots.txt", "X-Robots-Tag"]
    assert all(len(text.text) == 64 for text in about.texts)
