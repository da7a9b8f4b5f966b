"""The ledger: what stands in it, what of it goes with time, and what a check finds."""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from ledgers import GPT_AGENT, OCTOBER, ROBOTS, Clock, Lost, day_of_visits, examined, visit, writing
from making import asks, event
from stagedoor.evidence.entries import DAY, Visit
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import Decided, Took
from stagedoor.model.facts import Client, Verdict
from stagedoor.model.heard import Sweep
from stagedoor.record.ledger import recorder as ledgers
from stagedoor.record.ledger import refusal_summaries
from stagedoor.record.ledger.database import FILE, Book
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.ledger.subscriber import LedgerRecorder


def bodies(state: Path, kind: str) -> list[dict[str, object]]:
    book = Book(state)
    try:
        return [orjson.loads(body) for body in book.bodies(kind)]
    finally:
        book.close()


def asides(state: Path) -> dict[str, list[dict[str, str]]]:
    """The personal parts that are kept, by part."""
    found: dict[str, list[dict[str, str]]] = {}
    book = Book(state)
    for row in book.rows():
        for aside in row.asides:
            found.setdefault(aside.part, []).append(orjson.loads(aside.body))
    book.close()
    return found


def test_a_taking_has_the_published_fields_and_nothing_personal(tmp_path: Path) -> None:
    ledger = writing(tmp_path, Clock())
    ledger.taking(visit(), status=206, size=12, rule="ai-training-off", against=True)
    ledger.close()
    (body,) = bodies(tmp_path, "taking")
    personal = body.pop("personal")
    assert body == {
        "kind": "taking",
        "at": OCTOBER,
        "client": "GPTBot",
        "operator": "OpenAI",
        "purpose": "ai-training",
        "proof": "unverified",
        "method": "GET",
        "host": "music.example",
        "path": "/music/a.mp3",
        "resource": "audio",
        "request": "r1",
        "status": 206,
        "bytes": 12,
        "rule": "ai-training-off",
        "against": True,
        "signals": [],
    }
    assert isinstance(personal, dict)
    assert set(personal) == {"address", "visitor"}


def test_a_whole_address_is_kept_only_of_whom_it_is_owed(tmp_path: Path) -> None:
    ledger = writing(tmp_path, Clock())
    ledger.notice(visit(address="198.51.100.1"), ())
    ledger.taking(visit(address="198.51.100.2"), status=200, size=1)
    ledger.taking(visit(address="198.51.100.3"), status=200, size=1, against=True)
    ledger.refusal(visit(address="2001:db8:1:2::4"), status=403, rule="x")
    ledger.notice(visit(address="198.51.100.5", proof="verified"), ())
    ledger.notice(visit(address="", agent="x"), ())
    ledger.close()
    kept = asides(tmp_path)
    assert [part["address"] for part in kept["address"]] == ["198.51.100.3", "2001:db8:1:2::4"]
    assert {part["network"] for part in kept["visitor"]} == {
        "198.51.100.0/24", "2001:db8:1::/48", "",
    }  # fmt: skip
    assert [part["address"] for part in kept["crawler"]] == ["198.51.100.5"]
    assert kept["crawler"][0]["agent"] == GPT_AGENT


def test_a_visit_is_read_from_an_event_and_cut() -> None:
    request = asks("x" * 9000, "/music/" + "y" * 9000 + "?u=me&p=secret")
    seen = Visit.of(event(request=request), "r" * 900)
    assert (len(seen.agent), len(seen.path), len(seen.request)) == (512, 2048, 255)
    assert "secret" not in seen.path
    assert seen.at == 1_795_000_000_250


