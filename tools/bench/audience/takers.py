"""Programs that take all they can get: real ones, the way they are used for it."""

from __future__ import annotations

import itertools
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lxml import etree

from . import listeners
from .grounds import NEIGHBOURS, OTHERS, STRANGERS, Visit
from .installed import program
from .recordings import CACHE, SONGS, WEB
from .runs import Got, Run

PROGRAMS = Path(__file__).with_name("programs")
IMPERSONATED = {"Chrome": "chrome", "Safari": "safari"}
PIECE = 262_144
ANTENNAPOD = "AntennaPod/3.9.0"

TRAIT, BROWSER, NETWORK = 5, 31, 41
"""What the project aims at: at most so many where a trait or the trap can tell, for a browser's own
handshake, for a /24."""


def _songs(visit: Visit) -> list[str]:
    return [f"{visit.url}/music/{number:03}.mp3" for number in range(SONGS)]


def _on_disk(visit: Visit) -> int:
    """Songs that lie there whole."""
    size = visit.grounds.recordings.song
    taken = (path for path in visit.folder.rglob("*.mp3*") if path.stat().st_size == size)
    return len({path.name for path in taken if not path.with_name(path.name + ".aria2").exists()})


def media_headers(agent: str, url: str) -> dict[str, str]:
    """What a browser sends when it plays a song, all of it."""
    version = re.search(r"Chrome/(\d+)", agent)
    brand = f'"Chromium";v="{version[1] if version else 156}", "Not=A?Brand";v="24"'
    return {
        "sec-ch-ua-platform": '"Linux"',
        "user-agent": agent,
        "sec-ch-ua": brand,
        "sec-ch-ua-mobile": "?0",
        "accept": "*/*",
        "sec-fetch-site": "same-origin",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "audio",
        "referer": f"{url}/",
        "accept-encoding": "identity;q=1, *;q=0",
        "accept-language": "en-US,en;q=0.9",
        "range": "bytes=0-",
    }


# -- programs --------------------------------------------------------------------------------------


def scrapy(agent: str = "") -> Callable[[Visit], Got]:
    """A spider from the front page on, sixteen at a time."""

    def act(visit: Visit) -> Got:
        words = (PROGRAMS / "spider_of_songs.py", f"{visit.url}/", visit.folder / "got", agent)
        visit.run(sys.executable, *words)
        return Got(whole=_on_disk(visit))

    return act


def wget(agent: str = "") -> Callable[[Visit], Got]:
    """`wget -r` from the front page on; robots.txt is not looked at."""

    def act(visit: Visit) -> Got:
        words = [
            "--no-config",
            "-q",
            "-e",
            "robots=off",
            "--tries=1",
            "-r",
            "--no-check-certificate",
        ]
        words += ["-U", agent] if agent else []
        visit.run(program("wget"), *words, f"{visit.url}/")
        return Got(whole=_on_disk(visit))

    return act


def aria2(agent: str = "") -> Callable[[Visit], Got]:
    """A ready list, sixteen connections for each file and sixteen files at once."""

    def act(visit: Visit) -> Got:
        links = visit.folder / "links.txt"
        links.write_text("\n".join(_songs(visit)) + "\n")
        words = ["--no-conf", "-q", "-x16", "-s16", "-j16", "-k1M", "-d", str(visit.folder / "got")]
        words += ["--check-certificate=false", "--max-tries=1", "-i", str(links)]
        words += ["-U", agent] if agent else []
        visit.run(program("aria2c"), *words)
        return Got(whole=_on_disk(visit))

    return act


def yt_dlp(visit: Visit) -> Got:
    """A ready list."""
    links = visit.folder / "links.txt"
    links.write_text("\n".join(_songs(visit)) + "\n")
    words = ("--ignore-config", "--no-cache-dir", "-q", "-i", "--no-check-certificates")
    visit.run(program("yt-dlp"), *words, "-o", "%(id)s.%(ext)s", "-a", links)
    return Got(whole=_on_disk(visit))


def headless(*words: str, own_name: bool = False) -> Callable[[Visit], Got]:
    """Chromium fetches every song from a script in a page."""

    def act(visit: Visit) -> Got:
        agent = () if own_name else (f"--user-agent={listeners.chrome_agent()}",)
        command = listeners.chromium(visit, *agent, *words)
        _, said = listeners.open_page(visit, *command, page="take.html")
        return Got(said.isdigit(), whole=int(said) if said.isdigit() else 0, said=said)

    return act


def stealth(visit: Visit) -> Got:
    """puppeteer with its stealth plugin fetches every song."""
    script = CACHE / "stealth.cjs"
    script.write_bytes((WEB / "stealth.cjs").read_bytes())
    words = (program("chromium"), visit.folder / "profile", visit.url, visit.grounds.spki)
    _, said = visit.run(program("node"), script, *words)
    had = re.findall(r"^had (\d+)$", said, re.MULTILINE)
    return Got(bool(had), whole=int(had[-1]) if had else 0, said=said[-300:])


