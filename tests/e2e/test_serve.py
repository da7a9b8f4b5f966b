"""`stagedoor serve`: the same answers as mitmdump with the guard, and what only it can do."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
import trustme

from . import guarding
from .clients import FIREFOX, GPTBOT, LIBRARY, connect, conversation, curl, raw, read_head, request
from .guarding import Guard
from .programs import PATIENCE, Program, eventually, program
from .rawsite import RawSite, Visit
from .site import Site

_MINE = "music.example"


@contextmanager
def serving(folder: Path, upstream: str, *arguments: str) -> Iterator[Guard]:
    """`stagedoor serve` as people start it."""
    state = folder / "state"
    found = guarding.reach(
        Program(
            *(program("stagedoor"), "serve", "--upstream", upstream, "--listen", "127.0.0.1:0"),
            *("--metrics", "127.0.0.1:0", "--state", str(state)),
            *("--set", f"confdir={guarding.confdir()}", *arguments),
            log=folder / "serve.log",
        ),
        state,
    )
    with found.program:
        yield found
    guarding.no_surprise(found)


COUNTED_READINGS = """
import sys
from stagedoor.cli import main
from stagedoor.load import rule_folder

def build(*given):
    print("the rules are read", file=sys.stderr, flush=True)
    return read(*given)

read, rule_folder.build = rule_folder.build, build
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["serve", "authorize"])
def test_the_rules_are_read_once_at_the_start(tmp_path: Path, command: str) -> None:
    started = Program(
        *(sys.executable, "-c", COUNTED_READINGS, command, "--upstream", "http://127.0.0.1:9"),
        *("--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"),
        log=tmp_path / "output.log",
    )
    with started:
        started.says("artist.contact is empty")  # the last line of the start
    assert started.output.count("the rules are read") == 1, started.output


