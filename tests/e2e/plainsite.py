"""A site of plain HTTP that answers with bytes of our own, and keeps what it is sent."""

from __future__ import annotations

import socket
import threading
from typing import Self

ANSWERS = {
    "/head": b"HTTP/1.1 200 Very Fine\r\nx-ODD: 1\r\nB:2\r\na:  3 \r\nSet-Cookie: a\r\nset-cookie: b\r\n"
    b"Content-Length: 4\r\n\r\nbody",
    "/chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n003;x=1\r\nabc\r\nA\r\n0123456789\r\n"
    b"0\r\nX-Trailer: 1\r\n\r\n",
    "/until-the-end": b"HTTP/1.1 200 OK\r\n\r\nuntil the end",
    "/old": b"HTTP/1.0 200\r\nServer: old\r\n\r\nbody",
    "/radio": b"ICY 200 OK\r\nicy-name: x\r\n\r\nbody",
    "/hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "/folded": b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok",
    "/odd-name": b"HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 2\r\n\r\nok",
    "/twice": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "/lines": b"HTTP/1.1 200 OK\nX: \xe4\xff\nContent-Length: 2\n\nok",
    "/compressed": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x8b\x00",
    "/nothing": b"HTTP/1.1 204 No Content\r\nX:\r\n\r\n",
}
_KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nkept"


class PlainSite:
    """Each answer ends the connection, but the one of `/kept`."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(one,), daemon=True).start()

    def _serve(self, one: socket.socket) -> None:
        with one:
            while True:
                data = b""
                while b"\r\n\r\n" not in data or (
                    data.startswith(b"POST") and not data.endswith(b"body")
                ):
                    more = one.recv(65536)
                    if not more:
                        return
                    data += more
                self.asked.append(data)
                path = data.split(b" ")[1].decode()
                one.sendall(ANSWERS.get(path, _KEPT))
                if path in ANSWERS:
                    return
