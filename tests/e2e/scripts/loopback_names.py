"""For tests of the watch: whatever host is asked for, the connection goes to this machine."""

from __future__ import annotations

import os

from mitmproxy.proxy import server_hooks


class LoopbackNames:
    """A resolver of the tests' own; names stay as they are in TLS and in requests."""

    def server_connect(self, data: server_hooks.ServerConnectionHookData) -> None:
        port = os.environ["LOOKALIKE_PORT"]
        if data.server.address and data.server.address[1] == 80:
            port = os.environ.get("LOOKALIKE_PLAIN_PORT", port)
        data.server.address = ("127.0.0.1", int(port))


addons = [LoopbackNames()]
