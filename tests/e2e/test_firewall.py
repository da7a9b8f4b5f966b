"""Clients that are refused for long, turned away by nftables: in network namespaces, with real addresses."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagedoor.fronts.long_refused import LONGEST, REFUSALS

from .clients import FIREFOX, GPTBOT
from .guarding import Counts
from .programs import Program, eventually, program, run

GUARD, SITE_PORT, PORT = "81.2.69.1", 9000, 8080
"""Addresses of the public Internet, in a network that ends at this machine's edge."""
TAKER, LISTENER, SHARED, LATER = "81.2.69.10", "81.2.69.20", "81.2.69.30", "81.2.69.40"
GUARD6, TAKER6, NEIGHBOUR6 = "2a01:4f8:1:1::1", "2a01:4f8:1:2::10", "2a01:4f8:1:3::10"
REFUSED = 7
"""curl's exit status where nobody takes the connection."""


@dataclass
class Land:
    """Two namespaces with a wire between them; the guard in the one, all clients in the other."""

    guard: Program
    inside: str
    outside: str

    def ask(
        self, source: str, agent: str, count: int = 1, port: int = PORT
    ) -> tuple[int, list[str]]:
        """curl's exit status, and the status of each answer, for `count` requests of one connection."""
        host = f"music.example:{port}:{GUARD6 if ':' in source else GUARD}"
        done = run(
            *("ip", "netns", "exec", self.outside, program("curl"), "-s", "-A", agent),
            *("--interface", source, "-w", "%{http_code}\n", "-o", "/dev/null", "-m", "20"),
            *(
                "--resolve",
                host,
                "--fail-early",
                f"http://music.example:{port}/music/[1-{count}].mp3",
            ),
        )
        return done.returncode, done.stdout.split()

    def table(self) -> str:
        """What nft lists of the guard's table; empty where there is none."""
        done = run(
            "ip", "netns", "exec", self.inside, "nft", "list", "table", "inet", "stagedoor_8080"
        )
        return done.stdout if done.returncode == 0 else ""

    def metric(self, name: str) -> float:
        """One of the guard's, by its whole name."""
        found = re.search(rf"^{name} (\S+)$", self._metrics(), re.MULTILINE)
        return float(found[1]) if found else -1.0

    def refused(self) -> float:
        """Requests that the guard has refused."""
        return Counts(self._metrics())("blocks_total")

    def _metrics(self) -> str:
        url = "http://127.0.0.1:9464/metrics"
        return run("ip", "netns", "exec", self.inside, program("curl"), "-s", url).stdout


def _need(*command: str) -> None:
    done = run(*command)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        if "not permitted" in said and os.environ.get("CI") != "true":
            pytest.skip(f"network namespaces are forbidden here: {said}")
        pytest.fail(f"{' '.join(command)}: {said}")


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Land]:
    folder = tmp_path_factory.mktemp("firewall")
    program("nft"), program("ip")
    inside, outside = f"stagedoor-in-{os.getpid()}", f"stagedoor-out-{os.getpid()}"
    music = folder / "site" / "music"
    music.mkdir(parents=True)
    for number in range(1, 3):
        (music / f"{number}.mp3").write_bytes(b"\xff\xfb\x90\x00" + bytes(413))
    _need("ip", "netns", "add", inside)
    try:
        _need("ip", "netns", "add", outside)
        wire = (
            "ip",
            "-n",
            inside,
            "link",
            "add",
            "name",
            "in0",
            "type",
            "veth",
            "peer",
            "name",
            "out0",
        )
        _need(*wire, "netns", outside)
        for name, end, addresses in (
            (inside, "in0", (f"{GUARD}/24", f"{GUARD6}/48")),
            (outside, "out0", tuple(f"{a}/24" for a in (TAKER, LISTENER, SHARED, LATER))),
            (outside, "out0", tuple(f"{a}/48" for a in (TAKER6, NEIGHBOUR6))),
        ):
            for address in addresses:
                nodad = ("nodad",) if ":" in address else ()
                _need("ip", "-n", name, "address", "add", address, "dev", end, *nodad)
            for each in ("lo", end):
                _need("ip", "-n", name, "link", "set", each, "up")
        there = ("ip", "netns", "exec", inside)
        serving = ("-m", "http.server", str(SITE_PORT), "-d", str(folder / "site"))
        with Program(*there, sys.executable, *serving, log=folder / "site.log"):
            guard = Program(
                *(*there, str(Path(sys.executable).parent / "stagedoor"), "serve"),
                *("--upstream", f"http://127.0.0.1:{SITE_PORT}", "--listen", f"[::]:{PORT}"),
                *("--state", str(folder / "state"), "--firewall", "nft"),
                *("--set", f"confdir={folder / 'mitmproxy'}"),
                log=folder / "guard.log",
            )
            with guard:
                guard.says(r"turned away by nftables \(inet stagedoor_8080\)")
                found = Land(guard, inside, outside)
                eventually(lambda: found.ask(LISTENER, FIREFOX)[0] == 0, "the guard to listen")
                yield found
    finally:
        for name in (inside, outside):
            run("ip", "netns", "delete", name)


