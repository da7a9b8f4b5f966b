"""An origin of bare sockets: hears every byte, and answers exactly what a test wants.

One request a connection. What a visit's handler does is up to the test; it runs in a thread.
"""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from typing import Self

from .programs import PATIENCE

PAGE = b"<!doctype html><title>A page</title>"


class Visit:
    """One connection from the guard: the request's head, then whatever the test does with it."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        got = b""
        while b"\r\n\r\n" not in got and (part := wire.recv(65536)):
            got += part
        head, _, self.rest = got.partition(b"\r\n\r\n")
        self.head = head.decode("latin-1")
        """The request line and the headers, as they came."""

    @property
    def target(self) -> str:
        return self.head.split(" ")[1] if " " in self.head else ""

    def answer(self, kind: str, *fields: str, status: str = "200 OK", body: bytes = b"") -> None:
        """Send a response's head, and perhaps the beginning of its body."""
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close", *fields]
        self.wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def hung_up_on(self) -> bool:
        """Wait until the guard has closed the connection; sends nothing."""
        try:
            while self.wire.recv(65536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True


Handler = Callable[[Visit], None]


def page(visit: Visit) -> None:
    """Answer a small page to everything, to be passed on as it is: no tags go into it."""
    length = f"Content-Length: {len(PAGE)}"
    visit.answer("text/html", length, "Cache-Control: no-transform", body=PAGE)


class RawSite:
    """The origin. `visits` has the requests' heads in their order."""

    def __init__(self, handler: Handler = page) -> None:
        self.handler = handler
        """May be changed; the next visit meets the new one."""
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.visits: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._thread.join(5)
        self._server.close()

    def visit(self, seconds: float = PATIENCE) -> str:
        """The next request's head; raises queue.Empty when none comes."""
        return self.visits.get(timeout=seconds)

    def heard_nothing(self) -> bool:
        """Whether no request has come that was not asked for yet."""
        return self.visits.empty()

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._server.accept()
            except OSError:
                return
            wire.settimeout(PATIENCE)
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with wire:
            try:
                visit = Visit(wire)
                if visit.head and "looks at its own site" not in visit.head:
                    self.visits.put(visit.head)
                    self.handler(visit)
            except (OSError, TimeoutError):
                return  # the guard hung up, which tests see on their own side
