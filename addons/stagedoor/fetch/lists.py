"""Files from operators' web servers: https only, bounded in size and time, never from inside.

The addresses stand in the catalogue, which people edit, and servers redirect. So every name is
turned into addresses first, and the connection goes to the very addresses that were looked at: no
second lookup can lead it into the house. (asyncio and h11, both of which mitmproxy brings along,
because HTTP clients resolve names out of sight.)
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

import h11

from stagedoor.fetch.client import is_public
from stagedoor.model.errors import StagedoorError

TIMEOUT = 20.0
"""Seconds for one file, from the lookup of the name to the last byte, redirects included."""
CONNECT_TIMEOUT = 5.0
"""Seconds for one address; many names have an IPv6 address that some houses do not reach."""
MAX_BYTES = 4 << 20
MOST_REDIRECTS = 3
MOST_ADDRESSES = 4
USER_AGENT = "Stagedoor (fetches lists of crawlers' addresses, at most hourly)"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class FetchError(StagedoorError):
    """A file that could not be had, and why."""


def on_the_internet(text: str) -> bool:
    """Whether an address is on the Internet, also where it wraps another one (NAT64, 6to4)."""
    return is_public(ip_address(text.partition("%")[0]))


class Fetcher:
    """Fetches files. Certificates are checked against the system's authorities, or SSL_CERT_FILE.

    `private` lets servers on loopback and in private networks be asked, for tests.
    """

    def __init__(
        self, *, private: bool = False, timeout: float = TIMEOUT, max_bytes: int = MAX_BYTES
    ) -> None:
        self._private = private
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._context = ssl.create_default_context()

    async def get(self, url: str) -> bytes:
        """The body at `url`. Raises FetchError, in words, for everything that can go wrong."""
        try:
            async with asyncio.timeout(self._timeout):
                for _ in range(MOST_REDIRECTS + 1):
                    status, location, body = await self._ask(_checked(url))
                    if status not in _REDIRECTS:
                        break
                    url = urljoin(url, location)
                else:
                    raise FetchError(f"more than {MOST_REDIRECTS} redirects")
        except TimeoutError as error:
            raise FetchError(f"no whole answer within {self._timeout:g} seconds") from error
        except ssl.SSLCertVerificationError as error:
            raise FetchError(f"its certificate is not valid: {error.verify_message}") from error
        except (OSError, EOFError, ValueError) as error:
            raise FetchError(str(error) or type(error).__name__) from error
        except h11.ProtocolError as error:
            raise FetchError(f"its answer is not HTTP: {error}") from error
        if status != 200:
            raise FetchError(f"the server answers {status}")
        return body

    async def _ask(self, parts: SplitResult) -> tuple[int, str, bytes]:
        """One request: status, where it redirects to, and the body of a 200."""
        host = parts.hostname or ""
        reader, writer = await self._connect(host, parts.port or 443)
        try:
            connection = h11.Connection(h11.CLIENT)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            request = h11.Request(
                method="GET",
                target=target.encode("ascii"),
                headers=[
                    ("Host", parts.netloc),
                    ("User-Agent", USER_AGENT),
                    ("Accept", "application/json, text/plain, */*;q=0.5"),
                    ("Accept-Encoding", "identity"),  # a small answer must not unfold into much
                    ("Connection", "close"),
                ],
            )
            writer.write((connection.send(request) or b"") + (connection.send(_END) or b""))
            return await self._answer(connection, reader)
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                writer.transport.abort()  # nothing is left to say, and some servers never close

    async def _answer(
        self, connection: h11.Connection, reader: asyncio.StreamReader
    ) -> tuple[int, str, bytes]:
        status, location = 0, ""
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name: value for name, value in event.headers}  # noqa: C416 (no dict)
                location = headers.get(b"location", b"").decode("latin-1")
                length = headers.get(b"content-length", b"0")
                if status != 200 or int(length) > self._max_bytes:
                    break
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self._max_bytes:
                    break
            elif not isinstance(event, h11.InformationalResponse):
                return status, location, bytes(body)
        if status == 200:
            raise FetchError(f"its answer is larger than {self._max_bytes:,} bytes")
        return status, location, b""

    async def _connect(
        self, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to the first address of `host` that answers."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise FetchError(f"the name {host} cannot be looked up: {error.strerror}") from error
        addresses = list(dict.fromkeys(str(row[4][0]) for row in found))[:MOST_ADDRESSES]
        for address in addresses:
            if not self._private and not on_the_internet(address):
                raise FetchError(f"{host} is {address}, which is not on the Internet")
        refused: Exception = FetchError(f"the name {host} has no address")
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    return await asyncio.open_connection(
                        address, port, ssl=self._context, server_hostname=host
                    )
            except ssl.SSLCertVerificationError:
                raise
            except TimeoutError:
                refused = FetchError(f"{host} does not answer")
            except OSError as error:
                refused = FetchError(f"{host} does not answer: {error.strerror or error}")
        raise refused


_END = h11.EndOfMessage()


def _checked(url: str) -> SplitResult:
    """The parts of an address that may be asked."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise FetchError(f"{url[:200]} is not asked: it must be https and without a password")
    if not url.isascii():
        raise FetchError(f"{url[:200]} is not asked: write it percent-encoded")
    return parts
