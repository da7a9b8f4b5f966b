"""The commands, where a rules directory is that of several sites."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import severalsites
from flows import SMALL_RULES, lay_shipped
from ledgers import Clock, day_of_visits
from making import GPTBOT
from stagedoor.cli import main

Output = pytest.CaptureFixture[str]
LOG = "\n".join(
    f'{host} 203.0.113.5 - - [29/Nov/2026:10:00:00 +0000] "GET /a.mp3 HTTP/1.1" 200 1000 "-" "{GPTBOT}"'
    for host in ("anna.example", "berta.example:443", "nobody.example")
)


@pytest.fixture(autouse=True)
def _shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_shipped(tmp_path, {**SMALL_RULES, "stance.yaml": ""}, monkeypatch)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return severalsites.write(tmp_path / "rules")


def ran(capsys: Output, *arguments: object) -> tuple[int, str, str]:
    status = main([str(one) for one in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_check_reads_all_sites(rules: Path, capsys: Output) -> None:
    status, out, _ = ran(capsys, "check", rules)
    assert status == 0
    assert "Site anna: anna.example at https://127.0.0.1:8001; " in out
    assert "Site berta: berta.example, www.berta.example at http://127.0.0.1:8002; " in out
    severalsites.write(rules, anna="artist: {nmae: x}")
    status, _, err = ran(capsys, "check", rules)
    assert status == 1
    assert "sites/anna/stance.yaml:1:10" in err


def test_check_tries_the_cases_of_a_sites_own_rules(rules: Path, capsys: Output) -> None:
    own = (
        "- id: own\n  title: Own\n  when: {request.path: /x}\n  then: block\n"
        "  cases: [{ua: x, get: /x, expect: allow}]\n"
    )
    severalsites.write(rules, more={"05-own.yaml": own})
    status, _, err = ran(capsys, "check", rules)
    assert status == 1
    assert "sites/anna/05-own.yaml" in err


def test_a_site_is_checked_by_itself(rules: Path, capsys: Output) -> None:
    status, out, _ = ran(capsys, "check", rules, "--site", "anna")
    assert status == 0
    assert "Site " not in out
    assert "curl -s https://127.0.0.1:8001/robots.txt" in out
    status, _, err = ran(capsys, "check", rules, "--robots", rules / "stance.yaml")
    assert status == 1
    assert "name one with --site (anna, berta)" in err


def test_explain_goes_by_the_host(rules: Path, capsys: Output) -> None:
    asked = ("explain", "--rules", rules, "--path", "/a.mp3", "--ua", GPTBOT)
    assert "refused with 403" in ran(capsys, *asked, "--host", "anna.example:443")[1]
    assert "let in" in ran(capsys, *asked, "--header", "Host: www.berta.example")[1]
    assert "refused with 403" in ran(capsys, *asked, "--site", "anna")[1]
    assert (
        "nobody.example is the name of none" in ran(capsys, *asked, "--host", "nobody.example")[2]
    )
    assert "there are several sites here" in ran(capsys, *asked)[2]
    assert 'mean "berta"?' in ran(capsys, *asked, "--site", "brta")[2]
    alone = ("explain", "--path", "/a.mp3", "--ua", GPTBOT, "--site", "anna")
    assert "Name its rules" in ran(capsys, *alone)[2]


def test_explain_finds_a_refusal_in_the_log_of_its_site(
    rules: Path, tmp_path: Path, capsys: Output
) -> None:
    line = {
        "id": "K7Q29FXM", "at": "2026-11-29", "client": "GPTBot", "path": "/a.mp3", "verdict": "block",
        "rule": "ai-training-off", "method": "GET", "host": "berta.example", "agent": GPTBOT,
        "address": "203.0.113.5", "proof": "unverified", "proof_why": "", "resource": "audio",
    }  # fmt: skip
    for name in ("anna", "berta"):
        (tmp_path / "state" / "sites" / name).mkdir(parents=True)
        log = tmp_path / "state" / "sites" / name / "decisions.jsonl"
        text = json.dumps(line, separators=(",", ":")) if name == "berta" else ""
        log.write_text(f"{text}\n", "utf-8")
    asked = ("--state", tmp_path / "state", "--rules", rules)
    status, out, _ = ran(capsys, "explain", "K7Q29FXM", *asked)
    assert status == 0
    assert "let in" in out  # under berta's stance of today
    assert "of any site" in ran(capsys, "explain", "AAAAAAAA", *asked)[2]


def test_a_replay_tells_the_sites_of_a_log_apart(
    rules: Path, tmp_path: Path, capsys: Output
) -> None:
    log = tmp_path / "access.log"
    log.write_text(LOG, "utf-8")
    status, out, _ = ran(capsys, "replay", log, "--rules", rules, "--json")
    assert status == 0
    found = json.loads(out)["sites"]
    assert [found[name]["came"]["requests"] for name in ("anna", "berta")] == [1, 1]
    assert [found[name]["refused"]["requests"] for name in ("anna", "berta")] == [1, 0]
    status, out, _ = ran(capsys, "replay", log, "--rules", rules)
    assert "anna: anna.example" in out
    one = json.loads(ran(capsys, "replay", log, "--rules", rules, "--site", "anna", "--json")[1])
    assert one["came"]["requests"] == 1
    assert "several sites here" in ran(capsys, "replay", "-", "--rules", rules)[2]


def test_decide_answers_by_the_host(
    rules: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        {"ua": GPTBOT, "path": "/a.mp3", "host": host}
        for host in ("anna.example", "berta.example:443", "nobody.example")
    ]
    lines = b"\n".join(json.dumps(one).encode() for one in asked)
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines + b"\nrubbish\n")))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, write_through=True))
    assert main(["decide", "--rules", str(rules)]) == 1
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [one.get("verdict") for one in found] == ["block", "allow", None, None]
    assert "none of the sites" in found[2]["error"]


@pytest.mark.parametrize("command", [("publish", "OUT"), ("export", "nginx", "OUT")])
def test_what_is_made_for_one_site_asks_which(
    command: tuple[str, ...], rules: Path, tmp_path: Path, capsys: Output
) -> None:
    words = [tmp_path / "out" if word == "OUT" else word for word in command]
    status, _, err = ran(capsys, *words, "--rules", rules)
    assert status == 1
    assert "several sites here: name one with --site (anna, berta)" in err


def test_evidence_is_of_one_site(tmp_path: Path, capsys: Output) -> None:
    state = tmp_path / "state" / "sites" / "anna"
    day_of_visits(state, Clock())
    of_anna = ("--state", tmp_path / "state", "--site", "anna")
    assert "GPTBot" in ran(capsys, "evidence", "list", *of_anna)[1]
    assert ran(capsys, "evidence", "verify", *of_anna)[0] == 0
    status, _, err = ran(capsys, "evidence", "list", "--state", tmp_path / "state", "--site", "ana")
    assert status == 1
    assert 'there is no site "ana"' in err
    assert 'mean "anna"?' in err
    nowhere = ("--state", tmp_path / "nothing", "--site", "anna")
    assert "leave --site out" in ran(capsys, "evidence", "list", *nowhere)[2]
    out = tmp_path / "out"
    status, _, err = ran(
        capsys, "evidence", "export", *of_anna, "--crawler", "GPTBot", "--since", "2026-01-01", out
    )
    assert (status, err) == (0, "")
    assert (out / "report.html").exists()


def test_doctor_looks_at_each_site(rules: Path, tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "state" / "sites" / "anna").mkdir(parents=True)
    (tmp_path / "state" / "sites" / "berta").mkdir()
    asked = ("doctor", "--rules", rules, "--at", "127.0.0.1:1", "--state", tmp_path / "state")
    _, out, _ = ran(capsys, *asked, "--site", "anna")
    assert "berta" not in out
    assert "127.0.0.1:8001" in out
