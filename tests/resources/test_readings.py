"""All that servers make of one target."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.resources.kinds import classify
from stagedoor.resources.paths import normalise
from stagedoor.resources.readings import MAX_SURE, MOST_READINGS, readings


@pytest.mark.parametrize(
    "target",
    [
        "/robots.txt#/../music/a.mp3",
        "/.well-known/x%00/../../music/a.mp3",
        "/robots.txt\0/../music/a.mp3",
        "/music/a.mp3/..%5c..%5c..%5crobots.txt",
        "/.well-known/..;x=1/rest/stream?id=1",
        "/.well-known/..%252fmusic%252fa.mp3",
        "/.well-known/..%c0%afmusic/a.mp3",
        "/.well-known/..%u002fmusic/a.mp3",
        "/robots.txt;/../rest/stream",
        "/.well-known\\..\\rest\\stream",
        "/music/a.mp3%3f.html",
        "/music/a.mp3%23/page.html",
        "/music/a.mp3::$DATA",
        "/music/a%09.mp3",
        "/%2525252e%2525252e/music/a.mp3",
        "/" + "x;%41\\" * 40 + "/../../music/a.mp3;/x",
        "/" + "%2541;" * 2000 + "/music/a.mp3;/x",
    ],
)
def test_the_strictest_reading_counts(target: str) -> None:
    assert classify(normalise(target), None, target).kind == "audio"


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/", "page"),
        ("/music/?sort=a;b", "page"),
        ("/tour%202026/%C3%A4.html", "page"),
        ("/music/caf%C3%A9.jpg", "image"),
        ("/img//a.png", "image"),
        ("/style.css;v=2", "asset"),
    ],
)
def test_pages_and_pictures_stay_what_they_are(target: str, kind: str) -> None:
    assert classify(normalise(target), None, target).kind == kind


@pytest.mark.parametrize("target", ["/music/a.mp3", "/My%20Song.mp3", "/a?b=%2e%2e/x", "/a/b.html"])
def test_nearly_all_targets_have_one_reading(target: str) -> None:
    assert readings(target) == (normalise(target),)


@given(st.text(st.sampled_from("/.%25;#?\\\0ab\t2eEfF"), max_size=200))
def test_their_number_is_bounded_and_the_usual_one_is_the_first(target: str) -> None:
    found = readings(target)
    assert found[0] == normalise(target)
    assert len(found) <= 2 * MOST_READINGS + 2
    assert all(path.startswith("/") for path in found)


@pytest.mark.parametrize("piece", ["%25", "..;/", "\\;#", "//", "%2e%2e%2f", ";a=%3b/"])
@pytest.mark.parametrize("size", [MAX_SURE, 64 << 10])
def test_no_target_takes_long(piece: str, size: int) -> None:
    target = "/" + (piece * size)[: size - 1]
    began = time.process_time()
    classify(normalise(target), None, target)
    assert time.process_time() - began < 0.5


@pytest.mark.parametrize(
    ("target", "path"),
    [
        # As a proxy is asked, and as some servers read a path that looks so.
        ("http://music.example.org/a;x/b.mp3", "/a/b.mp3"),
        ("//music.example.org/b.mp3", "/b.mp3"),
        ("/http://music.example.org/b.mp3", "/b.mp3"),
        ("/http://music.example.org", "/"),
        ("a.mp3", "/a.mp3"),
        ("*", "/*"),
    ],
)
def test_targets_that_are_no_plain_paths(target: str, path: str) -> None:
    assert path in readings(target)


@pytest.mark.parametrize("target", ["..%2fa.mp3", "%2e%2e;/a.mp3", "#", "%00"])
def test_every_reading_is_a_path(target: str) -> None:
    assert all(path.startswith("/") for path in readings(target))
