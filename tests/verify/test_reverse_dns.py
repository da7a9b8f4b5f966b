"""Reverse DNS against a name server of our own: real UDP, on loopback."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.reversename
import dns.rrset
import pytest

from stagedoor.identify.proof import FAILED, PENDING, Names
from stagedoor.model.errors import StagedoorError
from stagedoor.verify import reverse_dns as module
from stagedoor.verify.reverse_dns import KEPT_ANYHOW, KEPT_FAILED, KEPT_KNOWN, Lookups

GOOGLE = "66.249.66.1"
GOOGLE6 = "2001:4860:4801:10::1"
NAME = "crawl-66-249-66-1.googlebot.com"

Zone = Mapping[tuple[str, str], Sequence[str] | str]
"""(name, type) → records; or a word for what goes wrong. What is not there does not exist."""


def back(address: str) -> str:
    """The name whose PTR record names `address`."""
    return dns.reversename.from_address(address).to_text(omit_final_dot=True)


HONEST: Zone = {
    (back(GOOGLE), "PTR"): [NAME + "."],
    (NAME, "A"): ["192.0.2.1", GOOGLE],
    (back(GOOGLE6), "PTR"): ["Crawl-6.GoogleBot.com."],
    ("crawl-6.googlebot.com", "AAAA"): ["2001:4860:4801:0010:0:0:0:1"],
}


class Server(asyncio.DatagramProtocol):
    """A name server; `asked` keeps the questions, `hold` keeps answers back until it is set."""

    def __init__(self, zone: Zone) -> None:
        self.zone = dict(zone)
        self.asked: list[tuple[str, str]] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.port: int = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        task = asyncio.ensure_future(self._answer(data, addr))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, data: bytes, addr: Any) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        key = (
            question.name.to_text(omit_final_dot=True).lower(),
            dns.rdatatype.to_text(question.rdtype),
        )
        self.asked.append(key)
        await self.hold.wait()
        found = self.zone.get(key, "nothing")
        if found == "silence":
            return
        if found == "garbage":
            self.transport.sendto(data[:2] + b"\xff" * 40, addr)
            return
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if found == "failure":
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found == "empty":
            pass
        elif isinstance(found, str):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", key[1], *found))
        self.transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def serving(zone: Zone) -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: Server(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server
    finally:
        for task in list(server.tasks):
            task.cancel()
        transport.close()


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def found(lookups: Lookups, address: str) -> Names:
    """What is known once the lookup is done."""
    lookups.known(address)
    await lookups.settled()
    return lookups.known(address)


def run(zone: Zone, test: Callable[[Server, Lookups], Awaitable[None]], **options: Any) -> None:
    """Run `test` with a server of `zone` and lookups that ask it."""

    async def main() -> None:
        async with serving(zone) as server:
            lookups = Lookups([f"127.0.0.1:{server.port}"], **options)
            try:
                await test(server, lookups)
            finally:
                lookups.close()
                await lookups.settled()

    asyncio.run(main())


def one(zone: Zone, address: str = GOOGLE, **options: Any) -> Names:
    """What is found about one address."""
    results = []

    async def test(_: Server, lookups: Lookups) -> None:
        results.append(await found(lookups, address))

    run(zone, test, **options)
    return results[0]


# -- what is found -----------------------------------------------------------------------------


def test_a_name_that_leads_back_is_confirmed() -> None:
    assert one(HONEST) == Names("known", confirmed=(NAME,))


def test_ipv6_however_it_is_written() -> None:
    assert one(HONEST, GOOGLE6) == Names("known", confirmed=("crawl-6.googlebot.com",))


def test_the_first_answer_comes_at_once_and_is_provisional() -> None:
    async def test(server: Server, lookups: Lookups) -> None:
        assert lookups.known(GOOGLE) == PENDING
        assert lookups.known(GOOGLE) == PENDING
        assert server.asked == []  # nothing has been waited for
        await lookups.settled()
        assert lookups.known(GOOGLE).confirmed == (NAME,)
        assert server.asked == [(back(GOOGLE), "PTR"), (NAME, "A")]

    run(HONEST, test)


def test_a_lying_ptr_is_denied() -> None:
    # The owner of 203.0.113.9 writes Google's name into its PTR record; Google's zone knows better.
    zone = {**HONEST, (back("203.0.113.9"), "PTR"): [NAME + "."]}
    assert one(zone, "203.0.113.9") == Names("known", denied=(NAME,))


@pytest.mark.parametrize("forward", ["nothing", "empty"])
def test_a_name_that_leads_nowhere_is_denied(forward: str) -> None:
    assert one({**HONEST, (NAME, "A"): forward}) == Names("known", denied=(NAME,))


@pytest.mark.parametrize("forward", ["failure", "garbage", "silence"])
def test_a_name_that_cannot_be_asked_is_not_denied(forward: str) -> None:
    zone = {**HONEST, (NAME, "A"): forward}
    assert one(zone, timeout=0.3) in {Names("known", undecided=(NAME,)), FAILED}


@pytest.mark.parametrize("reverse", ["nothing", "empty"])
def test_an_address_may_have_no_name(reverse: str) -> None:
    assert one({(back(GOOGLE), "PTR"): reverse}) == Names("known")


@pytest.mark.parametrize("reverse", ["failure", "garbage", "silence"])
def test_a_server_that_fails_says_nothing(reverse: str) -> None:
    assert one({(back(GOOGLE), "PTR"): reverse}, timeout=0.3) == FAILED


def test_several_names_are_asked_each() -> None:
    zone = {
        (back(GOOGLE), "PTR"): ["b.example.", "a.example.", "c.example."],
        ("a.example", "A"): ["192.0.2.1"],
        ("b.example", "A"): [GOOGLE],
        ("c.example", "A"): "failure",
    }
    # A server that fails is asked again until time is up; then nothing is known at all.
    assert one({**zone, ("c.example", "A"): "nothing"}) == Names(
        "known", ("b.example",), ("a.example", "c.example")
    )


def test_names_are_bounded() -> None:
    async def test(server: Server, lookups: Lookups) -> None:
        names = await found(lookups, GOOGLE)
        assert len(names.denied) == 8
        assert len(server.asked) == 9

    run({(back(GOOGLE), "PTR"): [f"n{n:02}.example." for n in range(12)]}, test)


def test_a_label_with_a_dot_in_it_is_not_the_operators_name() -> None:
    zone = {
        (back(GOOGLE), "PTR"): [r"crawl\.googlebot.com."],
        (r"crawl\.googlebot.com", "A"): [GOOGLE],
    }
    names = one(zone)
    assert names.confirmed == ()
    assert names.denied == (r"crawl\.googlebot.com",)


def test_what_is_no_address_fails_and_is_remembered() -> None:
    assert one(HONEST, "nonsense") == FAILED


# -- dead servers ------------------------------------------------------------------------------


def test_with_every_server_dead_answers_still_come_at_once() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        closed, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        port = closed.get_extra_info("sockname")[1]
        closed.close()  # nobody listens there now
        counts: Counter[str] = Counter()
        lookups = Lookups(
            [f"127.0.0.1:{port}"], timeout=0.3, at_once=4, count=lambda o: counts.update([o])
        )
        many = [f"203.0.113.{n}" for n in range(50)]
        assert {lookups.known(address) for address in many} == {PENDING}
        assert lookups.under_way == 4
        assert counts == {"dropped": 46}
        await lookups.settled()
        assert [lookups.known(address) for address in many[:4]] == [FAILED] * 4
        assert counts["failed"] == 4
        lookups.close()

    asyncio.run(main())


def test_the_second_server_is_asked_when_the_first_is_dead() -> None:
    async def main() -> None:
        async with serving(dict.fromkeys(HONEST, "silence")) as dead, serving(HONEST) as alive:
            lookups = Lookups([f"127.0.0.1:{dead.port}", f"127.0.0.1:{alive.port}"], timeout=3)
            assert (await found(lookups, GOOGLE)).confirmed == (NAME,)
            lookups.close()

    asyncio.run(main())


def test_a_slow_server_holds_up_nothing_and_is_waited_for() -> None:
    async def test(server: Server, lookups: Lookups) -> None:
        server.hold.clear()
        lookups.known(GOOGLE)
        for _ in range(20):
            await asyncio.sleep(0.005)
            assert lookups.known(GOOGLE) == PENDING
        assert lookups.under_way == 1
        server.hold.set()
        await lookups.settled()
        assert lookups.known(GOOGLE).confirmed == (NAME,)

    run(HONEST, test)


def test_a_machine_without_name_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_configuration() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.asyncresolver, "Resolver", no_configuration)
    lookups = Lookups()
    assert lookups.known(GOOGLE) == FAILED
    assert lookups.under_way == 0
    lookups.close()


# -- memory ------------------------------------------------------------------------------------


def test_answers_are_kept_and_then_asked_for_anew() -> None:
    clock = Clock()

    async def test(server: Server, lookups: Lookups) -> None:
        await found(lookups, GOOGLE)
        clock.now += KEPT_KNOWN - 1
        lookups.known(GOOGLE)
        assert lookups.under_way == 0
        server.zone[back(GOOGLE), "PTR"] = "nothing"
        clock.now += 2
        assert lookups.known(GOOGLE).confirmed == (NAME,)  # the old one, while the new one comes
        assert lookups.under_way == 1
        await lookups.settled()
        assert lookups.known(GOOGLE) == Names("known")

    run(HONEST, test, clock=clock)


def test_failures_are_kept_for_a_minute() -> None:
    clock = Clock()

    async def test(server: Server, lookups: Lookups) -> None:
        server.zone[back(GOOGLE), "PTR"] = "silence"
        assert await found(lookups, GOOGLE) == FAILED
        clock.now += KEPT_FAILED - 1
        lookups.known(GOOGLE)
        assert lookups.under_way == 0
        server.zone = dict(HONEST)
        clock.now += 2
        assert lookups.known(GOOGLE) == FAILED
        await lookups.settled()
        assert lookups.known(GOOGLE).confirmed == (NAME,)

    run(HONEST, test, clock=clock, timeout=0.2)


def test_a_dead_server_does_not_unmake_what_is_known_for_a_day() -> None:
    clock = Clock()
    counts: Counter[str] = Counter()

    async def test(server: Server, lookups: Lookups) -> None:
        await found(lookups, GOOGLE)
        server.zone = {(back(GOOGLE), "PTR"): "silence"}
        clock.now += KEPT_KNOWN + 1
        assert (await found(lookups, GOOGLE)).confirmed == (NAME,)
        assert counts["failed"] == 1
        clock.now += KEPT_FAILED + 1  # asked again soon, not in six hours
        assert (await found(lookups, GOOGLE)).confirmed == (NAME,)
        assert counts["failed"] == 2
        clock.now += KEPT_ANYHOW
        assert lookups.known(GOOGLE) == PENDING
        await lookups.settled()
        assert lookups.known(GOOGLE) == FAILED

    run(HONEST, test, clock=clock, timeout=0.2, count=lambda outcome: counts.update([outcome]))


def test_answers_are_bounded_and_the_one_not_asked_for_longest_goes() -> None:
    async def test(server: Server, lookups: Lookups) -> None:
        for address in ("203.0.113.1", "203.0.113.2", "203.0.113.1", "203.0.113.3"):
            await found(lookups, address)
        server.asked.clear()
        assert lookups.known("203.0.113.1") == Names("known")
        assert lookups.known("203.0.113.3") == Names("known")
        assert lookups.known("203.0.113.2") == PENDING

    run({}, test, kept=2)


def test_above_the_bound_nothing_is_queued_and_the_next_request_asks_again() -> None:
    counts: Counter[str] = Counter()

    async def test(server: Server, lookups: Lookups) -> None:
        server.hold.clear()
        lookups.known("203.0.113.1")
        lookups.known("203.0.113.2")
        assert lookups.known(GOOGLE) == PENDING
        assert lookups.under_way == 2
        server.hold.set()
        await lookups.settled()
        assert all(name != back(GOOGLE) for name, _ in server.asked)
        assert (await found(lookups, GOOGLE)).confirmed == (NAME,)

    run(HONEST, test, at_once=2, count=lambda outcome: counts.update([outcome]))
    assert counts == {"dropped": 1, "nameless": 2, "confirmed": 1}


def test_outcomes_are_counted_by_words_of_a_known_list() -> None:
    counts: Counter[str] = Counter()
    zone = {
        **HONEST,
        (back("203.0.113.9"), "PTR"): [NAME + "."],
        (back("203.0.113.8"), "PTR"): "silence",
    }

    async def test(_: Server, lookups: Lookups) -> None:
        for address in (GOOGLE, "203.0.113.7", "203.0.113.8", "203.0.113.9"):
            await found(lookups, address)

    run(zone, test, timeout=0.3, count=lambda outcome: counts.update([outcome]))
    assert counts == {"confirmed": 1, "nameless": 1, "failed": 1, "unconfirmed": 1}
    assert set(counts) <= set(module.OUTCOMES)


# -- the end -----------------------------------------------------------------------------------


def test_closing_stops_what_is_under_way_and_starts_nothing_new() -> None:
    async def main() -> None:
        async with serving(HONEST) as server:
            server.hold.clear()
            lookups = Lookups([f"127.0.0.1:{server.port}"])
            lookups.known(GOOGLE)
            await asyncio.sleep(0.01)
            lookups.close()
            await lookups.settled()
            assert lookups.under_way == 0
            assert lookups.known(GOOGLE) == FAILED
            assert lookups.under_way == 0
            assert {task for task in asyncio.all_tasks() if "stagedoor" in task.get_name()} == set()

    asyncio.run(main())


@pytest.mark.parametrize("word", ["dns.google", "192.0.2.53:port", "", "192.0.2.53:99999"])
def test_a_server_that_is_no_address_is_told_with_the_fix(word: str) -> None:
    with pytest.raises(
        StagedoorError, match=r"is not the address of a name server — write 192\.0\.2\.53"
    ):
        Lookups([word])


@pytest.mark.parametrize(
    "word",
    [
        "192.0.2.53",
        "192.0.2.53:5353",
        "2001:db8::53",
        "[2001:db8::53]:5353",
        "[::1]",
        " 192.0.2.53 ",
    ],
)
def test_servers_are_addresses_with_or_without_a_port(word: str) -> None:
    Lookups([word]).close()
