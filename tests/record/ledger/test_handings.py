"""Handings of marks in the ledger: written, found by their serial, exported with their uses."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from ledgers import OCTOBER, Clock, day_of_visits, examined, visit, writing
from stagedoor.cli import main
from stagedoor.evidence.entries import DAY
from stagedoor.record.ledger.database import FILE, Book
from stagedoor.record.ledger.handings import HandingIndex
from stagedoor.record.ledger.verifier import verify

MARK = "abcdefghijk"


def handed(state: Path, *, client: str = "GPTBot", proof: str = "unverified") -> Clock:
    """A ledger with one handing, and a use of it forty days later."""
    clock = Clock()
    ledger = writing(state, clock)
    given = replace(visit(path="/feed.xml", client=client, proof=proof), mark=MARK)
    ledger.handing(given, "canary")
    ledger.close()
    clock.days(40)
    ledger = writing(state, clock)
    taker = visit(clock.at, client="yt-dlp", address="203.0.113.9", agent="yt-dlp/2026")
    told = {
        "at": OCTOBER,
        "client": client,
        "operator": "OpenAI",
        "proof": proof,
        "path": "/feed.xml",
    }
    ledger.use(replace(taker, mark=MARK, operator=""), "canary", told, near=False)
    ledger.taking(replace(taker, mark=MARK), status=200, size=5)
    ledger.close()
    return clock


def test_a_handing_is_found_by_its_serial(tmp_path: Path) -> None:
    handed(tmp_path)
    found = HandingIndex(tmp_path / FILE)
    handout = found.look_up(MARK)
    assert handout is not None
    assert (handout.client, handout.kind, handout.path) == ("GPTBot", "canary", "/feed.xml")
    assert (handout.network, handout.at) == ("198.51.100.0/24", OCTOBER / 1000)
    assert found.look_up("kjihgfedcba") is None
    found.close()
    book = Book(tmp_path)
    assert [use.body["client"] for use in book.uses(MARK)] == ["yt-dlp"]
    assert book.uses("kjihgfedcba") == []
    book.close()
    assert examined(tmp_path).broken is None


def test_of_a_proven_crawler_the_network_is_known_by_its_address(tmp_path: Path) -> None:
    handed(tmp_path, proof="verified")
    found = HandingIndex(tmp_path / FILE).look_up(MARK)
    assert found is not None
    assert found.network == "198.51.100.0/24"


def test_a_ledger_that_cannot_be_read_is_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = HandingIndex(tmp_path / "missing.sqlite")
    assert found.look_up(MARK) is None
    assert found.look_up(MARK) is None
    found.close()
    assert len([line for line in caplog.messages if "marked links" in line]) == 1


def test_a_ledger_of_before_gets_the_index(tmp_path: Path) -> None:
    clock = handed(tmp_path)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DROP INDEX handings")
    db.close()
    writing(tmp_path, clock).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        plan = db.execute(
            "EXPLAIN QUERY PLAN SELECT seq FROM entries WHERE kind = 'handing'"
            " AND json_extract(CAST(body AS TEXT), '$.mark') = 'x'"
        ).fetchall()
    db.close()
    assert "handings" in str(plan)


@pytest.mark.parametrize("crawler", ["GPTBot", "yt-dlp"])
def test_an_export_has_the_chain_from_handing_to_use(tmp_path: Path, crawler: str) -> None:
    state, out = tmp_path / "state", tmp_path / "out"
    clock = handed(state)
    # The period begins after the handing: it is in the export all the same.
    day = "2026-11-01"
    status = main(["evidence", "export", "--state", str(state), "--crawler", crawler, "--since", day, str(out)])  # fmt: skip
    assert status == 0
    lines = [json.loads(line) for line in (out / "entries.jsonl").read_text().splitlines()]
    bodies = [line["entry"] for line in lines if line["entry"].get("mark") == MARK]
    kinds = ["handing", "use"] if crawler == "GPTBot" else ["handing", "use", "taking"]
    assert [body["kind"] for body in bodies] == kinds
    assert bodies[1]["handed"]["client"] == "GPTBot"
    assert verify(out)[0].startswith("OK")
    report = (out / "report.html").read_text()
    assert "Links that were its own" in report
    assert "handed to a client that calls itself GPTBot on 2026-10-01" in report
    assert "a client that calls itself yt-dlp, from another network" in report
    assert clock.at > OCTOBER


def test_an_export_of_another_has_nothing_of_it(tmp_path: Path) -> None:
    state, out = tmp_path / "state", tmp_path / "out"
    clock = handed(state)
    day_of_visits(state, clock, 12)
    assert main(["evidence", "export", "--state", str(state), "--crawler", "CCBot", "--since", "2026-10-01", str(out)]) == 0  # fmt: skip
    assert MARK not in (out / "entries.jsonl").read_text()
    assert "Links that were its own" not in (out / "report.html").read_text()


def test_what_a_person_was_handed_is_no_crawler(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = writing(tmp_path, Clock())
    ledger.handing(replace(visit(client="Firefox"), purpose="browser", mark=MARK), "page")
    ledger.taking(visit(), status=200, size=1)
    ledger.close()
    assert main(["evidence", "list", "--state", str(tmp_path)]) == 0
    assert "Firefox" not in capsys.readouterr().out


def test_a_full_ledger_lets_the_oldest_handings_go(tmp_path: Path) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock, max_bytes=200_000, seal_every=100)
    for number in range(600):
        clock.at += DAY // 400
        ledger.handing(replace(visit(clock.at), mark=f"{number:011}"), "page")
    ledger.close()
    found = examined(tmp_path)
    assert found.broken is None
    assert found.thinned > 0
