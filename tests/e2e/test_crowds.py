"""Crowds that ask for nothing: listeners, the desk and the metrics notice nothing of them."""

from __future__ import annotations

import resource
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from . import guarding
from .clients import FIREFOX, connect, curl, raw, read_head, request
from .conftest import StartGuard
from .guarding import Guard
from .programs import Program, at_load, eventually, free_port
from .rawsite import PAGE, RawSite, Visit, page


def endless(visit: Visit) -> None:
    """A radio stream; a page on a connection that may be used again; a page."""
    if visit.target == "/kept":
        visit.wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        visit.hung_up_on()
        return
    if visit.target != "/stream":
        page(visit)
        return
    visit.answer("audio/mpeg")
    while True:
        visit.wire.sendall(b"x" * 2000)
        time.sleep(0.05)


@pytest.fixture
def radio() -> Iterator[RawSite]:
    with RawSite(endless) as site:
        yield site


@contextmanager
def crowd(
    guard: Guard, number: int, sent: bytes = b"", households: int = 1
) -> Iterator[list[socket.socket]]:
    """Connections from 127.1.x.x that send this and then nothing."""
    port = int(guard.url.rpartition(":")[2])
    with ExitStack() as stack:
        wires = []
        for each in range(number):
            wire = stack.enter_context(socket.socket())
            household = each % households
            wire.bind((f"127.1.{household // 250}.{household % 250 + 1}", 0))
            wire.settimeout(10)
            wire.connect(("127.0.0.1", port))
            if sent:
                wire.send(sent)
            wires.append(wire)
        yield wires


def closed(wires: list[socket.socket]) -> int:
    """How many of them the other side has closed."""
    poll = select.poll()
    for wire in wires:
        poll.register(wire, select.POLLIN)
    return len(poll.poll(0))


class Listener:
    """Somebody who listens all the time; `longest` is the longest silence, in seconds."""

    def __init__(self, guard: Guard) -> None:
        self.longest, self.size, self.ended = 0.0, 0, False
        self._wire = connect(guard.url)
        self._wire.sendall(request("/stream", FIREFOX))
        read_head(self._wire)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        last = time.monotonic()
        try:
            while part := self._wire.recv(65536):
                now = time.monotonic()
                self.longest, last = max(self.longest, now - last), now
                self.size += len(part)
        except OSError:
            pass
        self.ended = True

    def close(self) -> None:
        self._wire.close()


@pytest.fixture
def small(radio: RawSite, tmp_path: Path) -> Iterator[Guard]:
    """A guard with 256 descriptors and not one more."""
    limited = [
        "bash", "-c", 'ulimit -n 256; exec "$@"', "limited",
        *guarding.command(
            f"--mode=reverse:{radio.url}@127.0.0.1:0", "--set", "guard_metrics=127.0.0.1:0",
            "--set", f"guard_state={tmp_path / 'state'}",
        ),
    ]  # fmt: skip
    started = Program(*limited, log=tmp_path / "guard.log")
    found = guarding.reach(started, tmp_path / "state")
    with found.program:
        yield found
    assert "Traceback" not in found.output


@pytest.mark.parametrize("households", [1, 300])
def test_300_silent_connections_and_256_descriptors(small: Guard, households: int) -> None:
    listener = Listener(small)
    with crowd(small, 300, households=households):
        for _ in range(3):
            assert raw(small.url, request("/", FIREFOX, "Connection: close")).body == PAGE
            assert small.counts()("connections") < 256
            assert requests.get(small.metrics.removesuffix("metrics"), timeout=10).ok
        assert small.counts()("connections_closed_total") >= 50
    assert not listener.ended
    listener.close()
    assert small.output.count("connections closed or not taken") <= 1
    assert len(small.output) < 5000