# -- libraries -------------------------------------------------------------------------------------


class _Taker:
    """Counts what a library was sent whole."""

    def __init__(self, size: int) -> None:
        self.size, self.had = size, 0
        self._lock = threading.Lock()

    def note(self, status: int, size: int) -> None:
        """An answer."""
        with self._lock:
            self.had += status in {200, 206} and size == self.size


def _each(
    asks: Sequence[Any], most: int, get: Callable[[Any], tuple[int, int]], taker: _Taker
) -> int:
    """Ask for each, `most` at a time."""

    def one(ask: Any) -> None:
        try:
            taker.note(*get(ask))
        except Exception:  # noqa: BLE001 (it was stopped on its way, in the library's own words)
            taker.note(0, 0)

    with ThreadPoolExecutor(most) as pool:
        list(pool.map(one, asks))
    return taker.had


def httpx_takes(visit: Visit, urls: Sequence[str], headers: dict[str, str], size: int) -> int:
    """httpx, four at a time."""
    import httpx  # noqa: PLC0415 (not everybody has it)

    context = visit.grounds.context
    with httpx.Client(verify=context, timeout=60, trust_env=False) as client:

        def get(url: str) -> tuple[int, int]:
            answer = client.get(url, headers=headers)
            return answer.status_code, len(answer.content)

        return _each(urls, 4, get, _Taker(size))


def httpx_as_browser(visit: Visit) -> Got:
    """All headers of a browser, in its order, and no browser's handshake."""
    headers = media_headers(listeners.chrome_agent(), visit.url)
    size = visit.grounds.recordings.song
    return Got(whole=httpx_takes(visit, _songs(visit), headers, size))


def _impersonating(name: str) -> Any:
    from curl_cffi import requests  # noqa: PLC0415 (not everybody has it)

    return requests.Session(impersonate=name, verify=False, timeout=60)


def impersonator(name: str, most: int = 1) -> Callable[[Visit], Got]:
    """curl_cffi: a browser's handshake and the headers of a page."""

    def act(visit: Visit) -> Got:
        local = threading.local()

        def get(url: str) -> tuple[int, int]:
            if not hasattr(local, "session"):
                local.session = _impersonating(name)
            answer = local.session.get(url)
            return answer.status_code, len(answer.content)

        return Got(whole=_each(_songs(visit), most, get, _Taker(visit.grounds.recordings.song)))

    return act


def as_audio(visit: Visit) -> Got:
    """curl_cffi with the headers of a browser that plays, too: nothing else is left to tell it by."""
    session, size = _impersonating("firefox"), visit.grounds.recordings.song
    session.headers.update({"accept": "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,*/*;q=0.5"})
    more = {
        "range": "bytes=0-", "sec-fetch-dest": "audio", "sec-fetch-mode": "no-cors",
        "sec-fetch-site": "same-origin", "referer": f"{visit.url}/",
    }  # fmt: skip

    def get(url: str) -> tuple[int, int]:
        answer = session.get(url, headers=more)
        return answer.status_code, len(answer.content)

    return Got(whole=_each(_songs(visit), 1, get, _Taker(size)))


def pieces(visit: Visit) -> Got:
    """curl_cffi, in ranges of 256 kB."""
    session, size = _impersonating("chrome"), visit.grounds.recordings.song

    def get(url: str) -> tuple[int, int]:
        got = 0
        for start in range(0, size, PIECE):
            answer = session.get(url, headers={"range": f"bytes={start}-{start + PIECE - 1}"})
            if answer.status_code != 206:
                break
            got += len(answer.content)
        return 206, got

    return Got(whole=_each(_songs(visit), 1, get, _Taker(size)))


def segments(visit: Visit) -> Got:
    """curl_cffi takes the segments of every song, and never a playlist."""
    session, count = _impersonating("chrome"), visit.grounds.recordings.segments

    def get(song: int) -> tuple[int, int]:
        got = 0
        for number in range(count):
            answer = session.get(f"{visit.url}/hls/{song:03}/index{number}.ts")
            if answer.status_code != 200:
                break
            got += 1
        return 200, got

    return Got(whole=_each(range(SONGS), 1, get, _Taker(count)))


def from_hosts(hosts: Sequence[str], most: int = 1) -> Callable[[Visit], Got]:
    """curl_cffi from several addresses, in turns."""

    def act(visit: Visit) -> Got:
        grounds = visit.grounds
        turns: Iterator[str] = itertools.cycle(hosts)
        asks = [(next(turns), number) for number in range(SONGS)]

        def get(ask: tuple[str, int]) -> tuple[int, int]:
            with _impersonating("chrome") as session:
                answer = session.get(f"{grounds.url(ask[0])}/music/{ask[1]:03}.mp3")
                return answer.status_code, len(answer.content)

        return Got(whole=_each(asks, most, get, _Taker(grounds.recordings.song)))

    return act


