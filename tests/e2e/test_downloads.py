"""Downloads for sponsors, counted by a real guard from what it really sent."""

from __future__ import annotations

import csv
import io
import sys

from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .programs import run
from .site import Site

SONG = "/music/tone.mp3"
OVERCAST = "Overcast/2026.1 (+http://overcast.fm/; iOS podcast app)"


def test_only_people_who_were_sent_the_sound_are_counted(
    start_guard: StartGuard, origin: Site
) -> None:
    guard = start_guard(origin.url)
    half = f"bytes=0-{len(origin.file(SONG)) // 2}"
    for agent, headers in (
        (OVERCAST, []),
        (OVERCAST, []),  # the same listener
        (FIREFOX, []),
        (GPTBOT, []),  # refused
        ("Castro 2024", ["-H", "Range: bytes=0-1"]),
        ("AntennaPod/3.5.0", ["-H", f"Range: {half}"]),
        ("Pocket Casts", ["-I"]),
    ):
        curl(f"{guard.url}{SONG}", *headers, agent=agent)
    assert guard.program.stop() == 0
    done = run(sys.executable, "-m", "stagedoor", "downloads", "--state", str(guard.state))
    assert done.returncode == 0, done.stderr
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert [row[1:] for row in rows[1:]] == [[SONG, "2"]]
