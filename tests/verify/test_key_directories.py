"""Key directories, from a server of our own on loopback: what is believed, kept, and refused."""

from __future__ import annotations

import asyncio
import functools
import gzip
import logging
import ssl
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, Self

import pytest
import trustme

from signing import DIRECTORY, DIRECTORY_TYPE, Crawler
from stagedoor.fetch.client import HttpClient, Lookup
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fetch.public_addresses import is_public, public_or_in
from stagedoor.fetch.uses import KEY_DIRECTORY
from stagedoor.fronts.addresses import networks
from stagedoor.identify.botauth import Outcome, check
from stagedoor.identify.keys import MAX_BYTES
from stagedoor.store.interface import Store
from stagedoor.store.memory import MemoryStore
from stagedoor.verify import key_directories as module
from stagedoor.verify import nonces
from stagedoor.verify.key_directories import (
    LONGEST,
    PATH,
    PAUSE,
    SHORTEST,
    STALE,
    USUAL,
    Directories,
)

CA = trustme.CA()
LOOPBACK = networks(["127.0.0.0/8"])
NOW = 1_800_000_000.0
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def looped(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def answer(body: bytes, *fields: str, status: str = "200 OK", kind: str = DIRECTORY_TYPE) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields]
    if kind:
        lines.append(f"Content-Type: {kind}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Signer:
    """The server of an origin that publishes keys: answers `says` to everything, counts visits."""

    def __init__(self, name: str = "signer.example") -> None:
        self.name = name
        self.says: bytes | Handler = answer(b'{"keys": []}')
        self.heads: list[str] = []
        self.names_asked: list[str] = []
        self.left = asyncio.Event()
        """Set when a visit is over."""

    async def __aenter__(self) -> Self:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        CA.issue_cert(self.name).configure_cert(context)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]
        self.origin = f"https://{self.name}:{self.port}"
        self.crawler = Crawler(self.origin)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            if isinstance(self.says, bytes):
                writer.write(self.says)
                await writer.drain()
            else:
                await self.says(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.left.set()
            writer.close()

    async def lookup(self, host: str) -> list[str]:
        self.names_asked.append(host)
        return ["127.0.0.1"]

    def client(
        self,
        *,
        context: ssl.SSLContext | None = None,
        lookup: Lookup | None = None,
        **how: Any,
    ) -> HttpClient:
        """A client that may come to 127.0.0.0/8; `how` goes into its policy."""
        if context is None:
            context = ssl.create_default_context()
            CA.configure_trust(context)
        policy = replace(KEY_DIRECTORY, **{"addresses": public_or_in(LOOPBACK), **how})
        return HttpClient(policy, context=context, lookup=lookup or self.lookup)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Known:
    """Directories that know a signer, a clock to turn, and what was counted."""

    def __init__(self, signer: Signer, *origins: str, others: int = 0, **fetching: Any) -> None:
        self.clock = Clock()
        self.counted: list[str] = []
        self.directories = Directories(
            origins or (signer.origin,),
            others=others,
            client=signer.client(**fetching),
            count=self.counted.append,
            clock=self.clock,
        )
        self.signer = signer

    async def asks(self, origin: str = "", keyid: str = "") -> list[str] | None:
        """Ask twice: what is known at once, dropped; then what is known when nothing is fetched."""
        self.at_once(origin, keyid)
        await self.directories.settled()
        return self.at_once(origin, keyid)

    def at_once(self, origin: str = "", keyid: str = "") -> list[str] | None:
        found = self.directories.keys_for(origin or self.signer.origin, keyid)
        return None if found is None else list(found)


# -- fetching and keeping ---------------------------------------------------------------------


@looped
async def test_an_unknown_directory_is_fetched_beside_the_request() -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(signer.crawler.directory())
        assert known.at_once() is None
        assert signer.heads == []  # keys_for() did not wait for anything
        await known.directories.settled()
        assert known.at_once() == [signer.crawler.keyid]
        (head,) = signer.heads
        assert head.startswith(
            f"GET {DIRECTORY} HTTP/1.1\r\nHost: signer.example:{signer.port}\r\n"
        )
        assert f"Accept: {DIRECTORY_TYPE}\r\n" in head
        assert signer.names_asked == ["signer.example"]
        assert known.counted == ["fetched"]
        assert PATH == DIRECTORY


@looped
async def test_a_request_is_verified_as_soon_as_the_keys_are_there() -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(signer.crawler.directory())
        request = signer.crawler.asks("https://music.example/a.mp3", now=NOW)
        ask = functools.partial(
            check, request, known.directories.keys_for, NOW, authority="music.example"
        )
        assert ask().cause == "no-keys"
        await known.directories.settled()
        assert ask().standing == "verified"


@looped
async def test_many_requests_make_one_fetch() -> None:
    async with Signer() as signer:
        known = Known(signer)
        for _ in range(50):
            known.at_once()
        await known.directories.settled()
        assert len(signer.heads) == 1


@pytest.mark.parametrize(
    ("field", "fresh"),
    [
        ("", USUAL),
        ("Cache-Control: max-age=0", SHORTEST),
        ("Cache-Control: public, max-age=7200", 7200),
        ('Cache-Control: max-age="7200"', 7200),
        ("cache-control: MAX-AGE=86400", LONGEST),
        ("Cache-Control: max-age=999999999", LONGEST),
        ("Cache-Control: s-max-age=7200", USUAL),
        ("Cache-Control: no-store, max-age=7200", SHORTEST),
        ("Cache-Control: max-age=never", USUAL),
        ("Cache-Control: max-age=90", 90),
        ("Cache-Control: max-age=7200\r\nAge: 7000", 200),
        ("Cache-Control: max-age=7200\r\nAge: 7200", SHORTEST),
    ],
)
@looped
async def test_it_stays_fresh_as_long_as_it_says_within_bounds(field: str, fresh: float) -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(signer.crawler.directory(), *filter(None, [field]))
        await known.asks()
        known.clock.now += fresh - 1
        await known.asks()
        assert len(signer.heads) == 1
        known.clock.now += 1
        await known.asks()
        assert len(signer.heads) == 2


@looped
async def test_a_directory_that_arrives_replaces_the_one_before() -> None:
    async with Signer() as signer:
        known = Known(signer)
        old, new = Crawler(signer.origin), Crawler(signer.origin)
        signer.says = answer(old.directory())
        assert await known.asks() == [old.keyid]
        signer.says = answer(new.directory())
        known.clock.now += USUAL
        assert known.at_once() == [old.keyid]  # while the new one is on its way
        assert await known.asks() == [new.keyid]
        signer.says = answer(b'{"keys": []}')
        known.clock.now += USUAL
        assert await known.asks() == []


@looped
async def test_a_new_key_is_looked_for_after_a_pause() -> None:
    async with Signer() as signer:
        known = Known(signer)
        new = Crawler(signer.origin)
        signer.says = answer(signer.crawler.directory())
        await known.asks()
        signer.says = answer(signer.crawler.directory(new))
        known.clock.now += PAUSE - 1
        assert await known.asks(keyid=new.keyid) == [signer.crawler.keyid]
        assert len(signer.heads) == 1
        known.clock.now += 1
        assert await known.asks(keyid=new.keyid) == [signer.crawler.keyid, new.keyid]
        await known.asks(keyid="made up")
        assert len(signer.heads) == 2


@looped
async def test_a_failing_refresh_takes_nothing_away() -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(signer.crawler.directory())
        await known.asks()
        signer.says = answer(b"", status="503 Busy")
        for step in (USUAL, PAUSE, STALE, 30 * 24 * 3600.0):
            known.clock.now += step
            assert await known.asks() == [signer.crawler.keyid]
        assert known.counted == ["fetched", *["failed"] * 4]
        signer.says = answer(b'{"keys": []}')
        known.clock.now += PAUSE
        assert await known.asks() == []


@looped
async def test_keys_of_long_ago_do_not_count_until_they_have_been_asked_for() -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(signer.crawler.directory())
        await known.asks()
        known.clock.now += USUAL + STALE - 1
        assert known.at_once() == [signer.crawler.keyid]
        await known.directories.settled()
        known.clock.now += USUAL + STALE
        assert known.at_once() is None
        assert await known.asks() == [signer.crawler.keyid]
        # That a fetch failed once, long ago, excuses nothing later.
        for says in (answer(b"", status="500 Oops"), answer(signer.crawler.directory())):
            signer.says = says
            known.clock.now += USUAL
            await known.asks()
        known.clock.now += USUAL + STALE
        assert known.at_once() is None
        await known.directories.settled()


@looped
async def test_a_clock_set_back_does_not_keep_keys_for_ever() -> None:
    async with Signer() as signer:
        known = Known(signer)
        await known.asks()
        known.clock.now -= 10 * LONGEST
        await known.asks()
        assert len(signer.heads) == 2


@looped
async def test_after_a_failure_there_is_a_pause() -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(b"", status="404 Not Found")
        assert await known.asks() is None
        known.clock.now += PAUSE - 1
        assert await known.asks() is None
        assert len(signer.heads) == 1
        signer.says = answer(signer.crawler.directory())
        known.clock.now += 1
        assert await known.asks() == [signer.crawler.keyid]


@looped
async def test_keys_kept_from_before_count_at_once() -> None:
    async with Signer() as signer:
        known = Known(signer)
        keys = (await _fetched(signer)).keys
        known.directories.learn("https://unknown.example", keys, NOW + 100)
        known.directories.learn(signer.origin, keys, NOW + 100)
        known.directories.learn(signer.origin, {}, NOW + 50)
        assert known.at_once() == [signer.crawler.keyid]
        assert known.at_once("https://unknown.example") is None
        assert len(signer.heads) == 1
        known.clock.now += 100
        await known.asks()
        assert len(signer.heads) == 2


async def _fetched(signer: Signer) -> module.Directory:
    signer.says = answer(signer.crawler.directory(), "Cache-Control: max-age=7200")
    return await Directories([], client=signer.client()).fetch(signer.origin)


@looped
async def test_one_directory_can_be_fetched_for_keeping() -> None:
    async with Signer() as signer:
        found = await _fetched(signer)
        assert (found.fresh, found.text) == (7200, signer.crawler.directory())
        assert list(found.keys) == [signer.crawler.keyid]


# -- what is no directory ---------------------------------------------------------------------


async def _hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: ")
    await reader.read()  # until the guard has gone


async def _sent(writer: asyncio.StreamWriter) -> None:
    """Drained; and others had a turn, without which a lost connection is never noticed (3.12)."""
    await writer.drain()
    await asyncio.sleep(0)


async def _drips(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {DIRECTORY_TYPE}\r\n\r\n".encode())
    while not writer.is_closing():
        writer.write(b" ")
        await _sent(writer)
        await asyncio.sleep(0.01)


async def _floods(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: {DIRECTORY_TYPE}\r\n\r\n".encode()
    )
    while not writer.is_closing():
        writer.write(b"1000\r\n" + b" " * 4096 + b"\r\n")
        await _sent(writer)


async def _chats(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" * 100)
        await _sent(writer)


async def _endless_head(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while not writer.is_closing():
        writer.write(b"X-Y: " + b"z" * 1000 + b"\r\n")
        await _sent(writer)


GOOD = Crawler("https://signer.example").directory()


@pytest.mark.parametrize(
    ("says", "why"),
    [
        (answer(b"", f"Location: https://elsewhere.example{PATH}", status="302 Found"), "302"),
        (answer(b"", f"Location: {PATH}", status="301 Moved"), "answered 301, not 200"),
        (answer(GOOD, status="201 Created"), "answered 201"),
        (answer(GOOD, status="304 Not Modified"), "answered 304"),
        (answer(GOOD, status="404 Not Found"), "answered 404"),
        (answer(GOOD, kind="application/json"), "is 'application/json', not application/http"),
        (answer(GOOD, kind="text/html"), "is 'text/html'"),
        (answer(GOOD, kind=""), "of no type"),
        (answer(gzip.compress(GOOD), "Content-Encoding: gzip"), "is encoded ('gzip')"),
        (answer(b" " * (MAX_BYTES + 1)), f"sent more than {MAX_BYTES} bytes"),
        (answer(b"<html>"), "is not JSON"),
        (answer(b"[]"), 'has no list named "keys"'),
        (answer(GOOD)[:-5], "did not answer with HTTP"),
        (b"", "did not answer with HTTP"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "did not answer with HTTP"),
        (_floods, f"sent more than {MAX_BYTES} bytes"),
        (_chats, f"sent more than {MAX_BYTES} bytes"),
        (_endless_head, "did not answer with HTTP"),
    ],
)
@looped
async def test_what_is_no_directory_is_told(says: bytes | Handler, why: str) -> None:
    async with Signer() as signer:
        signer.says = says
        with pytest.raises(FetchError) as caught:
            await Directories([], client=signer.client()).fetch(signer.origin)
        assert str(caught.value).startswith(f"the key directory of {signer.origin} ")
        assert why in str(caught.value)
        assert len(signer.heads) == 1  # a redirect is not followed


@pytest.mark.parametrize("says", [_hangs, _drips])
@looped
async def test_a_server_that_takes_its_time_is_left(says: Handler) -> None:
    async with Signer() as signer:
        signer.says = says
        known = Known(signer, seconds=0.3)
        assert await known.asks() is None
        assert known.counted == ["failed"]
        await asyncio.wait_for(signer.left.wait(), 10)  # closed, not only forgotten


@looped
async def test_a_server_that_does_not_answer_at_all_is_left() -> None:
    async with Signer() as signer:
        signer._server.close()
        with pytest.raises(FetchError, match="could not be reached"):
            await Directories([], client=signer.client()).fetch(signer.origin)


@looped
async def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    async with Signer() as signer:
        client = signer.client(context=ssl.create_default_context())
        with pytest.raises(FetchError, match="by TLS"):
            await Directories([], client=client).fetch(signer.origin)
        assert signer.heads == []


@looped
async def test_a_certificate_of_another_name_is_refused() -> None:
    async with Signer("other.example") as signer:
        with pytest.raises(FetchError, match="by TLS"):
            await signer.client().fetch(f"https://signer.example:{signer.port}{PATH}")
        assert signer.heads == []


@looped
async def test_every_failure_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(b"", status="404 Not Found")
        with caplog.at_level(logging.WARNING):
            for _ in range(3):
                await known.asks()
                known.clock.now += PAUSE
        assert [record.message for record in caplog.records] == [
            f"the key directory of {signer.origin} answered 404, not 200"
        ]


@looped
async def test_an_unchanged_directory_is_not_sent_again() -> None:
    """RFC 9111, 4.3: with an ETag the server is asked whether there is another."""
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(signer.crawler.directory(), 'ETag: "one"', "Cache-Control: max-age=60")
        await known.asks()
        assert "If-None-Match" not in signer.heads[0]
        signer.says = answer(b"", "Cache-Control: max-age=7200", status="304 Not Modified", kind="")
        known.clock.now += SHORTEST
        assert await known.asks() == [signer.crawler.keyid]
        assert 'If-None-Match: "one"\r\n' in signer.heads[1]
        known.clock.now += 7199
        await known.asks()
        assert len(signer.heads) == 2
        signer.says = answer(b'{"keys": []}', 'ETag: "two"')
        known.clock.now += 1
        assert await known.asks() == []
        assert 'If-None-Match: "one"\r\n' in signer.heads[2]
        known.clock.now += USUAL
        await known.asks()
        assert 'If-None-Match: "two"\r\n' in signer.heads[3]
        assert set(known.counted) == {"fetched"}


@looped
async def test_nothing_has_changed_is_no_answer_to_those_who_know_nothing() -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(b"", status="304 Not Modified", kind="")
        assert await known.asks() is None
        assert known.counted == ["failed"]


@pytest.mark.parametrize(
    ("status", "field", "seconds"),
    [
        ("429 Too Many", "Retry-After: 900", 900),
        ("503 Busy", "Retry-After: 900", 900),
        ("503 Busy", "Retry-After: Fri, 15 Jan 2027 08:20:00 GMT", 1200),
        ("503 Busy", "Retry-After: 1", PAUSE),
        ("503 Busy", "Retry-After: 999999999", LONGEST),
        ("503 Busy", "Retry-After: soon", PAUSE),
        ("503 Busy", "X: y", PAUSE),
        ("404 Not Found", "Retry-After: 900", PAUSE),
    ],
)
@looped
async def test_a_server_that_asks_for_time_gets_it(status: str, field: str, seconds: float) -> None:
    async with Signer() as signer:
        known = Known(signer)
        signer.says = answer(b"", field, status=status)
        await known.asks()
        known.clock.now += seconds - 1
        await known.asks()
        assert len(signer.heads) == 1
        known.clock.now += 1
        signer.says = answer(signer.crawler.directory())
        assert await known.asks() == [signer.crawler.keyid]


@looped
async def test_a_key_set_of_its_own_address_has_any_type() -> None:
    """-01: the media type is demanded at the well-known path alone."""
    async with Signer() as signer:
        url = f"{signer.origin}/keys/jwks.json"
        known = Known(signer, f"{url}?v=2", f"{signer.origin}{PATH}")
        assert known.directories.origins == (url, signer.origin)
        signer.says = answer(signer.crawler.directory(), kind="application/json")
        assert await known.asks(url) == [signer.crawler.keyid]
        assert signer.heads[0].startswith("GET /keys/jwks.json HTTP/1.1\r\n")
        assert "Accept: application/jwk-set+json" in signer.heads[0]
        assert await known.asks(signer.origin) is None


# -- what a visitor cannot do -----------------------------------------------------------------


@looped
async def test_a_name_that_leads_inside_is_not_followed() -> None:
    async with Signer() as signer:
        with pytest.raises(FetchError, match=r"is at 127\.0\.0\.1: not public"):
            await Directories([], client=signer.client(addresses=is_public)).fetch(signer.origin)
        assert signer.heads == []


@looped
async def test_of_several_addresses_only_public_ones_are_tried() -> None:
    async with Signer() as signer:

        async def lookup(_host: str) -> list[str]:
            return ["10.0.0.1", "::1", "127.0.0.1"]

        client = signer.client(lookup=lookup)  # 127.0.0.0/8 stands in for the public Internet
        signer.says = answer(GOOD)
        assert (await client.fetch(f"{signer.origin}{PATH}")).status == 200


@looped
async def test_where_one_address_is_dead_the_next_is_tried() -> None:
    async with Signer() as signer:

        async def lookup(_host: str) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]

        signer.says = answer(GOOD)
        client = signer.client(lookup=lookup)
        assert (await client.fetch(f"{signer.origin}{PATH}")).body == GOOD


@looped
async def test_a_name_that_does_not_exist() -> None:
    async def lookup(_host: str) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(FetchError, match=r"could not be reached \(no such name\)"):
        await HttpClient(KEY_DIRECTORY, lookup=lookup).fetch(f"https://signer.example{PATH}")


@looped
async def test_name_servers_that_are_dead_cost_a_time_out_and_nothing_else() -> None:
    async def lookup(_host: str) -> list[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(FetchError, match=r"did not answer within 0\.1 s"):
        await HttpClient(replace(KEY_DIRECTORY, seconds=0.1), lookup=lookup).fetch(
            f"https://signer.example{PATH}"
        )


@looped
async def test_only_origins_of_the_catalogue_are_fetched() -> None:
    async with Signer() as signer:
        known = Known(signer, "https://Chatgpt.com/", "not an origin")
        assert known.directories.origins == ("https://chatgpt.com",)
        assert await known.asks(signer.origin) is None
        assert signer.names_asked == []
        assert set(known.counted) == {"refused"}


@looped
async def test_others_can_be_let_in_but_few() -> None:
    async with Signer() as signer:
        known = Known(signer, "https://chatgpt.com", others=2)
        for number in range(20):
            known.at_once(f"https://n{number}.example")
        await known.directories.settled()
        assert signer.names_asked == ["n0.example", "n1.example"]
        for number in range(2, 20):
            await known.asks(f"https://n{number}.example")
        assert len(signer.names_asked) == module.OTHERS_A_MINUTE
        known.clock.now += 60
        await known.asks("https://later.example")
        assert signer.names_asked[-1] == "later.example"
        await known.asks("https://chatgpt.com")
        assert signer.names_asked[-1] == "chatgpt.com"
        assert len(known.directories._others) == 2


@looped
async def test_others_take_no_turns_from_the_catalogue() -> None:
    async with Signer() as signer:
        known = Known(signer, "https://chatgpt.com", others=10)
        for name in (*(f"https://n{number}.example" for number in range(9)), "https://chatgpt.com"):
            known.at_once(name)
        await known.directories.settled()
        assert signer.names_asked == ["n0.example", "n1.example", "chatgpt.com"]


@pytest.mark.parametrize(
    "origin", ["https://a.example:8443", "http://a.example", "https://A.example", "x", ""]
)
@looped
async def test_others_are_plain_origins_of_the_usual_port(origin: str) -> None:
    async with Signer() as signer:
        known = Known(signer, "https://chatgpt.com", others=2)
        assert await known.asks(origin) is None
        assert signer.names_asked == []


@looped
async def test_few_fetches_run_at_once() -> None:
    async with Signer() as signer:
        signer.says = _hangs
        known = Known(signer, *(f"https://n{number}.example" for number in range(9)), seconds=0.2)
        for number in range(9):
            known.at_once(f"https://n{number}.example")
        assert len(known.directories._fetching) == module.AT_ONCE
        await known.directories.settled()


@looped
async def test_what_is_under_way_is_given_up_at_the_end() -> None:
    async with Signer() as signer:
        signer.says = _hangs
        known = Known(signer)
        known.at_once()
        await asyncio.sleep(0.05)
        known.directories.close()
        await known.directories.settled()
        assert known.counted == []


# -- replays ----------------------------------------------------------------------------------


def signed(nonce: str = "", signature: bytes = b"s", /, **other: Any) -> Outcome:
    facts = {"signer": "https://a.example", "keyid": "k", "until": NOW + 60, **other}
    return Outcome("verified", nonce=nonce, signature=signature, **facts)


def used(store: Store, outcome: Outcome, address: str, now: float) -> Outcome:
    found = nonces.check(store, outcome, address, now)
    assert isinstance(found, Outcome)
    return found


def test_a_nonce_counts_once() -> None:
    store = MemoryStore(1)
    assert used(store, signed("n"), "192.0.2.1", NOW) == signed("n")
    for address in ("192.0.2.1", "192.0.2.2"):
        again = used(store, signed("n", b"other"), address, NOW + 60)
        assert (again.standing, again.cause, again.signer) == (
            "invalid",
            "replayed",
            "https://a.example",
        )
    assert used(store, signed("n2"), "192.0.2.1", NOW).standing == "verified"


def test_a_nonce_belongs_to_an_origin_and_a_key() -> None:
    store = MemoryStore(1)
    for other in ({}, {"signer": "https://b.example"}, {"keyid": "k2"}):
        assert used(store, signed("n", **other), "", NOW).standing == "verified"


def test_without_a_nonce_a_signature_may_come_again_from_the_same_place() -> None:
    store = MemoryStore(1)
    for _ in range(2):
        assert used(store, signed(), "192.0.2.1", NOW).standing == "verified"
    assert used(store, signed(), "192.0.2.2", NOW).cause == "replayed"
    assert used(store, signed("", b"t"), "192.0.2.2", NOW).standing == "verified"


def test_what_is_not_verified_is_not_remembered() -> None:
    store = MemoryStore(1)
    outcome = Outcome("invalid", "wrong")
    assert used(store, outcome, "", NOW) is outcome
    assert len(store._once) == 0


def test_a_store_elsewhere_is_waited_for() -> None:
    class Elsewhere(MemoryStore):
        def once(self, *known: Any, **more: Any) -> Any:
            found = super().once(*known, **more)

            async def later() -> bool:
                return found

            return later()

    async def use() -> list[str]:
        store = Elsewhere(1)
        found: list[str] = []
        for _ in range(2):
            later = nonces.check(store, signed("n"), "192.0.2.1", NOW)
            assert not isinstance(later, Outcome)
            found.append((await later).standing)
        return found

    assert asyncio.run(use()) == ["verified", "invalid"]
