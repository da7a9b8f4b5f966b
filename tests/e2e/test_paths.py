"""One recording, many ways to write its address: what is refused is what the site would serve."""

from __future__ import annotations

import pytest

from .clients import FIREFOX, GPTBOT, LIBRARY, conversation, curl, raw, request
from .guarding import Guard
from .site import Site

RECORDING = "/music/tone.mp3"
SERVED_TRICKS = [
    "/music/tone%2emp3",
    "/music/%74one.mp3",
    "/%6dusic/tone.mp%33",
    "//music//tone.mp3",
    "/./music/./tone.mp3",
    "/x/../music/tone.mp3",
    "/x/%2e%2e/music/tone.mp3",
    "/x/..%2fmusic/tone.mp3",
    "/music%2ftone.mp3",
    "/robots.txt/../music/tone.mp3",
    "/robots.txt/%2e%2e/music/tone.mp3",
    "/.well-known/../music/tone.mp3",
    "/.well-known/%2E%2E/music/tone.mp3",
    "/.well-known/..%2f/music/tone.mp3",
    "/music/tone.mp3?x=/robots.txt",
    "/music/tone.mp3?.html",
    "/music/tone.mp3#.html",
    "http://music.example/music/tone.mp3",
    "http://music.example//music/%74one.mp3",
]
"""Ways to write a recording's address that nginx understands."""


@pytest.mark.parametrize("target", SERVED_TRICKS)
def test_a_recording_by_any_other_name_is_refused(target: str, guard: Guard, origin: Site) -> None:
    recording = origin.file(RECORDING)
    asked = request(target, FIREFOX, "Connection: close")
    assert recording in conversation(origin.url, asked), "nginx does not know it by that name"
    for agent in (f"{LIBRARY} as {target}", f"{GPTBOT} as {target}"):
        answer = raw(guard.url, request(target, agent, "Connection: close"))
        # A target with a fragment is answered before anybody asks who wants it.
        assert answer.status == (400 if "#" in target else 403), target
        assert recording[:16] not in answer.body
    # By its name already: the site was not asked first what it is.
    assert origin.never_heard(f" as {target}", guard.url, "agent")
    # A person may have it, under whatever name.
    if "#" not in target:
        assert recording in conversation(guard.url, asked)


@pytest.mark.parametrize(
    "target",
    [
        "/music/tone.mp3%00.html", "/music/tone.mp3\0.html", "/music/tone.MP3", "/music/tone.mp3/",
        "/music/tone.mp3;.html", "/music/tone.mp3%20", "/music/tone.mp3.", "/music\\tone.mp3",
        "/music/tone.mp3%3f.html", "/.well-known/..;/music/tone.mp3", "/music/tone%252emp3",
        "/music/tone.mp3%0d%0aX: y", "*", "music/tone.mp3", "/music/tone.mp3/../../robots.txt",
    ],
)  # fmt: skip
def test_a_recording_by_a_name_that_some_servers_know(
    target: str, guard: Guard, origin: Site
) -> None:
    """Whatever the site makes of it, a crawler does not get the recording."""
    for agent in (LIBRARY, GPTBOT):
        got = conversation(guard.url, request(target, agent, "Connection: close"))
        assert origin.file(RECORDING)[100:200] not in got
    assert curl(f"{guard.url}/index.html").status == 200


def test_what_is_left_after_the_dots_decides(guard: Guard, origin: Site) -> None:
    """A page is one, however it is reached; a signal file only by its own name."""
    answer = curl(f"{guard.url}/music/../robots.txt", agent=GPTBOT)
    assert answer.status == 403
    answer = curl(f"{guard.url}/robots.txt", agent=GPTBOT)
    assert answer.status == 200
    assert answer.body == origin.served("/robots.txt")
