"""The guard that is soaked: the real mitmdump, started, killed, watched and read from outside."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from prometheus_client.parser import text_string_to_metric_families

from stagedoor.record.ledger.database import Book
from tools.bench.processes import resident
from tools.soak.clock import Clock

ROOT = Path(__file__).resolve().parents[2]
START = 60.0
WARM = 40
"""Changes of the rules after a start: what reading them takes of memory, some 25 MB in all, it has taken
then, and memory can be expected to be flat."""
RULE = """\
- id: soak-{number}
  title: A rule that comes and goes
  why: It is there for reloading.
  when: {{request.path: /soak-{number}}}
  then: block
  cases:
    - {{ua: Firefox/140.0, get: /soak-{number}, expect: block}}
    - {{ua: Firefox/140.0, get: /, expect: allow}}
"""


class SoakError(Exception):
    """The guard did not do what nothing else can be measured without; the message says what."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory (bytes) and open descriptors at one moment (seconds)."""

    at: float
    memory: int
    descriptors: int


@dataclass(slots=True)
class Life:
    """One process of the guard, and what its metrics said last."""

    process: subprocess.Popen[bytes]
    samples: list[Sample] = field(default_factory=list)
    counts: dict[str, float] = field(default_factory=dict)


class Guard:
    """A guard in `folder`, in front of a site; `lives` are its processes, one after the other."""

    def __init__(self, folder: Path, site: int) -> None:
        self.folder, self._site = folder, site
        self.port, self._metrics = free_port(), free_port()
        self.state, self.rules = folder / "state", folder / "rules"
        self.rules.mkdir()
        (self.rules / "stance.yaml").write_text("ai: {train: no, input: no}\n")
        try:
            self.clock = Clock(folder)
        except RuntimeError as error:
            raise SoakError(str(error)) from error
        self._guard, self._ended = threading.Lock(), False
        self.lives: list[Life] = []

    @property
    def life(self) -> Life:
        """The one that runs."""
        return self.lives[-1]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        environment = os.environ | self.clock.environment
        log = self.folder / f"guard-{len(self.lives)}.log"
        with self._guard, log.open("wb") as out:
            if self._ended:
                raise SoakError("it was to end")
            process = subprocess.Popen(
                [Path(sys.executable).parent / "mitmdump", "-s", ROOT / "addons" / "guard.py",
                 f"--mode=reverse:http://127.0.0.1:{self._site}@127.0.0.1:{self.port}",
                 "--set", f"confdir={self.folder / 'conf'}",
                 "--set", f"guard_rules={self.rules}", "--set", f"guard_state={self.state}",
                 "--set", f"guard_metrics=127.0.0.1:{self._metrics}"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, env=environment,
            )  # fmt: skip
            self.lives.append(Life(process))
        end = time.monotonic() + START
        while not self.scrape():
            if process.poll() is not None or time.monotonic() > end:
                said = log.read_text("utf-8", "replace")[-2000:]
                raise SoakError(f"the guard did not start:\n{said}")
            time.sleep(0.1)
        while not _listens(self.port):
            if time.monotonic() > end:
                raise SoakError("the guard does not listen")
            time.sleep(0.1)
        self._warm()
        self.life.samples.clear()  # what it was while it started
        self.sample()

    def _warm(self) -> None:
        file = self.rules / "40-soak-warm.yaml"
        others = [self.rules / f"41-soak-warm-{number}.yaml" for number in range(30)]
        for number, other in enumerate(others):  # as many as a storm has
            other.write_text(RULE.format(number=f"other{number}"))
        for number in range(WARM):
            before, end = self.life.counts.get("reloads_loaded", 0), time.monotonic() + START
            file.write_text(RULE.format(number=f"warm{number}"))
            while self.life.counts.get("reloads_loaded", 0) <= before:
                if self._ended or time.monotonic() > end:
                    raise SoakError("the guard does not take a change of its rules")
                time.sleep(0.1)
                self.scrape()
        for one in (file, *others):
            one.unlink()

    def kill(self) -> None:
        """kill -9, by process id."""
        self.life.process.send_signal(signal.SIGKILL)
        self.life.process.wait()

    def stop(self) -> None:
        """End it as it should end; by force where it does not."""
        process = self.life.process
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise SoakError("the guard did not end within 15 seconds") from None

    def end(self) -> None:
        """Let nothing run, and nothing start any more."""
        with self._guard:
            self._ended = True
            for life in self.lives:
                if life.process.poll() is None:
                    life.process.kill()
                    life.process.wait()

    def hang_up(self) -> None:
        """SIGHUP: it opens its logs anew, and reads its rules again."""
        self.life.process.send_signal(signal.SIGHUP)

    def disk(self, *, full: bool) -> None:
        """No file may grow any more, or may again."""
        _, hard = resource.prlimit(self.life.process.pid, resource.RLIMIT_FSIZE)
        limit = 4096 if full else hard
        resource.prlimit(self.life.process.pid, resource.RLIMIT_FSIZE, (limit, hard))

    def sample(self) -> None:
        """Look at its memory and descriptors."""
        pid = self.life.process.pid
        with contextlib.suppress(OSError):
            descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
            self.life.samples.append(Sample(time.monotonic(), resident(pid), descriptors))

    def scrape(self) -> bool:
        """Read the metrics of this life; False where they do not answer."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self._metrics}/metrics", timeout=10) as answer:
                text = answer.read().decode()
        except OSError:
            return False
        counts: defaultdict[str, float] = defaultdict(float)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == "stagedoor_reloads_total":
                    counts[f"reloads_{sample.labels['outcome']}"] += sample.value
                counts[sample.name.removeprefix("stagedoor_")] += sample.value
        self.life.counts = dict(counts)
        return True

    def total(self, name: str) -> int:
        """One counter over all lives."""
        return int(sum(life.counts.get(name, 0) for life in self.lives))

    def tracebacks(self) -> int:
        """How many errors of the program itself stand in its logs."""
        return sum(
            log.read_text("utf-8", "replace").count("Traceback (most recent")
            for log in self.folder.glob("guard-*.log")
        )

    def newest(self) -> float | None:
        """When the ledger's newest entry was written, by the guard's clock; Unix seconds."""
        book = Book(self.state)
        try:
            head = book.head()
        finally:
            book.close()
        return None if head is None else head[2] / 1000

    def ledger(self) -> Mapping[str, int]:
        """Entries of the ledger by kind; `lost`: those that it says were lost."""
        found: Counter[str] = Counter()
        book = Book(self.state)
        try:
            with book.reading():
                for row in book.rows():
                    body = orjson.loads(row.body)
                    if row.kind == "loss":
                        found["lost"] += body["count"]
                    # An entry may stand for many, and then says for how many.
                    found[row.kind] += int(body.get("count", 1)) if row.kind != "loss" else 1
                    found["summaries"] += row.kind == "summary"
        finally:
            book.close()
        return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
