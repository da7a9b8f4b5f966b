"""The counter behind real proxies: started as people start it, with what `stagedoor export` writes."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .clients import curl
from .guarding import Guard
from .programs import Program, eventually, free_port, program, run

COUNTS = (
    r"Stagedoor \S+ counts at (?P<address>\S+); fronts ask it there$[\s\S]*"
    r"metrics +(?P<metrics>\S+)$"
)
"""The start-up message; log lines are public interface."""
FRONTS = ("nginx", "caddy", "haproxy", "traefik", "envoy")
ENVOY = ("--file-flush-interval-msec", "100", "--concurrency", "1", "--use-dynamic-base-id")
"""As the exported file says it is started, with less than all cores and beside other Envoys."""
FOLLOWED = ("traefik", "envoy")
"""These write their log to a file, which the counter follows."""


@dataclass(frozen=True)
class Behind:
    """A front and the counter that it asks. `url` is the front's."""

    name: str
    url: str
    counter: Guard
    folder: Path


def stagedoor(*arguments: str) -> list[str]:
    """A command of the program under test."""
    return [str(Path(sys.executable).parent / "stagedoor"), *arguments]


def start_counter(folder: Path, *arguments: str, listen: str = "127.0.0.1:0") -> Guard:
    """A counter, as soon as it is up."""
    state = folder / "state"
    started = Program(
        *stagedoor("authorize", "--listen", listen, "--metrics", "127.0.0.1:0"),
        *("--state", str(state), *arguments),
        log=folder / "counter.log",
    )
    try:
        said = started.says(COUNTS)
    except BaseException:
        started.stop()
        raise
    return Guard(started, f"http://{said['address']}", said["metrics"], state)


def export(front: str, folder: Path, counter: str, listen: int, *arguments: str) -> None:
    """Write the configuration of a front."""
    at = ["--counter", counter.removeprefix("http://"), "--listen", f"127.0.0.1:{listen}"]
    done = run(*stagedoor("export", front, str(folder), *at, *arguments))
    assert done.returncode == 0, done.stderr


def valid(front: str, folder: Path) -> None:
    """The front's own check of its configuration."""
    checks = {
        "nginx": ["nginx", "-t", "-g", "pid /dev/null;", "-c", str(folder / "nginx.conf")],
        "caddy": [
            *("caddy", "validate", "--adapter", "caddyfile", "--config"),
            str(folder / "Caddyfile"),
        ],
        "haproxy": ["haproxy", "-c", "-f", str(folder / "haproxy.cfg")],
        # Traefik checks its files when it starts, and says so in its log: see `behind`.
        "traefik": ["traefik", "version"],
        "envoy": ["envoy", "--mode", "validate", "-c", str(folder / "envoy.yaml")],
    }
    name, *arguments = checks[front]
    done = run(program(name), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "eprecated" not in done.stdout + done.stderr, done.stdout + done.stderr


def start_front(front: str, folder: Path, port: int) -> Program:
    """The front with the exported configuration; what is changed is only where it writes itself."""
    if front == "nginx":
        user = pwd.getpwuid(os.geteuid()).pw_name
        own = f"daemon off; user {user}; pid {folder}/pid; error_log {folder}/error.log;"
        command = [program("nginx"), "-c", str(folder / "nginx.conf"), "-g", own]
    elif front == "caddy":
        file = folder / "Caddyfile"
        # Two of them on one machine would have one port for their settings.
        file.write_text("{\n\tadmin off\n}\n" + file.read_text())
        command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(file)]
    elif front == "traefik":
        command = [program("traefik"), f"--configFile={folder / 'traefik.yaml'}"]
    elif front == "envoy":
        command = [program("envoy"), "-c", str(folder / "envoy.yaml"), *ENVOY]
    else:
        command = [program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]
    started = Program(*command, log=folder / "front.log")
    try:
        started.listens(port)
        # Traefik listens before it knows its routes, and knows none of any path until then.
        eventually(lambda: curl(f"http://127.0.0.1:{port}/robots.txt").status != 404, "routes")
    except BaseException:
        started.stop()
        raise
    return started


@contextmanager
def behind(front: str, folder: Path, counter: Guard, *exported: str) -> Iterator[Behind]:
    """A front that asks `counter`, for as long as the block lasts."""
    port = free_port()
    export(front, folder, counter.url, port, *exported)
    valid(front, folder)
    with start_front(front, folder, port):
        yield Behind(front, f"http://127.0.0.1:{port}", counter, folder)


def counted(counter: Guard, name: str, least: float, **labels: str) -> float:
    """A metric, once it has grown to `least`: logs arrive a moment after the response."""

    def look() -> float:
        found = counter.counts()(name, **labels)
        return found if found >= least else 0.0

    return eventually(look, f"{name}{labels} to become {least:g}")
