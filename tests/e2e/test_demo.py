"""`stagedoor demo`: what a newcomer sees first."""

from __future__ import annotations

import re
import signal
import sys
from pathlib import Path

import pytest

from e2e.programs import PATIENCE, Program, eventually, is_listening, run


def test_the_cast_knocks_and_is_told_apart() -> None:
    done = run(sys.executable, "-m", "stagedoor", "demo", "--once")
    assert done.returncode == 0, done.stderr
    rows = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    assert "Who came to the door: 11 let in, 6 refused" in done.stdout
    assert " 200 " in rows["A fan's Firefox"]
    assert " 206 " in rows["An iPhone plays"]
    for refused in (
        "A false Googlebot",
        "… asks all the same",
        "Common Crawl",
        "A scraping script",
    ):
        assert "403 refused" in rows[refused], done.stdout
    assert re.search(r"200 \d+ kB", rows["OpenAI's crawler"])
    assert "♪ ♪ ♪ ♪ ✗\n4 came; the next was refused (429, come back in 10 minutes)" in done.stdout
    assert re.search(r"notified\n(twice|\d times), asked .* and was refused once", done.stdout)
    said = " ".join(done.stdout.split())
    assert (
        "canary, 3 times; first in links.jsonl, line 20 handed to a client that calls itself"
        in said
    )
    assert re.search(
        r"used on \S+ \S+ UTC by a client that calls itself yt-dlp, from another", said
    )
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_its_picture_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    picture = tmp_path / "demo.svg"
    done = run(sys.executable, "-m", "stagedoor", "demo", "--record", str(picture))
    assert done.returncode == 0, done.stderr
    drawn = picture.read_text("utf-8")
    assert "Bytespider" in drawn
    # What is loaded, not what is named: no font, no image, no style sheet.
    assert not re.search(r"(?:href|src)=|url\((?!#)|@import", drawn)
    assert "@font-face" not in drawn


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_nothing_stays_behind_when_it_ends(told: signal.Signals, tmp_path: Path) -> None:
    with Program(sys.executable, "-m", "stagedoor", "demo", log=tmp_path / "demo.log") as demo:
        said = demo.says(r"The site, guarded +http://127\.0\.0\.1:(\d+)")
        assert re.search(
            r"The desk: http://127\.0\.0\.1:\d+/\n", demo.output.partition("Who came")[0]
        )
        demo.says("Ctrl-C ends this")
        assert is_listening(int(said[1]))
        demo.process.send_signal(told)  # to the demo alone, as a service manager does
        assert demo.process.wait(PATIENCE) == 0
        eventually(lambda: not is_listening(int(said[1])), "the guard to be gone")
        assert not re.search("Traceback", demo.output)
