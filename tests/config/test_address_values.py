"""Addresses as people write them: sites, and where the guard listens."""

from __future__ import annotations

import pytest

from stagedoor.config.address_values import checked_upstream, split_listen


@pytest.mark.parametrize(
    ("value", "site"),
    [
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://music.example", "https://music.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_upstream_is_a_site(value: str, site: str) -> None:
    assert checked_upstream(value) == site


@pytest.mark.parametrize(
    "value",
    [
        "",
        "localhost",
        "ftp://a.example",
        "http://",
        "//a.example",
        "http://a.example/?x",
        "http://a.example/x",
    ],
)
def test_anything_else_is_no_upstream(value: str) -> None:
    with pytest.raises(ValueError, match=" — write "):
        checked_upstream(value)


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("0.0.0.0:8080", "0.0.0.0", 8080),
        ("8080", "", 8080),
        (":8080", "", 8080),
        ("[::1]:8080", "::1", 8080),
        ("localhost:0", "localhost", 0),
    ],
)
def test_a_listening_address_is_a_host_and_a_port(value: str, host: str, port: int) -> None:
    assert split_listen(value) == (host, port)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "localhost",
        "localhost:",
        "a:b",
        "1:65536",
        "1:-1",
        "1:²",
        "1:٣",
        "http://localhost:8080/",
    ],
)
def test_anything_else_is_no_listening_address(value: str) -> None:
    with pytest.raises(ValueError, match=" — write "):
        split_listen(value)
