"""Which site a name is: in every spelling that a server takes for the same."""

from __future__ import annotations

import pytest

from stagedoor.fronts.addresses import Proxies, networks
from stagedoor.fronts.host_table import HostTable, believes, forwarded_host

TABLE = HostTable([(("anna.example", "www.anna.example"), 1), (("[2001:db8::1]",), 2)])


@pytest.mark.parametrize(
    ("authority", "site"),
    [
        ("anna.example", 1),
        ("WWW.Anna.Example", 1),
        ("anna.example:443", 1),
        ("anna.example:8080", 1),
        ("anna.example.", 1),
        ("anna.example.:80", 1),
        (" anna.example ", 1),
        ("[2001:DB8:0::1]:80", 2),
        ("", None),
        ("berta.example", None),
        ("anna.example.evil.example", None),
        ("evil-anna.example", None),
        ("anna.example@evil.example", None),
        ("anna.example:99999", None),
        ("anna.example, berta.example", None),
        ("anna.example/", None),
        ("2001:db8::1", None),
    ],
)
def test_a_name_is_found_in_all_its_spellings(authority: str, site: int | None) -> None:
    assert TABLE.of(authority) == site


def test_a_default_is_for_those_who_ask_for_it() -> None:
    assert HostTable([(("a",), 1)], 2).of("b") is None
    assert HostTable([(("a",), 1)], 2).default == 2
    assert HostTable[int]().default is None


def test_of_what_proxies_say_the_nearest_counts() -> None:
    assert forwarded_host(["a.example", "b.example, c.example "]) == "c.example"
    assert forwarded_host([]) == ""


def test_a_proxy_is_believed_by_those_who_trust_it() -> None:
    assert believes(networks(["192.0.2.0/24"]), "192.0.2.7")
    assert not believes(networks(["192.0.2.0/24"]), "198.51.100.7")
    assert not believes(Proxies(), "192.0.2.7")
