"""Asks a site as a crawler would: http or https, redirects followed, everything bounded.

For `stagedoor audit`: the site is the artist's own, so it may lie on loopback or in the house. What
it points to may not, unless it lies there itself: an audited site on the Internet cannot send this
machine into the house by a link or a redirect. One connection at a time.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import h11

from stagedoor.audit.page_links import joined
from stagedoor.audit.responses import Fetched
from stagedoor.fetch.lists import CONNECT_TIMEOUT, MOST_ADDRESSES, on_the_internet
from stagedoor.model.errors import StagedoorError
from stagedoor.signals.html.codings import CODINGS, CodingError, coders

TIMEOUT = 15.0
"""Seconds for one file, redirects included; an audit asks for some twenty."""
MOST_REDIRECTS = 6
"""RFC 9309 asks for five at least."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_WIRE = 1 << 16


class UnreachableError(StagedoorError):
    """No answer, and why, in words that follow the address."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of one address: how much of the body is read, with which range, how long."""

    most: int
    byte_range: str = ""
    seconds: float = TIMEOUT


class Asker:
    """Asks with one user agent, from one machine, one thing at a time."""

    def __init__(self, user_agent: str) -> None:
        self._agent = user_agent
        self._inside: bool | None = None
        self._context = ssl.create_default_context()

    async def get(self, url: str, wish: Wish) -> Fetched:
        """The last response at the end of `url`'s redirects, or why there is none."""
        at, hops = url, 0
        try:
            async with asyncio.timeout(wish.seconds):
                while True:
                    found = replace(await self._ask(at, wish), url=url, final=at, hops=hops)
                    location = _field(found, "location")
                    if found.status not in _REDIRECTS or not location or hops == MOST_REDIRECTS:
                        return found
                    at = joined(at, location)
                    hops += 1
                    if not at:
                        return found
        except TimeoutError:
            trouble = f"gives no whole answer within {wish.seconds:g} seconds"
        except ssl.SSLCertVerificationError as error:
            trouble = f"has a certificate that is not valid: {error.verify_message}"
        except ssl.SSLError:
            trouble = "does not speak TLS — is it http://?"
        except h11.ProtocolError as error:
            trouble = f"does not speak HTTP: {error}"
        except (UnreachableError, OSError, EOFError, ValueError) as error:
            trouble = str(error) or type(error).__name__
        return Fetched(url, final=at, hops=hops, trouble=trouble)

    async def _ask(self, url: str, wish: Wish) -> Fetched:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host = parts.hostname or ""
        reader, writer = await self._connect(
            host, parts.port or (443 if secure else 80), secure=secure
        )
        try:
            connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_WIRE)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = [
                ("Host", parts.netloc),
                ("User-Agent", self._agent),
                ("Accept", "*/*"),
                ("Accept-Encoding", "gzip" if not wish.byte_range else "identity"),
                ("Connection", "close"),
            ]
            if wish.byte_range:
                headers.append(("Range", wish.byte_range))
            request = h11.Request(method="GET", target=target.encode("ascii"), headers=headers)
            writer.write((connection.send(request) or b"") + (connection.send(_END) or b""))
            return await _answer(connection, reader, url, wish.most)
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                writer.transport.abort()  # a live stream never ends, and some servers never close

    async def _connect(
        self, host: str, port: int, *, secure: bool
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first address of `host` that answers."""
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise UnreachableError(f"cannot be looked up ({error.strerror})") from error
        addresses = list(dict.fromkeys(str(row[4][0]) for row in rows))[:MOST_ADDRESSES]
        inside = not all(map(on_the_internet, addresses))
        if self._inside is None:
            self._inside = inside  # the first is the site itself
        if inside and not self._inside:
            raise UnreachableError(f"leads to {host}, which is not on the Internet: not asked")
        why: Exception = UnreachableError(f"has no address for {host}")
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    return await asyncio.open_connection(
                        address,
                        port,
                        ssl=self._context if secure else None,
                        server_hostname=host if secure else None,
                    )
            except ssl.SSLError:
                raise
            except TimeoutError:
                why = UnreachableError("does not answer")
            except OSError as error:
                why = UnreachableError(f"does not answer ({error.strerror or error})")
        raise why


_END = h11.EndOfMessage()


async def _answer(
    connection: h11.Connection, reader: asyncio.StreamReader, url: str, most: int
) -> Fetched:
    """The response, of its body no more than `most` decoded bytes."""
    found = Fetched(url)
    body = _Body("", most)
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Response):
            fields = [(name.decode("latin-1"), v.decode("latin-1")) for name, v in event.headers]
            found = Fetched(url, event.status_code, tuple(fields))
            body = _Body(_field(found, "content-encoding"), most)
            if most == 0 or event.status_code in _REDIRECTS:
                return found
        elif isinstance(event, h11.Data):
            body.feed(bytes(event.data))
            if body.full:
                return replace(found, body=bytes(body.data[:most]), cut=True)
        elif not isinstance(event, h11.InformationalResponse):
            return replace(found, body=bytes(body.data))


class _Body:
    """A body, decoded as it comes; a small answer must not unfold into much."""

    def __init__(self, coding: str, most: int) -> None:
        self.data = bytearray()
        self._most = most
        known = coding.strip().lower()
        self._decoder = coders(known)[0] if known in CODINGS else None

    @property
    def full(self) -> bool:
        return len(self.data) > self._most

    def feed(self, data: bytes) -> None:
        if self._decoder is None:
            self.data += data
            return
        try:
            for piece in self._decoder.feed(data):
                self.data += piece
                if self.full:
                    return
        except CodingError as error:
            raise UnreachableError(f"sends a body that cannot be unpacked ({error})") from error


def _field(found: Fetched, wanted: str) -> str:
    return next((value for name, value in found.fields if name.lower() == wanted), "")