# -- feeds -----------------------------------------------------------------------------------------


def _enclosures(text: bytes) -> list[str]:
    return [str(one.get("url")) for one in etree.fromstring(text).iter("enclosure")]


def whisper_pipeline(agent: str = "") -> Callable[[Visit], Got]:
    """What stands before a transcriber: requests reads the feed, and takes every enclosure."""

    def act(visit: Visit) -> Got:
        import requests  # noqa: PLC0415

        with requests.Session() as session:
            session.trust_env, session.verify = False, visit.grounds.trust["SSL_CERT_FILE"]
            if agent:
                session.headers["User-Agent"] = agent
            wanted = visit.grounds.recordings.episodes
            urls = _enclosures(session.get(visit.feed(), timeout=60).content)

            def get(url: str) -> tuple[int, int]:
                answer = session.get(url, timeout=60)
                return answer.status_code, len(answer.content)

            had = _each(urls, 1, get, _Taker(visit.grounds.recordings.episode))
        return Got(len(urls) == wanted, whole=had, of=wanted)

    return act


def costume(visit: Visit) -> Got:
    """httpx under a podcast app's name: songs, by a ready list."""
    size = visit.grounds.recordings.song
    headers = {"user-agent": ANTENNAPOD, "accept-encoding": "identity"}
    return Got(whole=httpx_takes(visit, _songs(visit), headers, size))


def costume_on_feed(visit: Visit) -> Got:
    """The same with the feed's episodes."""
    size, wanted = visit.grounds.recordings.episode, visit.grounds.recordings.episodes
    headers = {"user-agent": ANTENNAPOD, "accept-encoding": "identity"}
    urls = [f"{visit.url}/episodes/{number:03}.mp3" for number in range(wanted)]
    return Got(whole=httpx_takes(visit, urls, headers, size), of=wanted)


_CURL, _HTTPX = ("module:curl_cffi",), ("module:httpx",)
_STEALTH = ("node", "chromium", "npm:puppeteer-extra-plugin-stealth")


def takers() -> tuple[Run, ...]:
    """All of them. Those that give a browser's name give the installed Chromium's."""
    chrome = listeners.chrome_agent()
    undetected = "--disable-blink-features=AutomationControlled"
    return (
        Run("scrapy", scrapy(), ("module:scrapy",), TRAIT),
        Run("scrapy as Chrome", scrapy(chrome), ("module:scrapy",), TRAIT),
        Run("wget -r", wget(), ("wget",), TRAIT),
        Run("wget -r as Chrome", wget(chrome), ("wget",), TRAIT),
        Run("aria2c -x16, a list", aria2(), ("aria2c",)),
        Run("aria2c -x16 as Chrome, a list", aria2(chrome), ("aria2c",), TRAIT),
        Run("yt-dlp, a list", yt_dlp, ("yt-dlp",), TRAIT),
        Run("httpx, headers of Chrome that plays", httpx_as_browser, _HTTPX, BROWSER),
        *(
            Run(f"curl_cffi as {name}{text}", impersonator(word, most), _CURL, BROWSER)
            for name, word in IMPERSONATED.items()
            for text, most in (("", 1), (", 16 at once", 16))
        ),
        Run("curl_cffi as Firefox that plays", as_audio, _CURL, BROWSER),
        Run("curl_cffi, pieces of 256 kB", pieces, _CURL, BROWSER),
        Run("curl_cffi, HLS without playlist", segments, _CURL, BROWSER),
        Run("Chromium, headless, fetch()", headless(own_name=True), ("chromium",), BROWSER),
        Run("Chromium, undetected, fetch()", headless(undetected), ("chromium",), BROWSER),
        Run("puppeteer with stealth, fetch()", stealth, _STEALTH, BROWSER),
        Run("requests, whisper pipeline", whisper_pipeline(), ("module:requests",), TRAIT),
        Run(
            "requests as Chrome, whisper pipeline",
            whisper_pipeline(chrome),
            ("module:requests",),
            TRAIT,
        ),
        Run("podcast app's name, songs", costume, _HTTPX),
        Run("podcast app's name, episodes", costume_on_feed, _HTTPX),
        Run("curl_cffi, 20 addresses of a /24", from_hosts(NEIGHBOURS), _CURL, NETWORK),
        Run("curl_cffi, 20 addresses of a /24, 8 at once", from_hosts(OTHERS, 8), _CURL, NETWORK),
        Run("curl_cffi, an address a song", from_hosts(STRANGERS), _CURL),
    )
