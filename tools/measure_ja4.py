"""Measure the JA4 of real clients, and write `rules/fingerprints.yaml` from what they sent.

Usage: ``python -m tools.measure_ja4 [--only NAME …] [--write] [--headers FILE]`` (1 to 3 minutes).

Starts mitmdump on loopback, which ends TLS in front of the demo site, and lets every client of
`ja4_clients.py` fetch a recording through it; browsers are shown a page that plays, fetches, saves
and opens recordings, over TLS and over plain HTTP. Prints a table; says which clients are missing.

--write    puts what was measured into rules/fingerprints.yaml; what is there of clients that are
           missing here stays, with its own date
--headers  writes the header lists of every request as JSON, for the tests of traits

Needs mitmproxy and the repository's package in the environment that runs it. Exits with 1 where no
client could be measured.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tools.ja4_clients import CLIENTS, GO, JAVA, Client
from tools.ja4_door import PATIENCE, ROOT, Door

FINGERPRINTS = ROOT / "rules" / "fingerprints.yaml"
PAGE_SECONDS = 14.0
"""How long a browser may play; its page opens the last file after four."""
CHROME_AGENT = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/{0}.0.0.0 Safari/537.36"
)
ENGINES = frozenset({"chromium", "firefox"})
FIREFOX_PREFS = {
    "media.autoplay.default": 0,
    "network.dns.localDomains": "door.test",
    "network.proxy.type": 0,
    "dom.security.https_first": False,
    "security.OCSP.enabled": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.download.always_ask_before_handling_new_types": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}
HEADER = """\
# yaml-language-server: $schema=schema/fingerprints.json
# TLS libraries, distinguished by the middle part of a client's JA4 (its cipher suites).
# Written by `python -m tools.measure_ja4 --write` from what real programs sent; run it again to bring it up to date.
# What is not in here has no family, and says nothing about a client.
"""


@dataclass(slots=True)
class Measured:
    """What one client did: its JA4s (the first is that of a first visit), and its requests."""

    client: Client
    version: str
    ja4: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)


def _prepare(work: Path, door: Door) -> None:
    """The small programs, and a Firefox profile that trusts the certificate."""
    work.mkdir()
    work.chmod(0o777)  # VLC runs as nobody
    (work / "main.go").write_text(GO)
    (work / "Fetch.java").write_text(JAVA)
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(door.certificate)).hexdigest().upper()
    colons = ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))
    (work / "cert_override.txt").write_text(
        f"localhost:{door.port}:\tOID.2.16.840.1.101.3.4.2.1\t{colons}\t\n"
    )
    (work / "user.js").write_text(
        "".join(f'user_pref("{n}", {json.dumps(value)});\n' for n, value in FIREFOX_PREFS.items())
    )


def _run(client: Client, url: str, work: Path, agent: str) -> None:
    """Run one client once. `agent` is the browser's name it takes, or an empty string."""
    command = [word.replace("{url}", url).replace("{work}", str(work)) for word in client.command]
    if agent:
        words = [word.replace("{agent}", agent) for word in client.agent if word]
        before = command.index("-i" if client.name == "ffmpeg" else url)
        command[before:before] = words
    if client.unprivileged and os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment |= {"HOME": str(work), "GOCACHE": f"{tempfile.gettempdir()}/measure-ja4-go"}
    if agent:
        environment["AGENT"] = agent
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PAGE_SECONDS if client.stays else PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.3)  # its last requests


def measure(only: Sequence[str], *, headers: bool) -> Iterator[Measured]:
    """Every client in turn; those that are missing have no version.

    `headers`: also over plain HTTP, and dressed up as Chrome; else TLS alone.
    """
    with tempfile.TemporaryDirectory(prefix="measure-ja4-", ignore_cleanup_errors=True) as name:
        base = Path(name)
        base.chmod(0o755)
        door = Door(base)
        try:
            for client in CLIENTS:
                if not only or client.name in only:
                    found = Measured(client, client.shown_version())
                    if found.version:
                        _measure(found, door, base, headers=headers)
                    yield found
        finally:
            door.close()


