"""Chromium through the watch, on look-alike sites: badge, audit, terms, and nothing private."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from termpairs import AI

from .lookalikes import (
    PASSWORD,
    SAYS,
    SECRET,
    TOKEN,
    Lookalikes,
    in_json,
    serving,
    terms,
)  # fmt: skip
from .programs import Program, eventually, free_port, program
from .watching import Watched, alone, beside, watching
from .webdriver import Browser

LAYOUT = """
return JSON.stringify([...document.querySelectorAll("body *")].map(e => {
  const r = e.getBoundingClientRect(); const s = getComputedStyle(e);
  return [e.tagName, r.x, r.y, r.width, r.height, s.backgroundColor];
}));
"""
BADGE = """
const host = document.querySelector("stagedoor-badge");
return host && {title: host.shadowRoot.querySelector("button").textContent,
                text: host.shadowRoot.querySelector("#more").textContent,
                hidden: host.shadowRoot.querySelector("#more").hidden};
"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lookalikes]:
    with serving(tmp_path_factory.mktemp("lookalikes")) as found:
        yield found


@pytest.fixture(scope="module")
def watch(sites: Lookalikes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watching(tmp_path_factory.mktemp("watch"), sites, "watch_fetch=on") as found:
        yield found


@pytest.fixture(scope="module")
def browser(
    sites: Lookalikes, watch: Watched, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    with beside(watch, sites, tmp_path_factory.mktemp("watched")) as found:
        yield found


@pytest.fixture(scope="module")
def bare(sites: Lookalikes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with alone(sites, tmp_path_factory.mktemp("bare")) as found:
        yield found


def badge(browser: Browser) -> dict[str, Any]:
    return eventually(lambda: browser.run(BADGE), "the badge")


def settled(browser: Browser, place: str) -> tuple[str, list[str]]:
    """Layout and console of a page that has loaded."""
    browser.console()
    browser.open(f"https://{place}")
    layout = browser.run(LAYOUT)
    return layout, [line for line in browser.console() if "favicon" not in line]


@pytest.mark.parametrize("place", SAYS)
def test_the_badge_says_what_each_page_says(
    place: str, browser: Browser, bare: Browser, watch: Watched
) -> None:
    layout, console = settled(browser, place)
    shown = badge(browser)
    assert shown["title"] == f"Training AI: {SAYS[place]}"
    assert shown["hidden"]
    assert (layout, console) == settled(bare, place)
    assert browser.run(LAYOUT) == layout  # the badge is there by now
    assert (
        browser.run("return performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    )
    used = bare.run("return performance.getEntriesByType('navigation')[0].nextHopProtocol")
    assert used == "h2"


@pytest.mark.parametrize(
    "place",
    ["soundcloud.com/artist/strict", "soundcloud.com/settings/account", "funk.example/login",
     "bank.example/"],
)  # fmt: skip
def test_strict_and_private_pages_and_other_hosts_have_no_badge(
    place: str, browser: Browser, bare: Browser
) -> None:
    assert settled(browser, place) == settled(bare, place)
    browser.run("return new Promise(r => setTimeout(r, 100))")
    assert browser.run(BADGE) is None


def test_the_badge_opens_by_keyboard_and_can_be_hidden(browser: Browser) -> None:
    browser.open("https://www.youtube.com/watch")
    badge(browser)
    focus = "document.querySelector('stagedoor-badge').shadowRoot.querySelector('button').focus()"
    browser.run(focus)
    browser.press("Enter", 13)
    assert not badge(browser)["hidden"]
    assert 'robots-tag in the page: <meta name="robots" content="noai">' in badge(browser)["text"]
    browser.press("Escape", 27)
    assert badge(browser)["hidden"]
    browser.run(
        "document.querySelector('stagedoor-badge').shadowRoot.querySelector('.off').click()"
    )
    assert browser.run(BADGE) is None


def test_a_claim_is_held_against_robots_txt(browser: Browser, watch: Watched) -> None:
    """robots.txt is fetched through the proxy itself, once."""
    browser.open("https://soundcloud.com/artist/track")

    def claim() -> dict[str, Any] | None:
        claims: list[dict[str, Any]] = watch.platform("soundcloud")["claims"]
        return claims[0] if "robots.txt names" in claims[0]["found"] else None

    found = eventually(claim, "the claim with robots.txt")
    assert found["says"] == 'says it has put "no AI" tags on its site'
    assert found["verdict"] == "not found"
    assert found["found"].startswith("none found in this page and its headers")
    assert "robots.txt names" in found["found"]
    assert "ClaudeBot" in found["found"].partition("leaves these")[2]
    assert "GPTBot" not in found["found"].partition("leaves these")[2].split(", ")
    # The browser has kept that page, with the badge it had then.
    browser.open("https://soundcloud.com/artist/not-kept")
    assert "leaves these" in badge(browser)["text"]


def test_a_setting_is_read_and_not_switched(browser: Browser, watch: Watched) -> None:
    browser.open("https://x.com/settings/grok_settings")

    def shown() -> Any:
        return watch.platform("x")["settings"][0]["state"]

    assert eventually(shown, "the setting") == "off"
    assert browser.run(BADGE) is None
    assert browser.run("return document.querySelector('input').checked") is False


def test_terms_are_kept_and_a_change_is_told(
    browser: Browser, watch: Watched, sites: Lookalikes
) -> None:
    place = "soundcloud.com/terms-of-use"

    def document() -> dict[str, Any]:
        found: dict[str, Any] = watch.platform("soundcloud")["documents"][0]
        return found

    browser.open(f"https://{place}")
    eventually(lambda: document()["read"], "the first text")
    assert document()["clauses"] == []
    sites.write(place, in_json(terms(AI["en"][0][0])), "gzip")
    browser.open(f"https://{place}?again")
    eventually(lambda: document()["clauses"], "the changed text")
    assert [c["class"] for c in document()["clauses"]] == ["grants-platform"]
    watch.program.says(
        r"SoundCloud changed its Terms of use: 1 sentence \(new: lets the platform train AI; its date of "
        r'"last updated" did not change\)$'
    )
    event = watch.known()["timeline"][0]
    assert (event["outcome"], event["silent"], event["gained"]) == (
        "changed", True, ["grants-platform"],
    )  # fmt: skip
    browser.open(watch.page)
    assert AI["en"][0][0] in browser.run("return document.querySelector('.diff ins').textContent")


def test_a_consent_wall_is_not_taken_for_the_terms(browser: Browser, watch: Watched) -> None:
    browser.open("https://x.com/en/tos")
    eventually(lambda: watch.platform("x")["documents"][0]["not_found"], "the missing text")
    assert watch.platform("x")["documents"][0]["read"] == ""


def test_the_badge_is_switched_off_on_the_page_and_on_again(
    browser: Browser, watch: Watched
) -> None:
    offers = "return document.querySelector('form button').textContent"
    for shown in (False, True):
        browser.open(watch.page)
        browser.run("document.querySelector('form button').click()")
        wanted = "Show no badge in pages" if shown else "Show the badge in pages"
        eventually(lambda wanted=wanted: browser.run(offers) == wanted, "the switch")  # type: ignore[misc]
        browser.open(f"https://www.youtube.com/watch?{shown}")
        if shown:
            badge(browser)
        else:
            assert browser.run(BADGE) is None


def _break_things(watch: Watched) -> None:
    """Requests and handshakes that fail, each with a secret in what mitmproxy would quote."""
    port = int(urlsplit(watch.proxy).port or 0)
    context = ssl.create_default_context(cafile=str(watch.certificate))
    for host, sent in (
        ("soundcloud.com", f"GET /{SECRET} HTTP/1.1\r\nHost: soundcloud.com\r\nx {SECRET}: 1\r\n\r\n"),
        ("soundcloud.com", f"{SECRET} /\r\n\r\n"),
        ("bank.example", ""),
        (f"{SECRET}.example", ""),
    ):  # fmt: skip
        with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
            plain.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
            plain.recv(4096)
            with (
                contextlib.suppress(OSError, ssl.SSLError),
                context.wrap_socket(plain, server_hostname=host) as secure,
            ):
                secure.sendall(sent.encode())
                secure.recv(4096)
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        plain.sendall(f"GET http://{SECRET}.example/ HTTP/1.1\r\nbad {SECRET}: 1\r\n\r\n".encode())
        plain.recv(4096)


def test_nothing_private_is_kept(watch: Watched, sites: Lookalikes) -> None:
    """Secrets in every place where traffic has them; every file that the watch wrote is read."""
    _break_things(watch)
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(watch.certificate)
        session.proxies = {"https": watch.proxy}
        headers = {
            "Cookie": f"sid={SECRET}", "Authorization": f"Bearer {SECRET}",
            "Referer": f"https://soundcloud.com/{SECRET}", "Accept": "text/html",
        }  # fmt: skip
        for place in (
            f"soundcloud.com/artist/{TOKEN}?t={SECRET}",
            f"x.com/settings/grok_settings?t={SECRET}",
            f"soundcloud.com/robots.txt?t={SECRET}",
            f"soundcloud.com/terms-of-use?t={SECRET}",
            f"soundcloud.com/you/{TOKEN}",
            f"funk.example/login?u={SECRET}",
            "bandcamp.com/terms_of_use",
        ):
            session.get(f"https://{place}", headers=headers, timeout=20)
            session.post(
                f"https://{place}", data={"password": PASSWORD}, headers=headers, timeout=20
            )
    eventually(lambda: watch.platform("bandcamp")["documents"][0]["read"], "the last text")
    words = {signal["words"] for signal in watch.platform("soundcloud")["signals"]}
    assert words == {'<meta name="robots" content="noai">'}  # the page was read
    told = sites.log.read_text("utf-8")
    assert TOKEN in told  # it did pass
    assert SECRET in told
    kept = [path for path in watch.state.rglob("*") if path.is_file()]
    assert any(path.name == "platforms.sqlite" for path in kept)
    written = b"".join(path.read_bytes() for path in kept) + watch.program.output.encode()
    written += json.dumps(watch.known(), ensure_ascii=False).encode()
    with requests.Session() as session:
        session.trust_env = False
        for page in ("", "metrics"):
            written += session.get(f"{watch.page}{page}", timeout=10).content
    for secret in (SECRET, PASSWORD, TOKEN, "anna@example.org", "Hello Anna", "@anna", "bank."):
        assert secret.encode() not in written


def test_the_watch_has_its_metrics(watch: Watched) -> None:
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{watch.page}metrics", timeout=10).text
    assert 'stagedoor_watch_pages_total{page="audio",platform="youtube"}' in text
    assert 'stagedoor_watch_answer{platform="youtube",use="train"} -1.0' in text


def test_pictures(browser: Browser, watch: Watched, tmp_path: Path) -> None:
    """The page fits a narrow window, too."""
    browser.open(watch.page)
    browser.looks(400, phone=True)
    assert browser.run("return document.documentElement.scrollWidth") <= 400
    browser.looks(1100)


def test_run_watch_says_how_to_do_it_by_hand(tmp_path: Path) -> None:
    port = free_port()
    words = ("watch", "--no-browser", "--state", str(tmp_path / "state"), "--port", str(port))
    with Program(program("stagedoor"), *words, log=tmp_path / "log") as started:
        started.listens(port)
        said = started.says(r"import (\S+mitmproxy-ca-cert\.pem)")
        assert Path(said[1]).is_file()
        started.says("5. to undo it")
