"""Fronts that ask the counter, as `stagedoor export` sets them up; changed is where they listen, and how they
know the visitor's address.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tools.bench.processes import BenchError, Processes

from .installed import program

VISITOR = r'map $server_addr $visitor { default $remote_addr; "~^127\.(?<rest>.*)$" 81.$rest; }'
"""Who goes to 127.40.5.7 is the visitor 81.40.5.7."""


def _export(front: str, folder: Path, at: str, counter: int, site: int) -> Path:
    """What `stagedoor export` writes; returns its folder."""
    place = folder / front
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "stagedoor", "export", front, place),
            *("--rules", folder / "rules", "--upstream", f"http://127.0.0.1:{site}"),
            *("--counter", f"127.0.0.1:{counter}", "--listen", at),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BenchError(done.stderr)
    return place


def _by_nginx(
    processes: Processes, folder: Path, listening: Sequence[str], counter: int, site: int
) -> None:
    """nginx as exported; changed is where it listens, and how it knows the visitor's address."""
    place = _export("nginx", folder, listening[0], counter, site)
    for path in place.iterdir():
        text = path.read_text("utf-8").replace("$proxy_add_x_forwarded_for", "$visitor")
        if path.name == "nginx.conf":
            listen = " ".join(f"listen {one} ssl http2;" for one in listening)
            pem = folder / "site.pem"
            certificate = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
            text = text.replace(f"listen {listening[0]};", f"{listen} {certificate}")
            # Behind the include: what nginx says about maps comes before the first of them.
            text = text.replace("\n    server {", f"\n{VISITOR}\n    server {{", 1)
        path.write_text(text, "utf-8")
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    own = f"daemon off; {user} pid {folder}/front.pid; error_log {folder}/front.error;"
    host, _, port = listening[0].rpartition(":")
    command: list[str | Path] = [program("nginx"), "-c", place / "nginx.conf", "-g", own]
    processes.start("front", command, int(port), host=host)


def _by_caddy(
    processes: Processes, folder: Path, listening: Sequence[str], counter: int, site: int
) -> None:
    """Caddy as exported, with the same changes."""
    file = _export("caddy", folder, listening[0], counter, site) / "Caddyfile"
    text = file.read_text("utf-8")
    hosts = ", ".join(f"https://{one}" for one in listening)
    pem, given = folder / "site.pem", "header_up X-Forwarded-For {visitor}"
    known = f"\ttls {pem} {pem}\n\tmap {{http.request.host}} {{visitor}} {{\n"
    known += "\t\t~^127\\.(.*)$ 81.${1}\n\t\tdefault none\n\t}\n"
    text = text.replace(f"http://{listening[0]} {{\n", f"{hosts} {{\n{known}", 1)
    text = text.replace("uri /authorize\n", f"uri /authorize\n{given}\n")
    text = text.replace("header_up X-Forwarded-Method", f"{given}\nheader_up X-Forwarded-Method")
    text = text.replace("header_down -Alt-Svc\n", f"header_down -Alt-Svc\n{given}\n")
    own = "{\nadmin off\nauto_https off\nservers {\nprotocols h1 h2\n}\n}\n"
    file.write_text(own + text, "utf-8")
    homes = {name: str(folder) for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    host, _, port = listening[0].rpartition(":")
    command: list[str | Path] = [program("caddy"), "run", "--adapter", "caddyfile", "--config"]
    processes.start("front", [*command, file], int(port), homes, host=host)


BY_COUNTER: Mapping[str, Callable[[Processes, Path, Sequence[str], int, int], None]] = {
    "counter": _by_nginx,
    "caddy": _by_caddy,
}
