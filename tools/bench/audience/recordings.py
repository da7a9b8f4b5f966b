"""The files of the site that is listened to: a catalogue of 100 recordings, a feed of 300 episodes, HLS
of the same recordings, and pages with players. Sound of our own making, encoded once by ffmpeg.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.bench.processes import BenchError

SONGS, SECONDS, SEGMENT = 100, 179, 10
EPISODES, EPISODE_SECONDS = 300, 1350
WEB = Path(__file__).with_name("web")
CACHE = Path(__file__).resolve().parents[3] / "build" / "players"
PLAYERS = {
    "hls.js": "node_modules/hls.js/dist/hls.light.min.js",
    "gapless5.js": "node_modules/@regosen/gapless-5/gapless5.js",
}
"""Players of others → where npm puts them."""


@dataclass(frozen=True)
class Recordings:
    """What lies there. Sizes in bytes, of one song, one small song, one episode."""

    root: Path
    song: int
    small: int
    episode: int
    episodes: int = EPISODES
    """How many there are in the feed."""

    @property
    def segments(self) -> int:
        """How many there are of each song."""
        return len(list((self.root / "hls" / "000").glob("*.ts")))


def build(root: Path, episodes: int = EPISODES) -> Recordings:
    """Make all of it in `root`. Hard links: a hundred songs take the space of one."""
    for name in ("music", "small", "hls/000", "episodes"):
        (root / name).mkdir(parents=True, exist_ok=True)
    song, small = root / "music/000.mp3", root / "small/000.mp3"
    episode = root / "episodes/000.mp3"
    _encode(f"sine=220:4:d={SECONDS}", song, "-b:a", "213k")
    _encode(f"sine=220:4:d={SECONDS}", small, "-b:a", "32k", "-ar", "22050")
    _encode(f"sine=220:4:8000:d={EPISODE_SECONDS}", episode, "-b:a", "8k", "-ar", "8000")
    _ffmpeg("-i", str(song), "-c:a", "aac", "-b:a", "96k", "-hls_time", str(SEGMENT),
            "-hls_list_size", "0", str(root / "hls/000/index.m3u8"))  # fmt: skip
    for number in range(1, SONGS):
        os.link(song, song.with_name(f"{number:03}.mp3"))
        os.link(small, small.with_name(f"{number:03}.mp3"))
        folder = root / f"hls/{number:03}"
        folder.mkdir()
        for file in (root / "hls/000").iterdir():
            os.link(file, folder / file.name)
    for number in range(1, episodes):
        os.link(episode, episode.with_name(f"{number:03}.mp3"))
    _pages(root)
    (root / "feed.xml.in").write_text(_feed(episodes, episode.stat().st_size), "utf-8")
    sizes = (song.stat().st_size, small.stat().st_size, episode.stat().st_size)
    return Recordings(root, *sizes, episodes)


def _encode(source: str, to: Path, *words: str) -> None:
    _ffmpeg("-f", "lavfi", "-i", source, "-ac", "1", "-c:a", "libmp3lame", *words, str(to))


def _ffmpeg(*words: str) -> None:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise BenchError("this needs ffmpeg (Debian, Ubuntu: apt install ffmpeg)")
    subprocess.run([ffmpeg, "-v", "error", "-y", *words], check=True)


def _pages(root: Path) -> None:
    links = "".join(f'<li><a href="/music/{n:03}.mp3">Song {n}</a></li>\n' for n in range(SONGS))
    page = f"<!doctype html><html lang=en><head><title>Songs</title></head><body><ul>{links}</ul></body></html>"
    (root / "index.html").write_text(page, "utf-8")
    for file in WEB.iterdir():
        if file.suffix in {".html", ".js"}:
            shutil.copy(file, root)


def add_players(root: Path, *, takers: bool = False) -> list[str]:
    """Copy the players of others into the site; returns those that cannot be had. `takers`: fetch the
    packages that take, too.
    """
    wanted = [*PLAYERS.values(), *(["node_modules/puppeteer-core"] if takers else [])]
    npm = shutil.which("npm")
    if npm is not None and not all((CACHE / path).exists() for path in wanted):
        CACHE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(WEB / name, CACHE)
        words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        words += [] if takers else ["--omit=optional"]
        subprocess.run(words, cwd=CACHE, check=False, stdout=subprocess.DEVNULL, timeout=300)
    for name, path in PLAYERS.items():
        if (CACHE / path).exists():
            shutil.copy(CACHE / path, root / name)
    return [name for name in PLAYERS if not (root / name).exists()]


def _feed(episodes: int, size: int) -> str:
    items = "".join(
        f"<item><title>Episode {n}</title><guid isPermaLink='false'>e{n}</guid>"
        f"<pubDate>Mon, 0{1 + n % 7} Jun 2026 00:00:{n % 60:02} GMT</pubDate>"
        f'<enclosure url="SITE/episodes/{n:03}.mp3" length="{size}" type="audio/mpeg"/></item>\n'
        for n in range(episodes)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel><title>The Show</title>'
        f"<link>SITE/</link><description>A show.</description>\n{items}</channel></rss>\n"
    )
