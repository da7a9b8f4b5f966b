"""A table of nftables with the addresses that are turned away, written through `nft -j`.

It is a table of its own, `inet stagedoor_PORT`, so nothing that others have written is touched, and
taking it away undoes all of it. Addresses leave it by themselves when their time is over, also where
this program was killed. Connections to the guarded ports are reset, so that a client knows at once; other
ports of the machine are not concerned.

The program needs no root: CAP_NET_ADMIN is enough (deploy/systemd/stagedoor-firewall.conf).
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any, Final

MOST: Final = 4096
"""Addresses in each of the two sets."""
PATIENCE: Final = 10.0
"""Seconds for one call of nft."""
_SETS: Final = (
    ("refused4", "ip", "ipv4_addr", ["timeout"]),
    ("refused6", "ip6", "ipv6_addr", ["timeout", "interval"]),
)
_COUNTER: Final = "turned_away"


class NftError(Exception):
    """nft is not there, or refuses; the message is one line."""


class NftTable:
    """The table for `ports`. Its methods block for some milliseconds, and raise NftError."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.name = f"stagedoor_{min(ports)}"
        self._ports = sorted(set(ports))

    def open(self) -> None:
        """Make it, empty; what is left of one by that name goes."""
        table = {"table": {"family": "inet", "name": self.name}}
        made: list[dict[str, Any]] = [{"add": table}, {"delete": table}, {"add": table}]
        made.append({"add": {"counter": self._in(name=_COUNTER)}})
        for name, _, kind, flags in _SETS:
            made.append({"add": {"set": self._in(name=name, type=kind, size=MOST, flags=flags)}})
        hook = {"type": "filter", "hook": "input", "prio": -10, "policy": "accept"}
        made.append({"add": {"chain": self._in(name="input", **hook)}})
        made += [self._rule(name, protocol) for name, protocol, *_ in _SETS]
        _nft(made)

    def add(self, households: Iterable[tuple[str, int]]) -> None:
        """Turn households (`model.client_keys`) away, each for so many seconds."""
        found: dict[str, list[dict[str, Any]]] = {}
        for household, seconds in households:
            six = ":" in household
            value: Any = {"prefix": {"addr": f"{household}::", "len": 64}} if six else household
            element = {"elem": {"val": value, "timeout": seconds}}
            found.setdefault("refused6" if six else "refused4", []).append(element)
        _nft([{"add": {"element": self._in(name=n, elem=each)}} for n, each in found.items()])

    def clear(self) -> None:
        """Turn nobody away any more."""
        _nft([{"flush": {"set": self._in(name=name)}} for name, *_ in _SETS])

    def close(self) -> None:
        """Take it away."""
        _nft([{"delete": {"table": {"family": "inet", "name": self.name}}}])

    def count(self) -> int:
        """Packets that were answered with a reset: one for each attempt to connect, mostly."""
        said = _call(["list", "counter", "inet", self.name, _COUNTER])
        counters = [one["counter"] for one in json.loads(said)["nftables"] if "counter" in one]
        return int(counters[0]["packets"])

    def _in(self, **more: Any) -> dict[str, Any]:
        return {"family": "inet", "table": self.name, **more}

    def _rule(self, name: str, protocol: str) -> dict[str, Any]:
        here: Any = {"payload": {"protocol": "tcp", "field": "dport"}}
        source = {"payload": {"protocol": protocol, "field": "saddr"}}
        expression = [
            {"match": {"op": "==", "left": here, "right": {"set": self._ports}}},
            {"match": {"op": "==", "left": source, "right": f"@{name}"}},
            {"counter": _COUNTER},
            {"reject": {"type": "tcp reset"}},
        ]
        return {"add": {"rule": self._in(chain="input", expr=expression)}}


def _nft(commands: Sequence[dict[str, Any]]) -> None:
    """All of them, or none."""
    if commands:
        _call(["-f", "-"], json.dumps({"nftables": commands}))


def _call(arguments: Sequence[str], given: str = "") -> str:
    program = shutil.which("nft") or shutil.which("nft", path="/usr/sbin:/sbin:/usr/local/sbin")
    if program is None:
        raise NftError("there is no nft on this machine (Debian, Ubuntu: apt install nftables)")
    try:
        done = subprocess.run(  # noqa: S603 (a program of the system, and words of our own)
            [program, "-j", *arguments],
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NftError(f"nft could not be run: {error}") from error
    if done.returncode:
        said = " ".join(done.stderr.split())[:300] or f"exit status {done.returncode}"
        if "not permitted" in said:
            said = (
                "this program may not change the firewall (it needs the capability CAP_NET_ADMIN)"
            )
        raise NftError(said)
    return done.stdout
