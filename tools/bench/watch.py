"""`./run bench watch`: loading a page through the watch, against bare mitmdump, in one run.

A page of 60 kB and sixty files beside it, over TLS and HTTP/2, from a Caddy on this machine under a
platform's name, in a real Chromium with an empty cache; all files come from the watched host, which
is the worst case. The two proxies take turns, so that whatever else the machine does meets both.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import trustme
from rich.console import Console

from stagedoor.cli.watch import key_hash

from .page_loads import Chromium, chromium
from .processes import BenchError

ROOT = Path(__file__).resolve().parents[2]
HOST = "soundcloud.com"
LIMIT = 1.15
FILES = 60
WARM = 5
ROUNDS, QUICK_ROUNDS = 60, 15
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


def measure(rounds: int, tell: Callable[[str], None]) -> Loads:
    """Both proxies, turn by turn."""
    program, caddy = chromium(), shutil.which("caddy")
    if program is None or caddy is None:
        raise BenchError("this needs chromium and caddy (Debian, Ubuntu: apt install both)")
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        port = _serve(folder, caddy, stack)
        (folder / "names.py").write_text(_NAMES.format(port=port), "utf-8")
        tell("starting both proxies")
        bare = _start(folder, stack)
        watched = _start(
            folder, stack, "-s", str(ROOT / "addons" / "watch.py"), "--set",
            f"watch_state={folder / 'state'}", "--set", "watch_page=off",
        )  # fmt: skip
        trusts = key_hash(folder / "mitmproxy-ca-cert.pem")
        browsers = [
            stack.enter_context(Chromium(program, folder / f"profile-{side}", side, trusts))
            for side in (bare, watched)
        ]
        return _turns(rounds, browsers[0], browsers[1], tell)


def _serve(folder: Path, caddy: str, stack: ExitStack) -> int:
    """The platform: pages and files that were compressed before; returns its port."""
    words = random.Random(7)
    text = " ".join(str(words.random()) for _ in range(3_000))
    links = "".join(f'<link rel=stylesheet href="/assets/{n}.css">' for n in range(FILES))
    site = folder / "site"
    (site / "artist").mkdir(parents=True)
    (site / "assets").mkdir()
    page = f"<!doctype html><html><head><meta charset=utf-8><link rel=icon href=data:,>{links}</head><body><p>{text}</body></html>"
    (site / "artist" / "track").write_bytes(gzip.compress(page.encode()))
    for number in range(FILES):
        style = f"/* {text[number : number + 12_000]} */".encode()
        (site / "assets" / f"{number}.css").write_bytes(gzip.compress(style))
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "authority.pem")
    made = authority.issue_cert(HOST)
    made.private_key_pem.write_to_path(folder / "site.key")
    (folder / "site.pem").write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (folder / "Caddyfile").write_text(
        _CADDYFILE.format(port=port, folder=folder, host=HOST), "utf-8"
    )
    _run(stack, [caddy, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")])
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return port
        time.sleep(0.05)
    raise BenchError("Caddy did not start")


def _run(stack: ExitStack, command: list[str]) -> subprocess.Popen[bytes]:
    """Start a program that ends with `stack`."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    stack.callback(process.wait, timeout=20)
    stack.callback(process.terminate)
    return process


_CADDYFILE = """
{{
    admin off
    auto_https off
}}
https://{host}:{port} {{
    bind 127.0.0.1
    tls {folder}/site.pem {folder}/site.key
    root * {folder}/site
    header Content-Encoding gzip
    header /artist/* Content-Type "text/html; charset=utf-8"
    file_server
}}
"""
_NAMES = """
class Names:
    def server_connect(self, data):
        data.server.address = ("127.0.0.1", {port})
addons = [Names()]
"""


def _turns(rounds: int, bare: Chromium, watched: Chromium, tell: Callable[[str], None]) -> Loads:
    found = Loads([], [])
    for number in range(rounds + WARM):
        tell(f"round {number + 1} of {rounds + WARM}")
        sides = [(bare, found.bare), (watched, found.watched)]
        for browser, samples in sides if number % 2 else sides[::-1]:
            seconds, files = browser.load(f"https://{HOST}/artist/track")
            if files != FILES:
                raise BenchError(f"{files} of {FILES} files were loaded")
            if number >= WARM:  # certificates are made, modules are warm
                samples.append(seconds)
    return found


def _start(folder: Path, stack: ExitStack, *words: str) -> int:
    """A mitmdump on a port it chooses; returns the port."""
    count = len(list(folder.glob("said-*.py")))
    report = folder / f"port-{count}"
    said = folder / f"said-{count}.py"
    said.write_text(_PORT.format(path=str(report)), "utf-8")
    process = _run(stack, [
        str(Path(sys.executable).parent / "mitmdump"), "-q", "--mode", "regular@127.0.0.1:0",
        "--set", f"confdir={folder}", "--set",
        f"ssl_verify_upstream_trusted_ca={folder / 'authority.pem'}",
        "-s", str(folder / "names.py"), *words, "-s", str(said),
    ])  # fmt: skip
    end = time.monotonic() + _PATIENCE
    while not (report.exists() and report.read_text("utf-8")):
        if process.poll() is not None or time.monotonic() > end:
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