def test_the_limit_is_raised_as_far_as_it_goes(radio: RawSite, tmp_path: Path) -> None:
    """`ulimit -n` of a shell sets both limits; -S leaves the hard one."""
    limited = [
        "bash", "-c", 'ulimit -S -n 128; exec "$@"', "limited",
        *guarding.command(
            f"--mode=reverse:{radio.url}@127.0.0.1:0", "--set", "guard_metrics=127.0.0.1:0"
        ),
    ]  # fmt: skip
    found = guarding.reach(Program(*limited, log=tmp_path / "guard.log"), tmp_path)
    with found.program:
        limits = Path(f"/proc/{found.program.process.pid}/limits").read_text()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == [str(hard), str(hard)]


def test_a_slow_head_ends_and_a_resting_connection_does(
    radio: RawSite, start_guard: StartGuard
) -> None:
    guard = start_guard(radio.url, "--set", "guard_head_seconds=2", "--set", "guard_idle_seconds=4")
    asked = request("/kept")
    with (
        crowd(guard, 3) as silent,
        crowd(guard, 3, b"GET / HTTP/1.1\r\nX: ") as slow,
        crowd(guard, 3, asked) as resting,
        crowd(guard, 1, request("/stream")) as listening,
    ):
        began = time.monotonic()
        while closed(silent) < 3 or closed(slow) < 3:
            for wire in slow:
                try:
                    wire.send(b"x")
                except OSError:
                    continue
            time.sleep(0.2)
            assert time.monotonic() - began < at_load(10)
        eventually(lambda: guard.counts()("connections_closed_total", reason="head") >= 6, "heads")
        eventually(lambda: guard.counts()("connections_closed_total", reason="idle") >= 3, "rest")
        del resting
        assert guard.counts()("connections") == 1  # the listener's
        assert listening[0].recv(100).startswith(b"HTTP/1.1 200")


def test_many_from_one_household_and_a_neighbour(radio: RawSite, start_guard: StartGuard) -> None:
    guard = start_guard(radio.url, "--set", "guard_connections_per_household=10")
    with crowd(guard, 30) as wires:
        eventually(lambda: closed(wires) == 20, "twenty to be closed")
        assert guard.counts()("connections") == 10
        assert guard.counts()("connections_closed_total", reason="household") == 20
        assert curl(f"{guard.url}/").body == PAGE


