"""One request over a connection, and its response: read by h11, within a policy's bounds.

h11 reads the answers, not tornado's client: that one follows each `103 Early Hints` by a recursion
that a server can drive into the interpreter's limit, keeps bodies without a length whole before
anybody can look at their size, and logs what is not HTTP instead of reporting it (6.5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import h11

from stagedoor.fetch.environment import Proxy
from stagedoor.fetch.fetch_policy import WORDS, Cause, FetchError, FetchPolicy
from stagedoor.fetch.public_addresses import Address
from stagedoor.signals.html.codings import CODINGS, coders

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 16 << 10

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Response:
    """A response: header names in lower case, the body decoded where the policy says so."""

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
class Asked:
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


async def exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: h11.Request,
    asked: Asked,
) -> Response:
    """Send `request`, with the body that is asked with; FetchError for a response of no use.

    Raises h11.ProtocolError, CodingError and OSError, too.
    """
    policy = asked.policy
    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=policy.head)
    sent = [connection.send(request)]
    if asked.body:
        sent.append(connection.send(h11.Data(data=asked.body)))
    sent.append(connection.send(h11.EndOfMessage()))
    writer.write(b"".join(filter(None, sent)))
    answer: Response | None = None
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
            answer = Response(event.status_code, fields, url=asked.url, hops=asked.hops)
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


def _is_enough(asked: Asked, answer: Response) -> bool:
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


def _too_long(asked: Asked, answer: Response | None, body: _Body) -> Response:
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


async def tunnel(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authority: str, proxy: Proxy
) -> None:
    """Have a proxy connect to `authority` (RFC 9110 section 9.3.6)."""
    connection = h11.Connection(our_role=h11.CLIENT)
    headers = [("Host", authority), *authorized(proxy)]
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


def authorized(proxy: Proxy) -> list[tuple[str, str]]:
    """The header field that a proxy with a password asks for."""
    return [("Proxy-Authorization", proxy.authorization)] if proxy.authorization else []
