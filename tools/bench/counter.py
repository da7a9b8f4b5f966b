"""The counter: what a decision costs, and what nginx carries that asks for each request.

Pairs, in turns, as everywhere here. A decision is measured in processor time of the counter, so that it
says the same on a busy machine; nginx in requests a second by wrk.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .load import cpu_seconds
from .processes import BenchError, Processes, free_port
from .report import Figure, Report, surroundings

ROUNDS, SECONDS = 7, 2.0
QUICK_ROUNDS, QUICK_SECONDS = 3, 0.7
CONNECTIONS = 16
LARGE = 5_000_000
DRAINED = 0.7
"""Seconds after which the counter has read what nginx has logged."""
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
GPTBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
    "+https://openai.com/gptbot)"
)
LISTENS: Mapping[str, str] = {
    "User-Agent": FIREFOX,
    "Accept": "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5",
    "Accept-Language": "en-GB,en;q=0.5",
    "Accept-Encoding": "identity",
    "Referer": "https://music.example/",
    "Sec-Fetch-Dest": "audio",
    "Sec-Fetch-Mode": "no-cors",
    "Sec-Fetch-Site": "same-origin",
}
ASKS: Mapping[str, str] = dict(LISTENS) | {
    "X-Forwarded-Method": "GET",
    "X-Forwarded-Uri": "/music/one.mp3",
    "X-Forwarded-Host": "music.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "198.51.100.7",
}
VISITORS = 50_000
"""Each in a network of its own, and of each run others: no front's log says here that their responses
have ended."""
_EACH_ANOTHER = f"""\
local first = 11 + os.time() % 110
local second = math.floor(os.time() / 110) % 56
function address(n)
    return first .. "." .. (second + math.floor(n / 250)) .. "." .. (n % 250) .. ".7"
end
local number = 0
local asked = {{}}
init = function()
    for n = 0, {VISITORS - 1} do
        wrk.headers["X-Forwarded-For"] = address(n)
        wrk.headers["X-Forwarded-Uri"] = "/music/" .. (n % 40) .. ".mp3"
        asked[n] = wrk.format("GET", "/nginx?brief")
    end
end
request = function()
    number = (number + 7) % {VISITORS}
    return asked[number]
end
"""
MIXED = 25
"""Questions of a visitor: four pages, fifteen images, styles and scripts, six recordings."""
_MIX = f"""\
local first = 11 + os.time() % 110
local second = math.floor(os.time() / 110) % 56
function address(n)
    return first .. "." .. (second + math.floor(n / 250)) .. "." .. (n % 250) .. ".7"
