"""Refusals, reports and letters in Chromium: in four languages, wide and narrow, light and dark.

Nothing is cut, nothing sticks out, and axe finds nothing. With STAGEDOOR_PICTURES set, the pictures stay.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import axe_core_python
import pytest

from letters import ABOUT
from making import GPTBOT_CLIENT, asks
from reports import everything
from stagedoor.config.stance import Artist
from stagedoor.evidence.letter import letter
from stagedoor.evidence.letter_page import page as letter_page
from stagedoor.evidence.letter_texts import TEXTS
from stagedoor.fronts.refusals import refuse, unavailable
from stagedoor.model.facts import Resource, Verdict
from stagedoor.model.languages import LANGUAGES, Language

from .programs import eventually
from .webdriver import Browser

PICTURES = os.environ.get("STAGEDOOR_PICTURES", "")
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
RULE = Verdict(
    "throttle", "sweeping-in-disguise",
    "A program that looks like no browser in two ways gets four recordings, and then has to wait",
    "Such programs took whole catalogues and feeds, and no listener was seen so (others.sweepers is no).",
    status=429, seconds=600.0,
)  # fmt: skip
LONG = Artist(
    name="The Understudies", contact="mailto:rights-and-licences@the-understudies.example"
)
CUT = """
    return [...document.querySelectorAll("h1, h2, h3, p, li, dt, dd, th, td, a, code")]
        .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0
            && getComputedStyle(one).display !== "inline")
        .map(one => one.innerText.slice(0, 60))"""
SCROLLED = """
    return [...document.querySelectorAll(".wide:has(.figures-table, svg), .wide:has(th:nth-child(8))")]
        .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText.slice(0, 60))"""
OVERLAPPING = """
    const texts = [...document.querySelectorAll("svg text")].map(one => one.getBoundingClientRect());
    return texts.flatMap((a, i) => texts.slice(i + 1).filter(b =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2)).length"""


def pages(language: Language) -> dict[str, str]:
    """Each kind of page, as HTML."""
    asked = asks(accept="text/html", accept_language=language)
    song = Resource("audio", "/music/a.mp3")
    refusal = refuse(
        asked, GPTBOT_CLIENT, song, RULE, LONG, "K7Q29FXM", come_by="https://m.example/a"
    )
    about = replace(ABOUT, claimed=ABOUT.proven, more_steps=7)
    return {
        "refusal": refusal.body.decode(),
        "failed": unavailable(asked).body.decode(),
        "report": everything(language),
        "letter": letter_page(letter(about, language, TEXTS[language])),
    }


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as found:
        found.devtools("Page.setBypassCSP", enabled=True)  # for axe
        yield found


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_and_axe_finds_nothing(
    browser: Browser, tmp_path: Path, language: Language
) -> None:
    for name, html in pages(language).items():
        file = tmp_path / f"{name}.html"
        file.write_text(html, "utf-8")
        for width, dark in ((1280, False), (390, True)):
            browser.looks(width, dark=dark, phone=width < 500)
            browser.open(file.as_uri())
            where = (name, width)
            assert browser.run("return document.documentElement.lang") == language
            assert browser.run("return document.documentElement.scrollWidth") <= width, where
            assert browser.run(CUT) == [], where
            assert browser.run(OVERLAPPING) == 0, where
            if width == 1280:
                assert browser.run(SCROLLED) == [], "wide enough to see a whole row"
            if not PICTURES and (width < 500) == (language in {"en", "fr"}):
                continue  # both widths and shades come up, in two languages each
            browser.run(AXE + "\nwindow.axe = axe; window.found = null;"
                        "axe.run().then(r => { window.found = r; });")  # fmt: skip
            eventually(lambda: browser.run("return window.found !== null") or None, "axe")
            told = browser.run(
                "return window.found.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])"
            )
            assert told == [], where
            if PICTURES:
                shade = "dark" if dark else "light"
                browser.screenshot(Path(PICTURES) / f"{name}-{language}-{width}-{shade}.png", 6000)
