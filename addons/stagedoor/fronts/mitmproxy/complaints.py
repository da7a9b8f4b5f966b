"""Complaints about messages and about mitmproxy: each counted, a line a minute about each kind.

A flood of broken requests must not become a flood of lines.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal, Protocol

from stagedoor.fronts.mitmproxy.outages import Outage

Side = Literal["client", "site", "host"]
"""Who sent what cannot be used: the visitor, the site behind, or mitmproxy by an error of its own."""

SILENCE = 60.0
"""Seconds between two lines about one kind."""
LONGEST = 200
"""Characters of a detail that are shown."""

CLIENT_FAULTS = (
    "head", "head-size", "host", "length", "method", "target", "target-length", "body-size",
    "unknown-host",
)  # fmt: skip
SITE_FAULTS = (
    "head", "head-size", "framing", "truncated", "no-answer", "certificate", "tls", "connection",
)  # fmt: skip
CLOSED = ("household", "room", "head", "idle", "descriptors")
"""Why a visitor's connection was closed early: see connections.py."""

_LINES: dict[tuple[Side, str], str] = {
    (
        "client",
        "length",
    ): "an upload without a length was refused: it would have been lost — if it is "
    "an Icecast source, let it connect to Icecast's own port, past the guard",
    (
        "client",
        "unknown-host",
    ): "requests for a name that is no site's are refused with 421 — if it is the name of one, add it to "
    "site: hosts: in the stance of that site; site: default: in the shared stance names one for all others",
    ("site", "head"): "the site sent a response that is not HTTP: visitors get 502 — look at what "
    "it answers with curl -v",
    ("site", "head-size"): "the site sent a response with more than 64 kB or 200 lines of headers: "
    "visitors get 502 — see what it sets so many headers or cookies for",
    ("site", "framing"): "the site sent a response whose end can be read in two ways: visitors get "
    "502 — let it send one Content-Length or Transfer-Encoding: chunked, not both and not two",
    (
        "site",
        "no-answer",
    ): "the site closed a connection without a response: visitors get 502 — its "
    "own error log says why; if it speaks TLS at this port, write https://",
    (
        "site",
        "truncated",
    ): "the site hung up in the middle of a response: visitors get 502 — its own "
    "error log says why",
    (
        "site",
        "certificate",
    ): "the site's certificate is not believed: visitors get 502 — if it is one "
    "of your own, start with --upstream-ca FILE (--set guard_upstream_ca=FILE) and name the site as "
    "the certificate does; on this machine or in a private network --upstream-insecure "
    "(--set guard_upstream_insecure=yes) believes every certificate",
    (
        "site",
        "tls",
    ): "no TLS connection to the site could be made: visitors get 502 — does it speak "
    "TLS at this port, or is it http:// (or another port)?",
    ("site", "connection"): "no response could be had from the site: visitors get 502 — is it "
    "running, and is its certificate valid?",
}

_log = logging.getLogger("stagedoor.door")


class Report(Protocol):
    """Take note of a fault: who made it, which, and what exactly (not to be trusted)."""

    def __call__(self, side: Side, fault: str, detail: str = "") -> None: ...


def silent(side: Side, fault: str, detail: str = "") -> None:
    """Report nothing."""


class Complaints:
    """Counts faults with `count(side, fault)` and logs them, each kind once a minute."""

    def __init__(
        self,
        count: Callable[[Side, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count, self._clock = count, clock
        self._last: dict[tuple[Side, str], float] = {}
        self._since: dict[tuple[Side, str], int] = {}
        self.outage = Outage()

    def __call__(self, side: Side, fault: str, detail: str = "") -> None:
        if side == "site" and detail.startswith(("[Errno", "Connection killed", "connection c")):
            return  # server_connect_error counts it, and has a line for it
        number = self.noted(side, fault)
        if side == "site":
            self.outage.failed(reported=bool(number))
        if number:
            what = _LINES.get((side, fault)) or f"requests are refused as malformed: {fault}"
            more = f"; {number:,} times since the last such line" if number > 1 else ""
            shown = f" ({ascii(detail[:LONGEST])[1:-1]})" if detail else ""
            _log.warning("%s%s%s", what, shown, more)

    def noted(self, side: Side, fault: str) -> int:
        """Count a fault that has a line of its own; how many that line stands for, or 0."""
        self._count(side, fault)
        return self.due(side, fault)

    def due(self, side: Side, fault: str) -> int:
        """How many there have been since the last line, where another is due; else 0."""
        kind, now = (side, fault), self._clock()
        number = self._since.get(kind, 0) + 1
        if now - self._last.get(kind, -SILENCE) < SILENCE:
            self._since[kind] = number
            return 0
        self._last[kind] = now
        self._since[kind] = 0
        return number
