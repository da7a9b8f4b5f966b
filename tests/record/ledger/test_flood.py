"""A flood of refusals, straight into the recorder: it pushes out nothing but itself."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from ledgers import OCTOBER, ROBOTS, Clock, Lost, examined, visit, writing
from making import ROOT
from stagedoor.cli import main
from stagedoor.evidence.entries import Limits, Refusal
from stagedoor.record.household_quota import HOUR
from stagedoor.record.ledger import recorder as ledgers
from stagedoor.record.ledger import refusal_summaries
from stagedoor.record.ledger.database import FILE, Book
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.ledger.refusal_summaries import RefusalSummaries
from stagedoor.record.ledger.verifier import verify

HOLDS = "--holds"
FLOOD = int(os.environ.get("STAGEDOOR_FLOOD", "300000"))
"""Refusals within some hours. A million take a minute, and show the same."""


def bodies(state: Path, kind: str) -> list[dict[str, object]]:
    book = Book(state)
    try:
        return [orjson.loads(body) for body in book.bodies(kind)]
    finally:
        book.close()


def evidence(ledger: Ledger, count: int) -> None:
    """What must stay: notices, takings, a proof each."""
    for number in range(count):
        seen = visit(OCTOBER, f"/music/{number}.mp3")
        ledger.notice(seen, ())
        ledger.taking(seen, status=200, size=1000, against=True)
        ledger.proof(seen)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_flood_of_refusals_leaves_every_taking_and_notice_in_a_default_ledger(
    tmp_path: Path,
) -> None:
    lost, clock = Lost(), Clock()
    ledger = Ledger(tmp_path, lost, now=clock)
    evidence(ledger, 50)
    began = time.monotonic()
    for number in range(FLOOD):
        a, b = divmod(number % 65_536, 256)
        ledger.refusal(visit(address=f"100.64.{a}.{b}"), status=403, rule="x")
        if not number % 10_000:
            clock.at += HOUR // 4
            while ledger.waiting > 2_000:
                time.sleep(0.01)
    took = time.monotonic() - began
    ledger.close()
    found = examined(tmp_path)
    assert (found.broken, lost.count) == (None, 0)
    assert found.kinds["taking"] == found.kinds["notice"] == found.kinds["proof"] == 50
    counted = sum(int(str(body["count"])) for body in bodies(tmp_path, "summary"))
    assert found.kinds["refusal"] + counted == FLOOD
    size = (tmp_path / FILE).stat().st_size
    assert size < Limits().max_bytes / 4, f"{size:,} bytes, {took:.1f} s"
    print(f"{size:,} bytes, {took:.1f} s, {found.kinds}")


def flooded(
    state: Path, monkeypatch: pytest.MonkeyPatch, *, in_full: int = 100_000, count: int = 30_000
) -> Lost:
    """50 takings and notices, then a flood, in a ledger of four megabytes."""
    monkeypatch.setattr(refusal_summaries, "OF_ALL", in_full)
    clock, lost = Clock(), Lost()
    ledger = writing(state, clock, lost, max_bytes=4 << 20, seal_every=1000)
    ledger.publish("/robots.txt", "RFC 9309", ROBOTS, clock.at)
    evidence(ledger, 50)
    for number in range(count):
        a, b = divmod(number, 250)
        ledger.refusal(visit(address=f"100.64.{a}.{b}"), status=403, rule="x")
        while ledger.waiting > 2_000:
            time.sleep(0.01)
    ledger.close()
    return lost


@pytest.mark.slow
def test_30_000_households_push_no_taking_out_of_a_small_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    lost = flooded(tmp_path / "state", monkeypatch)
    found = examined(tmp_path / "state")
    assert (found.broken, lost.count, found.prunings) == (None, 0, [])
    assert found.kinds["taking"] == found.kinds["notice"] == found.kinds["proof"] == 50
    assert found.thinned == sum(body["count"] for body in found.thinnings) > 10_000
    assert {body["what"] for body in found.thinnings} == {"refusals"}
    assert found.kinds["refusal"] + found.thinned == 30_000
    assert (tmp_path / "state" / FILE).stat().st_size < 6 << 20
    assert "so entries went before their age" in caplog.text
    assert "refusals" in caplog.text


@pytest.mark.slow
def test_what_was_thinned_is_exported_as_digests_and_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flooded(tmp_path / "state", monkeypatch)
    assert main(["evidence", "export", "--state", str(tmp_path / "state"), "--crawler", "GPTBot",
                 "--since", "2026-09-30", str(tmp_path / "out")]) == 0  # fmt: skip
    assert "The chain is whole: entries 1 to" in verify(tmp_path / "out")[1]
    assert "made room" in (tmp_path / "out" / "report.html").read_text("utf-8").lower()
    capsys.readouterr()
    assert main(["evidence", "verify", "--state", str(tmp_path / "state")]) == 0
    assert "because the ledger was full" in capsys.readouterr().out


def test_a_hash_that_was_noted_before_a_thinning_still_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusal_summaries, "OF_ALL", 100_000)
    clock = Clock()
    ledger = writing(tmp_path, clock, max_bytes=1 << 20, seal_every=500)
    evidence(ledger, 5)
    for number in range(600):
        ledger.refusal(visit(address=f"100.64.0.{number % 250}"), status=403, rule="x")
    ledger.close()
    noted = examined(tmp_path)
    ledger = writing(tmp_path, clock, max_bytes=1 << 20, seal_every=500)
    for number in range(6_000):
        ledger.refusal(visit(address=f"100.65.{number // 250}.{number % 250}"), status=403, rule="")
        while ledger.waiting > 2_000:
            time.sleep(0.01)
    ledger.close()
    assert examined(tmp_path).thinned > 600
    held = f"{noted.last}:{noted.head.hex()}"
    state = str(tmp_path)
    assert main(["evidence", "verify", "--state", state, HOLDS, held]) == 0
    # A taking before the gap cannot be changed against a hash that was noted after the taking.
    book = Book(tmp_path)
    with book.reading():
        raw = next(book.links(2))
        assert raw.seq == 2
    book.close()
    assert main(["evidence", "verify", "--state", state, HOLDS, f"{noted.last}:{'0' * 64}"]) == 1


@pytest.mark.parametrize("kind", ["notice", "proof", "taking"])
def test_a_flood_of_another_kind_leaves_what_was_taken_against_the_signals(
    tmp_path: Path, kind: str
) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock, max_bytes=2 << 20, seal_every=500)
    evidence(ledger, 50)
    for number in range(9_000):
        seen = visit(address=f"100.65.{number // 250}.{number % 250}", path="/page")
        if kind == "taking":
            ledger.taking(seen, status=200, size=number)
        elif kind == "notice":
            ledger.notice(seen, ())
        else:
            ledger.proof(seen)
        while ledger.waiting > 2_000:
            time.sleep(0.01)
    ledger.close()
    found = examined(tmp_path)
    assert (found.broken, found.prunings) == (None, [])
    assert sum(bool(body["against"]) for body in bodies(tmp_path, "taking")) == 50
    if kind == "notice":
        assert {body["what"] for body in found.thinnings} == {"notices"}
    else:
        assert found.kinds["notice"] == 50


def test_a_household_in_an_hour_is_sixty_entries_and_one_with_the_count(tmp_path: Path) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock)
    for number in range(500):
        ledger.refusal(visit(address=f"2001:db8:1:2::{number:x}"), status=403, rule="x")
    ledger.refusal(visit(address="2001:db8:1:3::1"), status=403, rule="x")
    clock.at += HOUR
    ledger.refusal(visit(clock.at, address="2001:db8:1:2::1"), status=403, rule="x")
    ledger.close()
    found = examined(tmp_path)
    assert (found.broken, found.kinds["refusal"]) == (None, 62)
    (summary,) = bodies(tmp_path, "summary")
    assert (summary["count"], summary["client"], summary["of"]) == (440, "GPTBot", "refusal")
    assert (summary["since"], summary["at"]) == (OCTOBER, OCTOBER)


def test_a_summary_is_written_when_its_hour_is_over_without_another_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock)
    monkeypatch.setattr(ledgers, "UPKEEP", 0.05)
    for _ in range(70):
        ledger.refusal(visit(), status=403, rule="x")
    clock.at += HOUR
    ledger.notice(visit(clock.at), ())  # wakes the writer
    while not bodies(tmp_path, "summary"):
        time.sleep(0.01)
    ledger.close()
    assert [body["count"] for body in bodies(tmp_path, "summary")] == [10]


def test_summaries_are_bounded_and_nothing_is_uncounted() -> None:
    found = RefusalSummaries()
    admitted = 0
    for number in range(20_000):
        seen = visit(address=f"100.64.{number // 250}.{number % 250}", client=f"Bot{number}")
        admitted += found.admits(Refusal(seen, 403, "x"), OCTOBER)
    summaries = found.take(OCTOBER, end=True)
    assert len(summaries) <= 2 * refusal_summaries.MOST + 1
    assert admitted == refusal_summaries.OF_ALL
    assert admitted + sum(one.count for one in summaries) == 20_000
    assert found.counted == 18_000


KILLED = """
import os, sys, time
from pathlib import Path
from ledgers import visit, OCTOBER
from stagedoor.record.ledger import recorder as ledgers
ledgers.SAVE = 0.2
ledger = ledgers.Ledger(Path(sys.argv[1]), lambda count: None, now=lambda: OCTOBER)
for household in range(3):
    for number in range(200 + household):
        ledger.refusal(visit(address=f"100.64.0.{household}"), status=403, rule="x", against=True)
