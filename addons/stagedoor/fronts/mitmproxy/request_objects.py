"""What mitmproxy makes for each request, made in less time.

A context is forked: making one makes a connection to a site, with a random name and thirty fields, and
a fork throws it away for the one that is there. And a flow has a name: 122 random bits from the kernel,
as text by way of an object. Here they come from Python's generator; nobody has to guess them.
"""

from __future__ import annotations

import random
import time
from typing import Any

from mitmproxy.flow import Flow
from mitmproxy.proxy.context import Context

from stagedoor.fronts.mitmproxy.replacing import Replacement

_VERSION, _VARIANT = 0x4 << 76, 0x8 << 60
_RANDOM = ~(0xF << 76 | 0xC << 60)


def replacements() -> tuple[Replacement, ...]:
    """What takes the place of making them."""
    return (
        Replacement(Context, "fork", _forking()),
        Replacement(Flow, "__init__", _making()),
    )


def _forking() -> Any:
    def fork(self: Any) -> Context:
        forked = Context.__new__(Context)
        forked.client, forked.options, forked.server = self.client, self.options, self.server
        forked.layers = self.layers.copy()
        return forked

    return fork


def name() -> str:
    """A random UUID, as text (RFC 9562, 5.4)."""
    number = random.getrandbits(128) & _RANDOM | _VERSION | _VARIANT
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _making() -> Any:
    def __init__(  # noqa: N807 (mitmproxy's name)
        self: Any,
        client_conn: Any,
        server_conn: Any,
        live: bool = False,  # noqa: FBT001, FBT002 (as mitmproxy)
    ) -> None:
        self.id = name()
        self.client_conn, self.server_conn, self.live = client_conn, server_conn, live
        self.timestamp_created = time.time()
        self.intercepted = False
        self._resume_event = self._backup = self.is_replay = None
        self.marked = self.comment = ""
        self.metadata = {}

    return __init__
