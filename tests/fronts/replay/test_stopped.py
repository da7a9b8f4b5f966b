"""Listening judged over a log with sizes: who would have been stopped, at which recording."""

from __future__ import annotations

from stagedoor.cli.replay_report import sentences
from stagedoor.fronts.replay import clf
from stagedoor.fronts.replay.summary import as_json, summarise
from stagedoor.fronts.replay.tally import Tally
from stagedoor.load import rule_folder

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Safari/537.36"
)
GPODDER = "gPodder/3.11.1 (+http://gpodder.org/)"


def line(
    address: str, second: int, path: str, agent: str, status: int = 200, size: int = 4_760_000
) -> str:
    at = f"29/Nov/2026:10:{second // 60:02}:{second % 60:02} +0000"
    return f'{address} - - [{at}] "GET {path} HTTP/1.1" {status} {size} "-" "{agent}"'


def replayed(lines: list[str]) -> Tally:
    tally = Tally([rule_folder.load()])
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
        "203.0.113.0/24", "Chrome", "sweeping-whole-files", 21,
    )  # fmt: skip
    summary = summarise(tally)
    said = " ".join(sentences(summary))
    assert "1 client would have been stopped: Chrome at 203.0.113.0/24 after 21 recordings" in said
    (row,) = as_json(summary)["stopped"]
    assert (row["rule"], row["recordings"]) == ("sweeping-whole-files", 21)


def test_segments_are_one_recording() -> None:
    lines = [line("203.0.113.9", n, f"/hls/a-{n:05}.ts", CHROME, 200, 160_000) for n in range(700)]
    assert replayed(lines).stopped == []
