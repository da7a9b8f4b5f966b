"""The site, guards in front of it, and an address of its own for each visitor; all on this machine.

proxied: visitors come to nginx, which ends TLS, is trusted by the guard and says for whom it asks.
plain: the same over HTTP. tls: they come to the guard itself; haproxy passes their bytes on untouched,
from the address they came to. counter: they come to nginx as `stagedoor export` sets it up, which asks
`stagedoor authorize`; the bytes are nginx's alone. caddy: the same with Caddy. So real programs need no option for any: who goes to
127.40.5.7 is the visitor 81.40.5.7.
"""

from __future__ import annotations

import getpass
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import trustme

from stagedoor.cli.watch import key_hash
from tools.bench.processes import BenchError, Processes, free_port

from .exported import BY_COUNTER, VISITOR
from .installed import program
from .recordings import Recordings

Front = Literal["tls", "proxied", "plain", "counter", "caddy"]
FRONTS: tuple[Front, ...] = ("tls", "proxied", "counter")
ROOT = Path(__file__).resolve().parents[3]
MOST = 100
"""Visitors of one guard."""
NEIGHBOURS = tuple(f"127.41.0.{number}" for number in range(10, 30))
OTHERS = tuple(f"127.41.1.{number}" for number in range(10, 30))
"""Twenty addresses of one /24 each."""
STRANGERS = tuple(f"127.{number}.1.7" for number in range(50, 150))
STANCE = "traps: yes\n"
"""What ships, and the trap."""
STRICT = STANCE + "others: {disguises: no, headless: no, downloaders: no, unknown: no}\n"
PATIENCE = 240.0

_PROBED = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from tools.bench.audience import probe; probe.addons[0].running(); "
    "from stagedoor.cli import main; sys.exit(main(sys.argv[1:]))"
)
"""The counter, with the probe beside it."""

_NGINX = """
daemon off; master_process off; {user}
pid {folder}/{name}.pid; error_log {folder}/{name}.error;
events {{ worker_connections 4096; }}
http {{
  types {{
    text/html html; text/javascript js; audio/mpeg mp3; application/rss+xml xml;
    application/vnd.apple.mpegurl m3u8; video/mp2t ts;
  }}
  {visitor}
  log_format asked '$request_uri';
  access_log {folder}/{name}.log asked;
  sendfile on; keepalive_timeout 60;
  client_body_temp_path {folder}/{name}1; proxy_temp_path {folder}/{name}2;
  fastcgi_temp_path {folder}/{name}3; uwsgi_temp_path {folder}/{name}4; scgi_temp_path {folder}/{name}5;
  server {{
    {listen}
    {server}
  }}
}}
"""
_SITE = """
    root {root};
    location = /done {{ return 204; }}
    location /rest/ {{ proxy_pass http://127.0.0.1:{sonic}; proxy_buffering off; }}
"""
_PROXY = """
    location / {{
      proxy_pass http://127.0.0.1:{guard};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $visitor;
      proxy_set_header X-Forwarded-Proto $scheme;
      limit_rate 12m;
    }}
"""


@dataclass(frozen=True)
class Visit:
    """One visitor: where it goes, what the guard takes it for, and a folder of its own."""

    grounds: Grounds
    host: str
    url: str
    folder: Path

    @property
    def network(self) -> str:
        """Its /24, as the guard sees it."""
        return f"81.{self.host.split('.', 1)[1].rpartition('.')[0]}.0/24"

    def feed(self) -> str:
        """The address of the feed whose episodes lie where this visitor comes."""
        root = self.grounds.recordings.root
        path = root / "feeds" / f"{self.grounds.front}-{self.host}.xml"
        path.parent.mkdir(exist_ok=True)
        text = (root / "feed.xml.in").read_text("utf-8").replace("SITE", self.url)
        path.write_text(text, "utf-8")
        return f"{self.url}/feeds/{path.name}"

    def run(
        self,
        *command: str | Path,
        seconds: float = PATIENCE,
        environment: Mapping[str, str] | None = None,
        until: Callable[[], bool] | None = None,
    ) -> tuple[int, str]:
        """Run a program to its end, or `until` something holds; its exit status, and what it said."""
        log = self.folder / f"{Path(command[0]).name}.out"
        words = list(map(str, command))
        with log.open("ab") as out:
            process = subprocess.Popen(
                words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, **self.grounds.trust, **(environment or {})},
            )  # fmt: skip
        end = time.monotonic() + seconds
        try:
            while process.poll() is None and time.monotonic() < end:
                if until is not None and until():
                    break
                time.sleep(0.1)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return process.returncode, log.read_text("utf-8", "replace")


