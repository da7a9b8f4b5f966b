"""`stagedoor doctor`, check by check; with a real guard and Caddy in tests/e2e/test_setup.py."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import orjson
import pytest

from ledgers import Clock, day_of_visits
from stagedoor.audit.responses import Fetched
from stagedoor.cli import doctor, main
from stagedoor.cli.examination import Finding
from stagedoor.config.stance import Stance
from stagedoor.load import rule_folder

NOW = 1_790_000_000.0


def answer(at: float | None = NOW, *fields: tuple[str, str], body: bytes = b"") -> Fetched:
    dated = (("Date", format_datetime(datetime.fromtimestamp(at, UTC), usegmt=True)),) if at else ()
    return Fetched("https://site.example/", 403, (*dated, *fields), body)


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (NOW, "good"),
        (NOW + 119, "good"),
        (NOW - 121, "bad"),
        (NOW + 3600, "bad"),
        (None, "unknown"),
    ],
)
def test_the_clock_is_held_against_the_date_of_an_answer(at: float | None, outcome: str) -> None:
    assert doctor.clock(answer(at), NOW).outcome == outcome


def test_a_date_that_cannot_be_read_is_not_compared() -> None:
    odd = Fetched("https://site.example/", 200, (("Date", "yesterday"),))
    assert doctor.clock(odd, NOW).outcome == "unknown"


def test_signals_that_do_not_arrive_are_named() -> None:
    usage = ("Content-Usage", "train-ai=n")
    ours = answer(body=b"# written by Stagedoor")
    assert doctor.signals(answer(NOW, usage), ours, Stance()).outcome == "good"
    assert "the header Content-Usage" in doctor.signals(answer(), ours, Stance()).text
    both = doctor.signals(answer(), answer(), Stance())
    assert both.outcome == "bad"
    assert "robots.txt and the header Content-Usage" in both.text


def test_signals_that_the_stance_leaves_out_are_not_missed() -> None:
    stance = Stance.model_validate({"publish": {"robots": "no", "content_usage": "no"}})
    assert doctor.signals(answer(), answer(), stance).outcome == "good"


def test_an_open_port_is_a_way_past_the_guard() -> None:
    with socket.create_server(("127.0.0.2", 0)) as site:
        url = f"http://127.0.0.1:{site.getsockname()[1]}"
        (found,) = doctor.port(url, ["127.0.0.3", "127.0.0.2"])
        assert found.outcome == "bad"
        assert "answers at 127.0.0.2" in found.text
        (found,) = doctor.port(url, ["127.0.0.3"])
        assert found.outcome == "good"
    assert next(doctor.port("https://127.0.0.1", [])).outcome == "unknown"


def test_loopback_is_none_of_the_addresses_that_others_reach() -> None:
    assert not any(text.startswith("127.") or text == "::1" for text in doctor.own_addresses())


def entry(state: Path, address: str, **more: object) -> None:
    state.mkdir(exist_ok=True)
    line = {"path": "/stagedoor-doctor-1.mp3", "address": address, **more}
    (state / "decisions.jsonl").write_bytes(orjson.dumps(line) + b"\n")


@pytest.mark.parametrize(
    ("address", "mine", "outcome"),
    [
        ("203.0.113.7", "203.0.113.7", "good"),
        ("127.0.0.1", "203.0.113.7", "bad"),
        ("127.0.0.1", "127.0.0.1", "unknown"),
        ("", "127.0.0.1", "unknown"),
    ],
)
def test_whose_address_the_guard_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, mine: str, outcome: str
) -> None:
    monkeypatch.setattr(doctor, "_my_address", lambda _site: mine)
    entry(tmp_path, address)
    (found, *_) = doctor.seen(tmp_path, "/stagedoor-doctor-1.mp3", "http://site.example")
    assert found.outcome == outcome


def test_a_handshake_that_was_not_a_browsers_has_come_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_my_address", lambda _site: "203.0.113.7")
    entry(tmp_path, "203.0.113.7", traits=["tls-not-a-browser"])
    found = list(doctor.seen(tmp_path, "/stagedoor-doctor-1.mp3", "https://site.example"))
    assert [each.outcome for each in found] == ["good", "good"]
    entry(tmp_path, "203.0.113.7", traits=[])
    found = list(doctor.seen(tmp_path, "/stagedoor-doctor-1.mp3", "https://site.example"))
    assert [each.outcome for each in found] == ["good", "unknown"]


def test_a_request_that_is_in_no_log_is_not_judged(tmp_path: Path) -> None:
    (found,) = doctor.seen(tmp_path, "/stagedoor-doctor-2.mp3", "http://site.example")
    assert found.outcome == "unknown"


def outcomes(state: Path, now: float) -> list[Finding]:
    return list(doctor.ledger(state, now))


def test_a_ledger_wants_a_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    assert outcomes(state, NOW)[0].failed
    state.mkdir()
    assert "no ledger" in outcomes(state, NOW)[0].text
    day_of_visits(state, Clock())
    assert "never backed up" in outcomes(state, NOW)[0].text
    assert main(["evidence", "backup", "--state", str(state), str(tmp_path / "copy")]) == 0
    capsys.readouterr()
    made = (state / "backed-up").stat().st_mtime
    assert str(outcomes(state, made + 3600)[0]) == "✓ the ledger was backed up today"
    assert str(outcomes(state, made + 1.5 * 86_400)[0]) == "✓ the ledger was backed up yesterday"
    assert outcomes(state, made + 40 * 86_400)[0].outcome == "warning"
    os.utime(state / "backed-up", (1.0, 1.0))
    assert main(["evidence", "backup", "--state", str(state), str(tmp_path / "copy2")]) == 0
    assert (state / "backed-up").stat().st_mtime > made - 1


def test_old_address_lists_are_worth_nothing(tmp_path: Path) -> None:
    assert "came with" in doctor.lists(tmp_path, NOW).text
    (tmp_path / "ranges").mkdir()
    copy = tmp_path / "ranges" / "a.json"
    copy.write_bytes(orjson.dumps({"fetched": NOW - 3 * 86_400}))
    assert doctor.lists(tmp_path, NOW).outcome == "good"
    assert doctor.lists(tmp_path, NOW + 12 * 86_400).outcome == "warning"
    copy.write_bytes(b"torn")
    os.utime(copy, (NOW, NOW))
    assert doctor.lists(tmp_path, NOW).outcome == "good"


def test_without_a_guard_and_a_site_it_says_what_to_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stance.yaml").write_text("site: {upstream: 'http://127.0.0.1:9'}\n")
    assert main(["doctor", "--rules", str(tmp_path), "--at", "127.0.0.1:9"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✓ ")
    assert [line[0] for line in lines[1:2]] == ["✗"]
    assert any("nobody answers at 127.0.0.1:9" in line for line in lines)
    assert lines[-1].startswith("– ")


def test_mistakes_in_the_rules_are_the_first_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stance.yaml").write_text("ai: {trian: no}\n")
    assert main(["doctor", "--rules", str(tmp_path), "--at", "127.0.0.1:9"]) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("✗ the rules have 1 mistake: ")
    assert "trian" in first


def test_shipped_rules_hold() -> None:
    assert doctor.rules(rule_folder.load()).outcome == "good"