def test_every_text_is_kept_once_with_the_times_it_was_in_force(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(3):
        ledger = writing(tmp_path, clock)
        of = ledger.publish("/robots.txt", "RFC 9309", ROBOTS, clock.at)
        assert ledger.publish("/robots.txt", "RFC 9309", ROBOTS, clock.at) == of
        ledger.close()
        clock.days(0.1)
    assert examined(tmp_path).texts == 1
    assert [body["text"] for body in bodies(tmp_path, "publication")] == [of] * 3
    ledger = writing(tmp_path, clock)
    ledger.publish("/robots.txt", "RFC 9309", ROBOTS, clock.at)
    assert ledger.publish("/robots.txt", "RFC 9309", None, clock.at) == ""
    ledger.close()
    assert bodies(tmp_path, "publication")[-1]["text"] == ""


def test_a_day_is_sealed_and_the_seal_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "stagedoor.ledger")
    clock = Clock()
    for _ in range(3):
        day_of_visits(tmp_path, clock)
        clock.days(1)
    seals = bodies(tmp_path, "seal")
    assert [body["at"] for body in seals] == [OCTOBER + DAY, OCTOBER + 2 * DAY]
    assert [(body["first"], body["last"]) for body in seals] == [(1, 16), (18, 33)]
    assert caplog.text.count("Ledger sealed at entry") == 2
    assert examined(tmp_path).kinds["seal"] == 2


def test_a_clean_end_and_an_unclean_one_are_told_apart(tmp_path: Path) -> None:
    clock = Clock()
    day_of_visits(tmp_path, clock)
    clock.days(1)
    ledger = writing(tmp_path, clock)
    ledger.notice(visit(clock.at + 5), ())
    ledger.close()
    with sqlite3.connect(tmp_path / FILE) as db:  # as if it had been killed before its last word
        db.execute("DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)")
        db.execute(
            "UPDATE head SET (seq, hash) = (SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1)"
        )
    db.close()
    clock.days(1)
    writing(tmp_path, clock).close()
    found = examined(tmp_path)
    assert found.broken is None
    assert [(body["unclean_after"], body["at"]) for body in found.unclean] == [
        (OCTOBER + DAY + 5, OCTOBER + 2 * DAY)
    ]


def test_personal_parts_grow_old_and_the_chain_stays_whole(tmp_path: Path) -> None:
    clock = Clock()
    day_of_visits(tmp_path, clock, 30)
    before = asides(tmp_path)
    assert set(before) == {"address", "visitor", "crawler"}
    clock.days(95)
    writing(tmp_path, clock).close()
    clock.days(95)  # the seal of that day is old enough now
    writing(tmp_path, clock).close()
    after = asides(tmp_path)
    assert set(after) == {"visitor", "crawler"}
    assert after["visitor"] == before["visitor"]
    found = examined(tmp_path)
    assert found.broken is None
    assert found.erased == {"age": len(before["address"])}
    clock.days(366)
    writing(tmp_path, clock).close()
    assert set(asides(tmp_path)) == {"crawler"}
    assert examined(tmp_path).broken is None
    assert not on_disk(tmp_path, "198.51.100.1")  # spoofed, and refused: its address was kept
    assert on_disk(tmp_path, "198.51.100.3")  # verified: of a crawler


def on_disk(state: Path, text: str) -> bool:
    """Whether any file of the ledger still holds `text` as the value of an address."""
    wanted = f'"address":"{text}"'.encode()
    return any(wanted in path.read_bytes() for path in state.iterdir())


def test_old_entries_go_up_to_a_seal_and_the_check_says_so(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(6):
        day_of_visits(tmp_path, clock, keep=3)
        clock.days(1)
    found = examined(tmp_path)
    assert found.broken is None
    assert found.first > 1
    last = found.prunings[-1]
    assert (last["start"], last["total"], last["why"]) == (found.first, found.first - 1, "age")
    assert found.texts == 2  # still in force at the seal that everything starts from now


def test_a_text_goes_with_the_last_entry_that_needs_it(tmp_path: Path) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock, keep=3)
    ledger.publish("/robots.txt", "RFC 9309", "the old text", clock.at)
    ledger.close()
    for _ in range(6):
        clock.days(1)
        day_of_visits(tmp_path, clock, keep=3)
    found = examined(tmp_path)
    assert (found.broken, found.texts) == (None, 2)
    assert not any(b"the old text" in path.read_bytes() for path in tmp_path.iterdir())


