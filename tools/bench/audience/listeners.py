"""Players, browsers and podcast apps that must not be disturbed: each as real people use it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from .grounds import Visit
from .installed import program
from .runs import Got, Run

PLAYED = 4
"""Seconds that a player plays of each recording. All of them fetch much more, or all of it, meanwhile."""
PAGES = {
    "3 songs with seeking": ("audio.html", 3, ()),
    "30 × preload=metadata": ("metadata.html", 30, ()),
    "100 × preload=metadata": ("metadata.html", 100, ()),
    "hls.js": ("hls.html", 2, ("npm:hls.js",)),
    "gapless player": ("gapless.html", 6, ("npm:@regosen/gapless-5",)),
    "fetch() and Web Audio": ("fetch.html", 3, ()),
    "service worker": ("worker.html", 4, ()),
}
"""What a page does → the page, how many recordings it begins, what it needs."""


# -- browsers --------------------------------------------------------------------------------------


def chrome_agent() -> str:
    """What the installed Chromium calls itself with a screen."""
    said = subprocess.run(
        [program("chromium"), "--version"], capture_output=True, text=True, check=False
    ).stdout
    number = re.search(r"(\d+)\.", said)
    return (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
        f"Chrome/{number[1] if number else 156}.0.0.0 Safari/537.36"
    )


def open_page(visit: Visit, *browser: str | Path, page: str, more: str = "") -> tuple[bool, str]:
    """Open a page of the site, and wait until it reports; whether all went well, and what it said."""
    mark = f"/done?visitor={visit.host}&"

    def reported() -> list[str]:
        return [line for line in visit.grounds.asked() if line.startswith(mark)]

    url = f"{visit.url}/{page}?visitor={visit.host}{more}"
    _, said = visit.run(*browser, url, until=lambda: bool(reported()))
    for line in reported():
        fields = parse_qs(urlsplit(line).query)
        return fields["ok"] == ["1"], fields.get("said", [""])[0]
    return False, f"no report; {said[-300:]}"


def chromium(visit: Visit, *words: str) -> list[str | Path]:
    """Chromium as a person has it, but for its screen; `words` are more of its options."""
    return [
        program("chromium"), "--headless", "--no-sandbox", "--disable-gpu",
        "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--mute-audio", "--no-proxy-server", "--autoplay-policy=no-user-gesture-required",
        "--remote-debugging-port=0", f"--user-data-dir={visit.folder / 'profile'}",
        f"--ignore-certificate-errors-spki-list={visit.grounds.spki}", *words,
    ]  # fmt: skip


def firefox(visit: Visit) -> list[str | Path]:
    """Firefox with a profile that trusts the site's certificate, and phones nobody."""
    profile = visit.folder / "profile"
    profile.mkdir()
    lines = {
        "media.autoplay.default": "0",
        "media.autoplay.blocking_policy": "0",
        "browser.shell.checkDefaultBrowser": "false",
        "browser.startup.homepage_override.mstone": '"ignore"',
        "datareporting.policy.dataSubmissionEnabled": "false",
        "toolkit.telemetry.reportingpolicy.firstRun": "false",
        "network.captive-portal-service.enabled": "false",
        "network.connectivity-service.enabled": "false",
        "network.proxy.type": "0",
        "app.update.auto": "false",
        # Firefox (seen: 153 ESR) ends a whole HTTP/2 connection when one recording is no longer wanted
        # whose bytes wait for a busy machine, and the others on it fail with NS_ERROR_ABORT (2147500036).
        # The same happens with nginx alone. With room for a whole recording nothing waits: 1024 × 32 kB.
        "network.buffer.cache.count": "1024",
    }
    text = "".join(f'user_pref("{name}", {value});\n' for name, value in lines.items())
    (profile / "user.js").write_text(text, "utf-8")
    database, authority = f"sql:{profile}", visit.grounds.trust["SSL_CERT_FILE"]
    for words in (("-N", "--empty-password"), ("-A", "-n", "site", "-t", "C,,", "-i", authority)):
        subprocess.run([program("certutil"), *words, "-d", database], check=True)
    return [program("firefox-esr"), "--headless", "--no-remote", "--profile", profile]


