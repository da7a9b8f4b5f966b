"""The watch's options."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from stagedoor.fronts.mitmproxy.watch_options import WATCH_OPTIONS, parse_watch


def given(**changed: str) -> SimpleNamespace:
    return SimpleNamespace(**{name: default for name, default, _ in WATCH_OPTIONS} | changed)


def test_the_defaults_serve_loopback_alone_and_fetch_nothing() -> None:
    found = parse_watch(given())
    assert found.page == ("127.0.0.1", 9465)
    assert found.badge
    assert not found.fetch
    assert found.hosts == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"watch_page": "0.0.0.0:9465"}, "can be reached by others"),
        ({"watch_page": "here"}, "write 127.0.0.1:9465, or off"),
        ({"watch_badge": "maybe"}, 'watch_badge: "maybe" is neither on nor off'),
        ({"watch_fetch": ""}, 'watch_fetch: "" is neither on nor off'),
    ],
)
def test_mistakes_are_named(changed: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=r"^watch_") as error:
        parse_watch(given(**changed))
    assert words in str(error.value)


def test_hosts_and_the_page_can_be_changed() -> None:
    found = parse_watch(given(watch_hosts=" Funk.Example, ,b.example", watch_page="off"))
    assert found.hosts == ("funk.example", "b.example")
    assert found.page is None
