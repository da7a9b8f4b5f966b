"""The counter's own HTTP server with an empty answer: what asking costs, without deciding."""

from __future__ import annotations

import asyncio
import sys

from stagedoor.fronts.authorize.http_questions import Connections, Fields

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: max-age=2\r\n\r\n"


def _ask(_method: str, _target: bytes, _fields: Fields, _peer: str, _head: bytes) -> bytes:
    return _ANSWER


async def main(port: int) -> None:
    """Answer until it is stopped."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connections(_ask), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
