"""Three guards and one Valkey: real programs, killed while they are asked."""

from __future__ import annotations

import json
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from storeservers import StoreServer

from . import guarding
from .guarding import Guard
from .programs import PATIENCE, Program, eventually, program, run
from .site import Site

AWAY = 10.0
"""Seconds for which the store is away under load."""
# An hour: of twenty a minute one is free again after three seconds, and a slow run gets 21.
SLOW = """
- id: slow
  title: Twenty pages an hour are enough
  why: More is a machine's pace.
  when: {request.agent: "*Taker*", resource: page}
  then: {throttle: {requests: 20, per: 1h}}
  cases:
    - {ua: Taker/1.0, get: /, expect: throttle}
    - {ua: Firefox/140.0, get: /, expect: allow}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[StoreServer]:
    with StoreServer("valkey") as started:
        yield started


@pytest.fixture(scope="module")
def guards(
    origin: Site, server: StoreServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Guard]]:
    """Three guards that share a store, with a rule of their own that counts."""
    folder = tmp_path_factory.mktemp("guards")
    rules = folder / "rules"
    rules.mkdir()
    (rules / "90-slow.yaml").write_text(SLOW)
    started: list[Guard] = []
    programs: list[Program] = []
    try:
        for number in range(3):
            home = folder / f"guard-{number}"
            home.mkdir()
            words = [
                f"--mode=reverse:{origin.url}@127.0.0.1:0",
                *("--set", "guard_metrics=127.0.0.1:0", "--set", f"guard_state={home / 'state'}"),
                *(
                    "--set",
                    f"guard_rules={rules}",
                    "--set",
                    f"guard_store={server.address}",
                ),
                *("--set", "guard_trusted_proxies=127.0.0.1"),
            ]
            programs.append(Program(*guarding.command(*words), log=home / "guard.log"))
        for number, one in enumerate(programs):
            started.append(guarding.reach(one, folder / f"guard-{number}" / "state"))
        eventually(
            lambda: all(one.counts()("store_guards") == 3 for one in started), "three guards"
        )
        yield started
    finally:
        for one in programs:
            one.stop()
    for found in started:
        guarding.no_surprise(found)


def ask(guard: Guard, path: str, agent: str, address: str) -> int:
    """The status of one request."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {"User-Agent": agent, "X-Forwarded-For": address}
        found = session.get(guard.url + path, headers=headers, timeout=PATIENCE)
        return found.status_code


def test_a_client_that_is_spread_over_three_guards_is_counted_once(guards: list[Guard]) -> None:
    statuses = [ask(guards[n % 3], "/", "Taker/1.0", "203.0.113.7") for n in range(45)]
    assert Counter(statuses) == {200: 20, 429: 25}
    assert set(statuses[:20]) == {200}
    assert ask(guards[0], "/", "Taker/1.0", "203.0.113.8") == 200


def test_a_store_that_is_killed_under_load_loses_no_request(
    guards: list[Guard], server: StoreServer
) -> None:
    statuses: list[int] = []
    slowest = 0.0
    done = threading.Event()

    def load(number: int) -> None:
        nonlocal slowest
        with requests.Session() as session:
            session.trust_env = False
            while not done.is_set():
                address = f"198.51.100.{len(statuses) % 200}"
                headers = {"User-Agent": "Taker/1.0", "X-Forwarded-For": address}
                began = time.monotonic()
                found = session.get(guards[number].url, headers=headers, timeout=PATIENCE)
                slowest = max(slowest, time.monotonic() - began)
                statuses.append(found.status_code)
                time.sleep(0.02)

    threads = [threading.Thread(target=load, args=(number % 3,)) for number in range(6)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    sizes = [len(one.said_so_far()) for one in guards]  # it may have been late at the start
    server.kill()
    time.sleep(AWAY)
    server.start()
    eventually(lambda: all(one.counts()("store_up") == 1 for one in guards), "the store again")
    done.set()
    for thread in threads:
        thread.join()
    assert len(statuses) > 100
    assert set(statuses) <= {200, 429}
    for one, before in zip(guards, sizes, strict=True):
        assert one.counts()("store_away_total") > 0
        assert one.counts()("store_lost_total") == 0
        one.says("answers again")
        said = one.said_so_far()[before:]
        assert (said.count("cannot be used"), said.count("answers again")) == (1, 1), said


def test_a_guard_that_is_killed_loses_its_open_requests_and_nothing_of_its_ledger(
    guards: list[Guard], tmp_path: Path
) -> None:
    gptbot = "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)"
    for number in range(30):
        assert ask(guards[number % 3], "/robots.txt", gptbot, f"198.51.100.{number}") == 200
        assert (
            ask(guards[number % 3], f"/music/{number}.mp3", gptbot, f"198.51.100.{number}") == 403
        )
    victim = guards[0]

    def refusals(guard: Guard) -> int:
        with sqlite3.connect(guard.state / "ledger.sqlite") as book:
            asked = (
                "SELECT count(*) FROM entries WHERE kind = 'refusal' "
                "AND CAST(body AS TEXT) LIKE '%GPTBot%'"
            )
            return int(book.execute(asked).fetchone()[0])

    eventually(lambda: refusals(victim) == 10, "refusals in the ledger")
    time.sleep(1)  # what was refused last is written within half a second
    written = sum(map(refusals, guards))
    assert written == 30
    victim.program.process.send_signal(signal.SIGKILL)
    victim.program.process.wait()
    assert {ask(one, "/", "Firefox", "192.0.2.99") for one in guards[1:]} == {200}
    states = [word for one in guards for word in ("--state", str(one.state))]
    out = tmp_path / "evidence"
    stagedoor = program("stagedoor")
    for one in guards:
        verified = run(stagedoor, "evidence", "verify", "--state", str(one.state))
        assert verified.returncode == 0, verified.stdout + verified.stderr
    words = ["--crawler", "GPTBot", "--since", "2020-01-01", str(out)]
    done = run(stagedoor, "evidence", "export", *states, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{written} refusals" in done.stdout
    folders = sorted(path for path in out.iterdir() if path.is_dir())
    assert len(folders) == 3
    shown = Counter[str]()
    for folder in folders:
        checked = run(program("python3"), str(folder / "verify.py"))
        assert checked.returncode == 0, checked.stdout + checked.stderr
        lines = (folder / "entries.jsonl").read_text().splitlines()
        shown.update(json.loads(line)["entry"]["kind"] for line in lines)
    assert shown["refusal"] == written
    assert shown["notice"] >= 30