@pytest.fixture(scope="module")
def lean(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with serving(tmp_path_factory.mktemp("lean"), origin.url) as found:
        yield found


REQUESTS = {
    "a page": request("/index.html"),
    "a page that is missing": request("/nothing.html"),
    "a page that has not changed": request("/index.html", FIREFOX, 'If-None-Match: "x"'),
    "a head": request("/music/tone.mp3", FIREFOX, method="HEAD"),
    "a recording": request("/music/short.mp3"),
    "a part of it": request("/music/tone.mp3", FIREFOX, "Range: bytes=100-299"),
    "two parts of it": request("/music/tone.mp3", FIREFOX, "Range: bytes=0-9,20-29"),
    "no part of it": request("/music/tone.mp3", FIREFOX, "Range: bytes=999999999-"),
    "a recording without a name": request("/listen/tone", LIBRARY),
    "a playlist": request("/hls/index.m3u8"),
    "compressed": request("/index.html", FIREFOX, "Accept-Encoding: gzip"),
    "a crawler": request("/music/tone.mp3", GPTBOT),
    "a crawler's page": request("/index.html", GPTBOT),
    "a crawler's head": request("/music/tone.mp3", GPTBOT, method="HEAD"),
    "robots.txt": request("/robots.txt", GPTBOT),
    "the terms": request("/license.xml", FIREFOX),
    "options": request("/index.html", FIREFOX, method="OPTIONS"),
    "an upload": request("/up", FIREFOX, "Content-Length: 3", method="POST") + b"abc",
    "a body that nobody reads": request("/index.html", FIREFOX, "Content-Length: 3") + b"abc",
    "the end of the connection": request("/index.html", FIREFOX, "Connection: close"),
    "two that follow each other": request("/index.html") + request("/feed.xml"),
    "one that is plain, one that is not": (
        request("/index.html") + request("/feed.xml", FIREFOX, "Content-Length: 0")
    ),
    "HTTP/1.0": f"GET /index.html HTTP/1.0\r\nHost: x\r\nUser-Agent: {FIREFOX}\r\n\r\n".encode(),
    "no Host": b"GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n",
    "two Hosts": request("/", FIREFOX, "Host: other"),
    "a folded line": request("/", FIREFOX, "X-A: b\r\n c"),
    "a bare line feed": request("/").replace(b"\r\n", b"\n"),
    "a fragment": request("/index.html#x"),
    "two lengths": request("/", FIREFOX, "Content-Length: 1", "Content-Length: 2"),
    "smuggling": request("/", FIREFOX, "Content-Length: 4", "Transfer-Encoding: chunked"),
    "an encoded traversal": request("/listen/..%2fmusic/tone.mp3", GPTBOT),
    "an upgrade to HTTP/2": request(
        "/", FIREFOX, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAA"
    ),
    "no method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "another's name": request("/", FIREFOX, host="elsewhere.example:80"),
    "a whole address": request("http://music.example/index.html"),
    "200 headers": request("/", FIREFOX, *("X-A: b" for _ in range(201))),
}


_CHANGES = re.compile(
    rb"(?mi)^(?:date|x-request-id): .*|boundary=\d+|^--\d+|This request is known as.*"
)


@pytest.fixture(scope="module")
def answers(lean: Guard, guard: Guard) -> dict[str, tuple[bytes, bytes]]:
    """What both answer to each of REQUESTS; all are asked at once, because each ends with a silence."""
    with ThreadPoolExecutor(16) as pool:
        asked = {
            name: [pool.submit(conversation, one.url, sent, 0.5) for one in (lean, guard)]
            for name, sent in REQUESTS.items()
        }
        return {name: (ours.result(), theirs.result()) for name, (ours, theirs) in asked.items()}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_answer_alike(name: str, answers: dict[str, tuple[bytes, bytes]]) -> None:
    ours, theirs = (_CHANGES.sub(b"", got) for got in answers[name])
    assert ours == theirs
    assert ours.startswith(b"HTTP/1.")


def test_the_site_is_not_asked_by_the_refused_and_hears_who_else_asks(
    lean: Guard, origin: Site
) -> None:
    before = len(origin.log.read_text().splitlines())
    for _ in range(3):
        assert curl(f"{lean.url}/music/tone.mp3?refused", agent=GPTBOT).status == 403
    assert curl(f"{lean.url}/music/tone.mp3?taken").status == 200
    lines = eventually(
        lambda: [x for x in origin.log.read_text().splitlines()[before:] if "?taken" in x],
        "the site to be asked",
    )
    assert '"real_ip":"127.0.0.1"' in lines[0]
    assert not any("?refused" in x for x in origin.log.read_text().splitlines()[before:])


def test_who_is_refused_again_and_again_is_counted_each_time_and_still_gets_robots_txt(
    lean: Guard,
) -> None:
    targets = ["/music/again.mp3", "/again.html", "/again", "/robots.txt"] * 6
    sent = b"".join(request(target, GPTBOT) for target in targets)
    before = lean.counts()("requests_total", verdict="block")
    got = conversation(lean.url, sent + request("/music/again.mp3", GPTBOT, "Connection: close"))
    statuses = [int(text) for text in re.findall(rb"^HTTP/1.1 (\d+)", got, re.MULTILINE)]
    assert statuses == [403, 403, 403, 200] * 6 + [403]
    names = re.findall(rb"^X-Request-Id: (\S+)", got, re.MULTILINE)
    told = re.findall(rb"This request is known as (\S+)\.", got)
    assert names == told
    assert len(set(names)) == 19
    assert lean.counts()("requests_total", verdict="block") - before == 19
    lines = lean.decisions("again", 19)
    assert {line["id"] for line in lines} <= {name.decode() for name in names}
    # Another program behind the same address is another client.
    assert curl(f"{lean.url}/music/tone.mp3", agent=FIREFOX).status == 200


def _by_path(visit: Visit) -> None:
    """A site by hand: what it does stands in the path."""
    while visit.head:
        asked.append((visit.target, visit.wire.getpeername()[1]))
        if visit.target.startswith("/kept"):
            visit.wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            if visit.target == "/kept/no-more":
                return  # and the connection, which was to be kept, is closed
        elif visit.target == "/pours.mp3":
            visit.answer("audio/mpeg", "Content-Length: 400000000")
            _pour(visit)
            return
        visit = Visit(visit.wire)


def _pour(visit: Visit) -> None:
    visit.wire.settimeout(3)
    with suppress(OSError):
        while True:
            poured.append(visit.wire.send(bytes(1 << 16)))


asked: list[tuple[str, int]] = []
poured: list[int] = []


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with RawSite(_by_path) as site, serving(tmp_path_factory.mktemp("by-hand"), site.url) as found:
        yield found


def test_a_connection_to_the_site_is_used_again_and_a_dead_one_is_replaced(by_hand: Guard) -> None:
    asked.clear()
    for path in ("/kept/1", "/kept/2", "/kept/3", "/kept/no-more", "/kept/5"):
        answer = raw(by_hand.url, request(path, FIREFOX, "Connection: close"))
        assert (answer.status, answer.body) == (200, b"ok"), path
        assert answer.headers["Connection"] == "close"
        time.sleep(0.05)
    ports = [port for _, port in asked]
    assert len(set(ports[:4])) == 1
    assert ports[4] != ports[3]


def test_a_slow_visitor_slows_the_site_and_not_the_guards_memory(by_hand: Guard) -> None:
    before = by_hand.program.forget_peak()
    with connect(by_hand.url) as wire:
        wire.sendall(request("/pours.mp3", "VLC/3.0.21 LibVLC/3.0.21"))
        read_head(wire)
        time.sleep(3.5)
        assert by_hand.program.status("VmHWM") - before < 30_000_000
    assert sum(poured) < 60_000_000


# -- certificates ----------------------------------------------------------------------------------


def _certificate(folder: Path) -> tuple[trustme.CA, str]:
    authority = trustme.CA()
    made = authority.issue_cert(_MINE)
    (folder / "key.pem").write_bytes(made.private_key_pem.bytes())
    chain = b"".join(part.bytes() for part in made.cert_chain_pems)
    (folder / "new.pem").write_bytes(chain)
    (folder / "new.pem").replace(folder / "chain.pem")
    return authority, ssl.PEM_cert_to_DER_cert(made.cert_chain_pems[0].bytes().decode()).hex()


def _handshake(guard: Guard, *authorities: trustme.CA) -> tuple[str, ssl.SSLSocket]:
    context = ssl.create_default_context()
    for one in authorities:
        one.configure_trust(context)
    wire = context.wrap_socket(connect(guard.url), server_hostname=_MINE)
    return (wire.getpeercert(binary_form=True) or b"").hex(), wire


def test_a_renewed_certificate_is_served_and_no_connection_is_lost(
    tmp_path: Path, origin: Site
) -> None:
    first, serial = _certificate(tmp_path)
    files = ("--tls-cert", str(tmp_path / "chain.pem"), "--tls-key", str(tmp_path / "key.pem"))
    with serving(tmp_path, origin.url, *files) as guard:
        seen, old = _handshake(guard, first)
        assert seen == serial
        second, renewed = _certificate(tmp_path)

        def look() -> bool:
            found, wire = _handshake(guard, first, second)
            wire.close()
            return found == renewed

        eventually(look, "the renewed certificate")
        with old:
            old.sendall(request("/index.html"))
            assert old.recv(100).startswith(b"HTTP/1.1 200")
        secure = guard.url.replace("http:", "https:")
        assert curl(f"{secure}/index.html", "-k", "--http2").status == 200
        (tmp_path / "key.pem").write_text("no key any more")
        guard.program.process.send_signal(signal.SIGHUP)
        guard.program.says("the certificate in use stays")
        assert _handshake(guard, second)[0] == renewed


# -- the end, and those who watch over it ----------------------------------------------------------


def test_what_is_on_its_way_is_served_and_a_stream_without_end_gets_the_grace(
    tmp_path: Path,
) -> None:
    going = threading.Event()

    def answers(visit: Visit) -> None:
        if visit.target == "/slow":
            visit.answer("image/jpeg", "Content-Length: 6000", body=b"a" * 3000)
            going.wait(PATIENCE)
            visit.wire.sendall(b"b" * 3000)
            return
        visit.answer("audio/mpeg")
        with suppress(OSError):
            while True:
                visit.wire.sendall(bytes(1000))
                time.sleep(0.05)

    with RawSite(answers) as site, ExitStack() as stack:
        guard = stack.enter_context(serving(tmp_path, site.url, "--grace", "3"))
        resting, live, slow = (stack.enter_context(connect(guard.url)) for _ in range(3))
        live.sendall(request("/live.mp3", "VLC/3.0.21 LibVLC/3.0.21"))
        read_head(live)
        slow.sendall(request("/slow"))
        _, body = read_head(slow)
        guard.program.process.send_signal(signal.SIGTERM)
        guard.program.says("served to their end")
        assert resting.recv(1) == b""
        assert guard.program.process.poll() is None
        going.set()
        while len(body) < 6000 and (part := slow.recv(10_000)):
            body += part
        assert body == b"a" * 3000 + b"b" * 3000
        assert slow.recv(100) == b""
        assert guard.program.process.wait(PATIENCE) == 0


def test_two_workers_count_as_one_and_a_dead_one_is_replaced(tmp_path: Path, origin: Site) -> None:
    households = [f"127.7.{number}.1" for number in range(24)]

    def ask_all(agent: str) -> None:
        for address in households:
            got = curl(f"{guard.url}/music/tone.mp3", "--interface", address, agent=agent)
            assert got.status == 403, address

    with serving(tmp_path, origin.url, "--workers", "2") as guard:
        first = guard.program.process.pid
        (other,) = eventually(lambda: _children(first), "the other worker")
        ask_all(GPTBOT)
        eventually(
            lambda: guard.counts()("requests_total", verdict="block") == len(households),
            "the requests of both workers",
        )
        guard.decisions("/music/tone.mp3", len(households))
        assert guard.counts()("connections_limit") > 0
        shares = [_cpu(first), _cpu(other)]
        assert all(shares)
        os.kill(other, signal.SIGKILL)
        eventually(lambda: [pid for pid in _children(first) if pid != other], "another worker")
        ask_all(GPTBOT)
        eventually(
            lambda: guard.counts()("requests_total", verdict="block") == 2 * len(households),
            "the requests of both workers",
        )
        guard.program.process.send_signal(signal.SIGTERM)
        assert guard.program.process.wait(PATIENCE) == 0
    assert len(guard.decisions("/music/tone.mp3")) == 2 * len(households)
    with pytest.raises(ProcessLookupError):
        os.kill(other, 0)


def _children(pid: int) -> list[int]:
    return [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _cpu(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_it_speaks_to_systemd_and_takes_its_sockets(tmp_path: Path, origin: Site) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notified.bind(str(tmp_path / "notify"))
    notified.settimeout(PATIENCE)
    command = [
        program("stagedoor"), "serve", "--upstream", origin.url, "--listen", f"127.0.0.1:{port}",
        "--metrics", "127.0.0.1:0", "--set", f"confdir={guarding.confdir()}",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
        "WATCHDOG_USEC": "6000000",
        "LISTEN_FDS": "1",
    }
    script = (
        "import os, sys; os.dup2(int(sys.argv[1]), 3); os.environ['LISTEN_PID'] = str(os.getpid()); "
        "os.execv(sys.argv[2], sys.argv[2:])"
    )
    with (tmp_path / "log").open("wb") as log:
        started = subprocess.Popen(
            [sys.executable, "-c", script, str(listening.fileno()), *command],
            env=environment, pass_fds=[listening.fileno()], stdout=log, stderr=log,
        )  # fmt: skip
    try:
        assert b"READY=1" in notified.recv(1000)
        assert notified.recv(1000) == b"WATCHDOG=1"
        url = f"http://127.0.0.1:{port}"
        assert curl(f"{url}/index.html").status == 200
        assert curl(f"{url}/music/tone.mp3", agent=GPTBOT).status == 403
        started.send_signal(signal.SIGHUP)
        said = notified.recv(1000)
        while said == b"WATCHDOG=1":
            said = notified.recv(1000)
        assert said.startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        started.terminate()
        while notified.recv(1000) != b"STOPPING=1":
            pass
        assert started.wait(PATIENCE) == 0
        # The socket is the manager's: who comes meanwhile waits for the next guard.
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
            pass
    finally:
        started.kill()
        started.wait()
        notified.close()
        listening.close()
