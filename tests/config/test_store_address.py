"""Addresses of shared stores."""

from __future__ import annotations

import pytest

from stagedoor.config.stance import Site
from stagedoor.config.store_address import StoreAddress, store_address


@pytest.mark.parametrize(
    ("text", "found", "shown"),
    [
        ("valkey://127.0.0.1", StoreAddress("127.0.0.1"), "127.0.0.1:6379"),
        ("redis://cache.lan:7000/3", StoreAddress("cache.lan", 7000, database=3), "cache.lan:7000"),
        ("valkeys://[::1]:1", StoreAddress("::1", 1, tls=True), "[::1]:1"),
        (
            "rediss://gu%40rd@store?wait=5&site=example.org&ca=/ca.pem",
            StoreAddress(
                "store",
                user="gu@rd",
                tls=True,
                wait=0.005,
                site="example.org",
                authorities="/ca.pem",
            ),
            "store:6379",
        ),
        ("unix:///run/v%20k.sock", StoreAddress(path="/run/v k.sock"), "/run/v k.sock"),
    ],
)
def test_an_address_is_understood(text: str, found: StoreAddress, shown: str) -> None:
    assert store_address(text) == found
    assert str(store_address(text)) == shown
    assert Site(store=text).store == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("localhost:6379", "write valkey://"),
        ("http://localhost", "write valkey://"),
        ("valkey://", "does not say where the store is — write valkey://"),
        ("unix://", "write unix:///"),
        ("unix://host/x", "write unix:///"),
        ("valkey://h:99999", "no usable port"),
        ("valkey://h/zero", '"zero" is not the number of a database'),
        ("valkey://h?wait=0", "from 1 to 1000"),
        ("valkey://h?wait=2s", "from 1 to 1000"),
        ("valkey://h?site=a/b", "is not a name"),
        ("valkey://h?timeout=3", "known: wait, site, ca"),
    ],
)
def test_what_is_none_is_refused_with_the_fix(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r".") as found:
        store_address(text)
    assert says in str(found.value)


@pytest.mark.parametrize(
    "text", ["valkey://:s3cret@h", "valkey://u:s3cret@h:x", "foo://u:s3cret@h"]
)
def test_a_password_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as found:
        store_address(text)
    assert "s3cret" not in str(found.value)


def test_nothing_said_is_no_store() -> None:
    assert Site().store == ""