def test_the_file_does_not_outgrow_its_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "MAX_WAITING", 2000)
    clock = Clock()
    bound = 1 << 20
    for _ in range(6):
        ledger = writing(tmp_path, clock, max_bytes=bound, seal_every=200)
        for number in range(1500):
            ledger.taking(visit(clock.at, f"/music/{number}.mp3"), status=200, size=number)
        ledger.close()
        assert (tmp_path / FILE).stat().st_size < 2.5 * bound  # a batch may go over it
    found = examined(tmp_path)
    assert found.broken is None
    assert found.thinnings[-1]["why"] == "size"
    assert not found.prunings
    assert sum(found.kinds.values()) > 300
    assert found.last > 9000


def test_writing_never_waits_and_what_does_not_fit_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ledgers, "MAX_WAITING", 20)
    clock, lost = Clock(), Lost()
    ledger = writing(tmp_path, clock, lost)
    other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # nobody else can write now
    for _ in range(500):
        ledger.taking(visit(), status=200, size=1)
    of = ledger.publish("/robots.txt", "RFC 9309", ROBOTS, clock.at)
    assert lost.count >= 440
    other.execute("ROLLBACK")
    other.close()
    ledger.close()
    found = examined(tmp_path)
    assert found.broken is None
    assert found.kinds["taking"] + lost.count == 500
    assert sum(body["count"] for body in found.losses) == lost.count
    assert found.texts == 1, of  # a publication is never lost
    assert caplog.text.count("Entries of the ledger are being lost") == 1


def test_what_no_utf8_can_hold_and_what_is_no_number_do_no_harm(tmp_path: Path) -> None:
    lost = Lost()
    ledger = writing(tmp_path, Clock(), lost)
    ledger.notice(visit(path="/\ud800\x00\x7f\u2028", agent="\udfff"), ())
    ledger.taking(visit(), status=200, size=1 << 70)
    ledger.notice(visit(), ())
    ledger.close()
    assert examined(tmp_path).broken is None
    assert bodies(tmp_path, "notice")[0]["path"] == "/?\x00\x7f\u2028"
    assert (len(bodies(tmp_path, "notice")), lost.count) == (2, 1)


def test_after_the_end_entries_are_counted_as_lost(tmp_path: Path) -> None:
    lost = Lost()
    ledger = writing(tmp_path, Clock(), lost)
    ledger.close()
    ledger.notice(visit(), ())
    assert lost.count == 1


def test_two_guards_do_not_share_a_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledgers, "PATIENCE", 0.05)
    ledger = writing(tmp_path, Clock())
    with pytest.raises(StagedoorError, match=r"another guard writes the ledger in .*guard_state"):
        writing(tmp_path, Clock())
    ledger.close()
    writing(tmp_path, Clock()).close()


def test_a_state_directory_that_cannot_be_written_is_told_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StagedoorError, match=r"cannot be written: .*guard_state=DIR"):
        Ledger(tmp_path / "file", Lost())


@pytest.mark.parametrize("content", [b"not a database, and longer than a header" * 200, b"SQL"])
def test_a_file_that_is_no_ledger_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StagedoorError, match=r"is damaged, or no ledger: .*move it out"):
        Ledger(tmp_path, Lost())
    assert (tmp_path / FILE).read_bytes() == content
    (tmp_path / FILE).unlink()
    writing(tmp_path, Clock()).close()  # the lock was given back


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 1")
        db.execute("CREATE TABLE mine(x)")
    db.close()
    with pytest.raises(StagedoorError, match="newer Stagedoor, or is no ledger"):
        Ledger(tmp_path, Lost())


