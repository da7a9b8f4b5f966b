"""Who asks for what: a music site's visitors, each with the headers it really sends.

Two lists of requests come from one table. `listeners` are people with browsers, players and podcast
apps: everybody is let in, so the proxy with the guard and the one without do the same work.
`everybody` adds the machines, some of whom are refused. Both are shuffled once, always the same way.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

PAGES = ("/", "/about.html", "/shows.html")
LOOKS = ("/css/site.css", "/covers/one.jpg", "/covers/two.jpg")
FEED = ("/feed.xml",)
MUSIC = ("/music/one.mp3", "/music/two.mp3")
SIGNALS = ("/robots.txt",)


@dataclass(frozen=True, slots=True)
class Visitor:
    """One kind of visitor; `share` is how many requests it makes in a round of the list."""

    agent: str
    paths: Sequence[str]
    share: int
    headers: Mapping[str, str] = field(default_factory=dict)


_CHROME = {
    "sec-ch-ua": '"Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"',
    "sec-ch-ua-mobile": "?0",
    "sec-ch-ua-platform": '"Windows"',
    "Upgrade-Insecure-Requests": "1",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
    "Referer": "http://music.example/",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
}
_FIREFOX = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "fr,en-US;q=0.7,en;q=0.3",
    "Accept-Encoding": "gzip, deflate",
    "Cookie": "volume=0.8; theme=dark",
    "Sec-Fetch-Dest": "empty",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Site": "same-origin",
}
_SAFARI = {
    "Accept": "*/*",
    "Accept-Language": "de-DE,de;q=0.9",
    "Accept-Encoding": "identity",
    "X-Playback-Session-Id": "5E0C1D6C-3B0B-4A55-9B57-1D0F6B8C1A2E",
    "Range": "bytes=0-4095",
}
_PLAYER = {"Accept": "*/*", "Range": "bytes=0-", "Icy-MetaData": "1"}
_APP = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
_BOT = {"Accept": "*/*", "Accept-Encoding": "gzip, br", "From": "bot(at)bot.example"}

_LISTENERS = (
    Visitor(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/142.0.0.0 Safari/537.36",
        PAGES + LOOKS,
        18,
        _CHROME,
    ),
    Visitor(
        "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        PAGES + LOOKS + MUSIC,
        10,
        _FIREFOX,
    ),
    Visitor(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
        LOOKS + MUSIC,
        10,
        _SAFARI,
    ),
    Visitor("AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X)", MUSIC, 6, _PLAYER),
    Visitor("VLC/3.0.21 LibVLC/3.0.21", MUSIC, 4, _PLAYER),
    Visitor("mpv 0.38.0", MUSIC, 2, _PLAYER),
    Visitor("Overcast/3.0 (+http://overcast.fm/; iOS podcast app)", FEED + MUSIC, 5, _APP),
    Visitor("AntennaPod/3.8.0", FEED + MUSIC, 3, _APP),
    Visitor("Podcasts/1820.4 CFNetwork/3826.600.41 Darwin/24.6.0", FEED, 2, _APP),
)
_MACHINES = (
    Visitor(
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
        "+https://openai.com/gptbot)",
        SIGNALS + PAGES + MUSIC,
        8,
        _BOT,
    ),
    Visitor(
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
        "+claudebot@anthropic.com)",
        SIGNALS + PAGES + MUSIC,
        6,
        _BOT,
    ),
    Visitor("CCBot/2.0 (https://commoncrawl.org/faq/)", PAGES + FEED, 4, _BOT),
    Visitor(
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile "
        "Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
        MUSIC + LOOKS,
        6,
        _BOT,
    ),
    Visitor(
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        SIGNALS + PAGES,
        5,
        _BOT,
    ),
    Visitor(
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", PAGES + LOOKS, 4, _BOT
    ),
    Visitor("python-requests/2.32.5", MUSIC, 4, {**_APP, "Connection": "keep-alive"}),
    Visitor("Wget/1.24.5", MUSIC, 2, {"Accept": "*/*", "Accept-Encoding": "identity"}),
    Visitor("", PAGES, 1, {"Accept": "*/*"}),
)
"""About four in ten: what small music sites report of their logs. Only the ratio between the two
sides is reported, and it changes little with this share."""


def request(path: str, agent: str = "", headers: Mapping[str, str] | None = None) -> str:
    """One GET request, as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", "Host: music.example"]
    if agent:
        lines.append(f"User-Agent: {agent}")
    lines.extend(f"{name}: {value}" for name, value in (headers or {}).items())
    return "\r\n".join(lines) + "\r\n\r\n"


def listeners() -> list[str]:
    """Requests that everybody would let in."""
    return _shuffled(_LISTENERS)


def everybody() -> list[str]:
    """The same with the machines among them."""
    return _shuffled(_LISTENERS + _MACHINES)


def refused() -> list[str]:
    """Requests of crawlers for recordings that no shipped rule lets in."""
    named = [one for one in _MACHINES if "GPTBot" in one.agent or "ClaudeBot" in one.agent]
    return [request(path, one.agent, one.headers) for one in named for path in MUSIC]


def agents() -> list[str]:
    """Every user agent once."""
    return [visitor.agent for visitor in _LISTENERS + _MACHINES]


def _shuffled(visitors: Sequence[Visitor]) -> list[str]:
    found = [
        request(visitor.paths[number % len(visitor.paths)], visitor.agent, visitor.headers)
        for visitor in visitors
        for number in range(visitor.share)
    ]
    random.Random(0).shuffle(found)
    return found
