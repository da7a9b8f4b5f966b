"""Traits: where a request does not look like one from the browser it says it comes from.

A trait is an observation, never a verdict: each can be had by a person, behind a proxy that rewrites
what passes, with an extension that changes the user agent, or by opening a recording's address. Rules
may weigh several of them, count them (`client.trait_count`), or ask for a challenge; no shipped rule
refuses anybody for one alone: the strongest two have to wait after four recordings.

Only clients that claim to be browsers are looked at. What browsers do was measured on Chromium 156
and Firefox 153 (playing, HLS, fetch, saving, opening; TLS, plain HTTP, localhost) on 2026-11-23, and
what the others do on those in `tools/ja4_clients.py`; `tests/identify/seen.json` holds both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network

from stagedoor.identify import header_orders
from stagedoor.identify.browsers import Browser, System, read_browser
from stagedoor.identify.tls_families import Families
from stagedoor.model.facts import Client, Kind, Request, Resource
from stagedoor.resources.kinds import classify

_NONE: frozenset[str] = frozenset()
_NO_FAMILIES = Families()
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
_REWRITTEN = frozenset({"via", "x-forwarded-for", "forwarded", "x-real-ip", "cdn-loop"})
"""Headers of those who pass requests on, and who write names and order as they like."""
_NEAR = tuple(
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"),
    )
)


@dataclass(slots=True)  # not frozen: that would cost a third of all checks together
class _Look:
    """What the checks look at. `headers` are in the order sent, names in lower case; where one was
    sent twice, its last value counts.
    """

    request: Request
    browser: Browser | None
    headers: Mapping[str, str]
    ja4: str
    families: Families
    secure: bool
    """The browser knows the site as a secure one: TLS, or this machine."""
    untouched: bool
    """Nobody in between has written the headers anew."""

    @property
    def by_media_stack(self) -> bool:
        """Perhaps not from the browser itself: on Android, recordings and downloads may be fetched
        by the system's player, which says the browser's name and sends little else.
        """
        return (
            self.browser is not None
            and self.browser.system == "android"
            and _asked_for(self.request.path, self.request.target).guarded
        )


_CACHED, _MAX_CACHED = 4096, 512
"""Paths that are looked at once, and the characters of one."""


@lru_cache(maxsize=_CACHED)
def _known(path: str, target: str) -> Resource:
    return classify(path, target=target or None)


def _asked_for(path: str, target: str) -> Resource:
    """What a request is about, whatever the stance says of its path."""
    if len(path) + len(target) > _MAX_CACHED:
        return classify(path, target=target or None)
    return _known(path, target)


def kind_by_name(request: Request) -> Kind:
    """What traits take a request to be about: all that they see of its path."""
    return _asked_for(request.path, request.target).kind


def traits(
    request: Request,
    client: Client,
    ja4: str,
    plaintext: bool,  # noqa: FBT001 (one fact among others)
    *,
    families: Families = _NO_FAMILIES,
    proxied: bool = False,
) -> frozenset[str]:
    """The traits of one request; empty for every client that does not claim to be a browser, and for
    a request whose headers are not known (from a log).

    `ja4` is the connection's fingerprint, empty where there is none. `plaintext` is whether the
    visitor's own connection was not TLS, or may not have been (a proxy in front that does not say).
    `proxied`: a trusted proxy passed the request on, so names, order and upgrades are its.
    """
    if client.purpose != "browser" or not request.headers:
        return _NONE
    headers = request.first or {name.lower(): value for name, value in request.headers}
    look = _Look(
        request=request,
        browser=read_browser(request.agent),
        headers=headers,
        ja4=ja4,
        families=families,
        secure=not plaintext or _this_machine(request.host),
        untouched=not proxied and _REWRITTEN.isdisjoint(headers),
    )
    found = [trait for trait, check in _CHECKS if check(look)]
    return frozenset(found) if found else _NONE


def tls_not_a_browser(look: _Look) -> bool:
    """Says Chromium or Firefox; the TLS library is known, and is not that browser's.

    Measured on requests, httpx, aiohttp, yt-dlp, curl, Go, Node, Java … Also had by people whose
    virus scanner or company opens TLS on the way. curl_cffi and primp do not have it.
    """
    if look.browser is None or not look.ja4:
        return False
    family = look.families.of(look.ja4)
    return family is not None and family.engine != look.browser.engine


def no_fetch_metadata(look: _Look) -> bool:
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


def bare_browser(look: _Look) -> bool:
    """A recording, with no Sec-Fetch header where the browser's version sends them, and no language.

    Measured on wget, aria2, requests, httpx and what takes whole feeds, with a browser's agent; and
    on no listener. Fetch metadata go to secure sites only (TLS, or this machine), so over plain HTTP,
    and behind a proxy that does not say, nobody has this trait.
    """
    return (
        no_accept_language(look)
        and no_fetch_metadata(look)
        and _asked_for(look.request.path, look.request.target).guarded
    )


def page_order_for_audio(look: _Look) -> bool:
    """A recording, asked for over HTTP/2 with headers in the order that this browser has for pages.

    Only of versions that were measured, see `header_orders.py`. Measured on curl_cffi and on headless
    Chromium with a plugin that hides it.
    """
    if look.browser is None or not look.untouched or "host" in look.headers:
        return False
    if look.headers.get("sec-fetch-dest") == "document" or "sec-fetch-mode" not in look.headers:
        return False  # opening a recording's address is no trait; see navigation_for_audio
    if _asked_for(look.request.path, look.request.target).kind != "audio":
        return False
    plays = look.headers.get("sec-fetch-dest") in {"audio", "video"}
    # A script that asks for a range says so itself, and nobody has measured where that then stands.
    names = tuple(name for name in look.headers if plays or name != "range")
    return header_orders.contradict(look.browser, names)


def lone_fetch_mode(look: _Look) -> bool:
    """Sec-Fetch-Mode without Sec-Fetch-Site and -Dest; browsers send all three.

    Measured on yt-dlp and on Node's fetch.
    """
    headers = look.headers
    return (
        "sec-fetch-mode" in headers
        and "sec-fetch-site" not in headers
        and "sec-fetch-dest" not in headers
    )


def hints_contradict_agent(look: _Look) -> bool:
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


def library_header_order(look: _Look) -> bool:
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


def lowercase_headers(look: _Look) -> bool:
    """HTTP/1 with the name of Host in lower case. (Over HTTP/2 all names are, and Host is not sent.)

    Measured on Node's fetch and on primp.
    """
    return (
        look.browser is not None
        and look.untouched
        and "host" in look.headers
        and any(name == "host" for name, _ in look.request.headers)
    )


def no_accept_language(look: _Look) -> bool:
    """Says Chromium or Firefox and no language: they always send one, for every kind of request.

    Measured on curl, requests, httpx, aiohttp and Go with a browser's agent.
    """
    return (
        look.browser is not None
        and "accept-language" not in look.headers
        and not look.by_media_stack
    )


def navigation_for_audio(look: _Look) -> bool:
    """A recording is asked for as if it were a page.

    Measured on curl_cffi and primp, whose headers are right otherwise; and on people who open a
    recording's own address, or save it with Firefox. In Chromium, a second request follows, with
    Range.
    """
    return (
        look.headers.get("sec-fetch-dest") == "document"
        and _asked_for(look.request.path, look.request.target).kind == "audio"
    )


def odd_playback(look: _Look) -> bool:
    """Says it plays (Sec-Fetch-Dest audio or video), but not the way players in browsers do: with a
    Range, and with `identity` among the encodings.

    Measured as absent on Chromium and Firefox, also for HLS; for programs that only copy the word.
    """
    headers = look.headers
    if look.browser is None or headers.get("sec-fetch-dest") not in {"audio", "video"}:
        return False
    return "range" not in headers or "identity" not in headers.get("accept-encoding", "identity")


def impossible_build(look: _Look) -> bool:
    """A version that never was: `Chrome/114.0.6261.94`, `rv:102.0 … Firefox/115.0`, `Chrome/999`.

    Seen in 0.15 to 1 % of real fleets (old forks that raise one number), and in most made-up lists.
    """
    return look.browser is not None and not look.browser.possible


def h2c_upgrade(look: _Look) -> bool:
    """Asks to go on in HTTP/2 without TLS, which no browser ever did.

    Measured on curl_cffi over plain HTTP and on Java.
    """
    return look.untouched and "h2c" in look.headers.get("upgrade", "").lower()


def secure_headers_in_plaintext(look: _Look) -> bool:
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


def length_on_get(look: _Look) -> bool:
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


def _this_machine(host: str) -> bool:
    """Whether browsers take plain HTTP to `host` (perhaps with a port) for secure."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in {"localhost", "[::1]"} or name.endswith(".localhost") or name.startswith("127.")


