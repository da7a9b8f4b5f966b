"""What a refused client costs that connects anew each time: answered by `stagedoor serve`, and turned away by
`--firewall nft`. In two network namespaces, because addresses of the public Internet are needed; as root.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .beside_programs import script
from .busy import cpu_seconds
from .counter import GPTBOT
from .processes import BenchError, stop
from .report import Figure, Report, surroundings

GUARD, CLIENT, PORT = "81.2.69.1", "81.2.69.10", 8080
ROUNDS, QUICK_ROUNDS, COUNT = 7, 3, 1500
_START, _FEW = 60.0, 20
_CLIENT = """
import json, socket, sys, time
host, port, count, agent = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
asked = f"GET /music/one.mp3 HTTP/1.1\\r\\nHost: music.example\\r\\nUser-Agent: {agent}\\r\\n\\r\\n".encode()
refused = answered = 0
cpu = time.process_time()
for _ in range(count):
    try:
        with socket.create_connection((host, port), timeout=20) as connection:
            connection.sendall(asked)
            answered += connection.recv(4096).startswith(b"HTTP/1.1 403")
    except OSError:
        refused += 1
json.dump([answered, refused, time.process_time() - cpu], sys.stdout)
"""


def measure(rounds: int, tell: Callable[[str], None]) -> Report:
    """The whole run: first all that is answered, then, by the same client, all that is turned away."""
    figures = {
        "guard": Figure("CPU of the guard, an attempt", "µs", "less"),
        "kernel": Figure("CPU of client and kernel, an attempt", "µs", "less"),
        "rate": Figure("attempts a second, one after the other", "/s", "more"),
    }
    with (
        tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name,
        _land() as (inside, outside),
    ):
        for which, more in (("answered", ()), ("turned away", ("--firewall", "nft"))):
            tell(f"starting a guard: {which}")
            with _guard(inside, Path(name), which, more) as pid:
                _wait_until_listening(outside)
                if more:
                    _be_turned_away(outside)
                for number in range(rounds):
                    tell(f"{which}: round {number + 1} of {rounds}")
                    _round(figures, outside, pid, turned_away=bool(more))
    return Report(
        title="A client that was refused for long, and connects again and again",
        sides=("answered", "turned away"),
        figures=list(figures.values()),
        notes=[
            "",
            f"{COUNT} connections a round, one after the other; the guard is `stagedoor serve`. The "
            "kernel's work for both ends of a connection counts for the client, which waits for it.",
        ],
        facts=surroundings(),
    )


def _round(figures: dict[str, Figure], outside: str, pid: int, *, turned_away: bool) -> None:
    began, cpu = time.perf_counter(), cpu_seconds([pid])
    answered, refused, own = _attempts(outside, COUNT)
    elapsed, cpu = time.perf_counter() - began, cpu_seconds([pid]) - cpu
    if (refused if turned_away else answered) < COUNT * 0.99:
        raise BenchError(f"of {COUNT} attempts, {answered} were answered and {refused} turned away")
    for name, value in (("guard", cpu / COUNT), ("kernel", own / COUNT), ("rate", COUNT / elapsed)):
        figure = figures[name]
        (figure.guard if turned_away else figure.base).append(value)


def _attempts(outside: str, count: int) -> tuple[int, int, float]:
    command = ["ip", "netns", "exec", outside, sys.executable, "-I", "-c", _CLIENT]
    done = _run(*command, GUARD, str(PORT), str(count), GPTBOT)
    answered, refused, cpu = json.loads(done)
    return answered, refused, cpu


def _wait_until_listening(outside: str) -> None:
    until = time.monotonic() + _START
    while not _attempts(outside, 1)[0]:
        if time.monotonic() > until:
            raise BenchError("the guard does not answer")
        time.sleep(0.2)


def _be_turned_away(outside: str) -> None:
    until = time.monotonic() + _START
    while _attempts(outside, _FEW)[1] < _FEW:
        if time.monotonic() > until:
            raise BenchError("the client is not turned away")


@contextmanager
def _guard(inside: str, folder: Path, name: str, more: tuple[str, ...]) -> Iterator[int]:
    log = folder / f"{name}.log"
    command = [
        *("ip", "netns", "exec", inside, script("stagedoor"), "serve"),
        *("--upstream", "http://127.0.0.1:9", "--listen", f"{GUARD}:{PORT}", *more),
        *("--metrics", "off", "--set", f"confdir={folder / 'mitmproxy'}"),
        *("--state", str(folder / name)),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield process.pid
    finally:
        stop(process)


@contextmanager
def _land() -> Iterator[tuple[str, str]]:
    """Two namespaces with a wire between them; BenchError where they are forbidden."""
    names = (f"stagedoor-in-{os.getpid()}", f"stagedoor-out-{os.getpid()}")
    inside, outside = names
    try:
        for name in names:
            _run("ip", "netns", "add", name)
        wire = ("ip", "-n", inside, "link", "add", "name", "in0", "type", "veth")
        _run(*wire, "peer", "name", "out0", "netns", outside)
        for name, end, address in ((inside, "in0", GUARD), (outside, "out0", CLIENT)):
            _run("ip", "-n", name, "address", "add", f"{address}/24", "dev", end)
            for each in ("lo", end):
                _run("ip", "-n", name, "link", "set", each, "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BenchError(f"{command[0]} could not be run: {error.strerror}") from error
    if done.returncode:
        raise BenchError(f"{' '.join(command[:6])} …: {done.stderr.strip()[-300:]}")
    return done.stdout
