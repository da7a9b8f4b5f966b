"""One small document over https, from a server that somebody else named.

Whoever may name a server could name one inside: a router, a database, the cloud's metadata service.
So the name is resolved first, addresses that are not on the public Internet are refused, and the
connection goes to the very address that was checked (a second lookup could answer otherwise). TLS
is verified, redirects are not followed, and bytes and seconds are counted from the first to the
last.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import h11
from mitmproxy_rs.dns import DnsResolver

from stagedoor.fronts.addresses import Network, networks
from stagedoor.model.errors import StagedoorError

TIMEOUT = 5.0
"""Seconds for all of it: resolving, connecting, TLS, the whole answer."""
CONNECT = 2.0
"""Seconds for one address, so that a second one gets its turn."""
MOST_ADDRESSES = 4
MAX_HEAD = 16 * 1024
"""Bytes of the answer's status line and headers."""

_CHUNK = 16 * 1024
_INSIDE = networks(
    [
        "168.63.129.16",  # Azure's host, by a public address that leads nowhere else
        "192.0.0.0/24",  # protocols' own; Python before 3.12.4 takes most of it for public
        "192.88.99.0/24",  # 6to4 relays, given up
        "64:ff9b:1::/48",  # NAT64 of a network's own, likewise
    ]
)
_CARRYING_IPV4 = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
"""NAT64 and IPv4-compatible addresses: the last four bytes are what is really reached."""

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Host → its addresses. Raises OSError where there are none."""


class FetchError(StagedoorError):
    """It could not be had. The message says why, in words that follow the server's name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. Header names are in lower case; of several lines the last one counts."""

    status: int
    headers: dict[str, str]
    body: bytes


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public Internet, with everything unwrapped."""
    if isinstance(address, IPv6Address):
        if address.teredo:
            return False
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in network for network in _CARRYING_IPV4):
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not any(address in network for network in _INSIDE)
    )


class Fetcher:
    """Fetches with one TLS context and one resolver.

    `allow` names networks that may be reached although they are not public: for tests, or a signer
    of one's own. `context` decides which certificates are believed; the system's by default.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Network] = (),
        context: ssl.SSLContext | None = None,
        lookup: Lookup | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._allow = tuple(allow)
        self._context = context or ssl.create_default_context()
        self._lookup = lookup
        self._timeout = timeout

    async def get(self, host: str, port: int, target: str, accept: str, most: int) -> Answer:
        """GET https://host:port/target, at most `most` bytes of body.

        Raises FetchError for everything that keeps it from being a complete answer.
        """
        try:
            async with asyncio.timeout(self._timeout):
                addresses = await self._addresses(host)
                reader, writer = await self._connect(host, port, addresses)
                try:
                    authority = host if port == 443 else f"{host}:{port}"
                    return await _exchange(reader, writer, authority, target, accept, most)
                finally:
                    writer.transport.abort()
        except TimeoutError:
            raise FetchError(f"did not answer within {self._timeout:g} s") from None
        except h11.ProtocolError as error:
            raise FetchError(f"did not answer with HTTP ({error})") from error
        except ssl.SSLError as error:
            raise FetchError(f"could not be reached by TLS ({error.reason})") from error
        except (OSError, ValueError) as error:
            raise FetchError(f"could not be reached ({error})") from error

    async def _addresses(self, host: str) -> list[str]:
        try:
            found = [ip_address(host)]
        except ValueError:
            # hickory, in Rust: it never occupies a thread that others wait for, as getaddrinfo does
            lookup = self._lookup or DnsResolver().lookup_ip
            found = [ip_address(text) for text in await lookup(host)]
        good = [a for a in found if is_public(a) or any(a in network for network in self._allow)]
        if not good:
            raise FetchError(f"is at {', '.join(map(str, found[:3])) or 'no address'}: not public")
        # IPv4 first: many a small machine has an IPv6 address that leads nowhere.
        return [str(a) for a in sorted(good, key=lambda a: a.version)][:MOST_ADDRESSES]

    async def _connect(
        self, host: str, port: int, addresses: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        *first, last = addresses
        for address in first:
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(CONNECT):
                    return await self._open(address, host, port)
        return await self._open(last, host, port)

    async def _open(
        self, address: str, host: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(address, port, ssl=self._context, server_hostname=host)


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    authority: str,
    target: str,
    accept: str,
    most: int,
) -> Answer:
    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
    fields = [
        ("Host", authority),
        ("Accept", accept),
        ("User-Agent", "stagedoor"),
        ("Connection", "close"),
    ]
    request = connection.send(h11.Request(method="GET", target=target, headers=fields))
    end = connection.send(h11.EndOfMessage())
    writer.write((request or b"") + (end or b""))
    await writer.drain()
    response: h11.Response | None = None
    body = bytearray()
    received = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(_CHUNK)
            received += len(data)
            # Chunks' own lines and early responses count too: no more than twice what is wanted.
            if received > 2 * most + MAX_HEAD:
                raise FetchError(f"sent more than {most} bytes")
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            response = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > most:
                raise FetchError(f"sent more than {most} bytes")
        elif isinstance(event, h11.EndOfMessage) and response is not None:
            headers = {name.decode(): value.decode("latin-1") for name, value in response.headers}
            return Answer(response.status_code, headers, bytes(body))
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise FetchError("hung up in the middle of its answer")
