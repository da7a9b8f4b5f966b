"""Throttling and delaying, with real clients."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .clients import FIREFOX, curl
from .conftest import StartGuard
from .programs import at_load
from .site import Site

RULES = """
- id: two-a-minute
  title: Two recordings a minute are enough here
  when: {request.path: /music/tone.mp3}
  then: {throttle: {requests: 2, per: 1m}}
  cases:
    - {ua: Firefox/140.0, get: /music/tone.mp3, expect: throttle}
- id: slowly
  title: This one takes its time
  when: {request.path: /music/tone.flac}
  then: {delay: 800ms}
  cases:
    - {ua: Firefox/140.0, get: /music/tone.flac, expect: delay}
"""


def test_the_third_recording_in_a_minute_has_to_wait(
    start_guard: StartGuard, origin: Site, rules: Path
) -> None:
    (rules / "05-slow.yaml").write_text(RULES, "utf-8")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    answers = [curl(f"{guard.url}/music/tone.mp3", agent=FIREFOX) for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 429]
    assert answers[0].body == origin.file("/music/tone.mp3")
    retry = answers[2].headers["Retry-After"]
    assert 25 <= int(retry) <= 30
    assert "welcome again in" in answers[2].text
    (line,) = guard.decisions("tone.mp3", 1)
    assert (line["verdict"], line["status"], line["rule"]) == ("throttle", 429, "two-a-minute")
    assert line["id"] in answers[2].text
    guard.says("slowed down")


def test_a_delayed_recording_comes_whole_and_holds_nobody_else_up(
    start_guard: StartGuard, origin: Site, rules: Path
) -> None:
    (rules / "05-slow.yaml").write_text(RULES, "utf-8")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    url = f"{guard.url}/music/tone.flac"
    with ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        slow = [pool.submit(curl, url, agent=FIREFOX) for _ in range(4)]
        quick = curl(f"{guard.url}/", agent=FIREFOX)
        answers = [one.result() for one in slow]
        took = time.monotonic() - began
    assert quick.status == 200
    assert all(a.body == origin.file("/music/tone.flac") for a in answers)
    assert took >= 0.8
    assert took < at_load(3.0)  # they wait beside one another
