"""Firefox as `./run watch` starts it, driven by WebDriver BiDi, which it speaks without a driver."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from .programs import PATIENCE, Program, free_port


class Firefox:
    """One Firefox; `words` is its command line, with the profile."""

    def __init__(self, words: Sequence[str], log: Path) -> None:
        port = free_port()
        self._program = Program(
            words[0], "--headless", f"--remote-debugging-port={port}", *words[1:], log=log
        )
        self._port = port
        self._count = 0

    def __enter__(self) -> Self:
        try:
            self._program.listens(self._port)
            self._socket: ClientConnection = connect(
                f"ws://127.0.0.1:{self._port}/session",
                proxy=None,
                max_size=None,
                # A busy Firefox may be silent for longer than the library's own 10 and 20 seconds.
                open_timeout=PATIENCE,
                ping_interval=None,
            )
            self._call("session.new", capabilities={})
            tree = self._call("browsingContext.getTree")
            self._page = tree["contexts"][0]["context"]
        except BaseException:
            self._program.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._program.stop()

    def open(self, url: str) -> None:
        """Go to a page, and wait until it has loaded."""
        self._call("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def run(self, script: str) -> Any:
        """The text that an expression in the page gives; None for nothing."""
        found = self._call(
            "script.evaluate", expression=script, target={"context": self._page}, awaitPromise=True
        )
        return found["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            said = json.loads(self._socket.recv(PATIENCE))
            if said.get("id") == self._count:
                assert said["type"] == "success", said
                return said["result"]
