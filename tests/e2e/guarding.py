"""The guard: started as people start it, read from outside, stopped."""

from __future__ import annotations

import atexit
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count as numbers
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from .programs import PATIENCE, ROOT, Program, eventually, program, run

SCRIPT = ROOT / "addons" / "guard.py"
STARTED = (
    r"Stagedoor \S+ guards (?P<site>[^;]+); visitors come to (?P<address>\S+)$[\s\S]*"
    r"rules +(?P<rules>\d+) loaded[\s\S]*known +[\d,]+ crawlers and clients by "
    r"(?P<signatures>[\d,]+) signatures[\s\S]*metrics +(?P<metrics>\S+)$"
)
"""The start-up message; log lines are public interface."""
SO_FAR = "/so-far/"
"""Paths that `Guard.said_so_far` asks for."""
_NUMBERS = numbers()


class Counts:
    """One scrape of the metrics."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self.samples = [sample for family in families for sample in family.samples]

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry these labels."""
        return sum(
            sample.value
            for sample in self.samples
            if sample.name == f"stagedoor_{name}" and labels.items() <= sample.labels.items()
        )


@dataclass(frozen=True)
class Guard:
    """A running guard."""

    program: Program
    url: str
    metrics: str
    state: Path

    @property
    def output(self) -> str:
        """What stands on its terminal."""
        return self.program.output

    def says(self, text: str) -> None:
        """Wait until `text` stands there: a thread writes it, some time after an answer has gone out."""
        eventually(lambda: text in self.output, f"the guard to say {text!r}")

    def said_so_far(self) -> str:
        """What stands there, with everything that was to be said before this call; the decision log is
        complete then, too. A crawler that no test is about (Timpibot) is refused something, which comes
        behind all else in both.
        """

        def look() -> str:
            path = f"{SO_FAR}{next(_NUMBERS)}.mp3"
            with requests.Session() as session:
                session.trust_env = False
                session.get(
                    self.url + path, headers={"User-Agent": "Timpibot/0.9"}, timeout=PATIENCE
                )
            self.decisions(path, 1)
            return self.output if path in self.output else ""  # five lines a second, not more

        return eventually(look, "the line of a refusal")

    def counts(self) -> Counts:
        """Scrape the metrics, as Prometheus would."""
        with requests.Session() as session:
            session.trust_env = False
            return Counts(session.get(self.metrics, timeout=PATIENCE).text)

    def decisions(self, marker: str = "", count: int = 0) -> list[dict[str, Any]]:
        """The decision log's lines whose path contains `marker`, once there are `count`."""
        log = self.state / "decisions.jsonl"

        def look() -> list[list[dict[str, Any]]]:
            text = log.read_text("utf-8") if log.exists() else ""
            lines = text.rpartition("\n")[0].splitlines()  # the last one may be half there
            found = [d for line in lines if marker in (d := json.loads(line))["path"]]
            return [found] if len(found) >= count else []

        return eventually(look, f"{count} decisions about {marker!r} in {log}")[0]


@cache
def confdir() -> str:
    """A home for mitmproxy apart from the person's own, whose settings must not matter here.

    All guards share it: its certificate authority takes a second to make.
    """
    folder = tempfile.TemporaryDirectory(prefix="stagedoor-e2e-")
    atexit.register(folder.cleanup)
    return folder.name


SERVE = bool(os.environ.get("STAGEDOOR_TEST_SERVE"))
"""Run the tests with `stagedoor serve` in the place of mitmdump."""
_LEAN = Path(__file__).parent / "scripts" / "lean_serve.py"


def command(*arguments: str) -> list[str]:
    """mitmdump with the guard, as a command."""
    if SERVE:
        return by_serve(*arguments)
    return [program("mitmdump"), "-s", str(SCRIPT), "--set", f"confdir={confdir()}", *arguments]


def by_serve(*arguments: str) -> list[str]:
    """`stagedoor serve` with options as mitmdump takes them."""
    return [sys.executable, str(_LEAN), "--set", f"confdir={confdir()}", *arguments]


def start(folder: Path, upstream: str, *arguments: str) -> Guard:
    """The guard in front of `upstream`, on a port it chooses itself."""
    state = folder / "state"
    listening = [f"--mode=reverse:{upstream}@127.0.0.1:0", "--set", "guard_metrics=127.0.0.1:0"]
    kept = ["--set", f"guard_state={state}"]
    started = Program(*command(*listening, *kept, *arguments), log=folder / "guard.log")
    return reach(started, state)


@contextmanager
def running(folder: Path, upstream: str, *arguments: str) -> Iterator[Guard]:
    """A guard for as long as the block lasts."""
    found = start(folder, upstream, *arguments)
    with found.program:
        yield found
    no_surprise(found)


def no_surprise(guard: Guard) -> None:
    """No fault but those a test has made: mitmproxy logs it, and lets the request pass.

    (A traceback of asyncio's own is no fault: Python before 3.12.3 prints one when a connection is
    cut at the end.)
    """
    if "broken on purpose" not in guard.output:
        assert not re.search(r"/stagedoor/\w+.*line \d+|has crashed|Addon error", guard.output), (
            guard.output
        )


def reach(started: Program, state: Path) -> Guard:
    """A guard that was started, as soon as it is up; else it is stopped and its output is shown."""
    try:
        said = started.says(STARTED)
    except BaseException:
        started.stop()
        raise
    return Guard(started, f"http://{said['address']}", said["metrics"], state)


def fails(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Start a guard that must not start: its exit status, and its lines without their times."""
    done = run(*command(*arguments), cwd=folder)
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, [line.partition("] ")[2] or line for line in lines]