def test_a_clock_that_once_stood_in_1970_takes_nothing_away(tmp_path: Path) -> None:
    clock = Clock()
    for _ in range(3):
        day_of_visits(tmp_path, clock, 24)
        clock.days(1)
    day_of_visits(tmp_path, Clock(0), 24, seal_every=10)  # no battery, no network yet
    day_of_visits(tmp_path, clock, 24)
    clock.days(1)
    writing(tmp_path, clock).close()
    found = examined(tmp_path)
    assert (found.broken, found.first, found.prunings, found.erasures) == (None, 1, [], [])


def test_a_changed_ledger_keeps_no_guard_from_starting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    day_of_visits(tmp_path, clock, 3)
    clock.days(1)
    day_of_visits(tmp_path, clock, 3)
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("UPDATE entries SET body = x'00' WHERE kind = 'seal'")
    db.close()
    lost = Lost()
    ledger = writing(tmp_path, clock, lost)
    ledger.notice(visit(), ())
    ledger.close()
    assert "cannot be written" in caplog.text
    assert "keep a copy, and move it out" in caplog.text
    assert lost.count == 1


def test_what_is_measured_agrees_with_the_file(tmp_path: Path) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock, seal_every=5)
    told = ledger.measures()
    assert told["stagedoor_ledger_sealed_timestamp_seconds"]() is None
    for number in range(12):
        ledger.taking(visit(), status=200, size=number)
    while not ledger._waiting.empty() or (told["stagedoor_ledger_entries_total"]() or 0) < 13:
        time.sleep(0.01)
    size = told["stagedoor_ledger_bytes"]()
    assert told["stagedoor_ledger_sealed_timestamp_seconds"]() == clock.at / 1000
    ledger.close()
    assert told["stagedoor_ledger_writable"]() == 0  # nobody writes any more
    assert examined(tmp_path).last == told["stagedoor_ledger_entries_total"]()
    assert size is not None
    assert 0 < size <= (tmp_path / FILE).stat().st_size


def test_who_only_took_too_much_is_kept_by_its_network(tmp_path: Path) -> None:
    """Also what is only counted, and while it is being counted."""
    ledger = writing(tmp_path, Clock())
    recorded = LedgerRecorder(ledger).handlers()
    person = Client("Firefox", "Mozilla", "browser")
    asked = replace(asks("Firefox/140.0", "/a.mp3"), address="203.0.113.9")
    sweeps = replace(
        event(request=asked, client=person, verdict=Verdict("allow")),
        sweep=Sweep("household", 21, 3.5),
    )
    recorded[Took](Took(sweeps, 200, 5_000_000, against=False, digest=""))
    stops = replace(sweeps, verdict=Verdict("throttle", "sweeping", status=429))
    for _ in range(ledgers_quota() + 50):
        recorded[Decided](stops)
    ledger.close()
    (taking,) = bodies(tmp_path, "taking")
    assert taking["sweep"] == {"scope": "household", "recordings": 21, "seconds": 3.5}
    (summary,) = bodies(tmp_path, "summary")
    assert summary["count"] == 50
    found = asides(tmp_path)
    assert set(found) == {"visitor"}
    assert {one["network"] for one in found["visitor"]} == {"203.0.113.0/24"}
    assert not any(b"203.0.113.9" in path.read_bytes() for path in tmp_path.iterdir())
    assert examined(tmp_path).broken is None


def test_who_is_refused_for_another_reason_is_kept_by_address(tmp_path: Path) -> None:
    ledger = writing(tmp_path, Clock())
    person = Client("Firefox", "Mozilla", "browser")
    refusal = event(request=asks("Firefox/140.0", "/a.mp3"), client=person)
    LedgerRecorder(ledger).handlers()[Decided](refusal)
    ledger.close()
    assert set(asides(tmp_path)) == {"visitor", "address"}


def ledgers_quota() -> int:
    """Refusals of one household that are entries of their own."""
    return refusal_summaries.OF_A_HOUSEHOLD