def _in_chromium(page: str, begun: int) -> Callable[[Visit], Got]:
    def act(visit: Visit) -> Got:
        words = chromium(visit, f"--user-agent={chrome_agent()}")
        ok, said = open_page(visit, *words, page=page, more=f"&songs={begun}")
        return Got(ok, begun=begun, said=said)

    return act


def _in_firefox(page: str, begun: int) -> Callable[[Visit], Got]:
    def act(visit: Visit) -> Got:
        # Where there is no sound card, its <audio> reports an error as soon as Web Audio is in use.
        ok, said = open_page(visit, *firefox(visit), page=page, more=f"&html5=no&songs={begun}")
        return Got(ok, begun=begun, said=said)

    return act


# -- players ---------------------------------------------------------------------------------------


def _songs(visit: Visit, count: int) -> list[str]:
    return [f"{visit.url}/music/{number:03}.mp3" for number in range(count)]


def mpv(visit: Visit, *urls: str) -> Got:
    """Three songs one after the other, or what is given."""
    words = ("--no-config", "--no-video", "--ao=null", f"--length={PLAYED}", "--ytdl=no")
    status, said = visit.run(program("mpv"), *words, *(urls or _songs(visit, 3)))
    return Got(status == 0 and "Failed" not in said, begun=len(urls) or 3, said=said[-200:])


def mpv_hls(visit: Visit) -> Got:
    """A song as HLS."""
    return mpv(visit, f"{visit.url}/hls/000/index.m3u8")


def vlc(visit: Visit) -> Got:
    """Two songs. It refuses to run as root, and knows no way to trust a certificate unasked."""
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    words: list[str | Path] = [*nobody] if os.geteuid() == 0 else []
    trust = str(Path(visit.grounds.trust["SSL_CERT_FILE"]).parent)
    words += ["env", f"HOME={visit.folder}", program("cvlc"), "-q", "--no-video", "--aout=dummy"]
    words += [f"--run-time={2 * PLAYED}", f"--gnutls-dir-trust={trust}", "--no-gnutls-system-trust"]
    status, said = visit.run(*words, *_songs(visit, 2), "vlc://quit", seconds=60)
    return Got(status == 0, begun=1, said=said[-200:])


