"""The site behind: how it is reached, what is said when it is not, and what it says of itself."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from . import guarding
from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .guarding import Guard, fails
from .programs import ROOT, Program, eventually, free_port, run
from .rawsite import RawSite, page
from .site import Site

BROWSER = (
    "-H",
    "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
    "-H",
    "Sec-Fetch-Dest: document",
)


@contextmanager
def by_tls(certificate: trustme.LeafCert) -> Iterator[int]:
    """A site that speaks TLS on loopback, a connection a time; its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    wire, _ = server.accept()
                    with context.wrap_socket(wire, server_side=True) as secured:
                        secured.recv(65536)
                        secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def test_a_certificate_of_ones_own(
    authority: trustme.CA, start_guard: StartGuard, tmp_path: Path
) -> None:
    pem = tmp_path / "own.pem"
    authority.cert_pem.write_to_path(str(pem))
    with by_tls(authority.issue_cert("localhost")) as port:
        site = f"https://localhost:{port}"
        unbelieved = start_guard(site)
        assert curl(f"{unbelieved.url}/", agent=FIREFOX).status == 502
        said = unbelieved.said_so_far()
        assert (said.count("--upstream-ca FILE"), said.count("verify failed")) == (1, 1), said
        assert unbelieved.counts()("malformed_total", side="site", fault="certificate") == 1
        assert curl(f"{start_guard(site, '--set', f'guard_upstream_ca={pem}').url}/").body == b"ok"
        blind = start_guard(site, "--set", "guard_upstream_insecure=yes")
        assert curl(f"{blind.url}/").body == b"ok"


def test_what_may_not_be_believed(tmp_path: Path) -> None:
    far = "--mode=reverse:https://192.0.32.8@127.0.0.1:0"  # of the public Internet; never asked
    status, lines = fails(tmp_path, far, "--set", "guard_metrics=off",
                          "--set", "guard_upstream_insecure=yes")  # fmt: skip
    assert status == 1
    assert [line for line in lines if "192.0.32.8" in line and "guard_upstream_ca" in line], lines
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    near = "--mode=reverse:https://127.0.0.1:9@127.0.0.1:0"
    status, lines = fails(tmp_path, near, "--set", "guard_metrics=off",
                          "--set", f"guard_upstream_ca={empty}")  # fmt: skip
    assert status == 1
    assert [line for line in lines if "empty.pem cannot be used" in line], lines


def test_a_site_that_is_away_and_comes_back(start_guard: StartGuard) -> None:
    port = free_port()
    guard = start_guard(f"http://127.0.0.1:{port}")
    shown = curl(f"{guard.url}/", *BROWSER, "-H", "Origin: https://player.example")
    assert shown.status == 502
    assert shown.type.startswith("text/html")
    assert b"<h1>This site does not answer right now</h1>" in shown.body
    assert shown.headers["retry-after"] == "60"
    assert shown.headers["access-control-allow-origin"] == "https://player.example"
    plain = curl(f"{guard.url}/music/a.mp3", agent="mpv 0.35.1")
    assert plain.type.startswith("text/plain")
    assert b"<" not in plain.body
    assert guard.said_so_far().count("does not answer (connection refused)") == 1
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()

        def answer() -> None:
            for _ in range(2):
                wire, _ = server.accept()
                with wire:
                    wire.recv(65536)
                    wire.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        for _ in range(2):
            assert curl(f"{guard.url}/").status == 204
        thread.join(5)
    assert guard.said_so_far().count("the site answers again") == 1


NO_USE = {
    b"SSH-2.0-OpenSSH_9.2\r\n": "not HTTP",
    b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok": "in the middle of a response",
    b"": "without a response",
}


def test_answers_of_no_use(start_guard: StartGuard) -> None:
    with RawSite() as site:
        guard = start_guard(site.url)
        for number, (sent, line) in enumerate(NO_USE.items(), 1):
            site.handler = lambda visit, sent=sent: visit.wire.sendall(sent)  # type: ignore[misc]
            assert curl(f"{guard.url}/").status == 502
            eventually(lambda line=line: line in guard.output, line)  # type: ignore[misc]
            site.handler = page
            assert curl(f"{guard.url}/").status == 200
            eventually(
                lambda number=number: guard.output.count("the site answers again") == number,  # type: ignore[misc]
                "the line about the site",
            )


