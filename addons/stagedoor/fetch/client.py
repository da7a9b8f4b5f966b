"""The HTTP client: one connection for each request, everything bounded by a policy.

A server's name may be chosen by somebody else, and could lead inside: to a router, a database, the
cloud's metadata service. So the name is resolved first, the addresses are checked, and the
connection goes to the very address that was checked: a second look-up could answer otherwise. The
address at the other end is checked once more. Bytes and seconds are counted from the first to the
last, redirects included.

h11 reads the answers, not tornado's client: that one follows each `103 Early Hints` by a recursion
that a server can drive into the interpreter's limit, keeps bodies without a length whole before
anybody can look at their size, and logs what is not HTTP instead of reporting it (6.5).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

import h11

from stagedoor.fetch.environment import Proxy, proxy_for
from stagedoor.fetch.fetch_policy import WORDS, Cause, FetchError, FetchPolicy
from stagedoor.fetch.public_addresses import Address
from stagedoor.signals.html.codings import CODINGS, CodingError, coders

MOST_ADDRESSES = 4
"""Addresses of one name that are tried."""
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 16 << 10
_PORTS = {"http": 80, "https": 443}

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Host → its addresses. Raises OSError where there are none."""
Fields = Sequence[tuple[str, str]]
_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def system_lookup(host: str) -> list[str]:
    """The addresses of a name, by the system's resolver in a thread."""
    loop = asyncio.get_running_loop()
    rows = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(row[4][0]) for row in rows]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: header names in lower case, the body decoded where the policy says so."""

    status: int
    fields: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    cut: bool = False
    """More was there than was read."""
    url: str = ""
    """The address that answered, after `hops` redirects."""
    hops: int = 0

    def header(self, name: str) -> str:
        """The value of a header, of several lines the last one; empty where it is missing."""
        return next((value for field, value in reversed(self.fields) if field == name), "")


@dataclass(slots=True)
class _Asked:
    """One request under way: where its redirects have led, and what it is allowed."""

    policy: FetchPolicy
    url: str
    method: str
    body: bytes
    headers: Fields
    hops: int = 0
    host: str = ""
    found: Sequence[Address] = ()

    def error(self, cause: Cause, why: object = "", first: object = "") -> FetchError:
        """The failure in the policy's words."""
        policy = self.policy
        text = policy.words.get(cause, WORDS[cause]).format(
            url=self.url[:200],
            host=self.host,
            why=why,
            first=first,
            addresses=", ".join(map(str, self.found[:3])),
            schemes=" or ".join(sorted(policy.schemes)),
            types=" or ".join(sorted(policy.types)),
            most=policy.most,
            seconds=policy.seconds,
            redirects=policy.redirects,
        )
        return FetchError(text, cause, url=self.url, hops=self.hops)


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
    ) -> Answer:
        """The answer at the end of `url`'s redirects; FetchError for everything else.

        `policy` takes the place of the client's own for this request.
        """
        asked = _Asked(policy or self.policy, url, method, body, headers)
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

    async def _follow(self, asked: _Asked) -> Answer:
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

    async def _ask(self, asked: _Asked) -> Answer:
        """One request, whatever the answer's redirect says."""
        parts = _checked(asked)
        asked.host = parts.hostname or ""
        proxy = proxy_for(parts.scheme, asked.host) if asked.policy.proxies else None
        reader, writer = await self._reach(asked, parts, proxy)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            fields = [("Host", parts.netloc), *asked.policy.headers, *asked.headers]
            if proxy is not None and parts.scheme == "http":
                target = f"http://{parts.netloc}{target}"
                fields += _authorized(proxy)
            if asked.body:
                fields.append(("Content-Length", str(len(asked.body))))
            request = h11.Request(
                method=asked.method,
                target=target,
                headers=[*fields, ("Connection", "close")],
            )
            return await _exchange(reader, writer, request, asked)
        finally:
            writer.transport.abort()  # a live stream never ends, and some servers never close

    # -- reaching a server ---------------------------------------------------------------------

    async def _reach(self, asked: _Asked, parts: SplitResult, proxy: Proxy | None) -> _Streams:
        """A connection over which `parts` may be asked."""
        secure = self._tls() if parts.scheme == "https" else None
        port = parts.port or _PORTS[parts.scheme]
        if proxy is None:
            return await self._connect(asked, asked.host, port, secure)
        reader, writer = await self._connect(asked, proxy.host, proxy.port, None)
        if secure is not None:
            try:
                host = f"[{asked.host}]" if ":" in asked.host else asked.host
                await _tunnel(reader, writer, f"{host}:{port}", proxy)
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
        self, asked: _Asked, host: str, port: int, secure: ssl.SSLContext | None
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

    async def _addresses(self, asked: _Asked, host: str) -> list[Address]:
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

    def _may_ask(self, asked: _Asked, address: Address) -> bool:
        policy = asked.policy
        return policy.addresses(address) or bool(policy.like_the_first and self._first_is_inside)