@dataclass
class Grounds:
    """One guard with its visitors. `facts` and `refused` are read after it has stopped."""

    front: Front
    folder: Path
    recordings: Recordings
    site_log: Path
    port: int
    guard: int
    spki: str
    trust: Mapping[str, str]
    context: ssl.SSLContext
    clock: Path | None = None
    _visits: int = field(default=0, init=False)

    def url(self, host: str) -> str:
        """Where a visitor goes to."""
        return f"http{'' if self.front == 'plain' else 's'}://{host}:{self.port}"

    def visit(self) -> Visit:
        """A visitor that was never here."""
        self._visits += 1
        if self._visits > MOST:
            raise BenchError(f"more than {MOST} visitors")
        host = f"127.40.{self._visits}.7"
        folder = self.folder / f"visit-{self._visits}"
        folder.mkdir()
        folder.chmod(0o777)
        return Visit(self, host, self.url(host), folder)

    def asked(self) -> list[str]:
        """The targets that the site was asked for so far."""
        return self.site_log.read_text("utf-8", "replace").splitlines()

    def facts(self, network: str) -> dict[str, dict[str, float]]:
        """How far each fact rose for the household, its network, an agent."""
        file = self.folder / "facts.json"
        facts: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        return dict(facts.get(network, {}))

    def decisions(self, network: str) -> list[dict[str, Any]]:
        """The lines of the decision log about this network."""
        log = self.folder / "state" / "decisions.jsonl"
        start = network.rpartition(".")[0] + "."
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return [
            one
            for line in lines
            if str((one := json.loads(line)).get("address", "")).startswith(start)
        ]

    def refused(self, network: str) -> dict[str, int]:
        """The rules that have refused it something, and how often."""
        rules: dict[str, int] = {}
        for line in self.decisions(network):
            if line.get("status") or line.get("sent") is not None:
                rule = line["rule"] or line["verdict"]
                rules[rule] = rules.get(rule, 0) + 1
        return rules


@contextmanager
def opened(
    folder: Path,
    recordings: Recordings,
    front: Front,
    stance: str = STANCE,
    clock: Path | None = None,
    sonic: int = 9,
) -> Iterator[Grounds]:
    """Start site and guard, for as long as the block lasts. `sonic` is a Subsonic server's port."""
    folder.mkdir(parents=True, exist_ok=True)
    hosts = [
        *(f"127.40.{number}.7" for number in range(1, MOST + 1)),
        *NEIGHBOURS,
        *OTHERS,
        *STRANGERS,
    ]
    (folder / "rules").mkdir()
    (folder / "rules/stance.yaml").write_text(stance, "utf-8")
    spki, trust, context = _certificate(folder, hosts)
    site, guard, port = free_port(), free_port(), free_port()
    root = recordings.root
    with Processes(folder) as processes:
        served = _SITE.format(root=root, sonic=sonic)
        _nginx(processes, folder, "site", [f"127.0.0.1:{site}"], served)
        ready = free_port()
        environment = {"LISTENING_FACTS": str(folder / "facts.json")}
        if clock is not None:
            environment["LISTENING_CLOCK"] = str(clock)
        command = (_counter if front in BY_COUNTER else _guard)(folder, site, guard, ready)
        processes.start("guard", command, ready, environment)
        listening = [f"{host}:{port}" for host in hosts]
        if front == "tls":
            _relay(processes, folder, port, hosts, guard)
        elif front in BY_COUNTER:
            BY_COUNTER[front](processes, folder, listening, guard, site)
        else:
            through = _PROXY.format(guard=guard)
            if front == "proxied":
                listening = [f"{one} ssl http2" for one in listening]
                through += (
                    f"ssl_certificate {folder}/site.pem; ssl_certificate_key {folder}/site.pem;"
                )
            _nginx(processes, folder, "front", listening, through)
        yield Grounds(
            front, folder, recordings, folder / "site.log", port, guard, spki, trust, context, clock
        )


