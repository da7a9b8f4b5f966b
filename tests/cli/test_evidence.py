"""`stagedoor evidence`, as an artist calls it."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from ledgers import OCTOBER, ROBOTS, Clock, day_of_visits, examined, visit, writing
from stagedoor.cli import evidence, main
from stagedoor.evidence.entries import DAY
from stagedoor.evidence.report_texts import REPORT_TEXTS
from stagedoor.model.errors import StagedoorError
from stagedoor.record.ledger import recorder
from stagedoor.record.ledger.database import FILE
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.ledger.verifier import verify


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Two days of a ledger."""
    clock = Clock()
    for _ in range(2):
        day_of_visits(tmp_path / "state", clock, 24)
        clock.days(1)
    return tmp_path / "state"


def call(*words: object) -> int:
    return main(["evidence", *map(str, words)])


def cells(line: str) -> list[str]:
    """The cells of a line of the table."""
    return re.split(r"  +", line.strip())


def table(text: str) -> list[list[str]]:
    """The rows of the table, heads first; an empty line ends it."""
    return [cells(line) for line in text.partition("\n\n")[0].splitlines()]


def export(state: Path, out: Path, *more: object) -> int:
    return call(
        "export", "--state", state, "--crawler", "GPTBot", "--since", "2026-10-01", *more, out
    )


def entries(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["entry"] for line in (out / "entries.jsonl").read_text().splitlines()]


