"""Which links are the site's own, and lead to recordings."""

from __future__ import annotations

import gc
from weakref import ref

import pytest

from stagedoor.marks.own_links import OwnLinks, resolved
from stagedoor.model.facts import Resource
from stagedoor.model.globs import Globs
from stagedoor.resources.kinds import classify

HOSTS = frozenset({"a.example"})


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("b.mp3", "/x/b.mp3"),
        ("./b.mp3", "/x/./b.mp3"),
        ("/b.mp3#t=1", "/b.mp3"),
        ("?id=2", "/x/page?id=2"),
        ("https://A.example:8000/b.mp3?c=1", "/b.mp3?c=1"),
        ("//a.example/b.mp3", "/b.mp3"),
        ("https://u:p@a.example/b.mp3", "/b.mp3"),
        ("a:b/c.mp3", ""),
        ("sub/a:b.mp3", "/x/sub/a:b.mp3"),
        ("https://b.example/b.mp3", ""),
        ("https:b.mp3", ""),
        ("data:audio/mpeg;base64,AA", ""),
        ("mailto:a@a.example", ""),
        ("#top", ""),
        ("", ""),
        ("/" + "x" * 3000, ""),
    ],
)
def test_an_address_is_resolved_as_a_client_would(address: str, target: str) -> None:
    assert resolved("/x/page?y=/z", HOSTS, address) == target


def found(path: str, target: str) -> Resource:
    return classify(path, None, target)


def test_recordings_below_the_paths_are_marked() -> None:
    links = OwnLinks(found, frozenset({"audio"}), Globs(("/music/**",)))
    assert links.wanted("/", HOSTS, "/music/a.mp3", listed=False)
    assert not links.wanted("/", HOSTS, "/free/a.mp3", listed=False)
    assert not links.wanted("/", HOSTS, "/music/a.html", listed=False)
    assert links.wanted("/", HOSTS, "/music/key.bin", listed=True)
    assert not links.wanted("/", HOSTS, "https://b.example/music/a.mp3", listed=True)
    assert not links.wanted("/", HOSTS, "/music/a.mp3?sd=" + "a" * 20, listed=False)


def test_without_paths_all_are() -> None:
    links = OwnLinks(found, frozenset({"audio", "feed"}), None)
    assert links.wanted("/", HOSTS, "/feed.xml", listed=False)
    assert not links.wanted("/", HOSTS, "/about", listed=False)


def test_what_is_replaced_at_a_reload_goes_at_once() -> None:
    """Not only when the collector has come to it: a policy goes with it."""
    links = OwnLinks(found, frozenset({"audio"}), None)
    assert links.wanted("/", HOSTS, "/music/a.mp3", listed=False)
    gone = ref(links)
    gc.disable()
    try:
        del links
        assert gone() is None
    finally:
        gc.enable()
