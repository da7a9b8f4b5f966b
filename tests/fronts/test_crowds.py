"""Addresses that stand for many people."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from making import FIREFOX, asks, rules
from stagedoor.engine.order import judge
from stagedoor.fronts.crowds import _PUBLIC, is_crowd
from stagedoor.model.facts import Arrival


def test_how_public_addresses_begin() -> None:
    """Held against the standard library's list, two addresses of each /16."""
    for first in range(256):
        private = any(
            (address := ip_address(f"{first}.{second}.{third}.1")).is_private or address.is_loopback
            for second in range(256)
            for third in (0, 2, 51, 100, 113, 255)
        )
        assert not (private and str(first) in _PUBLIC), first
        assert private or str(first) in _PUBLIC or first in {0, *range(224, 256)}, first


@pytest.mark.parametrize(
    ("address", "proxied", "forwarded", "crowd"),
    [
        ("81.2.3.4", True, "81.2.3.4", False),
        ("81.2.3.4", False, "", False),
        ("10.0.0.5", False, "", False),
        ("10.0.0.5", True, "", True),  # a proxy that does not say for whom
        ("10.0.0.5", False, "198.51.100.7", True),  # one that is not believed
        ("10.0.0.5", True, "10.0.0.5", False),
        ("::1", True, "", True),
        ("81", True, "", False),
        ("no address", True, "", False),
    ],
)
@pytest.mark.parametrize("at_hand", [True, False])
def test_of_a_proxy_of_the_sites_own(
    address: str, proxied: bool, forwarded: str, crowd: bool, at_hand: bool
) -> None:
    fields = {"x-forwarded-for": forwarded} if forwarded else {}
    found = judge(rules(""), asks(FIREFOX, "/a.mp3"))
    found.request = replace(
        found.request,
        address=address,
        headers=tuple(fields.items()),
        first=fields if at_hand else None,
    )
    found.arrival = Arrival(proxied=proxied)
    assert is_crowd(found) is crowd
    found.arrival = None
    assert not is_crowd(found)