def fetch(
    url: str, policy: FetchPolicy, *, method: str = "GET", body: bytes = b"", headers: Fields = ()
) -> Answer:
    """HttpClient.fetch() for callers without an event loop: waits for the answer."""
    client = HttpClient(policy)
    return asyncio.run(client.fetch(url, method=method, body=body, headers=headers))


def _checked(asked: _Asked) -> SplitResult:
    """The parts of an address that may be asked."""
    parts = urlsplit(asked.url)
    if parts.scheme not in asked.policy.schemes or not parts.hostname or "@" in parts.netloc:
        raise asked.error("address")
    if not asked.url.isascii():
        raise asked.error("escapes")
    return parts


# -- one request and its answer ----------------------------------------------------------------


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: h11.Request,
    asked: _Asked,
) -> Answer:
    policy = asked.policy
    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=policy.head)
    sent = [connection.send(request)]
    if asked.body:
        sent.append(connection.send(h11.Data(data=asked.body)))
    sent.append(connection.send(h11.EndOfMessage()))
    writer.write(b"".join(filter(None, sent)))
    answer: Answer | None = None
    body = _Body("", policy.most)
    # Chunks' own lines and early responses count too: no more than twice what is wanted.
    left = 2 * policy.most + 4 * policy.head
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(_CHUNK)
            left -= len(data)
            if left < 0:
                return _too_long(asked, answer, body)
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            fields = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in event.headers)
            answer = Answer(event.status_code, fields, url=asked.url, hops=asked.hops)
            if _is_enough(asked, answer):
                return answer
            body = _Body(answer.header("content-encoding"), policy.most)
        elif isinstance(event, h11.Data):
            body.feed(bytes(event.data))
            if body.full:
                return _too_long(asked, answer, body)
        elif isinstance(event, h11.EndOfMessage) and answer is not None:
            return replace(answer, body=bytes(body.data))
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise asked.error("protocol", "it hung up in the middle of its answer")


def _is_enough(asked: _Asked, answer: Answer) -> bool:
    """Whether the head of an answer is all that is wanted. Raises FetchError for one of no use."""
    policy = asked.policy
    if answer.status in REDIRECTS and policy.redirects and answer.header("location"):
        return True
    if policy.statuses and answer.status not in policy.statuses:
        raise asked.error("status", answer.status)
    kind = answer.header("content-type").partition(";")[0].strip().lower()
    if policy.types and kind not in policy.types:
        raise asked.error("type", ascii(kind[:60]) if kind else "of no type")
    coding = answer.header("content-encoding")
    if policy.codings == "refuse" and coding.strip().lower() not in {"", "identity"}:
        raise asked.error("encoded", ascii(coding[:20]))
    if policy.longer == "refuse" and int(answer.header("content-length") or 0) > policy.most:
        raise asked.error("large")
    return policy.most == 0


def _too_long(asked: _Asked, answer: Answer | None, body: _Body) -> Answer:
    if answer is None or asked.policy.longer == "refuse":
        raise asked.error("large")
    return replace(answer, body=bytes(body.data[: asked.policy.most]), cut=True)


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
        """Raises CodingError."""
        if self._decoder is None:
            self.data += data
            return
        for piece in self._decoder.feed(data):
            self.data += piece
            if self.full:
                return


async def _tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str, proxy: Proxy
) -> None:
    """Have a proxy connect to `authority` (RFC 9110 section 9.3.6)."""
    connection = h11.Connection(our_role=h11.CLIENT)
    headers = [("Host", authority), *_authorized(proxy)]
    request = h11.Request(method="CONNECT", target=authority, headers=headers)
    writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            # Byte by byte would be exact; a proxy says nothing before the handshake begins.
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            if event.status_code // 100 != 2:
                raise OSError(f"the proxy {proxy.host} answers {event.status_code}")
            return
        elif not isinstance(event, h11.InformationalResponse):
            raise OSError(f"the proxy {proxy.host} hangs up")


def _authorized(proxy: Proxy) -> list[tuple[str, str]]:
    return [("Proxy-Authorization", proxy.authorization)] if proxy.authorization else []
