"""The checks behind traits: each one observation, with what it was measured on.

What browsers do was measured on Chromium 156 and Firefox 153 (playing, HLS, fetch, saving, opening; TLS,
plain HTTP, localhost) on 2026-11-23, and what the others do on those in `tools/ja4_clients.py`;
`tests/identify/seen.json` holds both.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network

from stagedoor.identify import header_orders
from stagedoor.identify.browser_look import Look, asked_for
from stagedoor.identify.browsers import System

_FETCH_METADATA = 90
"""Chrome since 80 and Firefox since 90 send Sec-Fetch-Site, -Mode and -Dest to secure origins."""
_CHROMIUM_BRAND = re.compile(r'"Chromium";v="(\d{1,4})', re.ASCII)
_HINTED: dict[str, frozenset[System]] = {
    '"Windows"': frozenset({"windows"}),
    '"macOS"': frozenset({"mac"}),
    # A tablet that asks for the desktop's page calls itself Linux in one place or the other.
    '"Linux"': frozenset({"linux", "android"}),
    '"Android"': frozenset({"linux", "android"}),
}
_NEAR = tuple(
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
    )
)


def tls_not_a_browser(look: Look) -> bool:
    """Says Chromium or Firefox; the TLS library is known, and is not that browser's.

    Measured on requests, httpx, aiohttp, yt-dlp, curl, Go, Node, Java … Also had by people whose
    virus scanner or company opens TLS on the way. curl_cffi and primp do not have it.
    """
    if look.browser is None or not look.ja4:
        return False
    family = look.families.of(look.ja4)
    return family is not None and family.engine != look.browser.engine


def no_fetch_metadata(look: Look) -> bool:
    """A browser of these years, a secure site, and no Sec-Fetch header at all.

    Measured on requests, httpx, aiohttp, Go, curl with a browser's agent.
    """
    headers = look.headers
    return (
        look.browser is not None
        and look.browser.major >= _FETCH_METADATA
        and look.secure
        and "sec-fetch-mode" not in headers
        and "sec-fetch-site" not in headers
        and "sec-fetch-dest" not in headers
        and not look.by_media_stack
    )


def bare_browser(look: Look) -> bool:
    """A recording, with no Sec-Fetch header where the browser's version sends them, and no language.

    Measured on wget, aria2, requests, httpx and what takes whole feeds, with a browser's agent; and
    on no listener. Fetch metadata go to secure sites only (TLS, or this machine), so over plain HTTP,
    and behind a proxy that does not say, nobody has this trait.
    """
    return (
        no_accept_language(look)
        and no_fetch_metadata(look)
        and asked_for(look.request.path, look.request.target).guarded
    )


def page_order_for_audio(look: Look) -> bool:
    """A recording, asked for over HTTP/2 with headers in the order that this browser has for pages.

    Only of versions that were measured, see `header_orders.py`. Measured on curl_cffi and on headless
    Chromium with a plugin that hides it.
    """
    if look.browser is None or not look.untouched or "host" in look.headers:
        return False
    if look.headers.get("sec-fetch-dest") == "document" or "sec-fetch-mode" not in look.headers:
        return False  # opening a recording's address is no trait; see navigation_for_audio
    if asked_for(look.request.path, look.request.target).kind != "audio":
        return False
    plays = look.headers.get("sec-fetch-dest") in {"audio", "video"}
    # A script that asks for a range says so itself, and nobody has measured where that then stands.
    names = tuple(name for name in look.headers if plays or name != "range")
    return header_orders.contradict(look.browser, names)


def lone_fetch_mode(look: Look) -> bool:
    """Sec-Fetch-Mode without Sec-Fetch-Site and -Dest; browsers send all three.

    Measured on yt-dlp and on Node's fetch.
    """
    headers = look.headers
    return (
        "sec-fetch-mode" in headers
        and "sec-fetch-site" not in headers
        and "sec-fetch-dest" not in headers
    )


def hints_contradict_agent(look: Look) -> bool:
    """Client hints name another version or system than the agent; or Firefox, which sends none.

    Known of programs that wear a new agent over an impersonator's old hints. Also had by people
    with an extension that changes the agent.
    """
    browser, brands = look.browser, look.headers.get("sec-ch-ua", "")
    if browser is None or not brands:
        return False
    if browser.engine == "firefox":
        return True
    version = _brand_version(brands)
    systems = _HINTED.get(look.headers.get("sec-ch-ua-platform", ""))
    return version not in {0, browser.major} or (
        systems is not None and browser.system != "" and browser.system not in systems
    )


def library_header_order(look: Look) -> bool:
    """HTTP/1 headers that do not begin as this browser's do: Chromium's with Host and Connection,
    Firefox's with Host and User-Agent, and Accept before Accept-Encoding.

    Measured on requests, httpx, urllib, scrapy, primp (Host last), Java and ffmpeg. HTTP/2 tells
    nothing: libraries copy it well.
    """
    if look.browser is None or not look.untouched or "host" not in look.headers:
        return False
    names = tuple(look.headers)
    if look.browser.engine == "chromium":
        return names[0] != "host" or ("connection" in look.headers and names[1] != "connection")
    if names[:2] != ("host", "user-agent"):
        return True
    both = "accept" in look.headers and "accept-encoding" in look.headers
    return both and names.index("accept-encoding") < names.index("accept")


def lowercase_headers(look: Look) -> bool:
    """HTTP/1 with the name of Host in lower case. (Over HTTP/2 all names are, and Host is not sent.)

    Measured on Node's fetch and on primp.
    """
    return (
        look.browser is not None
        and look.untouched
        and "host" in look.headers
        and any(name == "host" for name, _ in look.request.headers)
    )


def no_accept_language(look: Look) -> bool:
    """Says Chromium or Firefox and no language: they always send one, for every kind of request.

    Measured on curl, requests, httpx, aiohttp and Go with a browser's agent.
    """
    return (
        look.browser is not None
        and "accept-language" not in look.headers
        and not look.by_media_stack
    )


def navigation_for_audio(look: Look) -> bool:
    """A recording is asked for as if it were a page.

    Measured on curl_cffi and primp, whose headers are right otherwise; and on people who open a
    recording's own address, or save it with Firefox. In Chromium, a second request follows, with
    Range.
    """
    return (
        look.headers.get("sec-fetch-dest") == "document"
        and asked_for(look.request.path, look.request.target).kind == "audio"
    )


def odd_playback(look: Look) -> bool:
    """Says it plays (Sec-Fetch-Dest audio or video), but not the way players in browsers do: with a
    Range, and with `identity` among the encodings.

    Measured as absent on Chromium and Firefox, also for HLS; for programs that only copy the word.
    """
    headers = look.headers
    if look.browser is None or headers.get("sec-fetch-dest") not in {"audio", "video"}:
        return False
    return "range" not in headers or "identity" not in headers.get("accept-encoding", "identity")


def impossible_build(look: Look) -> bool:
    """A version that never was: `Chrome/114.0.6261.94`, `rv:102.0 … Firefox/115.0`, `Chrome/999`.

    Seen in 0.15 to 1 % of real fleets (old forks that raise one number), and in most made-up lists.
    """
    return look.browser is not None and not look.browser.possible


def h2c_upgrade(look: Look) -> bool:
    """Asks to go on in HTTP/2 without TLS, which no browser ever did.

    Measured on curl_cffi over plain HTTP and on Java.
    """
    return look.untouched and "h2c" in look.headers.get("upgrade", "").lower()


def secure_headers_in_plaintext(look: Look) -> bool:
    """Sec-Fetch headers, client hints or the encodings br and zstd over plain HTTP: browsers keep
    all of them for secure sites.

    Measured on curl_cffi, primp, yt-dlp, requests. Not asked of private addresses, where
    a proxy may stand that ends TLS and does not say so.
    """
    headers = look.headers
    if look.secure or look.browser is None or not look.untouched:
        return False
    encodings = headers.get("accept-encoding", "")
    said = (
        "sec-fetch-mode" in headers
        or "sec-ch-ua" in headers
        or "br" in encodings
        or "zstd" in encodings
    )
    return said and not _near(look.request.address)


def length_on_get(look: Look) -> bool:
    """GET or HEAD with a Content-Length; browsers send none with a request that has no body.

    Measured on Java over plain HTTP; known of got-scraping.
    """
    return (
        look.browser is not None
        and "content-length" in look.headers
        and look.request.method in {"GET", "HEAD"}
    )


@lru_cache(maxsize=1024)
def _brand_version(brands: str) -> int:
    """The major version of Chromium in a sec-ch-ua header; 0 where there is none."""
    found = _CHROMIUM_BRAND.search(brands)
    return int(found[1]) if found else 0


@lru_cache(maxsize=4096)
def _near(address: str) -> bool:
    """Whether an address is this machine's or of its own network; in doubt (no address), it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return True
    return any(parsed in network for network in _NEAR)