def mpd(visit: Visit) -> Got:
    """The daemon, with three songs in its queue."""
    folder, socket = visit.folder, visit.folder / "socket"
    config = folder / "mpd.conf"
    config.write_text(
        f'bind_to_address "{socket}"\ndb_file "{folder}/db"\nlog_file "{folder}/log"\n'
        f'pid_file "{folder}/pid"\nstate_file "{folder}/state"\nplaylist_directory "{folder}"\n'
        'audio_output {\n type "null"\n name "null"\n}\n'
        'input {\n plugin "curl"\n verify_peer "no"\n verify_host "no"\n}\n'
    )
    said: list[str] = []

    def mpc(*words: str) -> str:
        done = subprocess.run(
            [program("mpc"), *words], env={**os.environ, "MPD_HOST": str(socket)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        said.append(done.stdout + done.stderr)
        return said[-1]

    playing: list[bool] = []

    def play() -> bool:
        if not socket.exists():
            return False
        mpc("add", *_songs(visit, 3))
        mpc("play")
        for number in range(3):
            time.sleep(PLAYED)
            status = mpc("status")
            playing.append("[playing]" in status and "ERROR" not in status)
            if number < 2:
                mpc("next")
        return True

    visit.run(program("mpd"), "--no-daemon", "--stderr", config, until=play)
    return Got(playing == [True] * 3, begun=3, said="".join(said)[-300:])


def ffplay(visit: Visit) -> Got:
    """One song."""
    silent = {"SDL_AUDIODRIVER": "dummy", "SDL_VIDEODRIVER": "dummy"}
    words = ("-v", "error", "-nodisp", "-autoexit", "-t", str(PLAYED))
    status, said = visit.run(program("ffplay"), *words, _songs(visit, 1)[0], environment=silent)
    return Got(status == 0, begun=1, said=said[-200:])


def curl_resumes(visit: Visit) -> Got:
    """A download that breaks off, and goes on from there, twelve times."""
    got = 0
    for number, url in enumerate(_songs(visit, 12)):
        file = visit.folder / f"{number}.mp3"
        visit.run(program("curl"), "-q", "-sS", "-r", "0-999999", "-o", file, url)
        visit.run(program("curl"), "-q", "-sS", "-C", "-", "-o", file, url)
        got += file.stat().st_size == visit.grounds.recordings.song
    return Got(got == 12, whole=got, begun=12)


# -- podcasts and libraries ------------------------------------------------------------------------


def _episodes(visit: Visit) -> int:
    """Episodes that lie there whole."""
    size = visit.grounds.recordings.episode
    return sum(path.stat().st_size == size for path in visit.folder.rglob("*.mp3"))


def gpodder(visit: Visit) -> Got:
    """A new subscriber takes the whole feed."""
    home = {"GPODDER_HOME": str(visit.folder / "gpodder")}
    said = ""
    wanted = visit.grounds.recordings.episodes
    most = ("set", "limit.episodes", str(wanted))
    for words in (most, ("subscribe", visit.feed()), ("update",), ("download",)):
        said = visit.run(program("gpo"), *words, environment=home)[1]
    had = _episodes(visit)
    return Got(had == wanted, whole=had, of=wanted, begun=wanted, said=said[-300:])


def newsboat(visit: Visit) -> Got:
    """newsboat puts every episode into podboat's queue, and podboat takes twelve at once."""
    wanted = visit.grounds.recordings.episodes
    home = visit.folder / ".newsboat"
    home.mkdir()
    (home / "urls").write_text(f"{visit.feed()}\n")
    (home / "config").write_text(
        f'podcast-auto-enqueue yes\ndownload-path "{visit.folder}/got"\nmax-downloads 12\n'
        "ssl-verifypeer no\nssl-verifyhost no\n"
    )
    own = {"HOME": str(visit.folder), "TERM": "xterm"}
    said = visit.run(program("newsboat"), "-q", "-x", "reload", environment=own)[1]
    visit.run(
        program("script"), "-qec", f"{program('podboat')} -a", "/dev/null", environment=own,
        until=lambda: _episodes(visit) >= wanted,
    )  # fmt: skip
    had = _episodes(visit)
    return Got(had == wanted, whole=had, of=wanted, begun=wanted, said=said[-300:])


def subsonic(visit: Visit) -> Got:
    """A phone keeps a whole library: py-sonic downloads a hundred songs."""
    import libsonic  # noqa: PLC0415 (needed here alone)

    host, _, port = visit.url.rpartition(":")
    connection = libsonic.Connection(
        host, "artist", "secret", port=int(port), legacyAuth=True, insecure=True
    )
    got: set[str] = set()
    for _ in range(20):
        for song in connection.getRandomSongs(size=100)["randomSongs"]["song"]:
            if song["id"] not in got and connection.download(song["id"]).read():
                got.add(song["id"])
        if len(got) >= 100:
            break
    return Got(len(got) == 100, whole=len(got), begun=0)


LISTENERS: tuple[Run, ...] = (
    *(
        Run(f"Chromium, {name}", _in_chromium(page, begun), ("chromium", *needs))
        for name, (page, begun, needs) in PAGES.items()
    ),
    *(
        Run(f"Firefox, {name}", _in_firefox(page, begun), ("firefox-esr", "certutil", *needs))
        for name, (page, begun, needs) in PAGES.items()
    ),
    Run("mpv, 3 songs", mpv, ("mpv",)),
    Run("mpv, HLS", mpv_hls, ("mpv",)),
    Run("VLC, 2 songs", vlc, ("cvlc", "setpriv")),
    Run("mpd, 3 songs", mpd, ("mpd", "mpc")),
    Run("ffplay, a song", ffplay, ("ffplay",)),
    Run("curl -C -, 12 songs", curl_resumes, ("curl",)),
    Run("gPodder, a whole feed", gpodder, ("gpo",)),
    Run("newsboat, a whole feed", newsboat, ("newsboat", "podboat", "script")),
    Run("Subsonic library, 100 songs", subsonic, ("module:libsonic", "supysonic-cli")),
)
