"""Listening judged over a log with sizes: who would have been stopped, at which recording."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from shippedpolicy import shipped_policy
from stagedoor.cli.replay_report import sentences, show
from stagedoor.fronts.replay import clf
from stagedoor.fronts.replay.summary import as_json, summarise
from stagedoor.fronts.replay.tally import Tally
from stagedoor.load import rule_folder
from stagedoor.rules.policy import Policy

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
MINE = """
- id: mine
  title: Three are enough
  when: {resource: audio, behaviour.begun_recordings: {over: 3}}
  then: block
"""
GPODDER = "gPodder/3.11.1 (+http://gpodder.org/)"


def line(
    address: str, second: int, path: str, agent: str, status: int = 200, size: int = 4_760_000
) -> str:
    at = f"29/Nov/2026:10:{second // 60:02}:{second % 60:02} +0000"
    return f'{address} - - [{at}] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}"'


def replayed(lines: list[str], policy: Policy | None = None) -> Tally:
    tally = Tally([policy or shipped_policy()])
    tally.take_lines([one.encode() for one in lines], clf.parse, "access.log", 1)
    return tally


def test_a_sweep_is_stopped_and_listeners_are_not() -> None:
    lines = [line("203.0.113.9", n // 20, f"/music/{n:03}.mp3", CHROME) for n in range(100)]
    lines += [line("198.51.100.9", 30, f"/music/{n:03}.mp3", CHROME, 206) for n in range(12)]
    lines += [
        line("192.0.2.9", 40 + n, f"/e/{n}.mp3", GPODDER, 200, 22_000_000) for n in range(300)
    ]
    lines += [line("192.0.2.77", 400, f"/music/{n:03}.mp3", CHROME, 404, 100) for n in range(100)]
    tally = replayed(lines)
    (found,) = tally.stopped
    assert (found.network, found.client, found.rule, found.had) == (
        "203.0.113.0/24", "Chrome", "sweeping-whole-files", 31,
    )  # fmt: skip
    summary = summarise(tally)
    said = " ".join(sentences(summary))
    assert "1 client would have been stopped, after 31 recordings." in said
    (row,) = as_json(summary)["stopped"]
    assert row == {
        "time": "2026-11-29T10:00:01+00:00", "network": "203.0.113.0/24", "client": "Chrome",
        "rule": "sweeping-whole-files", "recordings": 31, "seconds": 1.0, "together": False,
        "refused": 69, "bytes_refused": 69 * 4_760_000,
    }  # fmt: skip
    out = StringIO()
    show(summary, Console(file=out, width=80))
    lines = [text.rstrip() for text in out.getvalue().splitlines()]
    assert max(map(len, lines)) <= 80
    place = next(n for n, text in enumerate(lines) if text.startswith("203.0.113.0/24"))
    assert lines[place].split() == [
        *("203.0.113.0/24", "sweeping-whole-files", "31", "1", "s", "69", "328", "MB"),
    ]
    assert lines[place + 1].split() == ["Chrome", "2026-11-29", "10:00:01"]


def test_neighbours_are_stopped_once_and_together() -> None:
    lines = [line(f"203.0.113.{n % 20}", n // 20, f"/music/{n:03}.mp3", CHROME) for n in range(200)]
    (found,) = replayed(lines).stopped
    assert (found.network, found.together, found.rule) == (
        "203.0.113.0/24", True, "sweeping-by-network",
    )  # fmt: skip
    assert found.refused == 200 - found.had


def test_an_address_of_version_six_is_cut_to_its_network() -> None:
    lines = [line("2001:db8:7:1::5", n // 20, f"/m/{n}.mp3", CHROME) for n in range(100)]
    (found,) = replayed(lines).stopped
    assert (found.network, found.had) == ("2001:db8:7::/48", 31)


@pytest.mark.slow
def test_other_numbers_can_be_tried(tmp_path: Path) -> None:
    """On last month's log, before they are in force."""
    lines = [line("203.0.113.9", n, f"/music/{n:03}.mp3", CHROME) for n in range(60)]
    had = {}
    for number in (5, 20, 30, 100):
        amounts = f"listening: {{whole_files: {number}, ahead: 9h, at_once_by_network: 9h}}\n"
        (tmp_path / "stance.yaml").write_text(amounts, "utf-8")
        had[number] = [one.had for one in replayed(lines, rule_folder.load(tmp_path)).stopped]
    assert had == {5: [6], 20: [21], 30: [31], 100: []}


def test_a_rule_of_ones_own_that_passes_no_sentence_stops_too(tmp_path: Path) -> None:
    (tmp_path / "05-mine.yaml").write_text(MINE, "utf-8")
    lines = [line("203.0.113.9", 60 * n, f"/music/{n:03}.mp3", CHROME) for n in range(9)]
    (found,) = replayed(lines, rule_folder.load(tmp_path)).stopped
    assert (found.rule, found.had, found.refused) == ("mine", 4, 5)


def test_a_refusal_for_another_reason_is_no_end_of_listening() -> None:
    agent = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
    lines = [line("203.0.113.9", n, f"/music/{n:03}.mp3", agent) for n in range(60)]
    assert replayed(lines).stopped == []


def test_segments_are_one_recording() -> None:
    lines = [line("203.0.113.9", n, f"/hls/a-{n:05}.ts", CHROME, 200, 160_000) for n in range(700)]
    assert replayed(lines).stopped == []
