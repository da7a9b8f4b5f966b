"""The trap link in a real browser: nobody sees, reaches or hears of it, and no layout moves for it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_core_python
import pytest

from .clients import CHROMIUM, curl
from .guarding import Guard, running
from .programs import eventually
from .site import nginx
from .webdriver import Browser

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
LINK = "all-recordings-"
WORDS = '<main><h1>Songs</h1><p><a href="/a.mp3">One</a> <button>Two</button></p></main>'
STYLES = {
    "plain": "",
    "flex": "body{display:flex;gap:40px;margin:0}body>*{flex:1;height:200px;background:#eee}",
    "grid": "body{display:grid;grid-template-columns:repeat(2,1fr)}a{display:block!important;"
    "visibility:visible!important;outline:3px solid red;height:40px!important;width:40px}",
    "last": "body>:last-child{border:9px solid #06c}[hidden]{display:block!important}"
    "[aria-hidden]{opacity:1!important;position:fixed;inset:0;background:red}",
    "counted": "body{counter-reset:l}a{counter-increment:l}main::after{content:counter(l)}"
    "main:only-of-type{color:#080}a::before{content:'→'}",
}
"""What a page may say about links and about what is hidden. (It is one more child of the body.)"""
FILES = {
    "feed.xml": '<?xml version="1.0"?><rss version="2.0"><channel><title>S</title><description>'
    '&lt;body&gt;&lt;p&gt;x&lt;/p&gt;&lt;/body&gt;</description><item><enclosure url="/a.mp3" '
    'length="1" type="audio/mpeg"/></item></channel></rss>',
    "feed.atom": '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>S</title></feed>',
    "list.m3u8": "#EXTM3U\n#EXTINF:10,\n0.ts\n#EXT-X-ENDLIST\n",
    "list.m3u": "#EXTM3U\na.mp3\n",
    "list.pls": "[playlist]\nFile1=/a.mp3\nNumberOfEntries=1\n",
    "list.xspf": '<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><trackList/></playlist>',
    "list.mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
}
TYPES = (
    "types { text/html html; application/rss+xml xml; application/atom+xml atom; audio/x-mpegurl m3u;"
    " application/vnd.apple.mpegurl m3u8; audio/x-scpls pls; application/xspf+xml xspf;"
    " application/dash+xml mpd; }"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Pages in every layout, feeds and playlists."""
    folder = tmp_path_factory.mktemp("pages")
    root = folder / "root"
    root.mkdir()
    for name, style in STYLES.items():
        head = f'<!doctype html><html lang="en"><head><title>S</title><style>{style}</style></head>'
        (root / f"{name}.html").write_text(f"{head}<body>{WORDS}</body></html>")
    for name, text in FILES.items():
        (root / name).write_text(text)
    started, url = nginx(folder, f"root {root}; {TYPES}")
    with started:
        yield url


@pytest.fixture(scope="module")
def guards(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Guard, Guard]]:
    """With the link, and without."""
    folders = [tmp_path_factory.mktemp(name) for name in ("with", "without")]
    for folder, word in zip(folders, ("yes", "no"), strict=True):
        (folder / "stance.yaml").write_text(f"traps: {word}\n")
    rules = [("--set", f"guard_rules={folder}") for folder in folders]
    with running(folders[0], site, *rules[0]) as one, running(folders[1], site, *rules[1]) as two:
        yield one, two


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as found:
        found.looks(900)
        yield found


def path_of(guard: Guard, page: str = "/plain.html") -> str:
    """The path behind the link."""
    (path,) = re.findall(rf'href="(/{LINK}\w+)"', curl(guard.url + page, agent=CHROMIUM).text)
    return str(path)


@pytest.mark.parametrize("name", STYLES)
def test_nothing_of_the_page_looks_different(
    browser: Browser, guards: tuple[Guard, Guard], tmp_path: Path, name: str
) -> None:
    pictures, places = [], []
    for number, guard in enumerate(guards):
        browser.open(f"{guard.url}/{name}.html")
        links = browser.run("return document.links.length")
        assert links == 2 - number, "the page has the link, or has not"
        browser.screenshot(tmp_path / f"{number}.png")
        pictures.append((tmp_path / f"{number}.png").read_bytes())
        places.append(
            browser.run("""
            return JSON.stringify([...document.querySelectorAll("main, h1, p, button")].map(
                one => one.getBoundingClientRect().toJSON()));
        """)
        )
    assert places[0] == places[1]
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("name", ["plain", "grid", "last"])
def test_nobody_reaches_it(browser: Browser, guards: tuple[Guard, Guard], name: str) -> None:
    """Neither by the keyboard, nor by a screen reader, nor by searching the page or copying it."""
    guard, _ = guards
    browser.open(f"{guard.url}/{name}.html")
    seen: set[str] = set()
    for _ in range(6):
        browser.press("Tab", 9)
        seen.add(browser.run("return (document.activeElement || document.body).outerHTML"))
    assert any("<button" in one for one in seen)
    assert not any(one.startswith("<a") and LINK in one for one in seen)
    tree: Any = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    assert [node for node in tree if node["role"]["value"] == "button" and not node["ignored"]]
    shown = [node for node in tree if not node["ignored"]]
    assert sum(node["role"]["value"] == "link" for node in shown) == 1
    assert LINK not in json.dumps(shown)
    assert (
        browser.run(f"return document.querySelector('a[href*=\"{LINK}\"]').checkVisibility()")
        is False
    )
    assert LINK not in browser.run("return document.body.innerText")
    assert (
        browser.run(f"return document.querySelector('a[href*=\"{LINK}\"]').getClientRects().length")
        == 0
    )


def test_axe_finds_nothing(browser: Browser, guards: tuple[Guard, Guard]) -> None:
    for guard in guards:
        browser.open(f"{guard.url}/plain.html")
        browser.run(AXE + "\nwindow.axe = axe; window.found = null;"
                    "axe.run().then(r => { window.found = r; });")  # fmt: skip
        eventually(lambda: browser.run("return window.found !== null"), "axe to come to its end")
        assert browser.run("return window.found.passes.length") > 8
        said = browser.run(
            "return window.found.violations.map(v => [v.id, v.nodes.map(n => n.html)])"
        )
        assert said == []
        uncertain = browser.run("return JSON.stringify(window.found.incomplete)")
        assert LINK not in uncertain


@pytest.mark.parametrize("name", FILES)
def test_it_is_in_no_feed_and_no_playlist(guards: tuple[Guard, Guard], name: str) -> None:
    guard, _ = guards
    answer = curl(f"{guard.url}/{name}", agent=CHROMIUM)
    assert answer.status == 200
    assert answer.body == FILES[name].encode()


def test_it_is_forbidden_in_robots_txt(guards: tuple[Guard, Guard]) -> None:
    guard, _ = guards
    assert f"Disallow: {path_of(guard)}" in curl(f"{guard.url}/robots.txt").text