def test_where_there_is_no_room_plain_http_is_answered(
    radio: RawSite, start_guard: StartGuard
) -> None:
    guard = start_guard(radio.url, "--set", "guard_connections_per_household=5")
    with crowd(guard, 5, request("/stream")) as listening:
        for wire in listening:
            assert wire.recv(100).startswith(b"HTTP/1.1 200")
        with crowd(guard, 1, request("/")) as wires:
            head, _, body = everything(wires[0]).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"\r\nRetry-After: 60\r\n" in head
            assert (
                body == b"There are too many connections right now. Please try again in a minute.\n"
            )
        with crowd(guard, 1, request("/", method="HEAD")) as wires:
            assert everything(wires[0]).endswith(b"\r\n\r\n")
        for sent in (b"\x16\x03\x01\x02\x00\x01", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\0", b""):
            with crowd(guard, 1, sent) as wires:
                assert everything(wires[0]) == b""  # in a second, also where nothing was sent
        with crowd(guard, 60) as wires:  # more than may wait
            began = time.monotonic()
            eventually(lambda: closed(wires) == 60, "sixty to be closed")
            assert time.monotonic() - began < at_load(3)
        assert raw(guard.url, request("/", FIREFOX, "Connection: close")).body == PAGE
        assert guard.counts()("connections") == 5
        assert all(wire.recv(100) for wire in listening)
    assert guard.counts()("connections_closed_total", reason="household") == 66


def everything(wire: socket.socket) -> bytes:
    """What is received until the other side closes."""
    found = b""
    try:
        while part := wire.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


KNOCKING = """
import select, socket, sys, time
port, number = int(sys.argv[1]), int(sys.argv[2])
wires, poll = {}, select.poll()
print("there", flush=True)
while True:
    while len(wires) < number:
        wire = socket.socket()
        wire.bind((f"127.7.{len(wires) // 200}.{len(wires) % 200 + 1}", 0))
        wire.settimeout(0.2)
        try:
            wire.connect(("127.0.0.1", port))
        except OSError:
            wire.close()
            time.sleep(0.005)
            continue
        wires[wire.fileno()] = wire
        poll.register(wire, select.POLLIN)
    for number_, _ in poll.poll(10):
        poll.unregister(number_)
        wires.pop(number_).close()
"""


def test_a_flood_of_connections_during_the_start(radio: RawSite, tmp_path: Path) -> None:
    """They are there before the guard listens, and come again whenever they are closed."""
    port = free_port()
    limited = [
        "bash", "-c", 'ulimit -n 256; exec "$@"', "limited",
        *guarding.command(
            f"--mode=reverse:{radio.url}@127.0.0.1:{port}", "--set", "guard_metrics=127.0.0.1:0",
            "--set", f"guard_state={tmp_path / 'state'}",
        ),
    ]  # fmt: skip
    knocking = Program(sys.executable, "-c", KNOCKING, str(port), "400", log=tmp_path / "crowd")
    with knocking:
        knocking.says("there")
        guard = guarding.reach(Program(*limited, log=tmp_path / "guard.log"), tmp_path / "state")
        with guard.program:
            listener = Listener(guard)
            eventually(lambda: guard.counts()("connections_closed_total") > 400, "the flood")
            assert raw(guard.url, request("/", FIREFOX, "Connection: close")).body == PAGE
            assert requests.get(guard.metrics.removesuffix("metrics"), timeout=10).ok
            assert (tmp_path / "state" / "ledger.sqlite").stat().st_size
            assert not listener.ended
            listener.close()
    assert knocking.process.poll() is not None
    assert "Traceback" not in guard.output
    assert len(guard.output) < 6000


def test_a_trusted_proxy_may_have_any_number(radio: RawSite, start_guard: StartGuard) -> None:
    guard = start_guard(
        radio.url, "--set", "guard_connections_per_household=10",
        "--set", "guard_trusted_proxies=127.1.0.1",
    )  # fmt: skip
    with crowd(guard, 30) as wires:
        eventually(lambda: guard.counts()("connections") == 30, "thirty connections")
        assert closed(wires) == 0


CROWD = """
import socket, sys, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
port, number, sent = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
wires = []
for each in range(number):
    wire = socket.socket()
    wire.bind((f"127.{2 + each // 60000}.{each // 200 % 250}.{each % 200 + 1}", 0))
    wire.settimeout(30)
    wire.connect(("127.0.0.1", port))
    if sent:
        wire.send(sent)
    wires.append(wire)
print("there", flush=True)
sys.stdin.read()
"""


@pytest.mark.timeout(240)
def test_10_000_silent_connections_and_1_000_slow_heads(
    radio: RawSite, start_guard: StartGuard
) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 12_000:
        pytest.skip(f"this system grants {hard} descriptors")
    guard = start_guard(radio.url)
    listener = Listener(guard)
    port = guard.url.rpartition(":")[2]
    with ExitStack() as stack:
        for number, sent in (("10000", ""), ("1000", "GET / HTTP/1.1\r\nX: ")):
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", CROWD, port, number, sent],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                )
            )  # fmt: skip
            stack.callback(process.kill)
            assert process.stdout
            assert process.stdout.readline() == "there\n"
        began = time.monotonic()
        assert raw(guard.url, request("/", FIREFOX, "Connection: close")).body == PAGE
        assert guard.counts()("connections") > 100
        assert requests.get(guard.metrics.removesuffix("metrics"), timeout=10).ok
        print(f"page, metrics and desk in {time.monotonic() - began:.2f} s")
        eventually(lambda: guard.counts()("connections") < 100, "silence to be ended", 60)
    print(
        f"longest silence {listener.longest:.2f} s, "
        f"memory {guard.program.status('VmHWM') >> 20} MB at its peak"
    )
    assert not listener.ended
    assert listener.size > 100_000
    listener.close()
    assert "Traceback" not in guard.output
    assert guard.output.count("connections closed or not taken") <= 3
