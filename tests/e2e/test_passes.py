"""Passes: who listens by a page, a feed or a playlist of the site is undisturbed; who only has a list of
links gets nothing. Real players and readers, and real caches before and behind the guard.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from .clients import CHROMIUM, FIREFOX, GPTBOT, Answer, curl
from .firefox import Firefox
from .guarding import Guard, running
from .programs import Program, as_nobody, eventually, free_port, program, public_folder, run
from .site import SHORT_SECONDS, Site, nginx
from .webdriver import Browser

MARK = re.compile(r"sd=([a-z2-7]{20})")
OVERCAST = "Overcast/2026.1 (+http://overcast.fm/; iOS podcast app)"
STANCE = "passes: {paths: ['/music/**', '/hls/**']}\nothers: {downloaders: yes, unknown: yes}\n"
PROXIED = "guard_trusted_proxies=127.0.0.1"


def caching(folder: Path, upstream: str, *more: str, where: str = "/") -> tuple[Program, str]:
    """nginx before `upstream`, as a cache for what lies below `where`."""
    port = free_port()
    passed = f"proxy_pass {upstream}; proxy_set_header Host $http_host; {' '.join(more)}"
    started, _ = nginx(
        folder,
        f"return 404; }}\n proxy_cache_path {folder}/cache keys_zone=c:1m;\n server {{\n"
        f"listen 127.0.0.1:{port}; add_header X-Cache $upstream_cache_status;\n"
        f"location {where} {{ {passed} proxy_cache c; proxy_cache_valid 200 1h; }}\n"
        + (f"location / {{ {passed} }}" if where != "/" else ""),
    )
    return started, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def passing(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard that asks for passes; between it and the site a cache for one of the recordings."""
    folder = tmp_path_factory.mktemp("passing")
    (folder / "stance.yaml").write_text(STANCE)
    (folder / "nginx").mkdir()
    cache, url = caching(folder / "nginx", origin.url, where="/music/tone.flac")
    words = ("--set", f"guard_rules={folder}", "--set", PROXIED)
    with cache, running(folder, url, *words) as found:
        lists(origin.root, found.url)
        yield found


def lists(root: Path, url: str) -> None:
    """A feed of two episodes (one without a guid), and a playlist."""
    item = '<item><title>{0}</title>{1}<enclosure url="{2}/music/{0}" type="audio/mpeg" length="1"/></item>'
    items = item.format("short.mp3", "<guid>one</guid>", url) + item.format("tone.mp3", "", url)
    (root / "episodes.xml").write_text(
        f'<?xml version="1.0"?>\n<rss version="2.0"><channel><title>Us</title>'
        f"<link>{url}/</link><description>x</description>{items}</channel></rss>\n"
    )
    (root / "all.m3u").write_text("#EXTM3U\n#EXTINF:2,Short\nmusic/short.mp3\n")


def at(number: int) -> tuple[str, str]:
    """The header that says a household's address."""
    return "-H", f"X-Forwarded-For: 203.0.{number}.7"


def heard(origin: Site, marker: str, before: int) -> list[str]:
    """The targets that the site was asked for since then."""
    return [asked["target"] for asked in origin.hears(marker, before + 1)[before:]]


# -- listeners ---------------------------------------------------------------------------------------


