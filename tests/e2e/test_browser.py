"""A person with a browser: a headless Chromium under a person's name plays what the site has."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .clients import CHROMIUM
from .guarding import Guard
from .programs import eventually
from .site import LONG_SECONDS, SHORT_SECONDS, Site
from .webdriver import Browser

STATE = """
const audio = document.querySelector("audio");
return {at: audio.currentTime, ended: audio.ended, duration: audio.duration,
        failure: audio.error && audio.error.message};
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


def plays_to_the_end(browser: Browser) -> float:
    """Wait until the page's <audio> has ended; returns the position it came to."""

    def look() -> bool:
        state = browser.run(STATE)
        assert state["failure"] is None, state
        return bool(state["ended"])

    eventually(look, "the <audio> element to come to its end")
    return float(browser.run(STATE)["at"])


def test_an_audio_element_plays(browser: Browser, guard: Guard, origin: Site) -> None:
    before = len(origin.heard("/music/short.mp3"))
    browser.open(f"{guard.url}/player.html")
    assert plays_to_the_end(browser) > SHORT_SECONDS - 0.1
    asked = origin.hears("/music/short.mp3", before + 1)[before:]
    assert asked[0]["agent"] == CHROMIUM
    assert asked[0]["range"] == "bytes=0-"
    assert asked[0]["status"] == 206


def test_an_hls_stream_plays(browser: Browser, guard: Guard, origin: Site) -> None:
    browser.open(f"{guard.url}/hls.html")
    assert plays_to_the_end(browser) > 3.5
    segments = {asked["target"] for asked in origin.heard("/hls/") if asked["agent"] == CHROMIUM}
    assert {"/hls/index.m3u8", "/hls/index0.ts", "/hls/index3.ts"} <= segments


def test_seeking_asks_for_a_range(browser: Browser, guard: Guard, origin: Site) -> None:
    browser.open(f"{guard.url}/player.html")
    browser.run(
        """
        const audio = document.querySelector("audio");
        audio.onloadedmetadata = () => { audio.currentTime = audio.duration - 1; audio.play(); };
        audio.src = "/music/long.wav?seek";
        """
    )
    assert plays_to_the_end(browser) > LONG_SECONDS - 1.5
    # The first request asks for everything from the start; nginx logs it when it is given up.
    starts = re.findall(r"bytes=(\d+)-", str(origin.hears("long.wav?seek")))
    assert max(map(int, starts)) > 20_000_000


def test_a_script_in_the_page_may_fetch_a_recording(
    browser: Browser, guard: Guard, origin: Site
) -> None:
    """Players with a waveform do: fetch() and decode."""
    browser.open(f"{guard.url}/index.html")
    browser.run(
        """
        window.length = 0;
        fetch("/music/tone.mp3").then(r => r.arrayBuffer()).then(b => { window.length = b.byteLength; });
        """
    )
    eventually(lambda: browser.run("return window.length") > 0, "fetch() to come to its end")
    assert browser.run("return window.length") == len(origin.file("/music/tone.mp3"))