@dataclass(frozen=True, slots=True)
class Trait:
    """One word for `client.traits`, and what it means."""

    name: str
    help: str
    check: Callable[[_Look], bool]


TRAITS: tuple[Trait, ...] = (
    Trait("tls-not-a-browser", "its TLS handshake is another program's", tls_not_a_browser),
    Trait("no-fetch-metadata", "no Sec-Fetch headers over TLS", no_fetch_metadata),
    Trait(
        "bare-browser",
        "a recording is asked for with neither Sec-Fetch headers over TLS nor a language",
        bare_browser,
    ),
    Trait(
        "page-order-for-audio",
        "a recording is asked for with headers in the order of a page",
        page_order_for_audio,
    ),
    Trait("lone-fetch-mode", "Sec-Fetch-Mode alone", lone_fetch_mode),
    Trait(
        "hints-contradict-agent",
        "client hints name another browser or system than the agent",
        hints_contradict_agent,
    ),
    Trait("library-header-order", "headers in no browser's order", library_header_order),
    Trait("lowercase-headers", "header names in lower case over HTTP/1", lowercase_headers),
    Trait("no-accept-language", "no Accept-Language", no_accept_language),
    Trait(
        "navigation-for-audio",
        "a recording is asked for as a page; people who open or save one do that, too",
        navigation_for_audio,
    ),
    Trait("odd-playback", "says it plays, without Range or identity", odd_playback),
    Trait("impossible-build", "a version of Chrome or Firefox that never was", impossible_build),
    Trait("h2c-upgrade", "asks for HTTP/2 without TLS", h2c_upgrade),
    Trait(
        "secure-headers-in-plaintext",
        "sends over plain HTTP what browsers keep for TLS",
        secure_headers_in_plaintext,
    ),
    Trait("length-on-get", "Content-Length on a request without a body", length_on_get),
)
"""The vocabulary of `client.traits`: every check, by the word rules use for it."""
TRAIT_NAMES: tuple[str, ...] = tuple(trait.name for trait in TRAITS)
_CHECKS = tuple((trait.name, trait.check) for trait in TRAITS)
