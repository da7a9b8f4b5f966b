"""What is scraped afterwards agrees with what was done, to the request and to the byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import guarding
from .clients import FIREFOX, GOOGLEBOT, GPTBOT, LIBRARY, connect, curl, request
from .conftest import StartGuard
from .guarding import Guard
from .programs import eventually
from .site import LONG_SECONDS, SECONDS, Site

SECRET = "u=fan&t=26719a1196d2a940705a59634eb18eab"
VLC = "VLC/3.0.21 LibVLC/3.0.21"
ALL = [
    # agent, path, curl's words, verdict, purpose, kind of resource
    (GPTBOT, "/music/tone.mp3", [], "block", "ai-training", "audio"),
    (GPTBOT, "/music/tone.flac", ["-I"], "block", "ai-training", "audio"),
    (GPTBOT, "/index.html", [], "block", "ai-training", "page"),
    (GPTBOT, "/robots.txt", [], "allow", "ai-training", "signal"),
    (GOOGLEBOT, "/hls/index.m3u8", [], "block", "search", "playlist"),
    (GOOGLEBOT, "/index.html", [], "allow", "search", "page"),
    (LIBRARY, "/listen/tone", [], "block", "http-library", "audio"),
    (LIBRARY, "/index.html", [], "allow", "http-library", "page"),
    (FIREFOX, "/", [], "allow", "browser", "page"),
    (FIREFOX, "/feed.xml", [], "allow", "browser", "feed"),
    (FIREFOX, "/music/tone.mp3", [], "allow", "browser", "audio"),
    # curl dressed as Firefox: it puts Range where no browser does.
    (FIREFOX, "/music/tone.mp3", ["-r", "100-1099"], "log", "browser", "audio"),
    (FIREFOX, "/music/tone.mp3", ["-I"], "allow", "browser", "audio"),
    (FIREFOX, "/nothing.mp3", [], "allow", "browser", "audio"),
    (VLC, "/listen/tone", [], "allow", "music-player", "audio"),
    ("curl/8.14.1", "/music/tone.ogg", [], "log", "downloader", "audio"),
    ("curl/8.14.1", "/index.html", [], "allow", "downloader", "page"),
    ("What-Is-This/1.0", "/music/tone.ogg", [], "log", "unknown", "audio"),
]


@pytest.fixture(scope="module")
def received() -> dict[str, int]:
    """Bytes of bodies that came under audio addresses, by purpose."""
    return {}


@pytest.fixture(scope="module")
def guard(
    origin: Site, received: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guard]:
    """A guard that has met all of these, and nobody else."""
    with guarding.running(tmp_path_factory.mktemp("counted"), origin.url) as found:
        for agent, path, words, verdict, purpose, kind in ALL:
            answer = curl(f"{found.url}{path}?{SECRET}", *words, agent=agent)
            assert (answer.status == 403) == (verdict == "block"), (agent, path)
            # What is missing is no recording, whatever its address.
            if kind == "audio" and verdict != "block" and answer.status < 400:
                received[purpose] = received.get(purpose, 0) + len(answer.body)
        yield found


def test_requests(guard: Guard) -> None:
    counts = guard.counts()
    assert counts("requests_total") == len(ALL)
    for _, _, _, verdict, purpose, kind in ALL:
        labels = {"verdict": verdict, "purpose": purpose, "resource": kind}
        same = [row for row in ALL if list(row[3:]) == list(labels.values())]
        assert counts("requests_total", **labels) == len(same), labels


def test_refusals(guard: Guard) -> None:
    counts = guard.counts()
    assert counts("blocks_total") == 5
    assert counts("blocks_total", crawler="GPTBot", rule="ai-training-off") == 3
    assert counts("blocks_total", crawler="Googlebot", rule="search-reads-pages") == 1
    assert counts("blocks_total", crawler="python-requests", rule="libraries-off") == 1
    assert counts("audio_requests_refused_total") == 4
    assert counts("audio_requests_refused_total", purpose="ai-training") == 2


def test_audio_bytes(guard: Guard, received: dict[str, int]) -> None:
    counts = guard.counts()
    for purpose, length in received.items():
        assert counts("audio_bytes_total", purpose=purpose) == length, purpose
    assert counts("audio_bytes_total") == sum(received.values())


def test_the_rest(guard: Guard) -> None:
    counts = guard.counts()
    assert counts("decision_seconds_count") == len(ALL)
    assert 0 < counts("decision_seconds_sum") < 1
    assert counts("rules_loaded") >= counts("rules_in_force") > 5
    assert counts("signatures_loaded") > 1000
    assert counts("enforcing") == 1
    assert counts("errors_total") == 0
    assert counts("upstream_errors_total") == 0
    build = [sample.labels for sample in counts.samples if sample.name == "stagedoor_build_info"]
    assert build[0]["mitmproxy"].startswith("12.")


def test_labels_never_carry_what_a_visitor_wrote(guard: Guard) -> None:
    """An agent or a path as a label would let anybody fill Prometheus' memory."""
    values = {value for sample in guard.counts().samples for value in sample.labels.values()}
    assert not [value for value in values if "What-Is-This" in value or "/music" in value]


