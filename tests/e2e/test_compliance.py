"""Told, and took anyway: what a crawler was handed, what it did, and what can be shown of it."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stagedoor.signals import headers as header_signals

from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .guarding import Guard
from .programs import PATIENCE, eventually, run
from .site import PATHS_OF_SIGNALS, Site, shipped

SPIDER = Path(__file__).parent / "scripts" / "spider.py"
AT_ALL = ("--set", "guard_mode=observe")
"""Nobody is refused, so that what crawlers do by themselves is seen."""


def crawl(guard: Guard, how: str) -> dict[str, int]:
    """Let the spider go: bytes by path."""
    done = subprocess.run(
        [sys.executable, str(SPIDER), guard.url, how],
        capture_output=True, text=True, check=True, timeout=PATIENCE,
    )  # fmt: skip
    return {path: int(size) for path, _, size in map(str.split, done.stdout.splitlines())}


def evidence(guard: Guard, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(
        sys.executable, "-m", "stagedoor", "evidence", *arguments, "--state", str(guard.state)
    )


def entries(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "entries.jsonl").read_text("utf-8").splitlines()]


def test_a_spider_that_obeys_takes_nothing_that_is_reserved(
    start_guard: StartGuard, origin: Site
) -> None:
    guard = start_guard(origin.url, *AT_ALL)
    assert crawl(guard, "obey") == {}
    counts = guard.counts()
    assert counts("notices_total", crawler="CCBot", signal="robots") >= 1
    assert counts("violations_total") == 0


def test_one_that_does_not_is_seen_and_the_report_tells_the_story(
    start_guard: StartGuard, origin: Site, tmp_path: Path
) -> None:
    guard = start_guard(origin.url, *AT_ALL)
    taken = crawl(guard, "whatever")
    assert taken["/music/tone.mp3"] == len(origin.file("/music/tone.mp3"))
    counts = guard.counts()
    assert counts("violations_total", crawler="CCBot", signal="robots") == 4
    assert counts("violations_total", crawler="CCBot", signal="headers") >= 3
    assert guard.program.stop() == 0
    listed = evidence(guard, "list")
    assert "CCBot" in listed.stdout, listed.stdout + listed.stderr
    verified = evidence(guard, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    out = tmp_path / "report"
    exported = evidence(
        guard, "export", "--crawler", "CCBot", "--since", time.strftime("%Y-%m-%d"), str(out)
    )
    assert exported.returncode == 0, exported.stdout + exported.stderr
    takings = [e for e in map(body_of, entries(out)) if e.get("kind") == "taking"]
    assert {e["path"] for e in takings} == set(taken) - {"/robots.txt"}
    assert all(e["against"] for e in takings)
    assert {e["path"]: e["bytes"] for e in takings}["/music/tone.mp3"] == taken["/music/tone.mp3"]
    texts = [path.read_bytes() for path in (out / "texts").iterdir()]
    assert origin.served("/robots.txt") in texts
    assert shipped().header_text.encode() in texts
    html = next(out.glob("*.html")).read_text("utf-8")
    assert "CCBot" in html
    assert "/music/tone.mp3" in html
    checked = run(sys.executable, str(out / "verify.py"), str(out))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    one = random.Random(7).choice([p for p in out.rglob("*") if p.is_file() and p.stat().st_size])
    data = bytearray(one.read_bytes())
    data[len(data) // 2] ^= 1
    one.write_bytes(data)
    assert run(sys.executable, str(out / "verify.py"), str(out)).returncode != 0, one


def body_of(entry: dict[str, object]) -> dict[str, object]:
    """The public part of an exported entry."""
    body = entry["entry"]
    assert isinstance(body, dict)
    return body


def test_refused_requests_count_and_rules_may_ask(
    start_guard: StartGuard, origin: Site, rules: Path
) -> None:
    (rules / "05-told.yaml").write_text(
        "- id: told-and-came-back\n  title: Whoever was told and comes back is gone for good\n"
        "  when: {behaviour.violations: {over: 1}, behaviour.told: robots,\n"
        "         behaviour.robots_disallows: yes}\n"
        "  then: {block: {status: 410}}\n",
        "utf-8",
    )
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    url = f"{guard.url}/music/tone.mp3"
    assert curl(url, agent=GPTBOT).status == 403  # refused, with headers that are a signal
    assert curl(f"{guard.url}/robots.txt", agent=GPTBOT).status == 200
    assert curl(url, agent=GPTBOT).status == 403  # the first time against a signal it received
    assert curl(url, agent=GPTBOT).status == 410
    assert guard.counts()("violations_total", crawler="GPTBot", signal="robots") == 2


def test_nothing_is_kept_about_people(start_guard: StartGuard, origin: Site) -> None:
    guard = start_guard(origin.url)
    for path in ("/robots.txt", "/index.html", "/music/short.mp3"):
        assert curl(f"{guard.url}{path}", agent=FIREFOX).status == 200
    assert guard.program.stop() == 0
    listed = evidence(guard, "list").stdout
    assert "Firefox" not in listed
    data = b"".join(p.read_bytes() for p in guard.state.glob("ledger.sqlite*"))
    assert b"Firefox" not in data
    assert b"short.mp3" not in data


@pytest.mark.parametrize("path", ["/index.html", "/music/tone.mp3", "/nothing", "/listen/tone"])
def test_every_response_says_it_in_its_headers(guard: Guard, path: str) -> None:
    for agent in (FIREFOX, GPTBOT):
        answer = curl(f"{guard.url}{path}", agent=agent)
        said = header_signals.read(list(answer.headers.items()))
        assert {s.standard for s in said} >= {"content-usage", "tdmrep", "robots-tag"}, (
            answer.status
        )
        assert {s.said.train for s in said} == {"no"}


def test_the_files_are_ours_where_the_site_has_none_and_its_own_where_it_has(
    guard: Guard, origin: Site
) -> None:
    for path in PATHS_OF_SIGNALS:
        answer = curl(f"{guard.url}{path}", agent=GPTBOT)
        assert answer.status == 200, path
        if (origin.root / path.lstrip("/")).exists():
            assert answer.body == origin.served(path)
        else:
            assert answer.body == shipped().files[path].text
            assert answer.type == shipped().files[path].type
        head = curl(f"{guard.url}{path}", "-I", agent=GPTBOT)
        assert (head.status, head.body) == (200, b"")


def test_a_conditional_request_gets_the_whole_robots_txt(guard: Guard, origin: Site) -> None:
    url = f"{guard.url}/robots.txt"
    tag = curl(f"{origin.url}/robots.txt").headers["etag"]
    for header in (f"If-None-Match: {tag}", "Range: bytes=0-3", "Accept-Encoding: gzip, br"):
        answer = curl(url, "-H", header, agent=GPTBOT)
        assert (answer.status, answer.body) == (200, origin.served("/robots.txt")), header


def test_a_stance_that_says_nothing_changes_nothing(
    start_guard: StartGuard, origin: Site, rules: Path
) -> None:
    words = [
        "robots",
        "content_usage",
        "content_signals",
        "tdmrep",
        "rsl",
        "noai",
        "ai_txt",
        "trust_txt",
        "tags",
    ]
    off = "".join(f"  {word}: no\n" for word in words)
    (rules / "stance.yaml").write_text(f"publish:\n{off}", "utf-8")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    for path in ("/index.html", "/robots.txt", "/music/short.mp3", "/ai.txt"):
        here, there = curl(f"{guard.url}{path}"), curl(f"{origin.url}{path}")
        assert (here.status, here.body) == (there.status, there.body)
        named = {"content-usage", "tdm-reservation", "x-robots-tag", "link"}
        assert not named & {name.lower() for name in here.headers}


def test_a_kill_leaves_a_whole_chain(start_guard: StartGuard, origin: Site) -> None:
    guard = start_guard(origin.url)
    for _ in range(50):
        curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT)
    eventually(lambda: [1] if "GPTBot" in evidence(guard, "list").stdout else [], "it is written")
    guard.program.process.kill()
    guard.program.process.wait()
    verified = evidence(guard, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert re.search(r"\d", verified.stdout)