end
local number = -1
local asked = {{}}
function ask(n, uri, dest, accept, range)
    wrk.headers["X-Forwarded-For"] = address(n)
    wrk.headers["X-Forwarded-Uri"] = uri
    wrk.headers["Sec-Fetch-Dest"] = dest
    wrk.headers["Sec-Fetch-Mode"] = dest == "document" and "navigate" or "no-cors"
    wrk.headers["Accept"] = accept
    wrk.headers["Range"] = range
    asked[#asked + 1] = wrk.format("GET", "/nginx?brief")
end
init = function()
    for n = 0, {VISITORS // MIXED - 1} do
        for page = 1, 4 do
            ask(n, "/album/" .. page, "document", "text/html,*/*;q=0.8")
        end
        for image = 1, 12 do
            ask(n, "/covers/" .. image .. ".jpg", "image", "image/avif,*/*")
        end
        ask(n, "/style.css", "style", "text/css,*/*;q=0.1")
        ask(n, "/app.js", "script", "*/*")
        ask(n, "/more.js", "script", "*/*")
        for song = 1, 6 do
            local range = "bytes=" .. (song % 2) * 65536 .. "-"
            ask(n, "/music/" .. song .. ".mp3", "audio", "audio/*;q=0.9,*/*;q=0.5", range)
        end
    end
end
request = function()
    number = (number + 1) % #asked
    return asked[number + 1]
end
"""
HAND_WRITTEN = (
    "GPTBot|ChatGPT-User|OAI-SearchBot|ClaudeBot|anthropic-ai|CCBot|Bytespider|Amazonbot|"
    "Applebot-Extended|PerplexityBot|meta-externalagent|Google-Extended|cohere-ai|Diffbot|"
    "ImagesiftBot|Omgilibot|FacebookBot|Timpibot|YouBot"
)
_PLAIN = """\
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
  default_type audio/mpeg;
  access_log off;
  sendfile on;
  keepalive_requests 100000000;
  {map}
  server {{ listen 127.0.0.1:{port}; {refuse} location / {{ root {root}; }} }}
}}
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A program that answers at a port."""

    port: int
    pid: int


def measure(rounds: int, seconds: float, tell: Callable[[str], None]) -> Report:
    """The whole run."""
    wrk, nginx = _program("wrk"), _program("nginx")
    figures = {
        "again": Figure("decisions a CPU second, same question", "/s", "more", "≥ 0.5 ×"),
        "another": Figure("decisions a CPU second, new visitors", "/s", "more", "≥ 0.5 ×"),
        "mix": Figure(f"decisions a CPU second, {MIXED} questions each", "/s", "more", "≥ 0.5 ×"),
        "kept": Figure("behind nginx, verdicts kept", "/s", "more", "≥ 0.85 ×"),
        "asked": Figure("behind nginx, all asked", "/s", "more", "≥ 0.5 ×"),
        "large": Figure("behind nginx, 5 MB", "/s", "more", "≥ 0.95 ×"),
        "refused": Figure("a crawler, by exported maps", "/s", "more", "≥ 0.95 ×"),
        "mapped": Figure("a listener, past exported maps", "/s", "more", "≥ 0.95 ×"),
        "kept, nginx": Figure("CPU of nginx a request, verdicts kept", "µs", "less"),
        "asked, nginx": Figure("CPU of nginx a request, all asked", "µs", "less"),
        "kept, counter": Figure("CPU of the counter a request, kept", "µs", "less"),
        "asked, counter": Figure("CPU of the counter a request, asked", "µs", "less"),
    }
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "site" / "music").mkdir(parents=True)
        (folder / "site" / "music" / "one.mp3").write_bytes(os.urandom(4096))
        (folder / "site" / "music" / "large.mp3").write_bytes(os.urandom(LARGE))
        (folder / "another.lua").write_text(_EACH_ANOTHER)
        (folder / "mix.lua").write_text(_MIX)
        with Processes(folder) as processes:
            tell("starting the counter and five nginx")
            bench = _Bench(folder, processes, wrk, nginx, seconds)
            for number in range(rounds):
                tell(f"round {number + 1} of {rounds}")
                bench.round(figures, number)
    facts = surroundings()
    return Report(
        title="The counter, and nginx that asks it",
        sides=("without", "counter"),
        figures=list(figures.values()),
        notes=["", _about(rounds, facts)],
        facts=facts,
    )


def _about(rounds: int, facts: Mapping[str, object]) -> str:
    return (
        "Without: the same HTTP server with an empty answer (decisions); nginx alone (behind nginx); "
        "nginx with a map of 19 agents written by hand (maps). A recording of 4 kB, 16 connections; "
        "nginx asks over a Unix socket, and writes a file that the counter reads; "
        f"all rules, ledger, listening and metrics on; {rounds} rounds, the sides in turns; "
        f"Python {facts['python']}, {facts['cpus']} CPUs. In brackets: what the project asks for."
    )


class _Bench:
    """The programs, and one round over all of them."""

    def __init__(
        self, folder: Path, processes: Processes, wrk: str, nginx: str, seconds: float
    ) -> None:
        self._folder, self._processes, self._wrk, self._nginx = folder, processes, wrk, nginx
        self._seconds = seconds
        self._figures: Mapping[str, Figure] = {}
        empty = free_port()
        script = Path(__file__).with_name("empty_counter.py")
        self._empty = self._started("empty", [sys.executable, script, str(empty)], empty)
        port = free_port()
        self._counter = self._started(
            "counter",
            [
                *(_stagedoor(), "authorize", "--listen", f"127.0.0.1:{port}"),
                *("--metrics", f"127.0.0.1:{free_port()}", "--state", str(folder / "state")),
            ],
            port,
        )
        self._socket, self._spool = folder / "counter.sock", folder / "spool.log"
        metrics = free_port()
        self._asks = self._started(
            "asked-counter",
            [
                *(_stagedoor(), "authorize", "--listen", f"unix:{self._socket}"),
                *("--log", f"spool:{self._spool}"),
                *("--metrics", f"127.0.0.1:{metrics}", "--state", str(folder / "asked-state")),
            ],
            metrics,
        )
        self._alone = self._plain("alone")
        self._by_hand = self._plain("by-hand", HAND_WRITTEN)
        self._kept = self._exported("kept")
        self._asked = self._exported("asked", "--no-cache")
        self._mapped = self._exported("mapped", asking=False)

    def round(self, figures: Mapping[str, Figure], number: int) -> None:
        """Each measurement on both sides, in immediate succession."""
        another = ["-s", str(self._folder / "another.lua")]
        mix = ["-s", str(self._folder / "mix.lua")]
        self._figures = figures
        pairs: Sequence[tuple[str, Callable[[], float], Callable[[], float]]] = (
            ("again", lambda: self._decisions(self._empty), lambda: self._decisions(self._counter)),
            (
                "another",
                lambda: self._decisions(self._empty, another),
                lambda: self._decisions(self._counter, another),
            ),
            (
                "mix",
                lambda: self._decisions(self._empty, mix),
                lambda: self._decisions(self._counter, mix),
            ),
            (
                "kept",
                lambda: self._alone_beside("kept"),
                lambda: self._behind(self._kept, "kept"),
            ),
            (
                "asked",
                lambda: self._alone_beside("asked"),
                lambda: self._behind(self._asked, "asked"),
            ),
            (
                "large",
                lambda: self._rate(self._alone, path="/music/large.mp3"),
                lambda: self._rate(self._kept, path="/music/large.mp3"),
            ),
            (
                "refused",
                lambda: self._rate(self._by_hand, GPTBOT),
                lambda: self._rate(self._mapped, GPTBOT),
            ),
            ("mapped", lambda: self._rate(self._by_hand), lambda: self._rate(self._mapped)),
        )
        for name, base, counter in pairs:
            figure = figures[name]
            if number % 2:
                figure.guard.append(counter())
                figure.base.append(base())
            else:
                figure.base.append(base())
                figure.guard.append(counter())

    def _decisions(self, server: Served, more: Sequence[str] = ()) -> float:
        """Questions answered in a second of processor time."""
        before = cpu_seconds(server.pid)
        count, _ = self._load(server.port, "/nginx?brief", ASKS, more)
        return count / max(0.01, cpu_seconds(server.pid) - before)

    def _rate(self, server: Served, agent: str = FIREFOX, path: str = "/music/one.mp3") -> float:
        headers = dict(LISTENS) | {"User-Agent": agent}
        return self._load(server.port, path, headers)[1]

    def _alone_beside(self, name: str) -> float:
        """nginx alone, and its processor time a request."""
        before = cpu_seconds(self._alone.pid)
        count, rate = self._load(self._alone.port, "/music/one.mp3", LISTENS)
        self._figures[f"{name}, nginx"].base.append((cpu_seconds(self._alone.pid) - before) / count)
        return rate

    def _behind(self, server: Served, name: str) -> float:
        """nginx and the counter, and the processor time of each."""
        nginx, counter = cpu_seconds(server.pid), cpu_seconds(self._asks.pid)
        count, rate = self._load(server.port, "/music/one.mp3", LISTENS)
        self._figures[f"{name}, nginx"].guard.append((cpu_seconds(server.pid) - nginx) / count)
        time.sleep(DRAINED)
        used = cpu_seconds(self._asks.pid) - counter
        self._figures[f"{name}, counter"].guard.append(used / count)
        return rate

    def _load(
        self, port: int, path: str, headers: Mapping[str, str], more: Sequence[str] = ()
    ) -> tuple[int, float]:
        """Requests in all, and a second."""
        command = [self._wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(self._seconds))}s"]
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        done = subprocess.run(
            [*command, *more, f"http://127.0.0.1:{port}{path}"],
            capture_output=True,
            text=True,
            check=False,
        )
        count = re.search(r"(\d+) requests in", done.stdout)
        rate = re.search(r"Requests/sec: +([\d.]+)", done.stdout)
        if not count or not rate:
            raise BenchError(f"wrk said: {(done.stdout + done.stderr).strip()[-300:]}")
        return int(count[1]), float(rate[1])

    # -- programs ----------------------------------------------------------------------------------

    def _started(self, name: str, command: Sequence[str | Path], port: int) -> Served:
        return Served(port, self._processes.start(name, command, port).pid)

    def _plain(self, name: str, agents: str = "") -> Served:
        port = free_port()
        config = self._folder / f"{name}.conf"
        config.write_text(
            _PLAIN.format(
                port=port,
                root=self._folder / "site",
                map=f'map $http_user_agent $bad {{ default 0; "~*({agents})" 1; }}'
                if agents
                else "",
                refuse='if ($bad) { return 403 "no"; }' if agents else "",
            )
        )
        return self._started(name, self._run(config, name), port)

    def _exported(self, name: str, *more: str, asking: bool = True) -> Served:
        """nginx as `stagedoor export` sets it up; without `asking`, its maps alone."""
        port, folder = free_port(), self._folder / name
        subprocess.run(
            [
                *(_stagedoor(), "export", "nginx", str(folder), "--listen", f"127.0.0.1:{port}"),
                *("--counter", f"unix:{self._socket}", "--log", str(self._spool)),
                *("--upstream", f"http://127.0.0.1:{free_port()}"),
                *("--root", str(self._folder / "site"), *more),
            ],
            check=True,
            capture_output=True,
        )
        whole = folder / "nginx.conf"
        text = whole.read_text().replace("worker_processes auto;", "worker_processes 1;")
        whole.write_text(text.replace("keepalive_requests 10000;", "keepalive_requests 100000000;"))
        if not asking:
            server = folder / "stagedoor-server.conf"
            text = server.read_text().replace("auth_request /stagedoor/ask;", "auth_request off;")
            server.write_text(re.sub(r"access_log [^;]*;", "access_log off;", text))
        return self._started(name, self._run(whole, name), port)

    def _run(self, config: Path, name: str) -> list[str]:
        user = pwd.getpwuid(os.geteuid()).pw_name
        own = f"daemon off; user {user}; pid {self._folder}/{name}.pid;"
        log = f"error_log {self._folder}/{name}.log;"
        return [self._nginx, "-c", str(config), "-g", f"{own} {log}"]


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise BenchError(f"there is no {name} on PATH (Debian, Ubuntu: apt install {name})")
    return found


def _stagedoor() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "stagedoor")
