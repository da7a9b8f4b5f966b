"""For tests of the watch: whatever host is asked for, the connection goes to one port here."""

from __future__ import annotations

import os

from mitmproxy.proxy import server_hooks


class LoopbackNames:
    """A resolver of the tests' own; names stay as they are in TLS and in requests."""

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        data.server.address = ("127.0.0.1", int(os.environ["LOOKALIKE_PORT"]))


addons = [LoopbackNames()]
