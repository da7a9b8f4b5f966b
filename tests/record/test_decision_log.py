"""The decision log: what is written, what is not, and what happens when the disk will not have it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import GPTBOT, REFUSED, asks, event
from stagedoor.model.errors import StagedoorError
from stagedoor.model.events import Decided
from stagedoor.model.facts import UNKNOWN, Request, Verdict, network
from stagedoor.record import decision_log
from stagedoor.record.decision_log import FILE, KEPT, Decisions, line

NOTED = Verdict("log", "noted")


class Lost:
    """Counts the lines that are lost."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def read(state: Path) -> list[dict[str, Any]]:
    """The lines that stand in the log."""
    return [json.loads(text) for text in (state / FILE).read_text("utf-8").splitlines()]


def written(at: Decided) -> dict[str, Any]:
    """One event's line."""
    found = json.loads(line(at))
    assert isinstance(found, dict)
    return found


def test_the_status_is_the_one_that_went_out() -> None:
    """A player that is refused a recording hears an announcement, which is a 200."""
    found = written(replace(event(), answered=200))
    assert (found["verdict"], found["status"]) == ("block", 200)


def test_a_refusal_is_one_line_with_the_published_fields() -> None:
    assert written(event()) == {
        "at": "2026-11-18T11:06:40.250+00:00",
        "id": "",
        "verdict": "block",
        "rule": "ai-training-off",
        "status": 403,
        "client": "GPTBot",
        "operator": "OpenAI",
        "purpose": "ai-training",
        "proof": "unverified",
        "proof_why": "",
        "traits": [],
        "resource": "audio",
        "method": "GET",
        "host": "example.org",
        "path": "/music/a.mp3",
        "address": "198.51.100.7",
        "agent": GPTBOT,
        "purposes": ["ai-training"],
    }


def test_refusals_and_notes_are_written_and_plain_admissions_are_not(tmp_path: Path) -> None:
    lost = Lost()
    log = Decisions(tmp_path, lost)
    for verdict in (REFUSED, Verdict("allow"), NOTED, Verdict("log", "x", would="block")):
        log.record(event(verdict=verdict))
    log.close()
    assert [entry["verdict"] for entry in read(tmp_path)] == ["block", "log", "would-block"]
    assert lost.count == 0


def test_a_new_start_goes_on_where_the_old_one_ended(tmp_path: Path) -> None:
    for _ in range(2):
        log = Decisions(tmp_path / "made" / "for me", Lost())
        log.record(event())
        log.close()
    assert len(read(tmp_path / "made" / "for me")) == 2


def test_query_strings_are_left_out() -> None:
    # Subsonic clients carry user and password there.
    text = line(event(request=asks(GPTBOT, "/rest/stream.view?u=me&p=secret&t=token#secret")))
    assert "secret" not in text
    assert '"/rest/stream.view"' in text


def test_the_address_is_whole_only_where_somebody_was_refused() -> None:
    assert written(event(verdict=REFUSED))["address"] == "198.51.100.7"
    assert written(event(verdict=NOTED))["address"] == "198.51.100.0/24"
    assert (
        written(event(verdict=Verdict("log", "x", would="block")))["address"] == "198.51.100.0/24"
    )


@pytest.mark.parametrize(
    ("address", "cut"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("::1", "::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("somebody's phone", ""),
        ("198.51.100.7:443", ""),
    ],
)
def test_an_address_is_cut_until_it_names_no_household(address: str, cut: str) -> None:
    assert network(address) == cut


def test_only_refusals_have_a_status() -> None:
    assert written(event(verdict=NOTED))["status"] is None
    assert written(event(verdict=Verdict("block", "x", status=451)))["status"] == 451


def test_a_long_user_agent_is_cut() -> None:
    assert len(written(event(request=asks("x" * 8000)))["agent"]) == 512


HEADER = st.text(st.characters(max_codepoint=255))


@given(HEADER, HEADER, HEADER, HEADER, st.text())
def test_whatever_a_visitor_sends_stays_one_line_of_json(
    agent: str, target: str, method: str, host: str, address: str
) -> None:
    request = Request(method, host, asks(target=target).path, target, agent, address=address)
    text = line(event(request=request, client=UNKNOWN))
    assert "\n" not in text
    assert json.loads(text)["agent"] == agent[:512]


def test_no_more_is_kept_than_a_few_files_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_log, "MAX_BYTES", 4000)
    log = Decisions(tmp_path, Lost())
    for number in range(500):
        log.record(event(request=asks(f"Bot/{number}")))
    log.close()
    files = sorted(tmp_path.iterdir())
    assert [path.name for path in files] == [FILE, *(f"{FILE}.{n}" for n in range(1, KEPT + 1))]
    assert all(path.stat().st_size <= 4000 for path in files)
    assert read(tmp_path)[-1]["agent"] == "Bot/499"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_counted_and_not_raised(tmp_path: Path) -> None:
    (tmp_path / FILE).symlink_to("/dev/full")
    lost = Lost()
    log = Decisions(tmp_path, lost)
    for _ in range(10):
        log.record(event())
    log.close()
    assert lost.count == 10


