"""The watch: started as people start it, with a resolver of the tests' own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from stagedoor.cli.watch import key_hash

from .guarding import confdir
from .lookalikes import Lookalikes
from .programs import ROOT, Program, program
from .webdriver import Browser

STARTED = r"watches .*\n.*proxy +(?P<address>\S+)\n.*page +(?P<page>http\S+)\n"
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Watched:
    """A running watch."""

    program: Program
    proxy: str
    page: str
    state: Path

    @property
    def certificate(self) -> Path:
        return Path(confdir()) / "mitmproxy-ca-cert.pem"

    def known(self) -> dict[str, Any]:
        """What it knows, as JSON."""
        with requests.Session() as session:
            session.trust_env = False
            found: dict[str, Any] = session.get(f"{self.page}platforms.json", timeout=10).json()
        return found

    def platform(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(p for p in self.known()["platforms"] if p["id"] == name)
        return found


@contextmanager
def watching(
    folder: Path, sites: Lookalikes, *settings: str, plain: int = 0, mode: str = "regular"
) -> Iterator[Watched]:
    """A watch for as long as the block lasts. `plain` is the port that port 80 leads to."""
    state = folder / "state"
    words = [
        f"confdir={confdir()}", f"watch_state={state}", "watch_page=127.0.0.1:0",
        "watch_hosts=funk.example", f"ssl_verify_upstream_trusted_ca={sites.authority}", *settings,
    ]  # fmt: skip
    environment = {"LOOKALIKE_PORT": str(sites.port)}
    environment |= {"LOOKALIKE_PLAIN_PORT": str(plain)} if plain else {}
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        started = Program(
            program("mitmdump"), "-s", str(ROOT / "addons" / "watch.py"),
            "-s", str(HERE / "scripts" / "loopback_names.py"),
            "--mode", f"{mode}@127.0.0.1:0", *(w for s in words for w in ("--set", s)),
            log=folder / "watch.log",
        )  # fmt: skip
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    with started:
        said = started.says(STARTED)
        yield Watched(started, f"http://{said['address']}", said["page"], state)
    assert "Traceback" not in started.output, started.output


def beside(watch: Watched, sites: Lookalikes, folder: Path) -> Browser:
    """A browser that uses the watch as its proxy, and trusts it."""
    trusts = (key_hash(watch.certificate), key_hash(sites.authority))
    return Browser(folder, proxy=watch.proxy, trusts=trusts)


def alone(sites: Lookalikes, folder: Path) -> Browser:
    """A browser without a proxy."""
    return Browser(folder, trusts=(key_hash(sites.authority),), everywhere=sites.port)
