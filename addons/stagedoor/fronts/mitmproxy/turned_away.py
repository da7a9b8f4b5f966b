"""Connections for which there is no room: plain HTTP/1 gets a 503, all others are closed.

The work is bounded: a few wait at a time, a second each at most, for the first bytes of a request;
one answer is written. What speaks TLS or HTTP/2 would not understand it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from stagedoor.fronts.mitmproxy.own_answers import plain_response
from stagedoor.model.languages import LONGEST, negotiated

MOST = 16
"""Connections that may wait; half of the smallest reserve of descriptors."""
WAIT = 1.0
"""Seconds for the first bytes."""
_FIRST = 64 << 10
_HTTP1 = re.compile(rb"(?!PRI )[A-Z]{3,10} ")
_LANGUAGES = re.compile(rb"\naccept-language:([^\r\n]{0,%d})" % LONGEST, re.IGNORECASE)


class TurnedAway:
    """Answers those who are turned away. `descriptors`: the number below which visitors' are."""

    def __init__(self, descriptors: Callable[[], int]) -> None:
        self._descriptors = descriptors
        self._waiting = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer in a second, or not at all; the connection ends with it."""
        descriptor = writer.get_extra_info("socket").fileno()
        if self._waiting >= MOST or descriptor >= self._descriptors():
            writer.transport.abort()
            return
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT):
                response = _answer_to(await reader.read(_FIRST))
                if response:
                    writer.write(response)
                    writer.close()
                    await writer.wait_closed()
        except (OSError, TimeoutError):
            pass
        finally:
            writer.transport.abort()  # nothing, where it has ended as it should
            self._waiting -= 1


def _answer_to(data: bytes) -> bytes:
    """What to say to who began with `data`; empty where it would not be understood."""
    if not _HTTP1.match(data):
        return b""
    asked = _LANGUAGES.search(data.partition(b"\n\r\n")[0])
    response = plain_response(503, negotiated(asked[1].decode("latin-1") if asked else ""))
    return response.partition(b"\n\r\n")[0] + b"\n\r\n" if data.startswith(b"HEAD ") else response