def _guard(folder: Path, site: int, port: int, metrics: int) -> Sequence[str | Path]:
    options = {
        "confdir": folder / "mitmproxy",
        "guard_rules": folder / "rules",
        "guard_state": folder / "state",
        "guard_metrics": f"127.0.0.1:{metrics}",
        "guard_trusted_proxies": "127.0.0.1",
        "certs": folder / "site.pem",
    }
    mitmdump = Path(sys.executable).parent / "mitmdump"
    probe = Path(__file__).with_name("probe.py")
    command: list[str | Path] = [mitmdump, "-s", probe, "-s", ROOT / "addons/guard.py"]
    command += ["--mode", f"reverse:http://127.0.0.1:{site}@127.0.0.1:{port}"]
    for name, value in options.items():
        command += ["--set", f"{name}={value}"]
    return command


def _counter(folder: Path, site: int, port: int, metrics: int) -> Sequence[str | Path]:
    """The counter in the guard's place."""
    command: list[str | Path] = [sys.executable, "-c", _PROBED, str(ROOT), "authorize"]
    command += ["--listen", f"127.0.0.1:{port}", "--metrics", f"127.0.0.1:{metrics}"]
    command += ["--upstream", f"http://127.0.0.1:{site}", "--state", folder / "state"]
    return [*command, "--rules", folder / "rules", "--trusted-proxies", "127.0.0.1"]


def _certificate(
    folder: Path, hosts: Sequence[str]
) -> tuple[str, Mapping[str, str], ssl.SSLContext]:
    authority = trustme.CA()
    made = authority.issue_cert(*hosts)
    pem = [made.private_key_pem, *made.cert_chain_pems, authority.cert_pem]
    (folder / "site.pem").write_bytes(b"".join(blob.bytes() for blob in pem))
    ca = folder / "authority.pem"
    authority.cert_pem.write_to_path(ca)
    ca.chmod(0o644)
    trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"), str(ca))
    context = ssl.create_default_context(cafile=str(ca))
    return key_hash(ca), trust, context


def _nginx(processes: Processes, folder: Path, name: str, at: Sequence[str], server: str) -> None:
    config = folder / f"{name}.conf"
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    listen = " ".join(f"listen {one};" for one in at)
    config.write_text(
        _NGINX.format(
            folder=folder, visitor=VISITOR, name=name, user=user, listen=listen, server=server
        )
    )
    command: list[str | Path] = [program("nginx"), "-c", config, "-e", folder / f"{name}.error"]
    host, _, port = at[0].partition(" ")[0].rpartition(":")
    processes.start(name, command, int(port), host=host)


def _relay(processes: Processes, folder: Path, port: int, hosts: Sequence[str], guard: int) -> None:
    """haproxy: bytes come in at a visitor's address, and go on from it."""
    config = folder / "relay.cfg"
    sections = "".join(
        f"listen {host}\n  bind {host}:{port}\n  source {host}\n  server guard 127.0.0.1:{guard}\n"
        for host in hosts
    )
    times = "  timeout connect 30s\n  timeout client 600s\n  timeout server 600s\n"
    config.write_text(f"global\n  maxconn 4000\ndefaults\n  mode tcp\n{times}{sections}")
    processes.start("relay", [program("haproxy"), "-f", config], port, host=hosts[0])
