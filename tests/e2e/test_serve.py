"""`stagedoor serve`: the same answers as mitmdump with the guard, and what only it can do."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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


def test_a_connection_to_the_site_is_used_again_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    asked: list[int] = []

    def handle(visit: Visit) -> None:
        while visit.head:
            asked.append(visit.wire.getpeername()[1])
            visit.wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            if visit.target == "/last":
                return  # and the connection, which was to be kept, is closed
            visit = Visit(visit.wire)

    with RawSite(handle) as site, serving(tmp_path, site.url) as guard:
        for path in ("/1", "/2", "/3", "/last", "/5"):
            answer = raw(guard.url, request(path, FIREFOX, "Connection: close"))
            assert (answer.status, answer.body) == (200, b"ok"), path
            time.sleep(0.05)
    assert len(set(asked[:4])) == 1
    assert asked[4] != asked[3]


def test_a_slow_visitor_slows_the_site_and_not_the_guards_memory(tmp_path: Path) -> None:
    sent = [0]

    def pours(visit: Visit) -> None:
        visit.answer("audio/mpeg", "Content-Length: 400000000")
        piece = bytes(1 << 16)
        visit.wire.settimeout(3)
        try:
            while True:
                visit.wire.sendall(piece)
                sent[0] += len(piece)
        except OSError:
            return

    with RawSite(pours) as site, serving(tmp_path, site.url) as guard:
        before = guard.program.forget_peak()
        with connect(guard.url) as wire:
            wire.sendall(request("/music/long.mp3", "VLC/3.0.21 LibVLC/3.0.21"))
            read_head(wire)
            time.sleep(4)
            assert guard.program.status("VmHWM") - before < 30_000
    assert sent[0] < 60_000_000


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


def test_a_certificate_that_cannot_be_used_is_a_line_and_no_start(
    tmp_path: Path, origin: Site
) -> None:
    _certificate(tmp_path)
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    _, other = trustme.CA(), trustme.CA().issue_cert("other.example")
    (tmp_path / "other.pem").write_bytes(other.private_key_pem.bytes())
    command = [program("stagedoor"), "serve", "--upstream", origin.url, "--listen", "127.0.0.1:0",
               "--metrics", "off", "--set", f"confdir={guarding.confdir()}"]  # fmt: skip
    for words, said in (
        (("--tls-cert", str(tmp_path / "none.pem")), "cannot be read"),
        (("--tls-cert", str(key)), "there is no certificate in it"),
        (("--tls-cert", str(chain)), "there is no private key"),
        (("--tls-cert", str(chain), "--tls-key", str(tmp_path / "other.pem")), "is not the key of"),
    ):
        done = subprocess.run([*command, *words], capture_output=True, text=True, timeout=PATIENCE,
                              check=False)  # fmt: skip
        assert done.returncode == 1
        assert said in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


# -- the end, and those who watch over it ----------------------------------------------------------


def test_what_is_on_its_way_is_served_to_its_end(tmp_path: Path) -> None:
    going: list[Visit] = []

    def slowly(visit: Visit) -> None:
        visit.answer("text/plain", "Content-Length: 4", body=b"ab")
        going.append(visit)
        eventually(lambda: len(going) > 1, "the test")
        visit.wire.sendall(b"cd")

    with RawSite(slowly) as site, ExitStack() as stack:
        guard = stack.enter_context(serving(tmp_path, site.url))
        resting = stack.enter_context(connect(guard.url))
        with connect(guard.url) as wire:
            wire.sendall(request("/slow"))
            _, body = read_head(wire)
            guard.program.process.send_signal(signal.SIGTERM)
            guard.program.says("served to their end")
            assert resting.recv(1) == b""
            going.append(going[0])
            while len(body) < 4 and (part := wire.recv(100)):
                body += part
            assert body == b"abcd"
            assert wire.recv(100) == b""
        assert guard.program.process.wait(PATIENCE) == 0


def test_a_stream_without_end_gets_the_grace_and_no_more(tmp_path: Path) -> None:
    def endless(visit: Visit) -> None:
        visit.answer("audio/mpeg")
        try:
            while True:
                visit.wire.sendall(bytes(1000))
                time.sleep(0.05)
        except OSError:
            return

    with (
        RawSite(endless) as site,
        serving(tmp_path, site.url, "--grace", "1") as guard,
        connect(guard.url) as wire,
    ):
        wire.sendall(request("/live.mp3", "VLC/3.0.21 LibVLC/3.0.21"))
        read_head(wire)
        guard.program.process.send_signal(signal.SIGTERM)
        assert guard.program.process.wait(PATIENCE) == 0


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
        "WATCHDOG_USEC": "200000",
        "LISTEN_FDS": "1",
    }
    script = 'exec 3<&"$0"; LISTEN_PID=$$ exec "$@"'
    with (tmp_path / "log").open("wb") as log:
        started = subprocess.Popen(
            ["sh", "-c", script, str(listening.fileno()), *command],
            env=environment, pass_fds=[listening.fileno()], stdout=log, stderr=log,
        )  # fmt: skip
    try:
        assert b"READY=1" in notified.recv(1000)
        assert notified.recv(1000) == b"WATCHDOG=1"
        url = f"http://127.0.0.1:{port}"
        assert curl(f"{url}/index.html").status == 200
        assert curl(f"{url}/music/tone.mp3", agent=GPTBOT).status == 403
        started.send_signal(signal.SIGHUP)
        said: list[bytes] = []
        while not said or b"READY=1" not in said[-1]:
            said += [part for part in [notified.recv(1000)] if part != b"WATCHDOG=1"]
        assert said[0].startswith(b"RELOADING=1\nMONOTONIC_USEC=")
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