def test_list_tells_each_proof_apart(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--wide", "--state", state) == 0
    rows = table(capsys.readouterr().out)
    assert rows[0][:3] == ["Crawler", "Proof", "Notices"]
    assert [row[:2] for row in rows[1:]] == [
        [name, proof]
        for name in ("CCBot", "GPTBot")
        for proof in ("verified", "unverified", "spoofed")
    ]


def test_list_fits_a_narrow_terminal_and_uses_a_wide_one(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    call("list", "--state", state)
    narrow = capsys.readouterr().out
    assert max(map(len, narrow.splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "160")
    call("list", "--state", state)
    wide = capsys.readouterr().out
    assert len(table(wide)) == 7
    for row in table(wide)[1:]:  # nothing is left out in the narrow form
        number, requests, octets, *times = row[7:]
        took = f"recordings {number} in {requests} requests, {octets}; " if number != "0" else ""
        assert f"\n  {took}{' to '.join(times)}\n" in narrow


def test_list_cuts_no_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = writing(tmp_path, Clock())
    ledger.notice(visit(OCTOBER, client="x" * 100), ())
    ledger.close()
    call("list", "--state", tmp_path)
    assert "x" * 100 in capsys.readouterr().out


def test_a_taking_counts_after_a_notice_to_the_same_name_with_the_same_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = writing(tmp_path, Clock())
    ledger.taking(visit(OCTOBER, proof="verified"), status=200, size=1)
    ledger.notice(visit(OCTOBER + 1, proof="verified"), ())
    fake = visit(OCTOBER + 2, proof="spoofed")
    ledger.taking(fake, status=200, size=2_000_000, against=True)
    other = visit(OCTOBER + 3, client="CCBot", proof="verified")
    ledger.taking(other, status=200, size=4, against=True)
    for _ in range(3):  # the same recording three times: one recording, three requests
        mine = visit(OCTOBER + 4, proof="verified")
        ledger.taking(mine, status=200, size=8_000_000, against=True)
    mine = visit(OCTOBER + 5, "/free.mp3", proof="verified")
    ledger.taking(mine, status=200, size=7)  # the site's own rules allow it
    ledger.close()
    call("list", "--wide", "--state", tmp_path)
    rows = [row[1:10] for row in table(capsys.readouterr().out)]
    assert rows[0] == [
        "Proof", "Notices", "Taken", "Against", "… after", "Refused", "Recordings", "Requests",
        "Bytes",
    ]  # fmt: skip
    assert rows[1:] == [
        ["verified", "0", "1", "1", "0", "0", "1", "1", "4 B"],
        ["verified", "1", "5", "3", "3", "0", "1", "3", "24.0 MB"],
        ["spoofed", "0", "1", "1", "0", "0", "1", "1", "2.0 MB"],
    ]


def test_the_first_taking_after_a_notice_is_one_against_the_signals(tmp_path: Path) -> None:
    ledger = writing(tmp_path / "state", Clock())
    ledger.notice(visit(OCTOBER), ())
    ledger.taking(visit(OCTOBER + 1000, "/free.mp3"), status=200, size=1)
    ledger.taking(visit(OCTOBER + 9000, "/closed.mp3"), status=200, size=1, against=True)
    ledger.close()
    assert export(tmp_path / "state", tmp_path / "out") == 0
    report = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "First taking against the signals after a notice: <code>/closed.mp3</code>" in report
    assert "a client that calls itself GPTBot" in report


def test_the_report_is_of_the_site_that_the_stance_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for site in ("https://before.example", "https://label.example"):
        ledger = Ledger(tmp_path / "state", lambda _lost: None, site=site, now=Clock())
        ledger.taking(visit(OCTOBER), status=200, size=1)
        ledger.close()
    assert export(tmp_path / "state", tmp_path / "one") == 0
    assert "ledger of https://label.example<" in (tmp_path / "one" / "report.html").read_text()
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "stance.yaml").write_text("publish: {address: 'https://new.example'}\n")
    assert export(tmp_path / "state", tmp_path / "two", "--rules", rules) == 0
    assert "ledger of https://new.example<" in (tmp_path / "two" / "report.html").read_text()
    assert verify(tmp_path / "two")[0].startswith("OK: ")


def test_the_report_is_in_the_language_that_is_asked_for_or_else_the_artists(
    state: Path, tmp_path: Path
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "stance.yaml").write_text("artist: {language: es}\n")
    for name, more, language in (
        ("plain", (), "en"),
        ("asked", ("--language", "fr"), "fr"),
        ("stance", ("--rules", rules), "es"),
        ("both", ("--rules", rules, "--language", "de"), "de"),
    ):
        assert export(state, tmp_path / name, *more) == 0
        report = (tmp_path / name / "report.html").read_text("utf-8")
        assert f'<html lang="{language}">' in report
        assert REPORT_TEXTS[language]["published"] in report  # type: ignore[index]
        assert verify(tmp_path / name)[0].startswith("OK: ")


def test_an_export_says_what_is_still_being_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "SAVE", 0.01)
    ledger = writing(tmp_path / "state", Clock())
    for _ in range(75):
        ledger.refusal(visit(OCTOBER), status=403, rule="x")
    end = time.monotonic() + 10
    while True:
        assert call("list", "--state", tmp_path / "state") == 0
        if "15 refusals of this hour are still being counted" in capsys.readouterr().out:
            break
        assert time.monotonic() < end
    assert export(tmp_path / "state", tmp_path / "out") == 0
    assert "Not in it: 15 refusals" in capsys.readouterr().out
    assert "15 refusals of this hour" in (tmp_path / "out" / "report.html").read_text("utf-8")
    ledger.close()


def test_verify_says_what_it_found(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("verify", "--state", state) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        "OK: 57 entries, 1 to 57, 2026-10-01 00:00:00 to 2026-10-02 00:00:00 UTC"
    )
    noted = told.split()[-1]
    assert call("verify", "--state", state, "--holds", noted) == 0
    assert call("verify", "--state", state, "--holds", "57:" + "0" * 64) == 1
    assert "noted elsewhere" in capsys.readouterr().err
    assert call("verify", "--state", state, "--holds", "yesterday") == 1


def test_verify_tells_of_losses_prunings_erasures_and_unclean_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    for _ in range(5):
        day_of_visits(tmp_path, clock, 24, keep=3, address=1)
        clock.days(1)
    ledger = writing(tmp_path, clock, keep=3, address=1)
    ledger._losses.lose(7, "more came in than could be written")
    ledger.notice(visit(clock.at), ())
    ledger.close()
    call("erase", "--state", tmp_path, "--agent", visit().agent)
    capsys.readouterr()
    assert call("verify", "--state", tmp_path) == 0
    told = capsys.readouterr().out
    assert "  pruned: " in told
    assert "because they were too old" in told
    assert "lost: 7 entries between" in told
    assert "on request" in told
    assert "because they were old" in told


def test_verify_names_what_is_broken(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(state / FILE) as db:
        db.execute(
            "UPDATE entries SET body = CAST(replace(body, 'GPTBot', 'Nobody') AS BLOB) WHERE seq = 9"
        )
    db.close()
    assert call("verify", "--state", state) == 1
    assert capsys.readouterr().err.startswith("BROKEN: entry 9: it was changed")
    assert export(state, state / "out") == 1
    assert "the ledger is broken (entry 9:" in capsys.readouterr().err
    assert not (state / "out").exists()


def test_verify_of_a_damaged_file(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = state / FILE
    raw = bytearray(path.read_bytes())
    raw[4096:12288] = b"\xff" * 8192
    path.write_bytes(raw)
    assert call("verify", "--state", state) == 1
    assert capsys.readouterr().err


@pytest.mark.parametrize("what", [["list"], ["verify"], ["erase", "--agent", "x"]])
def test_where_there_is_no_ledger_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: list[str]
) -> None:
    assert call(*what, "--state", tmp_path) == 1
    assert f"there is no ledger in {tmp_path} — name" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_export_holds_the_crawlers_entries_and_only_digests_of_others(
    state: Path, tmp_path: Path
) -> None:
    assert export(state, tmp_path / "out") == 0
    shown = entries(tmp_path / "out")
    assert {body.get("client") for body in shown} == {None, "GPTBot"}
    assert {"start", "end", "publication", "seal"} < {body["kind"] for body in shown}
    chain = (tmp_path / "out" / "chain.txt").read_text().splitlines()
    assert len(chain) == 57 + 4
    assert (
        verify(tmp_path / "out")[1]
        == f"The chain is whole: entries 1 to 57, {len(shown)} of them in full."
    )
    assert {path.read_text() for path in (tmp_path / "out" / "texts").iterdir()} == {
        ROBOTS, "noai, noimageai",
    }  # fmt: skip


def test_an_export_begins_with_the_seal_before_and_goes_on_to_the_end(
    state: Path, tmp_path: Path
) -> None:
    clock = Clock(OCTOBER + 2 * DAY)
    day_of_visits(state, clock, 24)
    assert export(state, tmp_path / "out", "--until", "2026-10-02", "--since", "2026-10-02") == 0
    shown = entries(tmp_path / "out")
    assert shown[0]["kind"] == "seal"
    times = [body["at"] for body in shown if "client" in body]
    assert OCTOBER + DAY <= min(times) <= max(times) < OCTOBER + 2 * DAY
    assert shown[-1]["kind"] == "end"
    verify(tmp_path / "out")


def test_an_export_without_addresses_has_none(state: Path, tmp_path: Path) -> None:
    assert export(state, tmp_path / "out", "--no-addresses") == 0
    assert verify(tmp_path / "out")[-1].endswith("those of this export are left out.")
    for path in (tmp_path / "out").rglob("*"):
        if path.is_file():
            assert b"198.51.100." not in path.read_bytes(), path
            assert b"openai.com/gptbot" not in path.read_bytes(), path


def test_an_export_never_overwrites_and_leaves_nothing_half_done(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    assert export(state, tmp_path / "out") == 1
    assert "is there already" in capsys.readouterr().err
    assert (
        call(
            "export",
            "--state",
            state,
            "--crawler",
            "GPTBto",
            "--since",
            "2026-10-01",
            tmp_path / "no",
        )
        == 1
    )
    assert 'did you mean "GPTBot"?' in capsys.readouterr().err
    assert export(state, state / FILE / "out") == 1
    assert "cannot be written" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "state"]


@pytest.mark.parametrize(
    ("since", "until"),
    [("yesterday", "2026-10-02"), ("2026-10-03", "2026-10-01"), ("2999-01-01", "")],
)
def test_a_time_that_is_none_is_told(
    state: Path, tmp_path: Path, since: str, until: str, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--until", until] if until else []
    assert export(state, tmp_path / "out", *more, "--since", since) == 1
    assert "— " in capsys.readouterr().err


def test_times_are_utc_unless_they_say_otherwise() -> None:
    assert evidence.moment("2026-10-01", "--since") == OCTOBER
    assert evidence.moment("2026-10-01", "--until", end=True) == OCTOBER + DAY - 1
    assert evidence.moment("2026-10-01T02:00+02:00", "--since") == OCTOBER
    assert evidence.moment("2026-10-01 00:00", "--since") == OCTOBER
    with pytest.raises(StagedoorError, match="write 2026-10-01"):
        evidence.moment("2026-10-01T25:00", "--since")


def test_what_is_erased_is_on_no_disk_and_the_chain_is_whole(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert any(b'"198.51.100.4"' in path.read_bytes() for path in state.iterdir())
    assert call("erase", "--state", state, "--address", "198.51.100.4") == 0
    assert capsys.readouterr().out.startswith("4 personal parts erased")  # both, on both days
    assert not any(b'"198.51.100.4"' in path.read_bytes() for path in state.iterdir())
    found = examined(state)
    assert (found.broken, found.erased) == (None, {"request": 4})
    assert call("erase", "--state", state, "--address", "198.51.100.4") == 0
    assert capsys.readouterr().out.startswith("0 personal parts erased")
    assert examined(state).kinds["erasure"] == 1
    assert export(state, tmp_path / "out") == 0
    verify(tmp_path / "out")


def test_a_network_and_an_agent_can_be_erased(state: Path) -> None:
    assert call("erase", "--state", state, "--address", "198.51.100.0/28") == 0
    some = examined(state).erased["request"]
    assert call("erase", "--state", state, "--address", "198.51.100.0/24") == 0
    more = examined(state).erased["request"]
    assert more > some > 0
    assert call("erase", "--state", state, "--address", "2001:db8::/32") == 0
    assert examined(state).erased["request"] == more
    assert call("erase", "--state", state, "--agent", visit().agent) == 0
    found = examined(state)
    assert found.broken is None
    assert not any(visit().agent.encode() in path.read_bytes() for path in state.iterdir())


def test_an_address_that_is_none_is_told(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("erase", "--state", state, "--address", "198.51.100") == 1
    assert "no address and no network — write 198.51.100.7" in capsys.readouterr().err


def test_it_can_be_erased_and_checked_while_the_guard_writes(tmp_path: Path) -> None:
    clock = Clock()
    ledger = writing(tmp_path, clock)
    for number in range(300):
        ledger.refusal(visit(address=f"198.51.100.{number % 6}"), status=403, rule="x")
        if number % 100 == 50:
            assert call("verify", "--state", tmp_path) == 0
            assert call("erase", "--state", tmp_path, "--address", "198.51.100.1") == 0
    ledger.close()
    found = examined(tmp_path)
    assert found.broken is None
    assert found.kinds["refusal"] == 300
