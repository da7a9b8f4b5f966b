"""Which addresses are public: everything that leads inside, also wrapped, is not."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from stagedoor.fetch.public_addresses import anywhere, is_public, public_or_in

PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450::1"),
    *("64:ff9b::101:101", "64:ff9b::808:808", "2002:101:101::"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "100.100.100.200", "192.0.0.192", "168.63.129.16", "198.18.0.1"),
        *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.2.1"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::"),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "fec0::1", "2001:db8::1"),
    ],
)
def test_addresses_inside(address: str) -> None:
    assert not is_public(ip_address(address))
    assert anywhere(ip_address(address))


def test_named_networks_are_let_in_and_nothing_beside_them() -> None:
    allowed = public_or_in([ip_network("10.0.0.0/24"), ip_network("fd00::/64")])
    given = ["10.0.0.9", "fd00::9", "1.1.1.1", "10.0.1.9", "::1"]
    assert [allowed(ip_address(text)) for text in given] == [True, True, True, False, False]
