"""The desk in a real browser while real clients come: what it shows is what was counted."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import select
import subprocess
import sys
import termios
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_core_python
import orjson
import pytest
import requests

from stagedoor.evidence.account import Tally, survey
from stagedoor.record.ledger.database import Book

from . import guarding
from .clients import FIREFOX, GOOGLEBOT, GPTBOT, LIBRARY, curl, raw, request
from .guarding import Guard
from .programs import PATIENCE, Program, eventually
from .site import Site
from .webdriver import Browser

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text("utf-8")
PICTURES = os.environ.get("STAGEDOOR_PICTURES", "")
"""A folder where the pictures are to stay."""
AHREFS = "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"
VLC = "VLC/3.0.21 LibVLC/3.0.21"
CAST = [
    (GPTBOT, "/robots.txt"), (GPTBOT, "/music/tone.mp3"), (GPTBOT, "/music/tone.flac"),
    (GPTBOT, "/music/tone.ogg"), (GPTBOT, "/index.html"), (AHREFS, "/robots.txt"),
    (AHREFS, "/index.html"), (AHREFS, "/feed.xml"), (GOOGLEBOT, "/robots.txt"),
    (GOOGLEBOT, "/index.html"), (GOOGLEBOT, "/hls/index.m3u8"), (LIBRARY, "/listen/tone"),
    ("curl/8.14.1", "/music/tone.ogg"), (FIREFOX, "/"), (FIREFOX, "/music/tone.mp3"),
    (VLC, "/listen/tone"), ("What-Is-This/1.0", "/music/tone.ogg"),
]  # fmt: skip
TABLE = """
return [...document.querySelectorAll("#crawlers tr")].map(
    row => [...row.cells].map(cell => cell.innerText.trim()));