def test_the_decision_log(guard: Guard) -> None:
    expected = [row for row in ALL if row[3] != "allow"]
    lines = guard.decisions(count=len(expected))
    assert len(lines) == len(expected)
    told = [
        (line["agent"], line["path"], line["verdict"], line["purpose"], line["resource"])
        for line in lines
    ]
    assert told == [(row[0], row[1], row[3], row[4], row[5]) for row in expected]
    for line in lines:
        assert line["address"] == ("127.0.0.1" if line["verdict"] == "block" else "127.0.0.0/24")
        assert line["status"] == (403 if line["verdict"] == "block" else None)


def test_what_a_visitor_keeps_secret_is_not_written_down(guard: Guard) -> None:
    """Subsonic clients put their password into the query."""
    guard.decisions(count=len([row for row in ALL if row[3] != "allow"]))
    written = (guard.state / "decisions.jsonl").read_text()
    assert "/music/tone.mp3" in written
    assert "26719a" not in written
    assert "26719a" not in guard.output


def test_the_terminal_tells_of_refusals(guard: Guard) -> None:
    guard.says("refused GPTBot (OpenAI, ai-training): GET /music/tone.mp3 by ai-training-off")
    assert "Firefox" not in guard.output


def test_sound_is_counted_in_seconds_and_streams_while_they_last(
    origin: Site, start_guard: StartGuard
) -> None:
    guard = start_guard(origin.url)
    curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT)
    assert guard.counts()("audio_seconds_withheld_total") == 0
    for name in ("mp3", "flac", "ogg", "m4a", "wav"):
        before = guard.counts()("audio_seconds_total", purpose="browser")
        curl(f"{guard.url}/music/tone.{name}", agent=FIREFOX)

        def played(before: float = before) -> bool:
            seconds = guard.counts()("audio_seconds_total", purpose="browser") - before
            return seconds == pytest.approx(SECONDS, rel=0.2)

        eventually(played, f"{SECONDS} seconds of {name}")
    curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT)
    withheld = guard.counts()("audio_seconds_withheld_total", purpose="ai-training")
    assert withheld == pytest.approx(SECONDS, rel=0.2)
    assert guard.counts()("audio_bytes_withheld_total") == len(origin.file("/music/tone.mp3"))
    with connect(guard.url) as wire:
        wire.sendall(request("/music/long.wav", FIREFOX))
        eventually(lambda: guard.counts()("audio_streams") == 1, "a stream to be counted")
    eventually(lambda: guard.counts()("audio_streams") == 0, "its end to be counted")
    heard = guard.counts()("audio_seconds_total")
    assert heard < LONG_SECONDS


def test_the_ledgers_health(origin: Site, start_guard: StartGuard) -> None:
    guard = start_guard(origin.url)
    curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT)

    def written() -> bool:
        counts = guard.counts()
        return counts("ledger_entries_total") > 2 and counts("ledger_waiting") == 0

    eventually(written, "the ledger to be written")
    counts = guard.counts()
    assert (counts("ledger_writable"), counts("ledger_unrecorded_total")) == (1, 0)
    assert counts("ledger_bytes") == (guard.state / "ledger.sqlite").stat().st_size
    assert counts("upstream_up") == 0  # nobody has been let in, so nobody knows
    assert not [s for s in counts.samples if s.name == "stagedoor_upstream_up"]
