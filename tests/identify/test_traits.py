"""Traits, held against what real programs really sent (`seen.json`; `tools/measure_ja4.py` wrote it)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from making import document
from stagedoor.identify.browsers import could_be, read_browser
from stagedoor.identify.tls_families import Families, read_families
from stagedoor.identify.traits import TRAIT_NAMES, TRAITS, traits
from stagedoor.model.errors import Problem
from stagedoor.model.facts import PURPOSES, Client, Request
from stagedoor.resources.paths import normalise

SEEN: list[dict[str, Any]] = json.loads((Path(__file__).parent / "seen.json").read_text("utf-8"))
BROWSERS = frozenset({"Chromium", "Firefox"})
BROWSER = Client("Some browser", "", "browser")
FAR = "93.184.216.34"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Mobile Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1"
)
JA4 = {"chromium": "t13d1517h2_8daaf6152771_cb7bf5808d99"} | {
    "firefox": "t13d1617h2_86a278354501_3cbfd9057e0d",
    "python": "t13d1812h1_85036bcba153_d41ae481755e",
    "nobody": "t13d1812h1_000000000001_d41ae481755e",
}


def known() -> Families:
    """Families of everything in `seen.json` but the impersonators."""
    rows = {row["ja4"]: row["client"] for row in reversed(SEEN) if row["ja4"]}
    middles: dict[str, tuple[str, str]] = {}
    for ja4, client in rows.items():
        if not client.startswith(("curl_cffi", "primp")):
            middles[ja4[11:23]] = (client, ja4)
    lines = ["families:"]
    for client, ja4 in middles.values():
        engine = f"engine: {client.lower()}, " if client in BROWSERS else ""
        row = f"{{client: {client}, version: '1', ja4: {ja4}, date: 2026-11-23}}"
        lines.append(f"  - {{name: {client}, {engine}seen: [{row}]}}")
    problems: list[Problem] = []
    found = read_families(document("\n".join(lines), "fingerprints.yaml"), problems)
    assert problems == []
    return found


FAMILIES = known()


def as_request(row: dict[str, Any]) -> Request:
    """What the door would read of a request in `seen.json`."""
    headers = tuple((name, value) for name, value in row["headers"])
    agent = next((value for name, value in headers if name.lower() == "user-agent"), "")
    target = row["path"]
    return Request(row["method"], row["host"], normalise(target), target, agent, headers, FAR)


def found_in(row: dict[str, Any]) -> frozenset[str]:
    return traits(as_request(row), BROWSER, row["ja4"], not row["tls"], families=FAMILIES)


def names(row: dict[str, Any]) -> str:
    scheme = "https" if row["tls"] else "http"
    words = [row["client"], scheme, row["host"].partition(":")[0], row["path"].rpartition("/")[2]]
    dest = next((v for n, v in row["headers"] if n.lower() == "sec-fetch-dest"), "")
    return " ".join([*words, dest])


def asks(
    agent: str = CHROME,
    *headers: tuple[str, str],
    target: str = "/music/a.mp3",
    without: tuple[str, ...] = (),
    http1: bool = False,
    method: str = "GET",
    address: str = FAR,
) -> Request:
    """A request with everything a browser sends when it plays, changed by `headers`."""
    sent = {"user-agent": agent, "accept": "*/*", "sec-fetch-site": "same-origin"}
    sent |= {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "audio", "accept-encoding": "identity"}
    sent |= {"accept-language": "en-GB,en;q=0.9", "range": "bytes=0-"}
    if http1:
        connection = {"Connection": "keep-alive"} if "Chrome" in agent else {}
        sent = {"Host": "example.org", **connection} | {k.title(): v for k, v in sent.items()}
    for name, value in headers:
        sent[name] = value
    shown = tuple((n, v) for n, v in sent.items() if n.lower() not in without)
    return Request(method, "example.org", normalise(target), target, agent, shown, address)


def judged(
    request: Request, ja4: str = "", *, plaintext: bool = False, proxied: bool = False
) -> set[str]:
    return set(traits(request, BROWSER, ja4, plaintext, families=FAMILIES, proxied=proxied))


# -- what was really sent --------------------------------------------------------------------------


@pytest.mark.parametrize("row", [r for r in SEEN if r["client"] in BROWSERS], ids=names)
def test_a_real_browser_has_no_trait(row: dict[str, Any]) -> None:
    headers = {name.lower(): value for name, value in row["headers"]}
    opened = headers.get("sec-fetch-dest") == "document" and row["path"].startswith("/music/")
    assert found_in(row) == ({"navigation-for-audio"} if opened else frozenset())


def test_real_browsers_were_seen_doing_everything() -> None:
    for browser in BROWSERS:
        rows = [row for row in SEEN if row["client"] == browser]
        assert {row["http"] for row in rows} == {"HTTP/1.1", "HTTP/2.0"}
        assert {row["host"].partition(":")[0] for row in rows} == {"localhost", "door.test"}
        played = [
            row
            for row in rows
            if ["range", "bytes=0-"] in [[n.lower(), v] for n, v in row["headers"]]
        ]
        assert {row["path"].rpartition(".")[2] for row in played} >= {"mp3", "m3u8"}


PRETENDING = [
    row for row in SEEN if row["client"] not in BROWSERS and read_browser(as_request(row).agent)
]


@pytest.mark.parametrize("row", PRETENDING, ids=names)
def test_whoever_only_says_to_be_a_browser_has_traits(row: dict[str, Any]) -> None:
    found = found_in(row)
    impersonator = row["client"].startswith(("curl_cffi", "primp"))
    if row["tls"] and not impersonator:
        assert "tls-not-a-browser" in found
    assert len(found) >= (1 if impersonator and row["tls"] else 2)


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("requests", {"library-header-order", "no-fetch-metadata", "no-accept-language"}),
        ("httpx", {"library-header-order", "no-fetch-metadata", "no-accept-language"}),
        ("aiohttp", {"no-fetch-metadata", "no-accept-language"}),
        ("Go", {"no-fetch-metadata", "no-accept-language"}),
        ("curl", {"no-fetch-metadata", "no-accept-language"}),
        ("scrapy", {"library-header-order", "no-fetch-metadata"}),
        ("yt-dlp", {"library-header-order", "lone-fetch-mode"}),
        ("Node fetch", {"lone-fetch-mode", "lowercase-headers"}),
        ("curl_cffi chrome", {"navigation-for-audio"}),
        ("primp chrome", {"navigation-for-audio"}),
    ],
)
def test_each_program_has_its_own(client: str, expected: set[str]) -> None:
    rows = [row for row in PRETENDING if row["client"] == client]
    assert rows
    for row in rows:
        assert found_in(row) >= expected


def test_over_plain_http_impersonators_send_too_much() -> None:
    for client in ("curl_cffi chrome", "primp chrome", "yt-dlp"):
        (row, *_) = [r for r in PRETENDING if r["client"] == client and not r["tls"]]
        elsewhere = replace(as_request(row), host="example.org")
        assert "secure-headers-in-plaintext" in judged(elsewhere, plaintext=True)


def test_every_trait_was_seen_on_somebody_or_is_tested_by_hand() -> None:
    seen = {trait for row in PRETENDING for trait in found_in(row)}
    by_hand = {"hints-contradict-agent", "odd-playback", "impossible-build", "page-order-for-audio"}
    assert seen | by_hand | {"secure-headers-in-plaintext"} == set(TRAIT_NAMES)


# -- who is looked at ------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [purpose for purpose in PURPOSES if purpose != "browser"])
def test_nobody_but_browsers_is_looked_at(purpose: Any) -> None:
    bare = Request("GET", "example.org", "/a.mp3", "/a.mp3", CHROME, (("host", "x"),), FAR)
    assert traits(bare, BROWSER, JA4["python"], False, families=FAMILIES)
    assert traits(bare, Client("x", "", purpose), JA4["python"], False, families=FAMILIES) == set()


@pytest.mark.parametrize(
    "agent",
    [
        IPHONE,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.6 Safari/605.1.15",
        "Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/142.0.7444.46 Mobile Safari/537.36",
        "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/79.0.3945.79 Safari/537.36 WebAppManager",
        "Opera/9.80 (X11; Linux i686) Presto/2.12.388 Version/12.16",
        "Dillo/3.1.1",
        "",
    ],
)
def test_other_browsers_are_left_alone(agent: str) -> None:
    bare = Request("GET", "example.org", "/a.mp3", "/a.mp3", agent, (("host", "x"),), FAR)
    assert judged(bare, JA4["python"]) == set()


def test_a_request_from_a_log_has_no_traits() -> None:
    assert judged(replace(asks(), headers=()), JA4["python"]) == set()


# -- one by one ------------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", [CHROME, FIREFOX, ANDROID])
@pytest.mark.parametrize("http1", [True, False])
def test_playing_as_browsers_play_has_no_trait(agent: str, http1: bool) -> None:
    assert judged(asks(agent, http1=http1)) == set()


@pytest.mark.parametrize(
    ("agent", "ja4", "told"),
    [
        (CHROME, "chromium", False),
        (CHROME, "python", True),
        (CHROME, "firefox", True),
        (CHROME, "nobody", False),
        (FIREFOX, "firefox", False),
        (FIREFOX, "chromium", True),
        (FIREFOX, "python", True),
        (IPHONE, "python", False),
    ],
)
def test_the_handshake(agent: str, ja4: str, told: bool) -> None:
    assert ("tls-not-a-browser" in judged(asks(agent), JA4[ja4])) is told
    assert "tls-not-a-browser" not in judged(asks(agent))


FETCH = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")


@pytest.mark.parametrize(
    ("agent", "plaintext", "told"),
    [
        (CHROME, False, True),
        (FIREFOX, False, True),
        (CHROME, True, False),
        (CHROME.replace("142.0.0.0", "79.0.3945.88"), False, False),
        (FIREFOX.replace("145.0", "78.0"), False, False),
        (ANDROID, False, False),  # its system's player may have fetched it
    ],
)
def test_fetch_metadata(agent: str, plaintext: bool, told: bool) -> None:
    request = asks(agent, without=FETCH)
    assert ("no-fetch-metadata" in judged(request, plaintext=plaintext)) is told


def test_android_is_asked_for_pages() -> None:
    missing = (*FETCH, "accept-language")
    found = judged(asks(ANDROID, target="/about.html", without=missing))
    assert found == {"no-fetch-metadata", "no-accept-language"}


def test_this_machine_is_secure_without_tls() -> None:
    for host in ("localhost:8080", "127.0.0.1", "[::1]:8080", "music.localhost"):
        request = replace(asks(without=FETCH), host=host)
        assert "no-fetch-metadata" in judged(request, plaintext=True)
    assert judged(replace(asks(without=FETCH), host="192.168.0.9:80"), plaintext=True) == set()


HINT = '"Not:A-Brand";v="8", "Chromium";v="{0}", "Google Chrome";v="{0}"'


@pytest.mark.parametrize(
    ("agent", "version", "platform", "told"),
    [
        (CHROME, 142, "Windows", False),
        (CHROME, 141, "Windows", True),
        (CHROME, 142, "macOS", True),
        (CHROME, 142, "Unknown", False),
        (CHROME, 142, "Chrome OS", False),
        (f"{CHROME} Edg/142.0.0.0", 142, "Windows", False),
        (ANDROID, 142, "Android", False),
        (ANDROID, 142, "Linux", False),
        (ANDROID, 142, "Windows", True),
        (FIREFOX, 145, "Linux", True),
        (IPHONE, 1, "Windows", False),
    ],
)
def test_hints(agent: str, version: int, platform: str, told: bool) -> None:
    hints = (("sec-ch-ua", HINT.format(version)), ("sec-ch-ua-platform", f'"{platform}"'))
    assert ("hints-contradict-agent" in judged(asks(agent, *hints))) is told


def test_order_and_case_are_not_held_against_proxies() -> None:
    shuffled = tuple(sorted((n.lower(), v) for n, v in asks(http1=True).headers))
    request = replace(asks(), headers=shuffled)
    assert judged(request) == {"library-header-order", "lowercase-headers"}
    assert judged(request, proxied=True) == set()
    passed_on = replace(request, headers=(*shuffled, ("via", "1.1 squid")))
    assert judged(passed_on) == set()


@pytest.mark.parametrize(
    ("headers", "without", "told"),
    [
        ((), (), False),
        ((), ("range",), True),
        ((("accept-encoding", "gzip, deflate, br"),), (), True),
        ((("accept-encoding", "gzip, identity;q=1, *;q=0"),), (), False),  # Chromium's own HLS
        ((), ("accept-encoding",), False),
        ((("sec-fetch-dest", "empty"),), ("range",), False),
    ],
)
def test_playing(
    headers: tuple[tuple[str, str], ...], without: tuple[str, ...], told: bool
) -> None:
    assert ("odd-playback" in judged(asks(CHROME, *headers, without=without))) is told


@pytest.mark.parametrize(
    ("target", "told"), [("/music/a.mp3", True), ("/about.html", False), ("/feed.xml", False)]
)
def test_opening(target: str, told: bool) -> None:
    request = asks(CHROME, ("sec-fetch-dest", "document"), target=target)
    assert ("navigation-for-audio" in judged(request)) is told


@pytest.mark.parametrize(
    ("version", "possible"),
    [
        ("142.0.0.0", True),
        ("114.0.5735.198", True),
        ("114.0.6261.94", False),
        ("83.0.4088.1", True),
        ("82.0.4085.0", True),
        ("78.0.3905.1", True),
        ("60.1.3112.0", False),
        ("4.1.249.1064", True),
        ("156.0.8078.79", True),
        ("900.0.1.1", True),
    ],
)
def test_builds(version: str, possible: bool) -> None:
    assert could_be(*map(int, version.split("."))) is possible
    agent = CHROME.replace("142.0.0.0", version)
    assert ("impossible-build" in judged(asks(agent))) is not possible


def test_h2c_and_lengths() -> None:
    assert judged(asks(CHROME, ("Upgrade", "h2c"), http1=True)) == {"h2c-upgrade"}
    assert judged(asks(CHROME, ("Upgrade", "websocket"), http1=True)) == set()
    assert judged(asks(CHROME, ("content-length", "0"))) == {"length-on-get"}
    assert judged(asks(CHROME, ("content-length", "9"), method="POST")) == set()


@pytest.mark.parametrize(
    ("address", "told"),
    [(FAR, True), ("2606:4700::1", True), ("192.168.1.7", False), ("::1", False), ("", False)],
)
def test_secure_headers_in_plaintext(address: str, told: bool) -> None:
    request = asks(http1=True, address=address)
    found = judged(request, plaintext=True)
    assert found == ({"secure-headers-in-plaintext"} if told else set())
    assert judged(request, plaintext=True, proxied=True) == set()
    bare = asks(http1=True, address=address, without=FETCH)
    assert judged(bare, plaintext=True) == set()


def test_every_trait_is_explained() -> None:
    assert len(set(TRAIT_NAMES)) == len(TRAITS)
    for trait in TRAITS:
        assert trait.help
        assert trait.check.__doc__


@pytest.mark.parametrize(
    ("rv", "version", "possible"),
    [
        ("145.0", "145.0", True),
        ("109.0", "115.0", True),  # stood still, because of Internet Explorer
        ("109.0", "120.0", False),
        ("140.0", "145.0", False),
        ("300.0", "300.0", False),
        ("1.9", "4.0", True),
    ],
)
def test_versions_of_firefox(rv: str, version: str, possible: bool) -> None:
    found = read_browser(f"Mozilla/5.0 (X11; Linux x86_64; rv:{rv}) Gecko/20100101 Firefox/{version}")  # fmt: skip
    assert found is not None
    assert (found.engine, found.possible) == ("firefox", possible)


def test_an_agent_longer_than_any_browsers_is_not_read() -> None:
    assert read_browser(CHROME) is not None
    assert read_browser(CHROME + " " * 5000) is None


def test_a_long_path_is_looked_at_like_a_short_one() -> None:
    for path in ("/music/a.mp3", "/music/" + "a" * 600 + ".mp3"):
        request = asks(ANDROID, ("sec-fetch-dest", "document"), target=path)
        assert "navigation-for-audio" in judged(request)
