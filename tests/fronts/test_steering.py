"""Which worker a network comes to: as the kernel chooses, and as it is meant."""

from __future__ import annotations

import select
import socket
import sys
from ipaddress import IPv4Address, ip_network

import pytest

from stagedoor.fronts import steering
from stagedoor.model.client_keys import network_key


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 8, 33])
def test_every_bucket_is_somebodys(workers: int) -> None:
    parts = steering.shares(workers)
    assert len(parts) == workers
    assert sum(parts) == steering.BUCKETS
    assert min(parts) > 0
    assert max(parts[1:], default=0) - min(parts[1:], default=0) <= 1


def test_the_first_which_records_for_all_gets_fewer() -> None:
    assert steering.shares(2)[0] < steering.shares(2)[1]


def _meant(address: str, workers: int) -> int:
    number = steering.bucket(int(IPv4Address(address)) >> 8)
    parts = steering.shares(workers)
    return next(each for each in range(workers) if number < sum(parts[: each + 1]))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's SO_REUSEPORT")
@pytest.mark.parametrize("workers", [2, 3])
def test_the_kernel_gives_a_network_to_one_worker(workers: int) -> None:
    groups = steering.listen("127.0.0.1", 0, workers)
    listening = [group[0] for group in groups]
    at = listening[0].getsockname()
    seen: dict[str, set[int]] = {}
    try:
        for number in range(1, 60):
            for last in (1, 77, 200):
                address = f"127.3.{number}.{last}"
                with socket.create_connection(at, 5, source_address=(address, 0)):
                    ready, _, _ = select.select(listening, [], [], 5)
                    (one,) = ready
                    one.accept()[0].close()
                    found = listening.index(one)
                assert found == _meant(address, workers)
                seen.setdefault(network_key(address), set()).add(found)
    finally:
        for one in listening:
            one.close()
    assert all(len(found) == 1 for found in seen.values())
    assert {number for found in seen.values() for number in found} == set(range(workers))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's SO_REUSEPORT")
def test_one_worker_shares_its_port_with_nobody() -> None:
    ((one,),) = steering.listen("127.0.0.1", 0, 1)
    with one, pytest.raises(OSError, match="in use"):
        steering.listen("127.0.0.1", one.getsockname()[1], 2)


def test_a_network_of_ipv6_is_its_first_48_bits() -> None:
    first, second = (ip_network(text) for text in ("2001:db8:1::/48", "2001:db8:2::/48"))
    numbers = [
        steering.mixed(int(net.network_address) >> 96, int(net.network_address) >> 80 & 0xFFFF)
        for net in (first, second)
    ]
    assert len({steering.bucket(number) for number in numbers}) == 2