time.sleep(1)
for number in range(5):
    ledger.refusal(visit(address="100.64.0.0"), status=403, rule="x")
time.sleep(1)
print("ready", flush=True)
time.sleep(600)
"""


def test_a_guard_that_is_killed_loses_no_counts_that_are_older_than_a_moment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'tests'}:{ROOT / 'addons'}"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(state)], stdout=subprocess.PIPE, env=environment
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            # A running guard: what has no entry yet is counted all the same, and named.
            for _ in range(100):  # a busy machine writes later
                assert main(["evidence", "list", "--state", str(state)]) == 0
                told = capsys.readouterr().out
                if re.search(r"\b608\b", told):
                    break
                time.sleep(0.2)
            assert re.search(r"\b608\b", told)
            assert "428 refusals of this hour are still being counted" in told
        finally:
            child.kill()
    assert bodies(state, "summary") == []
    writing(state, Clock()).close()
    counts = [
        (body["count"], body["against"], body["recordings"]) for body in bodies(state, "summary")
    ]
    assert counts == [(145, 140, 140), (141, 141, 141), (142, 142, 142)]
    found = examined(state)
    assert (found.broken, found.kinds["refusal"]) == (None, 180)
    assert len(found.unclean) == 1
    writing(state, Clock()).close()
    assert examined(state).kinds["summary"] == 3  # only once
    main(["evidence", "list", "--state", str(state)])
    told = capsys.readouterr().out
    assert re.search(r"\b608\b", told)
    assert "still being counted" not in told


def test_who_is_erased_while_it_is_counted_stays_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "SAVE", 0.02)
    clock = Clock()
    ledger = writing(tmp_path, clock)

    def refused(address: str) -> None:
        for _ in range(70):
            ledger.refusal(visit(address=address), status=403, rule="x")

    refused("198.51.100.7")
    refused("203.0.113.9")
    settled(tmp_path, [10, 10])
    assert main(["evidence", "erase", "--state", str(tmp_path), "--address", "198.51.100.7"]) == 0
    ledger.refusal(visit(address="198.51.100.7"), status=403, rule="x")
    settled(tmp_path, [11, 10])
    ledger.close()
    raw = (tmp_path / FILE).read_bytes()
    assert b"198.51.100.7" not in raw
    assert b"203.0.113.9" in raw
    assert [body["count"] for body in bodies(tmp_path, "summary")] == [11, 10]
    assert examined(tmp_path).broken is None


def settled(state: Path, counts: list[int]) -> None:
    """Wait until the file has these counts."""
    end = time.monotonic() + 10
    while True:
        book = Book(state)
        found = [one.count for one in book.counting()]
        book.close()
        if found == counts:
            return
        assert time.monotonic() < end, found
        time.sleep(0.02)


def test_a_ledger_of_before_is_read_and_gets_the_table_of_counts(tmp_path: Path) -> None:
    writing(tmp_path, Clock()).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("DROP TABLE counting")
    db.close()
    assert main(["evidence", "list", "--state", str(tmp_path)]) == 0
    assert main(["evidence", "erase", "--state", str(tmp_path), "--agent", "x"]) == 0
    ledger = writing(tmp_path, Clock())
    for _ in range(70):
        ledger.refusal(visit(), status=403, rule="x")
    settled(tmp_path, [10])
    ledger.close()
    assert examined(tmp_path).broken is None


def test_counts_of_the_next_hour_are_saved_though_nothing_else_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hour ends while counts still grow; after its first sixty nothing wakes the writer."""
    monkeypatch.setattr(ledgers, "SAVE", 0.3)
    clock = Clock()
    ledger = writing(tmp_path, clock)
    for turn in range(4):
        for number in range(70):
            ledger.refusal(visit(clock.at), status=403, rule="x")
            if number == 59:
                time.sleep(0.4)  # all sixty are written, and the writer sleeps
        settled(tmp_path, [10])
        ledger.refusal(visit(clock.at), status=403, rule="x")  # grows, and is not saved yet
        clock.at += HOUR * (-1 if turn % 2 else 1)
        time.sleep(0.05)
    ledger.close()
    found = examined(tmp_path)
    counted = sum(int(str(body["count"])) for body in bodies(tmp_path, "summary"))
    assert found.kinds["refusal"] + counted == 4 * 71
