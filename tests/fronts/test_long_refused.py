"""Whom the firewall turns away: nobody with a listener beside him, nobody behind a proxy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stagedoor.fronts.long_refused import LONGEST, MOST, QUIET, WINDOW, Barred, LongRefused
from stagedoor.model.actions import BLOCK, THROTTLE
from stagedoor.model.events import Decided
from stagedoor.model.facts import UNKNOWN, Client, Request, Resource, Verdict
from stagedoor.rules.plan import ALLOW

CRAWLER = Client("GPTBot", "OpenAI", "ai-training")
BROWSER, LIBRARY = Client("Firefox", "", "browser"), Client("requests", "", "http-library")
AUDIO, PAGE, SIGNAL = (Resource(kind, "/x") for kind in ("audio", "page", "signal"))
NO, LATER = Verdict(BLOCK, "ai-training-off"), Verdict(THROTTLE, "sweep", status=429, seconds=90.4)
START = 1_700_000_000.0
ENOUGH = 5


def event(
    at: float = 0.0,
    client: Client = CRAWLER,
    verdict: Verdict = NO,
    resource: Resource = AUDIO,
    address: str = "81.2.69.10",
    *,
    direct: bool = True,
) -> Decided:
    request = Request("GET", "a", "/x", "/x", "agent", (), address)
    return Decided(START + at, request, client, resource, verdict, 0.0, direct=direct)


def barred(*events: Decided, refusals: int = ENOUGH) -> list[Barred]:
    firewall = LongRefused(refusals)
    return [found for one in events if (found := firewall.decided(one)) is not None]


def refused(count: int, **changed: object) -> list[Decided]:
    return [event(float(number), **changed) for number in range(count)]  # type: ignore[arg-type]


def test_who_is_refused_again_and_again_is_turned_away() -> None:
    assert barred(*refused(ENOUGH - 1)) == []
    assert barred(*refused(ENOUGH)) == [Barred("81.2.69.10", LONGEST, "GPTBot", "ai-training-off")]
    # Not at once again: it is turned away now, and counted anew when it is back.
    assert len(barred(*refused(2 * ENOUGH - 1))) == 1
    assert len(barred(*refused(2 * ENOUGH))) == 2


def test_never_longer_than_its_sentence() -> None:
    assert barred(*refused(ENOUGH, verdict=LATER, client=LIBRARY))[0].seconds == 90
    long = replace(LATER, seconds=86_400.0)
    assert barred(*refused(ENOUGH, verdict=long, client=LIBRARY))[0].seconds == LONGEST


def test_a_slow_client_is_not_worth_it() -> None:
    slow = [event(number * WINDOW / (ENOUGH - 2)) for number in range(5 * ENOUGH)]
    assert barred(*slow) == []


@pytest.mark.parametrize(
    "beside",
    [
        event(client=BROWSER, verdict=ALLOW),
        event(client=BROWSER, verdict=NO),  # a person who is refused is a person
        event(client=UNKNOWN, verdict=NO),
        event(client=replace(CRAWLER, licence="valid"), verdict=NO),
        event(verdict=ALLOW, resource=PAGE),  # let in somewhere else
        event(client=LIBRARY, verdict=Verdict("challenge", "x")),  # it was offered a way in
    ],
)
def test_who_else_is_there_protects_a_household(beside: Decided) -> None:
    assert barred(beside, *refused(3 * ENOUGH)) == []
    assert barred(*refused(ENOUGH - 1), beside, *refused(3 * ENOUGH)) == []
    late = [replace(one, at=one.at + QUIET) for one in refused(ENOUGH)]
    assert len(barred(beside, *late)) == 1
    # Somewhere else, it protects nobody.
    other = replace(beside, request=replace(beside.request, address="81.2.69.11"))
    assert len(barred(other, *refused(ENOUGH))) == 1


def test_reading_robots_txt_protects_nobody() -> None:
    assert len(barred(event(verdict=ALLOW, resource=SIGNAL), *refused(ENOUGH))) == 1


def test_behind_a_proxy_nobody_is_turned_away() -> None:
    """The connection is the proxy's: everybody comes by it."""
    assert barred(*refused(3 * ENOUGH, direct=False)) == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.0.0.7", "172.17.0.1", "192.168.1.5", "100.64.0.9", "fd00::1",
     "fe80::1%eth0", "169.254.1.1", "::ffff:10.0.0.7", "224.0.0.1", "", "unknown"],
)  # fmt: skip
def test_addresses_that_a_router_or_a_container_may_have_are_never_turned_away(
    address: str,
) -> None:
    assert barred(*refused(3 * ENOUGH, address=address)) == []


def test_ipv6_goes_by_the_network_of_a_household() -> None:
    events = [event(float(number), address=f"2a01:4f8:1:2::{number:x}") for number in range(ENOUGH)]
    assert [one.household for one in barred(*events)] == ["2a01:04f8:0001:0002"]
    assert barred(event(client=BROWSER, address="2a01:4f8:1:2:9::9"), *events) == []
    mapped = refused(ENOUGH, address="::ffff:81.2.69.10")
    assert [one.household for one in barred(*mapped)] == ["81.2.69.10"]


def test_memory_is_bounded() -> None:
    firewall = LongRefused(2)
    firewall.decided(event())
    for number in range(MOST):
        firewall.decided(event(address=f"82.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
    assert len(firewall._known) == MOST
    assert firewall.decided(event()) is None  # forgotten: counted anew
    assert firewall.decided(event()) is not None
