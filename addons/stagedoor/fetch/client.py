"""The HTTP client: one connection for each request, everything bounded by a policy.

A server's name may be chosen by somebody else, and could lead inside: to a router, a database, the
cloud's metadata service. So the name is resolved first, the addresses are checked, and the
connection goes to the very address that was checked: a second look-up could answer otherwise. The
address at the other end is checked once more. Bytes and seconds are counted from the first to the
last, redirects included.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import h11

from stagedoor.fetch.environment import Proxy, proxy_for
from stagedoor.fetch.exchange import (
    REDIRECTS,
    Asked,
    Fields,
    Response,
    authorized,
    exchange,
    tunnel,
)
from stagedoor.fetch.fetch_policy import FetchPolicy
from stagedoor.fetch.public_addresses import Address
from stagedoor.signals.html.codings import CodingError

MOST_ADDRESSES = 4
"""Addresses of one name that are tried."""
_PORTS = {"http": 80, "https": 443}

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Host → its addresses. Raises OSError where there are none."""
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def system_lookup(host: str) -> list[str]:
    """The addresses of a name, by the system's resolver in a thread."""
    loop = asyncio.get_running_loop()
    rows = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


class HttpClient:
    """Asks as one policy says.

    `context` decides which certificates are believed: by default the system's, or SSL_CERT_FILE.
    """

    def __init__(
        self,
        policy: FetchPolicy,
        *,
        context: ssl.SSLContext | None = None,
        lookup: Lookup = system_lookup,
    ) -> None:
        self.policy = policy
        self._context = context
        self._lookup = lookup
        self._first_is_inside: bool | None = None

    async def fetch(
        self,
        url: str,
        policy: FetchPolicy | None = None,
        *,
        method: str = "GET",
        body: bytes = b"",
        headers: Fields = (),
    ) -> Response:
        """The answer at the end of `url`'s redirects; FetchError for everything else.

        `policy` takes the place of the client's own for this request.
        """
        asked = Asked(policy or self.policy, url, method, body, headers)
        if method not in asked.policy.methods:
            raise ValueError(f"{method} is not among the policy's methods")
        try:
            async with asyncio.timeout(asked.policy.seconds):
                return await self._follow(asked)
        except TimeoutError as error:
            raise asked.error("slow") from error
        except ssl.SSLCertVerificationError as error:
            raise asked.error("certificate", error.verify_message) from error
        except ssl.SSLError as error:
            raise asked.error("tls", error.reason or error) from error
        except h11.ProtocolError as error:
            raise asked.error("protocol", error) from error
        except CodingError as error:
            raise asked.error("coding", error) from error
        except (OSError, EOFError, ValueError) as error:
            raise asked.error("odd", str(error) or type(error).__name__) from error

    async def _follow(self, asked: Asked) -> Response:
        policy = asked.policy
        while True:
            answer = await self._ask(asked)
            location = answer.header("location")
            if answer.status not in REDIRECTS or not location or not policy.redirects:
                return answer
            following = policy.join(asked.url, location)
            if asked.hops == policy.redirects or not following:
                if policy.last_redirect == "return":
                    return answer
                raise asked.error("redirects")
            asked.url, asked.hops = following, asked.hops + 1

    async def _ask(self, asked: Asked) -> Response:
        """One request; a redirect is not followed."""
        parts = _checked(asked)
        asked.host = parts.hostname or ""
        proxy = proxy_for(parts.scheme, asked.host) if asked.policy.proxies else None
        reader, writer = await self._reach(asked, parts, proxy)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            fields = [*asked.policy.headers, *asked.headers]
            if not any(name.lower() == "host" for name, _ in fields):
                fields.insert(0, ("Host", parts.netloc))
            if proxy is not None and parts.scheme == "http":
                target = f"http://{parts.netloc}{target}"
                fields += authorized(proxy)
            if asked.body:
                fields.append(("Content-Length", str(len(asked.body))))
            request = h11.Request(
                method=asked.method,
                target=target,
                headers=[*fields, ("Connection", "close")],
            )
            return await exchange(reader, writer, request, asked)
        finally:
            writer.transport.abort()  # a live stream never ends, and some servers never close

    # -- reaching a server ---------------------------------------------------------------------

    async def _reach(self, asked: Asked, parts: SplitResult, proxy: Proxy | None) -> _Streams:
        """A connection over which `parts` may be asked."""
        secure = self._tls() if parts.scheme == "https" else None
        port = parts.port or _PORTS[parts.scheme]
        if proxy is None:
            return await self._connect(asked, asked.host, port, secure)
        reader, writer = await self._connect(asked, proxy.host, proxy.port, None)
        if secure is not None:
            try:
                host = f"[{asked.host}]" if ":" in asked.host else asked.host
                await tunnel(reader, writer, f"{host}:{port}", proxy)
                await writer.start_tls(secure, server_hostname=asked.host)
            except BaseException:
                writer.transport.abort()
                raise
        return reader, writer

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
        return self._context

    async def _connect(
        self, asked: Asked, host: str, port: int, secure: ssl.SSLContext | None
    ) -> _Streams:
        """A connection to the first of the host's allowed addresses that answers."""
        addresses = await self._addresses(asked, host)
        policy, failure = asked.policy, asked.error("nameless")
        for address in addresses:
            last = address is addresses[-1] and policy.connect_last is not None
            try:
                async with asyncio.timeout(policy.connect_last if last else policy.connect):
                    reader, writer = await asyncio.open_connection(
                        str(address), port, ssl=secure, server_hostname=host if secure else None
                    )
            except ssl.SSLError:
                raise
            except TimeoutError:
                failure = asked.error("silent")
                continue
            except OSError as error:
                failure = asked.error("dead", error.strerror or error)
                continue
            peer = writer.get_extra_info("peername")
            if peer is not None and not self._may_ask(asked, there := ip_address(peer[0])):
                writer.transport.abort()
                raise asked.error("inside", first=there)
            return reader, writer
        raise failure

    async def _addresses(self, asked: Asked, host: str) -> list[Address]:
        """The addresses of `host` that may be connected to; at least one."""
        try:
            found = [ip_address(host)]
        except ValueError:
            try:
                found = list(dict.fromkeys(map(ip_address, await self._lookup(host))))
            except TimeoutError:
                raise
            except OSError as error:
                raise asked.error("lookup", error.strerror or error) from error
        asked.found = found
        if not found:
            raise asked.error("nameless")
        if self._first_is_inside is None:
            self._first_is_inside = not all(map(asked.policy.addresses, found))
        good = [address for address in found if self._may_ask(asked, address)]
        if not good or (asked.policy.mixed == "refuse" and len(good) < len(found)):
            raise asked.error("inside", first=next(a for a in found if a not in good))
        # IPv4 first: many a small machine has an IPv6 address that leads nowhere.
        return sorted(good, key=lambda address: address.version)[:MOST_ADDRESSES]

    def _may_ask(self, asked: Asked, address: Address) -> bool:
        policy = asked.policy
        return policy.addresses(address) or bool(policy.like_the_first and self._first_is_inside)


def fetch(
    url: str, policy: FetchPolicy, *, method: str = "GET", body: bytes = b"", headers: Fields = ()
) -> Response:
    """HttpClient.fetch() for callers without an event loop: waits for the answer."""
    client = HttpClient(policy)
    return asyncio.run(client.fetch(url, method=method, body=body, headers=headers))


def _checked(asked: Asked) -> SplitResult:
    """The parts of an address that may be asked."""
    parts = urlsplit(asked.url)
    if parts.scheme not in asked.policy.schemes or not parts.hostname or "@" in parts.netloc:
        raise asked.error("address")
    if not asked.url.isascii():
        raise asked.error("escapes")
    return parts