def test_a_name_that_nobody_knows(start_guard: StartGuard) -> None:
    guard = start_guard("http://nosuch.invalid:8000")
    assert curl(f"{guard.url}/").status == 502
    guard.says("nosuch.invalid:8000 does not answer")
    guard.says("is the name spelt right")
    assert "Errno" not in guard.output


def test_the_guards_own_address_is_no_site(tmp_path: Path) -> None:
    port = free_port()
    status, lines = fails(tmp_path, f"--mode=reverse:http://localhost:{port}@{port}",
                          "--set", "guard_metrics=off")  # fmt: skip
    assert status == 1
    assert [line for line in lines if "would be the guard itself" in line], lines
    done = run(str(ROOT / "run"), "serve", "--upstream", f"http://127.0.0.1:{port}",
               "--listen", f"0.0.0.0:{port}", "--metrics", "off")  # fmt: skip
    assert done.returncode != 0
    assert "would be the guard itself" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        mode = f"--mode=reverse:http://127.0.0.1:9@127.0.0.1:{port}"
        status, lines = fails(tmp_path, mode, "--set", "guard_metrics=off")
        assert status == 1
        assert [line for line in lines if line.startswith("another program listens at")], lines
        done = run(str(ROOT / "run"), "serve", "--upstream", "http://127.0.0.1:9",
                   "--listen", f"127.0.0.1:{port}", "--metrics", "off")  # fmt: skip
        assert done.returncode != 0
        told = (done.stdout + done.stderr).strip().splitlines()
        assert len(told) == 1, told
        assert f"127.0.0.1:{port + 1}" in told[0]


def test_the_sites_own_redirects_lead_to_the_guard(guard: Guard, origin: Site) -> None:
    """nginx names its own port behind the visitor's host."""
    direct = curl(f"{origin.url}/music", "-H", "Host: music.example").headers["location"]
    assert direct == f"http://music.example:{origin.url.rpartition(':')[2]}/music/"
    answer = curl(f"{guard.url}/music", "-H", "Host: music.example")
    assert answer.headers["location"] == "http://music.example/music/"
    followed = curl(f"{guard.url}/music", "-L", "-o", "/dev/null")
    assert guard.url in followed.headers.get("location", guard.url)


def test_everywhere_is_ipv4_too(origin: Site, tmp_path: Path) -> None:
    port = free_port()
    mode = [f"--mode=reverse:{origin.url}", "--listen-host", "::", "--listen-port", str(port)]
    metrics = ["--set", "guard_metrics=127.0.0.1:0"]
    started = Program(*guarding.command(*mode, *metrics), log=tmp_path / "guard.log")
    with started:
        started.says("metrics +http")
        for host in ("127.0.0.1", "[::1]"):
            eventually(
                lambda host=host: curl(f"http://{host}:{port}/").status == 200,  # type: ignore[misc]
                f"an answer at {host}: {started.output}",
                20,
            )


def test_a_refusal_can_be_read_by_a_player_on_another_site(guard: Guard) -> None:
    asked = ("-H", "Origin: https://player.example")
    refused = curl(f"{guard.url}/music/tone.mp3", *asked, agent=GPTBOT)
    assert refused.status == 403
    assert refused.headers["access-control-allow-origin"] == "https://player.example"
    assert "origin" in refused.headers["vary"].lower()
    plain = curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT)
    assert "access-control-allow-origin" not in plain.headers
    preflight = curl(
        f"{guard.url}/music/tone.mp3", "-X", "OPTIONS", *asked,
        "-H", "Access-Control-Request-Method: GET",
        "-H", "Access-Control-Request-Headers: range", agent=GPTBOT,
    )  # fmt: skip
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "https://player.example"
    assert preflight.headers["access-control-allow-headers"] == "range"
    assert preflight.headers["access-control-max-age"] == "0"