@pytest.mark.parametrize("taker", [TAKER, TAKER6])
def test_a_client_refused_for_long_is_turned_away(land: Land, taker: str) -> None:
    status, answers = land.ask(taker, GPTBOT, REFUSALS)
    assert (status, set(answers)) == (0, {"403"})
    eventually(lambda: land.ask(taker, GPTBOT)[0] == REFUSED, "the connection to be refused")
    # Whatever it calls itself now.
    assert land.ask(taker, FIREFOX)[0] == REFUSED
    # Another household, and another port of this machine, are not concerned.
    other = NEIGHBOUR6 if ":" in taker else LISTENER
    assert land.ask(other, FIREFOX) == (0, ["200"])
    if ":" not in taker:
        assert land.ask(taker, GPTBOT, port=SITE_PORT) == (0, ["200"])
    elements = re.findall(r"(\S+) timeout (\d+)m(?:(\d+)s)? expires", land.table())
    assert taker.replace("::10", "::/64") in [each[0] for each in elements]
    assert all(0 < int(m) * 60 + int(s or 0) <= LONGEST for _, m, s in elements)
    assert re.search(rf"turned away by the firewall for {LONGEST} s: .*GPTBot", land.guard.output)


def test_a_listener_at_the_same_address_protects_it(land: Land) -> None:
    assert land.ask(SHARED, FIREFOX) == (0, ["200"])
    status, answers = land.ask(SHARED, GPTBOT, 2 * REFUSALS + 1)
    assert (status, set(answers)) == (0, {"403"})
    # By the time that somebody who comes later is in the table, this one would be, too.
    assert land.ask(LATER, GPTBOT, REFUSALS)[0] == 0
    eventually(lambda: LATER in land.table(), "the other taker to be turned away")
    assert land.ask(SHARED, FIREFOX) == (0, ["200"])
    assert SHARED not in land.table()


def test_what_is_turned_away_is_counted_and_ends_with_a_reload_and_the_guard(land: Land) -> None:
    assert land.metric("stagedoor_firewall_households") == 3
    eventually(lambda: land.metric("stagedoor_firewall_packets_total") >= 4, "packets counted")
    refused = land.refused()
    assert refused > 0
    assert land.ask(TAKER, GPTBOT, 2)[0] == REFUSED
    assert land.refused() == refused
    land.guard.process.send_signal(signal.SIGHUP)
    eventually(lambda: land.ask(TAKER, GPTBOT) == (0, ["403"]), "the reload to let them ask again")
    assert land.metric("stagedoor_firewall_households") == 0
    assert "elements" not in land.table()
    land.guard.stop()
    assert land.table() == ""


def test_without_the_capability_one_line_says_so() -> None:
    """As the service runs without root; the guard then serves as ever."""
    script = (
        "from stagedoor.fronts.firewall import Firewall\n"
        "import logging; logging.basicConfig(format='%(message)s')\n"
        "print(Firewall([8080]).open())"
    )
    without = ("setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin")
    done = run(program("setpriv"), *without[1:], sys.executable, "-c", script)
    assert done.stdout.split() == ["False"], done.stderr
    assert done.stderr.strip() == (
        "nobody is turned away by the firewall: this program may not change the firewall (it needs the "
        "capability CAP_NET_ADMIN)"
    )
    assert json.dumps(done.stderr).count("\\n") == 1