def test_a_state_directory_that_cannot_be_written_is_told_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for state in (tmp_path / "file", tmp_path / "file" / "state"):
        with pytest.raises(StagedoorError, match=f"{state}.*cannot be written: .*guard_state=DIR"):
            Decisions(state, Lost())


@contextlib.contextmanager
def stuck(tmp_path: Path, waiting: int, lost: Lost) -> Iterator[tuple[Decisions, int]]:
    """A log whose disk takes nothing more (a full pipe that nobody reads), and whose queue is full."""
    pipe = tmp_path / FILE
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    filler = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    try:
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(filler, b"-" * 512)
        os.close(filler)
        log = Decisions(tmp_path, lost)
        recorded = 0
        while recorded - lost.count <= waiting:  # one more is in the writer's hands
            log.record(event())
            recorded += 1
        yield log, reader
    finally:
        os.close(reader)


def test_a_disk_that_hangs_holds_nobody_up_and_what_is_dropped_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decision_log, "MAX_WAITING", 20)
    lost = Lost()
    with stuck(tmp_path, 20, lost) as (log, reader):
        before = lost.count
        for _ in range(100):
            log.record(event())
        assert lost.count == before + 100
        before = lost.count
        with ThreadPoolExecutor(1) as pool:
            closing = pool.submit(log.close)
            wait([closing], timeout=0.2)  # the queue is full: closing has to live with that
            os.set_blocking(reader, True)
            read = b""
            while part := os.read(reader, 1 << 16):  # the disk is back; to the end of the log
                read += part
                if closing.done() and closing.exception():
                    break
        closing.result()
    assert read.count(b"\n") + lost.count - before == 21  # each is written, or counted


@pytest.mark.parametrize("letter", ["x", "\x01", "é", "音", '"', "\U0001f3b5"])
def test_no_line_is_longer_than_four_kilobytes_and_cuts_are_marked(letter: str) -> None:
    request = Request(
        method=letter * 5000, host=letter * 5000, path="/" + letter * 9000, target="/",
        agent=letter * 9000, address="198.51.100.7",
    )  # fmt: skip
    client = replace(event().client, why=letter * 9000)
    text = line(replace(event(), request=request, client=client))
    assert len(text.encode()) < decision_log.MAX_LINE
    found = json.loads(text)
    for name in ("method", "host", "path", "agent", "proof_why"):
        assert found[name].endswith(decision_log.CUT), name
    assert (found["client"], found["address"]) == ("GPTBot", "198.51.100.7")


def test_a_household_has_so_many_lines_an_hour_and_then_one_with_a_count(tmp_path: Path) -> None:
    lost = Lost()
    log = Decisions(tmp_path, lost)
    at = 1_795_000_000.25

    def come(address: str, seconds: float = 0.0) -> None:
        came = event()
        log.record(replace(came, at=at + seconds, request=replace(came.request, address=address)))

    for number in range(2000):
        come(f"2001:db8:1:2::{number:x}")
    come("2001:db8:1:3::1")
    come("198.51.100.7")
    come("2001:db8:1:2::1", 3600)
    log.close()
    found = read(tmp_path)
    most = decision_log.OF_A_HOUSEHOLD
    (summary,) = [entry for entry in found if entry["verdict"] == decision_log.COUNTED]
    assert (summary["count"], summary["address"]) == (2000 - most, "2001:db8:1::/48")
    assert len(found) == most + 2 + 1 + 1
    assert lost.count == 0


def test_a_count_is_not_lost_at_the_end(tmp_path: Path) -> None:
    log = Decisions(tmp_path, Lost())
    for _ in range(decision_log.OF_A_HOUSEHOLD + 7):
        log.record(event())
    log.close()
    assert read(tmp_path)[-1]["count"] == 7


def test_after_it_was_renamed_the_log_is_opened_anew(tmp_path: Path) -> None:
    lost = Lost()
    log = Decisions(tmp_path, lost)
    log.record(event())
    while not (tmp_path / FILE).read_bytes():
        time.sleep(0.01)
    (tmp_path / FILE).rename(tmp_path / "away")
    log.reopen()
    log.record(event(verdict=NOTED))
    log.close()
    assert [entry["verdict"] for entry in read(tmp_path)] == ["log"]
    assert len((tmp_path / "away").read_text().splitlines()) == 1
    assert lost.count == 0
