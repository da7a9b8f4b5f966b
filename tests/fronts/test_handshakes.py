"""The fingerprints of open connections, and how a request came in: no front's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from making import asks
from stagedoor.fronts.addresses import networks
from stagedoor.fronts.handshakes import Fingerprints, arrival
from stagedoor.identify.ja4 import Hello, ja4
from stagedoor.model.facts import Arrival

TOLD = "t13d1517h2_8daaf6152771_cb7bf5808d99"
OWN = "t13i010000_0f2cb44170f4_000000000000"
HELLO = Hello(protocol="t", version=0x0303, ciphers=(0x1301,), extensions=())
PROXY = networks(["192.0.2.1"])


def test_a_fingerprint_lives_as_long_as_its_connection() -> None:
    known = Fingerprints()
    assert known.learn("one", HELLO) == ja4(HELLO)
    assert (known.of("one"), known.of("other")) == (ja4(HELLO), "")
    known.forget("one")
    assert known.of("one") == ""
    known.forget("one")


def test_connections_that_never_end_are_forgotten_in_time() -> None:
    known = Fingerprints(most=3)
    for number in range(5):
        known.learn(str(number), HELLO)
    assert [bool(known.of(str(number))) for number in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize("plaintext", [True, False])
def test_a_visitor_that_comes_by_itself_is_judged_by_its_own_connection(plaintext: bool) -> None:
    request = replace(asks("x"), headers=(("X-JA4", TOLD), ("X-Forwarded-Proto", "https")))
    found = arrival("192.0.2.9", request, OWN, PROXY, "X-JA4", plaintext=plaintext)
    assert found == Arrival(OWN, plaintext=plaintext, proxied=False)


@pytest.mark.parametrize(
    ("header", "value", "proto", "expected"),
    [
        ("X-JA4", TOLD, "https", Arrival(TOLD, plaintext=False, proxied=True)),
        ("x-ja4", TOLD, "http, HTTPS", Arrival(TOLD, plaintext=False, proxied=True)),
        ("X-JA4", "t13d", "https", Arrival("", plaintext=False, proxied=True)),
        ("X-Other", TOLD, "https", Arrival("", plaintext=False, proxied=True)),
        ("", TOLD, "https", Arrival("", plaintext=False, proxied=True)),
        ("X-JA4", TOLD, "http", Arrival(TOLD, plaintext=True, proxied=True)),
        ("X-JA4", TOLD, "", Arrival(TOLD, plaintext=True, proxied=True)),
    ],
)
def test_of_a_trusted_proxy_only_its_headers_count(
    header: str, value: str, proto: str, expected: Arrival
) -> None:
    request = replace(asks("x"), headers=(("X-JA4", value), ("X-Forwarded-Proto", proto)))
    assert arrival("192.0.2.1", request, OWN, PROXY, header, plaintext=False) == expected