def test_chromium_plays_what_a_page_has(passing: Guard, origin: Site, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        for page in ("player.html", "hls.html"):
            browser.open(f"{passing.url}/{page}")
            eventually(
                lambda: browser.run("return document.querySelector('audio').ended"),
                f"{page} to be played to its end",
            )
        assert browser.run("return document.cookie") == ""  # no script sees it


@pytest.mark.parametrize("scripts", ["true", "false"])
def test_firefox_plays_with_and_without_scripts(
    passing: Guard, origin: Site, tmp_path: Path, scripts: str
) -> None:
    (tmp_path / "user.js").write_text(
        f'user_pref("javascript.enabled", {scripts});\nuser_pref("media.autoplay.default", 0);\n'
        'user_pref("media.autoplay.blocking_policy", 0);\nuser_pref("network.proxy.type", 0);\n'
    )
    before = len(origin.heard("/music/short.mp3"))
    words = [program("firefox-esr"), "--profile", str(tmp_path), "--no-remote"]
    with Firefox(words, tmp_path / "log") as browser:
        browser.open(f"{passing.url}/player.html")
        asked = origin.hears("/music/short.mp3", before + 1)[before]
    assert asked["status"] in {200, 206}
    assert "Firefox/" in asked["agent"]


def test_players_play_a_playlist(passing: Guard, origin: Site, tmp_path: Path) -> None:
    before = len(origin.heard("/music/short.mp3"))
    mpv = [program("mpv"), "--no-config", "--no-video", "--ao=null", "--msg-level=all=status"]
    done = run(*mpv, f"{passing.url}/all.m3u")
    assert "Exiting... (End of file)" in done.stdout
    assert set(heard(origin, "/music/short.mp3", before)) == {"/music/short.mp3"}  # no mark
    done = run(*mpv, f"{passing.url}/hls/index.m3u8")
    assert "Exiting... (End of file)" in done.stdout
    before = len(origin.heard("/music/short.mp3"))
    with public_folder() as public:
        vlc = [*as_nobody(), "env", f"HOME={public}", program("cvlc"), "-q", "--no-video"]
        sound = public / "sound.wav"
        decode = f"#transcode{{acodec=s16l}}:standard{{access=file,mux=wav,dst={sound}}}"
        run(*vlc, "--sout", decode, f"{passing.url}/all.m3u", "vlc://quit")
        assert sound.stat().st_size > SHORT_SECONDS * 2 * 40_000
    assert len(origin.heard("/music/short.mp3")) > before


def test_mpd_plays_a_playlist(passing: Guard, origin: Site, tmp_path: Path) -> None:
    port = free_port()
    config = tmp_path / "mpd.conf"
    config.write_text(
        f'playlist_directory "{tmp_path}"\nbind_to_address "127.0.0.1"\nport "{port}"\n'
        f'pid_file "{tmp_path}/pid"\naudio_output {{\n type "null"\n name "none"\n}}\n'
        'input {\n plugin "curl"\n}\n'
    )
    before = len(origin.heard("/music/short.mp3"))
    with Program(program("mpd"), "--no-daemon", str(config), log=tmp_path / "mpd.log") as mpd:
        mpd.listens(port)
        mpc = (program("mpc"), "-h", "127.0.0.1", "-p", str(port))
        assert run(*mpc, "load", f"{passing.url}/all.m3u").returncode == 0
        run(*mpc, "play")
        asked = origin.hears("/music/short.mp3", before + 1)[before]
    assert (asked["target"], asked["status"] in {200, 206}) == ("/music/short.mp3", True)


def test_feed_readers_see_no_new_episode_when_the_marks_change(
    passing: Guard, origin: Site, tmp_path: Path
) -> None:
    """Each connection comes from a household of its own here, so each reading has other marks."""
    (tmp_path / "nginx").mkdir()
    home = "proxy_set_header X-Forwarded-For 203.1.$connection.7;"
    front, url = caching(tmp_path / "nginx", passing.url, home, where="/nothing/")
    with front:
        lists(origin.root, url)
        marks = set()
        for turn in range(3):
            changed = time.time() - 100 + turn  # else newsboat is told that it has all of it
            os.utime(origin.root / "episodes.xml", (changed, changed))
            marks.add(newsboat(url, tmp_path))
        assert len(marks) == 3
        home_of = tmp_path / "gpodder"
        home_of.mkdir()
        gpo = ("env", f"GPODDER_HOME={home_of}", f"HOME={tmp_path}", program("gpo"))
        run(*gpo, "subscribe", f"{url}/episodes.xml")
        run(*gpo, "download")
        assert len(list(home_of.rglob("*.mp3"))) == 2
        run(*gpo, "update")
        with closing(sqlite3.connect(home_of / "Database")) as db:
            assert db.execute("SELECT count(*) FROM episode").fetchone() == (2,)
    lists(origin.root, passing.url)


def newsboat(url: str, folder: Path) -> str:
    """newsboat reads the feed, and its episodes can be had; returns the mark in them."""
    (folder / "urls").write_text(f"{url}/episodes.xml\n")
    (folder / "config").write_text("download-retries 1\n")
    cache = folder / "cache.db"
    words = ("-u", str(folder / "urls"), "-c", str(cache), "-C", str(folder / "config"))
    run("env", f"HOME={folder}", program("newsboat"), *words, "-x", "reload")
    with closing(sqlite3.connect(cache)) as db:
        rows = db.execute("SELECT enclosure_url FROM rss_item").fetchall()
    assert len(rows) == 2
    for (enclosure,) in rows:
        assert curl(enclosure, agent="newsboat/2.32 (Linux x86_64)").status == 200
    return str(MARK.findall(rows[0][0])[0])


def test_a_phone_that_moves_and_a_television_play_on(passing: Guard) -> None:
    page = curl(f"{passing.url}/index.html", *at(1), agent=FIREFOX)
    (mark,) = MARK.findall(page.headers["set-cookie"])
    song = f"{passing.url}/music/tone.mp3"
    for number in (1, 2):  # at home, and on the way
        assert curl(song, *at(number), "-b", f"sd={mark}", agent=FIREFOX).status == 200
    # What the page has is cast to a television, which has no cookie.
    assert (
        curl(song, *at(1), agent="Mozilla/5.0 (Linux; Android 12) CrKey/1.56.500000").status == 200
    )
    assert (
        curl(song, *at(3), agent="Mozilla/5.0 (Linux; Android 12) CrKey/1.56.500000").status == 403
    )


# -- takers ------------------------------------------------------------------------------------------


def test_a_ready_list_of_links_gets_nothing(passing: Guard, origin: Site) -> None:
    links = ["/music/tone.mp3", "/music/tone.flac", "/music/short.mp3", "/hls/index0.ts"]
    forged = f"?sd={hashlib.sha256(b'x').hexdigest()[:20].translate(str.maketrans('0189', 'abcd'))}"
    for number, link in enumerate(links):
        for agent in (FIREFOX, CHROMIUM, OVERCAST, "VLC/3.0.21 LibVLC/3.0.21", "Wget/1.21"):
            for query in ("", forged):  # one address a track
                found = curl(f"{passing.url}{link}{query}", *at(10 + number), agent=agent)
                assert found.status == 403, (link, agent)
                assert "pass" in found.text
                assert passing.url in found.text
                assert agent in {FIREFOX, CHROMIUM} or "<html" not in found.text
    assert not [asked for asked in origin.heard("sd=") if MARK.search(asked["target"])]


# -- caches ------------------------------------------------------------------------------------------


def hit(url: str, *arguments: str) -> Answer:
    """The answer as the cache has it; it keeps what has passed once that is complete."""

    def look() -> Answer | None:
        found = curl(url, *arguments, agent=FIREFOX)
        return found if found.headers["x-cache"] == "HIT" else None

    return eventually(look, f"{url} to be in the cache")


def test_a_cache_behind_the_guard_hits_whatever_the_pass(passing: Guard) -> None:
    song, tags = f"{passing.url}/music/tone.flac", set()
    for number in (21, 22):
        page = curl(f"{passing.url}/index.html", *at(number), agent=FIREFOX)
        (mark,) = MARK.findall(page.headers["set-cookie"])
        worn = (*at(number), "-b", f"sd={mark}")
        first = curl(song, *worn, agent=FIREFOX)
        assert first.headers["x-cache"] == ("MISS" if number == 21 else "HIT")
        hit(song, *worn)
        feed = curl(f"{passing.url}/episodes.xml", *at(number), agent=OVERCAST)
        (link, *_) = MARK.findall(feed.text)
        episode = curl(f"{song}?sd={link}", *at(number), agent=OVERCAST)
        assert episode.headers["x-cache"] == "HIT"
        tags |= {first.headers["etag"], episode.headers["etag"]}
        known = ("-H", f"If-None-Match: {first.headers['etag']}")
        assert curl(f"{song}?sd={link}", *at(number), *known, agent=OVERCAST).status == 304
    assert len(tags) == 1


def test_a_cache_in_front_hits_for_people_and_keeps_no_machines_links(
    origin: Site, tmp_path: Path
) -> None:
    (tmp_path / "stance.yaml").write_text("canaries: yes\nai: {train: yes}\n")
    (tmp_path / "nginx").mkdir()
    words = ("--set", f"guard_rules={tmp_path}", "--set", PROXIED)
    with running(tmp_path, origin.url, *words) as guard:
        who = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
        # A recording is not buffered by default, and so not kept.
        kept = "proxy_ignore_headers X-Accel-Buffering;"
        cache, url = caching(tmp_path / "nginx", guard.url, who, kept)
        lists(origin.root, guard.url)
        with cache:
            machine = curl(f"{url}/player.html", agent=GPTBOT)
            feed = curl(f"{url}/episodes.xml", agent=GPTBOT)
            assert MARK.search(machine.text)
            assert len(MARK.findall(feed.text)) == 2
            assert machine.headers["cache-control"].startswith("private")
            for path in ("/player.html", "/episodes.xml", "/music/tone.mp3"):
                first = curl(f"{url}{path}", agent=FIREFOX)
                assert first.headers["x-cache"] == "MISS"  # not what a machine was handed
                for found in (first, hit(f"{url}{path}")):
                    assert not MARK.search(found.body.decode("latin-1"))