def _measure(found: Measured, door: Door, base: Path, *, headers: bool) -> None:
    client = found.client
    hosts = [f"https://localhost:{door.port}"]
    if headers:
        hosts.append(f"http://localhost:{door.port}")
    if headers and client.page:
        hosts.append(f"http://door.test:{door.port}")  # plain HTTP that browsers do not trust
    # Without a screen, Chromium would say so in its name.
    major = found.version.partition(".")[0] if client.page else "142"
    chrome = CHROME_AGENT.format(major)
    agents = [chrome] if client.page and client.agent else [""]
    if headers and client.agent and not client.page:
        agents.append(chrome)
    number = 0
    for host in hosts:
        for agent in agents:
            number += 1
            work = base / f"{client.name.replace(' ', '-')}-{number}"
            _prepare(work, door)
            before = len(door.lines())
            file = "listen" if client.page else "music/house-lights.mp3"
            _run(client, f"{host}/{file}", work, agent)
            for line in door.lines(before):
                if line["ja4"] and line["ja4"] not in found.ja4:
                    found.ja4.append(line["ja4"])
                if "path" in line:
                    found.requests.append(line)


def families(measured: Sequence[Measured], before: dict[str, Any], today: str) -> dict[str, Any]:
    """The file's content: what was measured, laid over what was there."""
    seen = {
        (family["name"], row["client"]): row
        for family in [
            *before.get("families", ()),
            {"name": None, "seen": before.get("impersonators", ())},
        ]
        for row in family["seen"]
    }
    for found in measured:
        if found.ja4:
            seen[found.client.family, found.client.name] = {
                "client": found.client.name,
                "version": found.version,
                "ja4": found.ja4[0],
                "date": today,
            }
    order = {client.name: number for number, client in enumerate(CLIENTS)}
    rows = sorted(seen.items(), key=lambda item: order.get(item[0][1], len(order)))
    names = list(dict.fromkeys(family for (family, _), _ in rows if family))
    return {
        "families": [
            {
                "name": name,
                **({"engine": name} if name in ENGINES else {}),
                "seen": [row for (family, _), row in rows if family == name],
            }
            for name in names
        ],
        "impersonators": [row for (family, _), row in rows if family is None],
    }


def as_yaml(content: dict[str, Any]) -> str:
    """One line a handshake, so that a change can be read."""
    lines = [HEADER.rstrip(), "families:"]
    for family in content["families"]:
        lines.append(f"  - name: {family['name']}")
        if "engine" in family:
            lines.append(f"    engine: {family['engine']}")
        lines += ["    seen:", *(f"      - {_row(row)}" for row in family["seen"])]
    lines += ["impersonators:", *(f"  - {_row(row)}" for row in content["impersonators"])]
    return "\n".join(lines) + "\n"


def _row(row: dict[str, Any]) -> str:
    shown = {name: str(value) for name, value in row.items()}
    return "{" + ", ".join(f"{name}: {json.dumps(v)}" for name, v in shown.items()) + "}"


def as_headers(measured: Sequence[Measured], today: str) -> str:
    """Every kind of request once, a line each: segments of one stream look alike."""
    rows: dict[str, str] = {}
    for found in measured:
        for request in found.requests:
            folder, _, name = request["path"].rpartition("/")
            suffix = name.rpartition(".")[2]
            if found.client.page and not request["path"].startswith(
                ("/listen", "/music", "/cover")
            ):
                continue
            line = {"client": found.client.name, "version": found.version, "date": today, **request}
            key = [found.client.name, request["tls"], request["host"], folder, suffix]
            key += [n for n, v in request["headers"]]
            key += [
                v for n, v in request["headers"] if n.lower() in {"user-agent", "sec-fetch-dest"}
            ]
            rows.setdefault(json.dumps(key), json.dumps(line))
    return "[\n" + ",\n".join(rows.values()) + "\n]\n"


def main() -> int:
    """Measure, print, and write what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--headers", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    today = datetime.now(UTC).date().isoformat()
    done = []
    for found in measure(arguments.only, headers=arguments.headers is not None):
        done.append(found)
        told = ", ".join(found.ja4) or "nothing was seen"
        if not found.version:
            told = f"missing (asked: {found.client.version[0]})"
        print(f"{found.client.name:18} {found.version:20} {told}", flush=True)
    if arguments.headers:
        arguments.headers.write_text(as_headers(done, today))
    if arguments.write:
        before = yaml.safe_load(FINGERPRINTS.read_text()) if FINGERPRINTS.exists() else {}
        FINGERPRINTS.write_text(as_yaml(families(done, before or {}, today)))
    return 0 if any(found.ja4 for found in done) else 1


if __name__ == "__main__":
    sys.exit(main())
