"""Addresses in headers: the site's own become the visitor's, all others stay."""

from __future__ import annotations

import pytest

from stagedoor.fronts.inner_addresses import Route, names_addresses, translated

DIRECT = Route("127.0.0.1", 27110, True, "http", "music.example", "/music")
BY_TLS = Route("127.0.0.1", 27110, True, "https", "music.example", "/music")
COMPOSE = Route("site", 80, True, "http", "music.example:8080", "/music")
ELSEWHERE = Route("site.example", 443, False, "http", "music.example", "/music")
UNSURE = Route("127.0.0.1", 27110, True, "http", "music.example", "/music", sure=False)


def one(value: str, route: Route, name: str = "Location") -> str:
    ((_, found),) = translated(((name.encode(), value.encode()),), route)
    return found.decode()


@pytest.mark.parametrize(
    ("route", "value", "expected"),
    [
        (DIRECT, "http://music.example:27110/music/", "http://music.example/music/"),
        (DIRECT, "http://127.0.0.1:27110/music/?a=b#c", "http://music.example/music/?a=b#c"),
        (DIRECT, "HTTP://LOCALHOST:27110", "http://music.example/"),
        (DIRECT, "http://[::1]:27110/x", "http://music.example/x"),
        (DIRECT, "//music.example:27110/x", "http://music.example/x"),
        (DIRECT, "http://localhost/x", "http://music.example/x"),
        (DIRECT, "http://Music.Example.:27110/x", "http://music.example/x"),
        (BY_TLS, "http://music.example:27110/music/", "https://music.example/music/"),
        (BY_TLS, "http://music.example/music/", "https://music.example/music/"),
        (COMPOSE, "http://music.example/music/", "http://music.example:8080/music/"),
        (COMPOSE, "http://site/music/", "http://music.example:8080/music/"),
        (ELSEWHERE, "https://site.example/x", "http://music.example/x"),
        (UNSURE, "http://music.example:27110/music/", "/music/"),
        (UNSURE, "http://music.example:27110//evil.example/", "http://music.example//evil.example/"),
    ],
)  # fmt: skip
def test_the_sites_own_address_becomes_the_visitors(
    route: Route, value: str, expected: str
) -> None:
    assert one(value, route) == expected
    assert one(value, route, "Content-Location") == expected


@pytest.mark.parametrize(
    ("route", "value"),
    [
        (DIRECT, "/music/"),
        (DIRECT, "music/"),
        (DIRECT, "http://music.example/music/"),
        (DIRECT, "https://music.example/music"),
        (DIRECT, "http://music.example:9000/admin/"),
        (DIRECT, "http://127.0.0.1:9000/"),
        (DIRECT, "https://login.example/?next=http://music.example:27110/music/"),
        (DIRECT, "http://music.example:27110@evil.example/"),
        (DIRECT, "http://name@127.0.0.1:27110/"),
        (BY_TLS, "http://music.example/music"),  # on purpose: it would lead back to itself
        (BY_TLS, "https://music.example/music/"),
        (ELSEWHERE, "https://cdn.site.example/x"),
        (DIRECT, "mailto:me@music.example"),
        (DIRECT, ""),
    ],
)
def test_every_other_address_stays(route: Route, value: str) -> None:
    assert one(value, route) == value


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Refresh", "0; url=http://localhost:27110/a", "0; url=http://music.example/a"),
        ("refresh", "3;URL='http://music.example:27110/a'", "3;URL='http://music.example/a'"),
        ("Refresh", "5", "5"),
        (
            "Link",
            "<http://127.0.0.1:27110/1>; rel=next, <https://x.example/>; rel=license",
            "<http://music.example/1>; rel=next, <https://x.example/>; rel=license",
        ),
        ("X-Location", "http://127.0.0.1:27110/", "http://127.0.0.1:27110/"),
    ],
)
def test_the_headers_in_which_addresses_stand(name: str, value: str, expected: str) -> None:
    assert one(value, DIRECT, name) == expected
    assert names_addresses(((name.encode(), b""),)) == (name.lower() != "x-location")
