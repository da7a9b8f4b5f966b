"""A challenge, solved by what people have: Chromium with scripts, with and without WebCrypto; Chromium
and w3m without scripts. Feeds, players and scripts of pages never meet one.
"""

from __future__ import annotations

import os
import pty
import select
import signal
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import axe_core_python
import pytest

from .clients import FIREFOX, curl
from .guarding import Guard, running
from .programs import eventually, program
from .site import Site
from .webdriver import Browser

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
PICTURES = os.environ.get("STAGEDOOR_PICTURES", "")
RULE = """
- id: pages-cost-a-little
  title: Pages open after a short calculation
  when: {resource: page}
  then: {challenge: {bits: 12, wait: 2s}}
"""
MARK = "Pages of the band"


@pytest.fixture(scope="module")
def challenging(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    folder = tmp_path_factory.mktemp("challenging")
    (folder / "15-challenge.yaml").write_text(RULE)
    (folder / "stance.yaml").write_text(
        "artist: {name: The Band, contact: 'mailto:us@band.example'}\n"
    )
    (origin.root / "band.html").write_text(
        f"<!doctype html><html lang=en><title>{MARK}</title><h1>{MARK}</h1>"
    )
    with running(folder, origin.url, "--set", f"guard_rules={folder}") as found:
        yield found


def solved(browser: Browser) -> bool:
    return bool(browser.run(f"return document.title === '{MARK}'"))


def test_chromium_calculates_and_is_let_in(challenging: Guard, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        browser.open(f"{challenging.url}/band.html?a=1&b=2")
        eventually(lambda: solved(browser) or None, "the page behind the challenge")
        assert browser.run("return location.href") == f"{challenging.url}/band.html?a=1&b=2"
        assert browser.run("return document.cookie") == ""
        browser.open(f"{challenging.url}/band.html")
        assert solved(browser)
        assert [
            line for line in browser.console() if "favicon" not in line and "403" not in line
        ] == []
    assert challenging.counts()("challenges_total", outcome="calculated") >= 1
    assert challenging.decisions("/band.html", 1)[0]["verdict"] == "challenge"


def test_chromium_without_webcrypto_calculates_by_itself(
    challenging: Guard, tmp_path: Path
) -> None:
    with Browser(tmp_path, everywhere=int(challenging.url.rpartition(":")[2])) as browser:
        browser.open("http://band.test/band.html")
        eventually(lambda: solved(browser) or None, "the page behind the challenge")
        assert browser.run("return isSecureContext") is False


def test_axe_finds_nothing_and_nobody_needs_a_picture(challenging: Guard, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        for width, language in ((390, "de"), (1280, "fr"), (390, "es"), (1280, "en")):
            browser.devtools("Network.enable")
            browser.devtools("Network.setExtraHTTPHeaders", headers={"Accept-Language": language})
            browser.looks(width, dark=language == "en")
            browser.open(f"{challenging.url}/band.html")
            browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
            assert browser.run("return document.documentElement.lang") == language
            assert browser.run("return document.images.length") == 0
            assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
            browser.devtools("Page.setBypassCSP", enabled=True)
            browser.run(AXE + "\nwindow.axe = axe; window.found = null;"
                        "axe.run().then(r => { window.found = r; });")  # fmt: skip
            eventually(lambda: browser.run("return window.found !== null") or None, "axe")
            found = browser.run("return window.found.violations.map(v => v.id)")
            assert found == []
            if PICTURES:
                browser.screenshot(Path(PICTURES) / f"challenge-{width}-{language}.png")
            browser.devtools("Emulation.setScriptExecutionDisabled", value=True)


def test_chromium_without_scripts_waits_and_clicks(challenging: Guard, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(f"{challenging.url}/band.html")
        press = "document.querySelector('button').click()"
        browser.run(press)  # too early
        eventually(
            lambda: browser.run("return document.getElementById('status').textContent") or None,
            "the page to say that it was too early",
        )
        time.sleep(2.5)  # what the page asks its visitor for
        browser.run(press)
        eventually(lambda: solved(browser) or None, "the page behind the challenge")


def test_w3m_waits_and_presses_the_button(challenging: Guard, tmp_path: Path) -> None:
    """By its keys, in a terminal: to the button, and there Enter."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover
        os.environ.update(HOME=str(tmp_path), TERM="xterm", LANG="C.UTF-8", http_proxy="")
        words = ["-o", "use_cookie=1", "-o", "accept_cookie=1", f"{challenging.url}/band.html"]
        os.execv(program("w3m"), ["w3m", *words])
    shown = b""

    def shows(text: bytes) -> bool | None:
        nonlocal shown
        while select.select([terminal], [], [], 0)[0]:
            shown += os.read(terminal, 65_536)
        return text in shown or None

    try:
        termios.tcsetwinsize(terminal, (40, 100))
        eventually(lambda: shows(b"Continue"), "the form in w3m")
        time.sleep(2.5)  # what the page asks its visitor for
        os.write(terminal, b"\t\r")
        eventually(lambda: shows(MARK.encode()), "the page behind the challenge in w3m")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def test_others_never_meet_it(challenging: Guard) -> None:
    for path, agent, more in (
        ("/feed.xml", FIREFOX, ()), ("/robots.txt", FIREFOX, ()), ("/music/tone.mp3", FIREFOX, ()),
        ("/band.html", "VLC/3.0.21 LibVLC/3.0.21", ()), ("/band.html", FIREFOX, ("-u", "me:secret")),
        ("/band.html", FIREFOX, ("-I",)),
        ("/band.html", FIREFOX, ("-H", "Sec-Fetch-Mode: cors", "-H", "Sec-Fetch-Dest: empty")),
    ):  # fmt: skip
        found = curl(challenging.url + path, *more, agent=agent)
        assert found.status == 200, (path, agent, more)
    found = curl(f"{challenging.url}/band.html", agent=FIREFOX)
    assert found.status == 403
