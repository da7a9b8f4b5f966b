"""`./run bench watch`: loading a page through the watch, against bare mitmdump, in one run.

A page of 60 kB and twelve files beside it, over TLS, from a server on this machine under a
platform's name; the two proxies take turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import gzip
import http.client
import http.server
import json
import os
import random
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trustme
from rich.console import Console

from .processes import BenchError

ROOT = Path(__file__).resolve().parents[2]
HOST = "soundcloud.com"
LIMIT = 1.15
FILES = 12
ROUNDS, QUICK_ROUNDS = 120, 30
_PATIENCE = 30.0


@dataclass(frozen=True)
class Loads:
    """Seconds that each load took."""

    bare: list[float]
    watched: list[float]

    @property
    def ratio(self) -> float:
        """Watched to bare, by the medians."""
        return statistics.median(self.watched) / statistics.median(self.bare)

    def write(self, path: Path) -> None:
        """Every sample, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        found = {"bare": self.bare, "watched": self.watched, "ratio": self.ratio}
        path.write_text(json.dumps(found), "utf-8")

    def print(self, console: Console) -> None:
        """A few lines."""
        for name, samples in (("bare mitmdump", self.bare), ("watch", self.watched)):
            console.print(f"{name:14} {1000 * statistics.median(samples):7.1f} ms (median)")
        console.print(f"ratio          {self.ratio:7.2f}    (wanted: at most {LIMIT})")


class _Site(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    page = b""
    file = b""

    def do_GET(self) -> None:
        is_page = self.path.startswith("/artist/")
        body = self.page if is_page else self.file
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8" if is_page else "text/css")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def measure(rounds: int, tell: Callable[[str], None]) -> Loads:
    """Both proxies, turn by turn."""
    words = random.Random(7)
    text = " ".join(str(words.random()) for _ in range(3_000))
    _Site.page = gzip.compress(f"<!doctype html><html><head></head><body>{text}".encode())
    _Site.file = gzip.compress(text.encode()[:20_000])
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name:
        folder = Path(name)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(folder / "authority.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST).configure_cert(context)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        (folder / "names.py").write_text(_NAMES.format(port=server.server_port), "utf-8")
        started: list[subprocess.Popen[bytes]] = []
        try:
            tell("starting both proxies")
            bare = _start(folder, started)
            watched = _start(
                folder, started, "-s", str(ROOT / "addons" / "watch.py"), "--set",
                f"watch_state={folder / 'state'}", "--set", "watch_page=off",
            )  # fmt: skip
            return _turns(folder, rounds, bare, watched, tell)
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(timeout=10)
            server.shutdown()
            thread.join()


_NAMES = """
class Names:
    def server_connect(self, data):
        data.server.address = ("127.0.0.1", {port})
addons = [Names()]
"""


def _turns(
    folder: Path, rounds: int, bare: int, watched: int, tell: Callable[[str], None]
) -> Loads:
    context = ssl.create_default_context(cafile=str(folder / "mitmproxy-ca-cert.pem"))
    found = Loads([], [])
    for number in range(rounds + 5):
        tell(f"round {number + 1} of {rounds + 5}")
        sides = [(bare, found.bare), (watched, found.watched)]
        for port, samples in sides if number % 2 else sides[::-1]:
            seconds = _load(port, context)
            if number >= 5:  # certificates are made, modules are warm
                samples.append(seconds)
    return found


def _load(port: int, context: ssl.SSLContext) -> float:
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    connection.set_tunnel(HOST, 443)
    begin = time.perf_counter()
    try:
        for path in ("/artist/track", *(f"/assets/{n}.css" for n in range(FILES))):
            connection.request("GET", path, headers={"Sec-Fetch-Dest": "document"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise BenchError(f"{path} answers {answer.status}")
    except OSError as error:
        raise BenchError(f"the page could not be loaded: {error}") from error
    finally:
        connection.close()
    return time.perf_counter() - begin


def _start(folder: Path, started: list[subprocess.Popen[bytes]], *words: str) -> int:
    """A mitmdump on a port it chooses; returns the port."""
    report = folder / f"port-{len(started)}"
    said = folder / f"said-{len(started)}.py"
    said.write_text(_PORT.format(path=str(report)), "utf-8")
    command = [
        str(Path(sys.executable).parent / "mitmdump"), "-q", "--mode", "regular@127.0.0.1:0",
        "--set", f"confdir={folder}", "--set",
        f"ssl_verify_upstream_trusted_ca={folder / 'authority.pem'}",
        "-s", str(folder / "names.py"), *words, "-s", str(said),
    ]  # fmt: skip
    started.append(subprocess.Popen(command, env=dict(os.environ)))
    end = time.monotonic() + _PATIENCE
    while not (report.exists() and report.read_text("utf-8")):
        if started[-1].poll() is not None or time.monotonic() > end:
            raise BenchError("mitmdump did not start")
        time.sleep(0.05)
    return int(report.read_text("utf-8"))


_PORT = """
from pathlib import Path
from mitmproxy import ctx
class Said:
    def running(self):
        addresses = ctx.master.addons.get("proxyserver").listen_addrs()
        Path({path!r}).write_text(str(addresses[0][1]))
addons = [Said()]
"""