"""
"""Heads and rows at one moment: an event may bring another column in between."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="module")
def guard(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with guarding.running(tmp_path_factory.mktemp("desk"), origin.url) as found:
        yield found


def desk(guard: Guard, path: str = "/") -> str:
    """An address of the desk."""
    return guard.metrics.removesuffix("/metrics") + path


def got(guard: Guard, path: str = "/", **headers: str) -> requests.Response:
    """What a plain client is answered."""
    with requests.Session() as session:
        session.trust_env = False
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return session.get(
            desk(guard, path), headers=named, timeout=PATIENCE, allow_redirects=False
        )


def posted(guard: Guard, path: str, data: dict[str, str], **headers: str) -> requests.Response:
    """What a form is answered."""
    with requests.Session() as session:
        session.trust_env = False
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return session.post(
            desk(guard, path), data=data, headers=named, timeout=PATIENCE, allow_redirects=False
        )


def token(guard: Guard) -> str:
    """What a page of the desk carries."""
    found = re.search(r'name="token" value="([^"]+)"', got(guard).text)
    assert found
    return found[1]


def status(guard: Guard) -> dict[str, Any]:
    return dict(got(guard, "/status.json").json())


def knock(guard: Guard, times: int = 1) -> None:
    """Real clients come, in this order."""
    for _ in range(times):
        for agent, path in CAST:
            curl(f"{guard.url}{path}", agent=agent)


def ledger(guard: Guard) -> dict[tuple[str, str], Tally]:
    book = Book(guard.state)
    try:
        with book.reading():
            return survey(orjson.loads(row.body) for row in book.rows())
    finally:
        book.close()


def shown(browser: Browser) -> dict[str, dict[str, str]]:
    """The table of crawlers on the page, by name."""
    heads, *rows = browser.run(TABLE) or [[]]
    return {row[0].split()[0]: dict(zip(heads, row, strict=True)) for row in rows}


def whole(cell: str) -> int:
    """A number of the table; a dash is nothing."""
    return 0 if cell == "–" else int(cell)


def agrees(browser: Browser, guard: Guard) -> bool:
    """Whether page, metrics and ledger say the same of everybody."""
    counts, kept, told = guard.counts(), ledger(guard), status(guard)
    page = shown(browser)
    machines = counts("requests_total") - sum(
        counts("requests_total", purpose=purpose) for purpose in ("browser", "music-player")
    )
    checks = [
        told["requests"] == counts("requests_total"),
        told["machines"] == machines == sum(int(row["Requests"]) for row in page.values()),
        told["refused"] == counts("blocks_total"),
    ]
    for row in told["crawlers"]:
        name, tally = row["name"], kept[row["name"], row["proof"]]
        seen = page.get(name.split()[0])
        if seen is None:  # not brought up to date yet
            return False
        checks += [
            whole(seen["Refused"]) == counts("blocks_total", crawler=name) == tally.refusals,
            whole(seen["Took"]) == row["taken"] == tally.takings,
            row["told"]
            == counts("notices_total", crawler=name, proof=row["proof"])
            == tally.notices,
            row["bytes"] == tally.bytes,
            row["taken_against"] == tally.against,
            counts("violations_total", crawler=name, proof=row["proof"])
            >= row["against"]
            >= tally.against,
            whole(seen["Came back after no"]) == row["against"],
        ]
    return bool(page) and all(checks)


def test_what_the_page_shows_is_what_was_counted(browser: Browser, guard: Guard) -> None:
    browser.looks(1200)
    browser.open(desk(guard))
    assert "sent" not in browser.run("return document.body.innerText").lower().split("today")[0]
    eventually(lambda: browser.run("return document.getElementById('state').innerText") == "live",
               "events to come")  # fmt: skip
    knock(guard, 3)  # while the page is open; it is not loaded again
    eventually(lambda: agrees(browser, guard), "page, metrics and ledger to say the same")
    summary = browser.run("return document.getElementById('summary').innerText")
    assert (
        "A client that calls itself GPTBot received your no and still asked for 3 tracks (9 requests)."
        in summary
    )
    assert int(shown(browser)["GPTBot"]["Refused"]) == 12
    assert browser.run("return document.querySelectorAll('#chart rect').length") >= 3
    assert browser.run("return performance.getEntriesByType('navigation').length") == 1


def test_a_refusal_leads_to_its_reason(browser: Browser, guard: Guard) -> None:
    browser.open(desk(guard))
    browser.run("""
        [...document.querySelectorAll("#refusals tr")].find(
            row => row.innerText.includes("GPTBot")).querySelector("a").click();
    """)
    eventually(lambda: "/refusals/" in browser.run("return location.pathname"), "the reason")
    text = browser.run("return document.body.innerText")
    assert "ai-training-off" in text
    assert "stance.ai.train" in text
    name = browser.run("return location.pathname").rpartition("/")[2]
    written = (guard.state / "decisions.jsonl").read_text("utf-8")
    assert f'"id":"{name}"' in written, "the same name as in the decision log"
    assert got(guard, "/refusals/00000000").status_code == 404


def test_the_stance_and_the_rules_are_shown_with_their_health(guard: Guard) -> None:
    text = got(guard, "/rules").text
    loaded = int(guard.counts()("rules_loaded"))
    assert text.count('<th scope="row">') == loaded + len(re.findall(r">stance\.\w+\.\w+<", text))
    assert re.search(r"All \d+ cases hold", text)
    assert "stance.ai.train" in text


def test_the_evidence_is_one_click_away_and_can_be_checked(guard: Guard, tmp_path: Path) -> None:
    answer = posted(guard, "/evidence", {"token": token(guard), "crawler": "GPTBot"})
    assert answer.headers["Content-Type"] == "application/zip"
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    verify = next(tmp_path.rglob("verify.py"))
    done = subprocess.run([sys.executable, str(verify)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "GPTBot" in (verify.parent / "report.html").read_text("utf-8")


def test_an_export_of_nobody_says_so(guard: Guard) -> None:
    form = {"token": token(guard), "crawler": "<script>Nobody"}
    answer = posted(guard, "/evidence", form)
    assert answer.status_code == 409
    assert "the ledger has nothing about" in answer.text
    assert "<script>N" not in answer.text


def test_the_mode_is_switched_by_keyboard_and_what_it_lets_pass_agrees(
    browser: Browser, guard: Guard
) -> None:
    browser.open(desk(guard))
    browser.run("document.querySelector('#mode button').focus()")
    browser.press("Enter", 13)
    eventually(lambda: browser.run("return location.pathname") == "/mode", "the question")
    assert guard.counts()("enforcing") == 1, "nothing has changed before the answer"
    browser.run("document.querySelector('button[value=observe]').focus()")
    browser.press("Enter", 13)
    eventually(lambda: guard.counts()("enforcing") == 0, "observe mode")
    eventually(
        lambda: (
            "nobody is refused" in browser.run("return document.querySelector('.banner').innerText")
        ),
        "the banner",
    )
    assert 'class="banner"' in got(guard, "/rules").text
    guard.says("mode observe from now on, switched at the desk from 127.0.0.1")
    knock(guard)
    eventually(lambda: agrees(browser, guard), "page, metrics and ledger to say the same")
    took = next(row for row in status(guard)["crawlers"] if row["name"] == "GPTBot")
    assert took["taken_against"] == 4
    assert took["recordings"] == 3
    assert took["would_refuse"] == 4
    answer = posted(guard, "/mode", {"token": token(guard), "mode": "enforce"})
    assert answer.status_code == 303
    assert guard.counts()("enforcing") == 1
    assert 'class="banner"' not in got(guard).text
    assert curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status == 403


def test_nobody_else_switches_the_mode(guard: Guard) -> None:
    good = {"token": token(guard), "mode": "observe"}
    for form, headers in (
        ({**good, "token": "guessed"}, {}),
        ({"mode": "observe"}, {}),
        (good, {"Origin": "https://evil.example"}),
        (good, {"Origin": "null"}),
        (good, {"Sec_Fetch_Site": "cross-site"}),
        (good, {"Sec_Fetch_Site": "same-site"}),
    ):
        assert posted(guard, "/mode", form, **headers).status_code == 403, (form, headers)
    assert posted(guard, "/mode", {**good, "mode": "off"}).status_code == 400
    assert posted(guard, "/mode", good, Host="evil.example").status_code == 421
    assert guard.counts()("enforcing") == 1


def test_top_draws_a_screen_and_q_ends_it(guard: Guard) -> None:
    master, slave = pty.openpty()
    address = desk(guard, "").removeprefix("http://")
    termios.tcsetwinsize(master, (40, 120))
    started = subprocess.Popen(
        [sys.executable, "-m", "stagedoor", "top", "--at", address],
        stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(slave)
    got_so_far = bytearray()

    def drawn() -> bool:
        if select.select([master], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # nobody holds the other end any more
                got_so_far.extend(os.read(master, 65536))
        return b"GPTBot" in got_so_far and b"q ends" in got_so_far

    try:
        eventually(drawn, "a screen")
        os.write(master, b"q")
        eventually(lambda: drawn() and started.poll() is not None, "the end")
        assert started.returncode == 0
    finally:
        started.kill()
        started.wait()
        os.close(master)


def test_without_scripts_the_page_says_the_same(guard: Guard) -> None:
    text = got(guard).text
    assert re.search(r"Today .* sent \d+ requests", text)
    assert "http-equiv" not in text
    assert re.findall(r"<script[^>]*>", text) == ['<script src="/desk.js" defer>']
    assert not re.search(r"\son\w+=|\sstyle=|<style", text)


@pytest.mark.parametrize("path", ["/", "/rules", "/nothing", "/refusals/00000000", "/status.json"])
def test_every_answer_is_held_to_the_policy(guard: Guard, path: str) -> None:
    answer = got(guard, path)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1:9", 200), ("localhost", 200), ("[::1]:80", 200), ("evil.example", 421),
     ("127.0.0.1.evil.example", 421), ("localhost.evil.example:9464", 421)],
)  # fmt: skip
def test_the_desk_answers_to_its_own_names_only(guard: Guard, host: str, expected: int) -> None:
    assert got(guard, Host=host).status_code == expected


def test_metrics_are_scraped_under_any_name(guard: Guard) -> None:
    assert "stagedoor_requests_total" in got(guard, "/metrics", Host="prometheus.example").text
    assert "GET /metrics" not in guard.output, "nobody wants to read that every minute"


@pytest.mark.parametrize(
    ("name", "width", "dark", "phone"),
    [("desk", 1100, False, False), ("desk-dark", 1100, True, False), ("desk-phone", 390, False, True)],
)  # fmt: skip
def test_how_it_looks(
    browser: Browser, guard: Guard, tmp_path: Path, name: str, width: int, dark: bool, phone: bool
) -> None:
    browser.looks(width, dark=dark, phone=phone)
    browser.open(desk(guard))
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 200) == dark
    wide = browser.run("return document.documentElement.scrollWidth")
    assert wide <= width, "nothing sticks out of the page"
    folder = Path(PICTURES) if PICTURES else tmp_path
    browser.screenshot(folder / f"{name}.png", 1500 if phone else 1800)
    assert (folder / f"{name}.png").stat().st_size > 20_000


@pytest.mark.parametrize(
    ("language", "width"),
    [
        ("en", 1280),
        ("de", 390),
        ("de", 640),
        ("de", 768),
        ("de", 900),
        ("de", 1280),
        ("fr", 768),
        ("es", 390),
    ],
)
def test_nothing_is_cut_in_any_language(
    browser: Browser, guard: Guard, tmp_path: Path, language: str, width: int
) -> None:
    assert curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status == 403  # there are tables
    browser.looks(width, phone=width < 500, dark=language == "fr")
    with speaks(browser, language):
        browser.open(desk(guard, "/?days=30" if language == "de" else "/"))
        assert browser.run("return document.documentElement.lang") == language
        assert browser.run("return document.documentElement.scrollWidth") <= width
        # No table has to be scrolled, and no text is wider than the box that it stands in, or hidden by it.
        assert (
            browser.run("""
            return [...document.querySelectorAll(".wide")]
                .filter(one => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
                .map(one => one.innerText)""")
            == []
        )
        assert (
            browser.run("""
            return [...document.querySelectorAll("h1, h2, .figure *, .range a, button, nav a, .mark")]
                .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
                .map(one => one.innerText)""")
            == []
        )
        folder = Path(PICTURES) if PICTURES else tmp_path
        browser.screenshot(folder / f"{language}-{width}.png", 1500)


@contextlib.contextmanager
def speaks(browser: Browser, language: str) -> Iterator[None]:
    """The browser asks for this language, and for English again afterwards."""
    agent = browser.run("return navigator.userAgent")
    asked = {"userAgent": agent, "acceptLanguage": f"{language},x;q=0.1"}
    browser.devtools("Emulation.setUserAgentOverride", **asked)
    yield
    browser.devtools("Emulation.setUserAgentOverride", **asked | {"acceptLanguage": "en"})


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("path", ["/", "/?days=7", "/mode", "/rules", "/refusals/"])
def test_axe_finds_nothing(browser: Browser, guard: Guard, path: str, dark: bool) -> None:
    browser.looks(1100, dark=dark)
    if path == "/refusals/":
        found = re.search(r"/refusals/\w+", got(guard).text)
        assert found
        path = found[0]
    browser.open(desk(guard, path))
    browser.run(AXE + "\nwindow.axe = axe; window.found = null;"
                "axe.run().then(r => { window.found = r; });")  # fmt: skip
    eventually(lambda: browser.run("return window.found !== null"), "axe to come to its end")
    assert browser.run("return window.found.passes.length") > 15
    told = browser.run(
        "return window.found.violations.map(v => [v.impact, v.id, v.nodes.map(n => n.html)])"
    )
    assert told == []


def test_every_control_is_reached_by_tab_and_is_seen_then(browser: Browser, guard: Guard) -> None:
    browser.looks(1100)
    browser.open(desk(guard))
    wanted = browser.run("""
        return [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")].filter(
            one => one.checkVisibility()).length;
    """)
    seen = set()
    for _ in range(wanted + 2):
        browser.press("Tab", 9)
        number, outline = browser.run("""
            const all = [...document.querySelectorAll("a[href], button, summary, [tabindex='0']")];
            const here = document.activeElement;
            return [all.indexOf(here), getComputedStyle(here).outlineStyle];
        """)
        if number >= 0:
            seen.add(number)
            assert outline == "solid"
    assert len(seen) == wanted


HOSTILE = [
    "<script>document.title='taken'</script>",
    "\x1b]0;taken\x07\x1b[2J\x1b[31mred",
    "\"><img src=x onerror=document.title='taken'>",
    "\xff\xfe\x80 not UTF-8 \xc3",
    "x" * 8000,
    "\u202eright to left".encode().decode("latin-1"),
]


def test_hostile_agents_and_paths_harm_neither_page_nor_terminal(
    browser: Browser, guard: Guard
) -> None:
    browser.looks(1100)
    browser.open(desk(guard))
    rows = len(status(guard)["crawlers"])
    for number, bad in enumerate(HOSTILE * 5):
        agent = f"GPTBot/1.2 {bad} {number}".replace("\n", "")
        path = "/music/" + "".join(c if "!" < c < "\x7f" else f"%{ord(c):02x}" for c in bad)
        assert raw(guard.url, request(f"{path}{number}.mp3", agent, "Connection: close")).status in {
            400, 403, 431,
        }  # fmt: skip
    refused = status(guard)["refused"]
    assert refused >= 25
    eventually(
        lambda: refused == sum(whole(r["Refused"]) for r in shown(browser).values()), "events"
    )
    browser.open(desk(guard))
    assert browser.run("return document.title") == "Stagedoor · Today"
    assert browser.run("return document.images.length") == 0
    assert browser.run("return document.scripts.length") == 1
    assert len(got(guard).content) < 200_000
    assert len(status(guard)["crawlers"]) == rows, "a made-up name makes no row"
    for name in re.findall(r"/refusals/(\w+)", got(guard).text)[:12]:
        why = got(guard, f"/refusals/{name}")
        assert why.status_code == 200
        assert "<script>d" not in why.text
        assert "<img" not in why.text
        assert "\x1b" not in why.text
    address = desk(guard, "").removeprefix("http://")
    done = subprocess.run(
        [sys.executable, "-m", "stagedoor", "status", "--at", address],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"\x1b" not in done.stdout
    assert b"GPTBot" in done.stdout


def test_the_ledger_of_today_is_counted_after_a_restart(
    guard: Guard, origin: Site, start_guard: Any, tmp_path: Path
) -> None:
    first = start_guard(origin.url)
    knock(first)

    def both() -> dict[tuple[str, str], Any] | None:
        """The desk's crawlers, once it and the ledger have heard of the last response."""
        rows = {(r["name"], r["proof"]): r for r in status(first)["crawlers"]}
        told = sum(r["taken"] + r["refused"] for r in rows.values())
        kept = sum(t.takings + t.refusals for t in ledger(first).values())
        return rows if told == kept > 0 else None

    before = eventually(both, "desk and ledger to agree")
    first.program.stop()
    again = guarding.start(first.state.parent, origin.url)
    with again.program:
        eventually(lambda: status(again)["from_ledger"], "the ledger to be read")
        after = {(r["name"], r["proof"]): r for r in status(again)["crawlers"]}
        same = ("knocks", "refused", "told", "taken", "taken_against", "recordings", "bytes")
        assert {k: [r[n] for n in same] for k, r in after.items()} == {
            k: [r[n] for n in same] for k, r in before.items()
        }


def test_elsewhere_than_on_loopback_the_desk_asks_for_a_password(
    origin: Site, tmp_path: Path
) -> None:
    words = [f"--mode=reverse:{origin.url}@127.0.0.1:0", "--set", "guard_metrics=0.0.0.0:0"]
    started = Program(*guarding.command(*words), log=tmp_path / "guard.log")
    found = guarding.reach(started, tmp_path)
    with found.program:
        asks_for_its_password(found)


def asks_for_its_password(found: Guard) -> None:
    password = re.search(r"desk .*password (\w+) until", found.output)
    assert password
    at = Guard(found.program, found.url, found.metrics.replace("0.0.0.0", "127.0.0.1"), found.state)
    for path in ("/", "/rules", "/status.json", "/events"):
        assert got(at, path).status_code == 401
    assert got(at, Authorization="Basic ZGVzazp3cm9uZw==").status_code == 401
    with requests.Session() as session:
        session.trust_env = False
        assert (
            session.get(desk(at), auth=("desk", password[1]), timeout=PATIENCE).status_code == 200
        )
    assert got(at, "/metrics").status_code == 200, "Prometheus is asked for none"
    command = [sys.executable, "-m", "stagedoor", "status", "--at", desk(at, "")[7:]]
    told = subprocess.run(command, capture_output=True, check=False, text=True)
    assert told.returncode == 1
    assert "STAGEDOOR_DESK_PASSWORD" in told.stderr
    given = {**os.environ, "STAGEDOOR_DESK_PASSWORD": password[1]}
    assert subprocess.run(command, capture_output=True, check=False, env=given).returncode == 0
