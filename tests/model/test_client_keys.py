"""Which addresses are one client."""

from __future__ import annotations

import pytest

from stagedoor.model.client_keys import client_key, network_key


def test_a_client_is_an_address_or_a_network_of_64_bits() -> None:
    assert client_key("198.51.100.7") == "198.51.100.7"
    assert client_key("2001:db8::1") == client_key("2001:db8:0:0:ffff::2")
    assert client_key("2001:db8::1") != client_key("2001:db8:0:1::1")
    assert client_key("::ffff:198.51.100.7") == "198.51.100.7"
    assert client_key("fe80::1%eth0") == client_key("fe80::2")
    assert client_key("what:is:this") == "what:is:this"
    assert client_key("") == ""


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:7:1::1", "2001:0db8:0007/48"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("what:is:this", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_the_network_of_a_client(address: str, network: str) -> None:
    assert network_key(client_key(address)) == network
    assert network_key(network) == network
