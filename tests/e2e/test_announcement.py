"""Refusals as players meet them: real ones stop, and hear why where the stance wants that."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stagedoor.fronts import announcement

from .clients import FIREFOX, GPTBOT, curl
from .guarding import Guard, running
from .programs import as_nobody, program, public_folder, run
from .site import Site

REFUSED = """
- id: refused
  title: Enough for today
  why: This test refuses everybody.
  when: {resource: audio}
  then: {throttle: {for: 10m}}
"""
MPV = ("--no-config", "--no-video", "--ao=null", "--untimed")
FFPLAY = ("-nodisp", "-autoexit", "-loglevel", "error")
VLC = ("-q", "--no-video", "-I", "dummy", "--aout", "dummy", "--play-and-exit")
MOST = 4
"""Requests of a player that does not try for ever."""


@pytest.fixture(scope="module", params=["no", "yes"])
def guard(
    request: pytest.FixtureRequest, origin: Site, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Guard, bool]]:
    """A guard that refuses all audio, without and with the announcement."""
    folder = tmp_path_factory.mktemp("announcing")
    (folder / "stance.yaml").write_text(f"announcement: {request.param}\n", "utf-8")
    (folder / "05-refused.yaml").write_text(REFUSED, "utf-8")
    with running(folder, origin.url, "--set", f"guard_rules={folder}") as found:
        yield found, request.param == "yes"


def asked(guard: Guard, path: str) -> int:
    """How often this was asked for, and always refused."""
    lines = guard.decisions(path, 1)
    assert {line["rule"] for line in lines} == {"refused"}
    return len(lines)


def test_players_stop(guard: tuple[Guard, bool]) -> None:
    door, announced = guard
    url = f"{door.url}/music/%s.mp3"
    with public_folder() as home, ThreadPoolExecutor() as together:
        mpv = together.submit(run, program("mpv"), *MPV, url % "mpv")
        ffplay = [program("ffplay"), *FFPLAY, url % "ffplay"]
        together.submit(run, "env", "SDL_AUDIODRIVER=dummy", *ffplay)
        vlc = [*as_nobody(), "env", f"HOME={home}", program("cvlc"), *VLC, url % "vlc"]
        together.submit(run, *vlc)
    assert (mpv.result().returncode == 0) is announced, mpv.result().stdout
    assert all(1 <= asked(door, player) <= MOST for player in ("mpv", "ffplay", "vlc"))


@pytest.mark.parametrize(
    "agent",
    [GPTBOT, FIREFOX, "curl/8.14.1", "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)"],
)
def test_all_others_get_a_status(guard: tuple[Guard, bool], agent: str) -> None:
    answer = curl(f"{guard[0].url}/music/tone.mp3", "-H", "Accept: */*", agent=agent)
    assert answer.status == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_what_a_player_gets(guard: tuple[Guard, bool], tmp_path: Path) -> None:
    door, announced = guard
    agent = "VLC/3.0.21 LibVLC/3.0.21"
    page = ("-H", "Accept: text/html")
    part = curl(f"{door.url}/music/tone.mp3", "-H", "Range: bytes=5000-", *page, agent=agent)
    assert (part.status, part.headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
    answer = curl(f"{door.url}/music/tone.mp3", "-H", "Range: bytes=0-", *page, agent=agent)
    if not announced:
        assert (answer.status, answer.headers["Content-Type"]) == (429, "text/plain; charset=utf-8")
        assert 1 <= int(answer.headers["Retry-After"]) <= 600
        return
    assert (answer.status, answer.headers["Content-Type"]) == (200, "audio/mpeg")
    assert answer.headers["Cache-Control"] == "no-store"
    file = tmp_path / "heard.mp3"
    file.write_bytes(answer.body)
    probe = run(
        program("ffprobe"), "-v", "error", "-show_entries", "format=duration:stream=codec_name",
        "-of", "json", str(file),
    )  # fmt: skip
    found = json.loads(probe.stdout)
    assert probe.stderr == ""
    assert [stream["codec_name"] for stream in found["streams"]] == ["mp3"]
    assert 2 < float(found["format"]["duration"]) < 12
    assert answer.body == announcement.sound()
    assert len(answer.body) < 50_000
