"""The cast: honest and dishonest clients that visit the demo.

Each visit is a real request with the headers such a client sends. What is expected of it stands
nowhere: the table shows what the guard really did.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
_CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36"
)
_OTHER_CHROME = _CHROME.replace("Chrome/142", "Chrome/141")
_GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
_GPTBOT = (
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; "
    "+https://openai.com/gptbot)"
)
_PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
_ANY = {"Accept": "*/*"}
_PART = {"Accept": "*/*", "Range": "bytes=0-"}

_MP3 = "/music/ghost-light.mp3"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: who it really is, and what it sends."""

    who: str
    path: str
    agent: str
    headers: Mapping[str, str] = field(default_factory=lambda: _ANY)


CAST: tuple[Visit, ...] = (
    Visit("A fan's Firefox", "/", _FIREFOX, _PAGE),
    Visit(
        "… plays a track",
        _MP3,
        _FIREFOX,
        {
            "Accept": "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5",
            "Range": "bytes=0-",
            "Sec-Fetch-Dest": "audio",
        },
    ),
    Visit("A fan saves a FLAC", "/music/house-lights.flac", _CHROME, _PAGE),
    Visit(
        "A podcast app",
        "/feed.xml",
        "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    ),
    Visit(
        "An iPhone plays",
        "/music/load-out.mp3",
        "AppleCoreMedia/1.0.0.22B83 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)",
        {"Accept": "*/*", "Range": "bytes=0-1"},
    ),
    Visit("VLC plays a stream", "/music/set/index.m3u8", "VLC/3.0.21 LibVLC/3.0.21"),
    Visit("A Subsonic app", "/rest/stream.view?id=ghost-light&u=fan&c=DSub", "DSub", _PART),
    Visit("A fan uses wget", _MP3, "Wget/1.21.3"),
    Visit("Googlebot on a page", "/about.html", _GOOGLEBOT, _PAGE),
    Visit("A false Googlebot", _MP3, _GOOGLEBOT),
    Visit("OpenAI's crawler", "/robots.txt", _GPTBOT),
    Visit("… asks all the same", _MP3, _GPTBOT),
    Visit(
        "Anthropic's crawler",
        "/",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; "
        "+claudebot@anthropic.com)",
        _PAGE,
    ),
    Visit("Common Crawl", "/feed.xml", "CCBot/2.0 (https://commoncrawl.org/faq/)"),
    Visit(
        "ByteDance, disguised",
        "/music/%2e/./ghost-light%2Emp3",
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile "
        "Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
    ),
    Visit("A scraping script", "/music/load-out.flac", "python-requests/2.32.5"),
    Visit("… on a page", "/about.html", "python-requests/2.32.5"),
)

SWEEP = tuple(
    Visit("A script in Chrome's name", f"/archive/{number:02d}.mp3", _OTHER_CHROME)
    for number in range(1, 25)
)
"""One client that takes the whole archive, one recording after the other. Its name is a browser's; it
sends neither a browser's headers nor a language."""
