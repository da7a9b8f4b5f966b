"""The client against servers on loopback: what a policy says is kept to, whatever they answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self, cast

import pytest
import trustme

from stagedoor.fetch.client import HttpClient, Lookup, fetch, system_lookup
from stagedoor.fetch.exchange import Asked, Response
from stagedoor.fetch.fetch_policy import FetchError, FetchPolicy
from stagedoor.fetch.public_addresses import Address, anywhere
from stagedoor.fetch.uses import AUDIT, KEY_DIRECTORY, LISTS, TIMESTAMP
from stagedoor.model.errors import StagedoorError

PLAIN = FetchPolicy(
    schemes=frozenset({"http"}), addresses=anywhere, most=1_000, seconds=5.0, connect=2.0
)
USES = {"keys": KEY_DIRECTORY, "lists": LISTS, "audit": AUDIT, "stamp": TIMESTAMP}
Says = bytes | Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Answers `says` to every request, and keeps what it was sent."""

    def __init__(self, says: Says, context: ssl.SSLContext | None = None) -> None:
        self.says, self.heads, self.connections = says, list[bytes](), 0
        self._context = context

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            if isinstance(self.says, bytes):
                writer.write(self.says)
                await writer.drain()
            else:
                await self.says(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


def ok(body: bytes = b"hello", *fields: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def names(*addresses: str) -> Lookup:
    async def lookup(_host: str) -> list[str]:
        return list(addresses)

    return lookup


def asked(
    says: Says, policy: FetchPolicy = PLAIN, *, lookup: Lookup = system_lookup, **how: Any
) -> tuple[Response | FetchError, Server]:
    async def ask() -> tuple[Response | FetchError, Server]:
        async with Server(says) as server:
            url = how.pop("url", server.url).replace("PORT", str(server.port))
            try:
                return await HttpClient(policy, lookup=lookup).fetch(url, **how), server
            except FetchError as error:
                return error, server

    return asyncio.run(ask())


# -- the address that is connected to -----------------------------------------------------------


INSIDE = ["10.0.0.1", "::ffff:10.0.0.1", "169.254.169.254", "fd00:ec2::254", "fe80::1", "127.0.0.1"]


@pytest.mark.parametrize("use", ["keys", "lists"])
@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_asked(use: str, address: str) -> None:
    client = HttpClient(USES[use], lookup=names(address))
    with pytest.raises(FetchError) as caught:
        asyncio.run(client.fetch("https://signer.example/"))
    assert caught.value.cause == "inside"
    # Python 3.12 writes ::ffff:10.0.0.1 as ::ffff:a00:1.
    assert str(ip_address(address)) in str(caught.value)


def test_a_second_lookup_cannot_lead_elsewhere() -> None:
    """DNS rebinding: the first answer is public, every later one is 127.0.0.1."""
    looked: list[str] = []

    async def rebinding(host: str) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if len(looked) > 1 else ["127.0.0.2"]

    policy = replace(PLAIN, addresses=lambda address: str(address) == "127.0.0.2", connect=0.5)
    found, server = asked(ok(), policy, lookup=rebinding, url="http://rebind.example:PORT/")
    # The server listens at 127.0.0.1 alone: what was checked is what was tried.
    assert isinstance(found, FetchError)
    assert found.cause == "dead"
    assert (looked, server.connections) == (["rebind.example"], 0)


def test_the_other_end_of_the_connection_is_checked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.open_connection

    async def diverted(_host: str, port: int, **how: Any) -> Any:
        return await real("127.0.0.1", port, **how)

    policy = replace(PLAIN, addresses=lambda address: str(address) == "192.0.2.1")
    monkeypatch.setattr(asyncio, "open_connection", diverted)
    found, server = asked(ok(), policy, lookup=names("192.0.2.1"), url="http://x.example:PORT/")
    assert isinstance(found, FetchError)
    assert found.cause == "inside"
    assert "127.0.0.1" in str(found)
    assert server.heads == []  # not a byte was sent


@pytest.mark.parametrize(("mixed", "answered"), [("refuse", False), ("skip", True)])
def test_a_name_with_allowed_and_other_addresses(mixed: Any, answered: bool) -> None:
    def allowed(address: Address) -> bool:
        return str(address) == "127.0.0.1"

    policy = replace(PLAIN, addresses=allowed, mixed=mixed)
    lookup = names("127.0.0.1", "10.0.0.1")
    found, server = asked(ok(), policy, lookup=lookup, url="http://two.example:PORT/")
    assert isinstance(found, Response) is answered
    assert server.connections == answered


def test_a_redirect_inside_is_not_followed() -> None:
    says = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2/\r\nContent-Length: 0\r\n\r\n"
    policy = replace(PLAIN, redirects=3, addresses=lambda address: str(address) == "127.0.0.1")
    found, server = asked(says, policy)
    assert isinstance(found, FetchError)
    assert (found.cause, found.url, found.hops) == ("inside", "http://127.0.0.2/", 1)
    assert server.connections == 1


# -- what is asked ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("use", "url"),
    [
        ("keys", "http://127.0.0.1/"),
        ("lists", "http://127.0.0.1/"),
        ("lists", "ftp://127.0.0.1/"),
        ("audit", "file:///etc/passwd"),
        ("audit", "http://user:word@127.0.0.1/"),
        ("stamp", "gopher://127.0.0.1/"),
    ],
)
def test_only_the_policys_schemes_are_asked(use: str, url: str) -> None:
    policy = USES[use]
    with pytest.raises(FetchError, match="is not asked: it must be http") as caught:
        fetch(url, policy, method=min(policy.methods))
    assert caught.value.cause == "address"


def test_only_the_policys_methods_are_used() -> None:
    with pytest.raises(ValueError, match="POST is not among"):
        fetch("http://127.0.0.1:1/", PLAIN, method="POST", body=b"x")


def test_a_body_is_never_sent_on_to_where_a_redirect_leads() -> None:
    with pytest.raises(ValueError, match="only a GET follows redirects"):
        replace(TIMESTAMP, redirects=1)


def test_headers_and_body_go_out_as_said() -> None:
    policy = replace(PLAIN, methods=frozenset({"POST"}), headers=(("User-Agent", "us"),))
    body = bytearray()

    async def takes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body.extend(await reader.readexactly(3))
        writer.write(ok())

    found, server = asked(takes, policy, method="POST", body=b"abc", headers=(("X-A", "1"),))
    assert isinstance(found, Response)
    assert body == b"abc"
    assert server.heads == [
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUser-Agent: us\r\nX-A: 1\r\n"
        "Content-Length: 3\r\nConnection: close\r\n\r\n".encode()
    ]


# -- what comes back ----------------------------------------------------------------------------


async def _sent(writer: asyncio.StreamWriter) -> None:
    """Drained; and others had a turn, without which a lost connection is never noticed (3.12)."""
    await writer.drain()
    await asyncio.sleep(0)


async def _hints(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 100)
        await _sent(writer)


async def _endless(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"x" * 1_000)
        await _sent(writer)


async def _one_byte_chunks(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not writer.is_closing():
        writer.write(b"1;" + b"e" * 900 + b"\r\nx\r\n")
        await _sent(writer)


@pytest.mark.parametrize("says", [_hints, _endless, _one_byte_chunks, ok(b"x" * 1_001)])
def test_no_server_can_send_without_end(says: Says) -> None:
    found, _ = asked(says)
    assert isinstance(found, FetchError)
    assert (found.cause, str(found)) == ("large", "its answer is larger than 1,000 bytes")


@pytest.mark.parametrize("says", [_endless, _one_byte_chunks])
def test_what_is_cut_is_said_to_be_cut(says: Says) -> None:
    found, _ = asked(says, replace(PLAIN, longer="cut"))
    assert isinstance(found, Response)
    assert found.cut
    assert 0 < len(found.body) <= 1_000
    assert set(found.body) == {ord("x")}


@pytest.mark.parametrize(
    ("says", "cause"),
    [
        (b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "status"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", "status"),
        (ok(b"{}", "Content-Type: text/html"), "type"),
        (ok(b"{}"), "type"),
        (ok(b"{}", "Content-Type: application/json", "Content-Encoding: br"), "encoded"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n", "protocol"),
        (ok(b"{}", "Content-Type: application/json")[:-1], "protocol"),
        (b"", "protocol"),
    ],
)
def test_what_is_no_answer_has_a_cause(says: bytes, cause: str) -> None:
    found, _ = asked(says, replace(PLAIN, types=frozenset({"application/json"})))
    assert isinstance(found, FetchError)
    assert found.cause == cause


def test_the_last_of_several_lines_counts() -> None:
    found, _ = asked(ok(b"", "X-A: 1", "X-A: 2"))
    assert cast("Response", found).header("x-a") == "2"
    assert cast("Response", found).header("x-b") == ""


@pytest.mark.parametrize("use", USES)
def test_every_use_words_every_failure(use: str) -> None:
    from stagedoor.fetch.fetch_policy import WORDS

    request = Asked(USES[use], "https://a.example/", "GET", b"", ())
    for cause in WORDS:
        assert "{" not in str(request.error(cause, "why", "first"))
    assert USES[use].words.keys() <= WORDS.keys()


# -- proxies ------------------------------------------------------------------------------------


def test_a_policy_that_checks_addresses_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="no address can be checked"):
        replace(LISTS, proxies=True)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    found, server = asked(ok())
    assert isinstance(found, Response)
    assert server.connections == 1


def test_a_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> Server:
        async with Server(ok()) as proxy:
            monkeypatch.setenv("http_proxy", f"http://me:se%3Acret@127.0.0.1:{proxy.port}")
            await HttpClient(replace(PLAIN, proxies=True)).fetch("http://stamps.example/a?b")
            return proxy

    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    (head,) = asyncio.run(ask()).heads
    assert head.startswith(b"GET http://stamps.example/a?b HTTP/1.1\r\nHost: stamps.example\r\n")
    assert b"Proxy-Authorization: Basic bWU6c2U6Y3JldA==\r\n" in head


def test_https_goes_through_a_tunnel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("stamps.example").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    async def ask() -> tuple[Response, Server, Server]:
        async with Server(ok(b"inside"), context) as site:

            async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                there, back = await asyncio.open_connection("127.0.0.1", site.port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

                async def carry(out: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
                    while data := await out.read(65536):
                        into.write(data)

                await asyncio.wait(
                    [
                        asyncio.ensure_future(carry(*ends))
                        for ends in ((reader, back), (there, writer))
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
                back.close()

            async with Server(tunnel) as proxy:
                monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
                policy = replace(PLAIN, proxies=True, schemes=frozenset({"https"}))
                answer = await HttpClient(policy).fetch("https://stamps.example/")
                return answer, site, proxy

    answer, site, proxy = asyncio.run(ask())
    assert answer.body == b"inside"
    assert proxy.heads[0].startswith(b"CONNECT stamps.example:443 HTTP/1.1\r\n")
    assert site.heads[0].startswith(b"GET / HTTP/1.1\r\nHost: stamps.example\r\n")


def test_a_proxy_that_refuses_or_is_none_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    policy = replace(PLAIN, proxies=True, schemes=frozenset({"http", "https"}))

    async def ask() -> None:
        async with Server(b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n") as proxy:
            monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.port}")
            await HttpClient(policy).fetch("https://stamps.example/")

    with pytest.raises(FetchError, match=r"the proxy 127\.0\.0\.1 answers 407"):
        asyncio.run(ask())
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(StagedoorError, match="is not http://HOST:PORT"):
        fetch("http://stamps.example/", policy)
