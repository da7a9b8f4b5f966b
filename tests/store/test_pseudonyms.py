"""Pseudonyms: neighbours stay neighbours, and nobody is recognised."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.client_keys import client_key, listener, network_key
from stagedoor.store.pseudonyms import Pseudonyms

NAMES, OTHERS = Pseudonyms(b"one"), Pseudonyms(b"another")


def test_households_of_one_network_stay_in_one_and_apart() -> None:
    for homes in (
        [f"198.51.100.{n}" for n in range(256)],
        [client_key(f"2001:db8:7:{n:x}::1") for n in range(500)],
    ):
        names = [NAMES.household(home) for home in homes]
        assert len(set(names)) == len(homes)
        assert len({network_key(name) for name in names}) == 1
    assert network_key(NAMES.household("198.51.100.1")) != network_key(NAMES.household("192.0.2.1"))


@given(st.ip_addresses())
def test_a_pseudonym_has_the_form_of_a_household_and_says_nothing(address: object) -> None:
    home = client_key(str(address))
    name = NAMES.household(home)
    assert client_key(name) == name
    assert name not in {home, OTHERS.household(home)}
    assert network_key(name).endswith("/48")
    assert home not in name


def test_what_is_no_address_has_one_too_and_no_network() -> None:
    for odd in ("unknown", "a.b", "::nonsense:x", "300.1.2.x", "198.51.100.0/24"):
        name = NAMES.household(odd)
        assert name != odd
        assert network_key(name) == ""
    assert NAMES.household("") == ""
    assert NAMES.crawler("") == ""


def test_a_listener_and_a_crawler_are_pseudonymous_as_a_whole() -> None:
    found = NAMES.listener(listener("198.51.100.7", "Firefox"))
    assert found.network == network_key(found.household)
    assert "Firefox" not in found.agent
    assert "198.51" not in NAMES.crawler("GPTBot 198.51.100.7")
