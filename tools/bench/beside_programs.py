"""What `bench beside` measures side by side, each in front of the same site: how it is started.

A starter returns the port that visitors come to, and the processes whose CPU time and memory count.
MissingError says what is not here; that is a gap in the table and no failure.
"""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from . import door
from .counter import HAND_WRITTEN
from .processes import BenchError, Processes, free_port


class MissingError(Exception):
    """A program is not here; the message says which, and where to get it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of those that are compared, running."""

    name: str
    port: int
    pids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Ground:
    """Where they are started: the bench's folder, and the port of the site."""

    folder: Path
    processes: Processes
    site: int

    @property
    def upstream(self) -> str:
        """The site's address."""
        return f"http://127.0.0.1:{self.site}"

    def own(self, name: str) -> Path:
        """A folder of its own."""
        found = self.folder / re.sub(r"\W+", "-", name)
        found.mkdir(exist_ok=True)
        return found

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        ready: int,
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Start it, and return its process id once it listens at port `ready`."""
        log = re.sub(r"\W+", "-", name)
        return self.processes.start(log, command, ready, environment).pid


Starter = Callable[[Ground, str], Side]

_NGINX = """\
{modules}
worker_processes 1;
daemon off; user {user}; pid {folder}/pid; error_log {folder}/error.log crit;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  keepalive_requests 100000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  {http}
  upstream site {{ server 127.0.0.1:{site}; keepalive 64; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    {server}
    location / {{
      proxy_pass http://site; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""
_MODSECURITY = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
_CORE_RULES = Path("/usr/share/modsecurity-crs/owasp-crs.load")
_RULES = """\
Include /etc/nginx/modsecurity.conf
SecRuleEngine On
SecAuditEngine Off
Include {crs}
"""


def _nginx(ground: Ground, name: str, http: str = "", server: str = "", modules: str = "") -> Side:
    program, port, folder = _program("nginx"), free_port(), ground.own(name)
    config = folder / "nginx.conf"
    user = pwd.getpwuid(os.geteuid()).pw_name
    config.write_text(
        _NGINX.format(
            modules=modules, user=user, folder=folder, http=http, server=server, site=ground.site,
            port=port,
        )
    )  # fmt: skip
    return Side(name, port, [ground.start(name, [program, "-c", config], port)])


def _by_hand(ground: Ground, name: str) -> Side:
    agents = f'map $http_user_agent $bad {{ default 0; "~*({HAND_WRITTEN})" 1; }}'
    return _nginx(ground, name, http=agents, server='if ($bad) { return 403 "no"; }')


def _core_rules(ground: Ground, name: str) -> Side:
    for path, package in (
        (_MODSECURITY, "libnginx-mod-http-modsecurity"),
        (_CORE_RULES, "modsecurity-crs"),
    ):
        if not path.exists():
            raise MissingError(f"there is no {path} (Debian, Ubuntu: apt install {package})")
    rules = ground.own(name) / "rules.conf"
    # This connector reads no IncludeOptional.
    loaded = _CORE_RULES.read_text().replace("IncludeOptional", "Include")
    everything = ground.own(name) / "crs.load"
    everything.write_text(loaded)
    rules.write_text(_RULES.format(crs=everything))
    modules = f"load_module {_MODSECURITY};"
    server = f"modsecurity on; modsecurity_rules_file {rules};"
    return _nginx(ground, name, server=server, modules=modules)


def _exported(*more: str, asking: bool = True) -> Starter:
    """nginx as `stagedoor export` sets it up; without `asking`, its maps alone."""

    def start(ground: Ground, name: str) -> Side:
        program, port, folder = _program("nginx"), free_port(), ground.own(name)
        counter, pids = free_port(), []
        if asking:
            pids.append(_counter(ground, name, counter))
        _export(ground, "nginx", folder, port, counter, *more)
        whole, server = folder / "nginx.conf", folder / "stagedoor-server.conf"
        text = whole.read_text().replace("worker_processes auto;", "worker_processes 1;")
        whole.write_text(text.replace("keepalive_requests 10000;", "keepalive_requests 100000000;"))
        if not asking:
            text = server.read_text().replace("auth_request /stagedoor/ask;", "auth_request off;")
            server.write_text(re.sub(r"access_log syslog[^;]*;", "access_log off;", text))
        user = pwd.getpwuid(os.geteuid()).pw_name
        own = f"daemon off; user {user}; pid {folder}/pid; error_log {folder}/error.log crit;"
        pids.append(ground.start(name, [program, "-c", whole, "-g", own], port))
        return Side(name, port, pids)

    return start


def _caddy(ground: Ground, name: str) -> Side:
    program, port, folder = _program("caddy"), free_port(), ground.own(name)
    counter = free_port()
    pids = [_counter(ground, name, counter)]
    _export(ground, "caddy", folder, port, counter)
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n}\n" + file.read_text())
    command = [program, "run", "--adapter", "caddyfile", "--config", file]
    homes = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "GOMAXPROCS": "1"}
    pids.append(ground.start(name, command, port, homes))
    return Side(name, port, pids)


def _counter(ground: Ground, name: str, port: int) -> int:
    metrics = free_port()
    command = [
        *(
            _stagedoor(),
            "authorize",
            "--listen",
            f"127.0.0.1:{port}",
            "--upstream",
            ground.upstream,
        ),
        *("--metrics", f"127.0.0.1:{metrics}", "--state", ground.own(f"{name} state")),
    ]
    return ground.start(f"{name} counter", command, port)


def _export(ground: Ground, front: str, folder: Path, port: int, counter: int, *more: str) -> None:
    done = subprocess.run(
        [
            *(_stagedoor(), "export", front, str(folder), "--listen", f"127.0.0.1:{port}"),
            *("--counter", f"127.0.0.1:{counter}", "--upstream", ground.upstream, *more),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"stagedoor export {front}: {done.stderr.strip()[-500:]}")


def _mitmdump(*, guarded: bool) -> Starter:
    def start(ground: Ground, name: str) -> Side:
        port, metrics = free_port(), free_port()
        command: list[str | Path] = [
            *(script("mitmdump"), "-q", "--mode", f"reverse:{ground.upstream}"),
            *("--listen-host", "127.0.0.1", "--listen-port", str(port)),
            *("--set", f"confdir={ground.folder / 'mitmproxy'}"),
        ]
        if guarded:
            command += ["-s", door.GUARD, "--set", f"guard_metrics=127.0.0.1:{metrics}"]
            command += ["--set", f"guard_state={ground.own(name)}"]
        ready = metrics if guarded else port
        return Side(name, port, [ground.start(name, command, ready)])

    return start


def _serve(workers: int) -> Starter:
    def start(ground: Ground, name: str) -> Side:
        port, metrics = free_port(), free_port()
        command = [
            *(_stagedoor(), "serve", "--upstream", ground.upstream, "--workers", str(workers)),
            *("--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics}"),
            *("--state", ground.own(name), "--set", f"confdir={ground.folder / 'mitmproxy'}"),
        ]
        return Side(name, port, [ground.start(name, command, metrics)])

    return start


def _proxy_py(ground: Ground, name: str) -> Side:
    if find_spec("proxy") is None:
        raise MissingError("proxy.py is not in this environment — run this through ./run bench")
    port = free_port()
    command = [
        *(sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", str(port)),
        *("--num-workers", "1", "--num-acceptors", "1", "--log-level", "c"),
        # Its own event loop ends with the second request of a connection (2.4.10): a thread each.
        "--threaded",
        *("--disable-http-proxy", "--enable-reverse-proxy", "--data-dir", ground.own(name)),
        *("--plugins", "tools.bench.peer_proxy_py.Site"),
    ]
    environment = {"UPSTREAM": ground.upstream, "PYTHONPATH": str(door.ROOT)}
    return Side(name, port, [ground.start(name, command, port, environment)])


def peer(command: str) -> Starter:
    """A guard that the user built. In its command stand {listen} (HOST:PORT), {port}, {upstream} (the site's
    URL), {metrics} (another HOST:PORT) and {folder} (an empty one).
    """

    def start(ground: Ground, name: str) -> Side:
        port = free_port()
        places = {
            "listen": f"127.0.0.1:{port}", "port": str(port), "upstream": ground.upstream,
            "metrics": f"127.0.0.1:{free_port()}", "folder": str(ground.own(name)),
        }  # fmt: skip
        try:
            words = [word.format_map(places) for word in shlex.split(command)]
        except (KeyError, ValueError, IndexError) as error:
            raise BenchError(
                f"--peer {name}: {error} — known are {', '.join(f'{{{one}}}' for one in places)}"
            ) from error
        if not words or shutil.which(words[0]) is None:
            raise MissingError(f"there is no program {words[0] if words else '(no command)'}")
        return Side(name, port, [ground.start(name, words, port)])

    return start


SITE = "the site itself"
NGINX, BY_HAND, EXPORTED = "nginx, no rules", "nginx, 19 agents by hand", "nginx, exported maps"
MODSECURITY, BARE, GUARD = "nginx, ModSecurity + CRS", "mitmdump, bare", "the guard in mitmdump"
SERVE, SERVE2, PROXY_PY = "stagedoor serve", "stagedoor serve, 2 workers", "proxy.py"
KEPT, ASKED, CADDY = "nginx + counter, kept", "nginx + counter, asked", "Caddy + counter"

SIDES: Mapping[str, Starter] = {
    NGINX: _nginx,
    BY_HAND: _by_hand,
    EXPORTED: _exported(asking=False),
    MODSECURITY: _core_rules,
    KEPT: _exported(),
    ASKED: _exported("--no-cache"),
    CADDY: _caddy,
    PROXY_PY: _proxy_py,
    BARE: _mitmdump(guarded=False),
    GUARD: _mitmdump(guarded=True),
    SERVE: _serve(1),
    SERVE2: _serve(2),
}
"""All of them proxies in front of the same site, which nginx serves from files."""


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingError(f"there is no {name} on PATH (Debian, Ubuntu: apt install {name})")
    return found


def script(name: str) -> str:
    """A program of this environment, else the one on PATH."""
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise MissingError(f"there is no {name} in this environment — run this through ./run bench")
    return found


def _stagedoor() -> str:
    return script("stagedoor")
