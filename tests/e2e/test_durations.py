"""Seconds of sound, held against ffprobe: two hundred files of every container, whole and in ranges.

ffmpeg makes them once a session, all in one go. Where ffprobe itself only guesses (MP3 without a
header and AAC in ADTS by the bit rate, transport streams without their last frames, WebM without a
Duration not at all) it reads every packet, and their sum is the judge.
"""

from __future__ import annotations

import http.server
import re
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from stagedoor.fronts.mitmproxy.audio_stream import AudioStream
from stagedoor.model.sound import SoundSent
from stagedoor.store.memory import MemoryStore
from stagedoor.store.tracks import Tracks

from .conftest import StartGuard
from .guarding import Guard
from .programs import program

pytestmark = pytest.mark.slow

LENGTHS = (3.0, 6.5)
FORMATS: dict[str, tuple[list[str], ...]] = {
    # Ending: what ffmpeg is told, each for every length and for mono and stereo.
    "mp3": (
        ["-b:a", "64k"],
        ["-b:a", "192k", "-id3v2_version", "0"],
        ["-q:a", "3"],
        ["-q:a", "5", "-write_xing", "0"],
        ["-b:a", "96k", "-write_xing", "0", "-id3v2_version", "0"],
    ),
    "mp2": (["-b:a", "128k"],),
    "aac": (["-b:a", "64k"], ["-b:a", "128k"], ["-b:a", "32k", "-ar", "44100"]),
    "m4a": (
        ["-c:a", "aac"],
        ["-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart"],
        ["-c:a", "alac"],
        ["-c:a", "aac", "-b:a", "160k", "-ar", "44100"],
    ),
    "mp4": (
        ["-c:a", "aac", "-movflags", "empty_moov+frag_keyframe", "-frag_duration", "1000000"],
        ["-c:a", "aac", "-movflags", "empty_moov+frag_keyframe+dash", "-frag_duration", "1000000"],
    ),
    "mov": (["-c:a", "aac"], ["-c:a", "pcm_s16le"]),
    "flac": ([], ["-compression_level", "0", "-sample_fmt", "s32"]),
    "ogg": (["-c:a", "libvorbis", "-q:a", "2"], ["-c:a", "libvorbis", "-q:a", "6"],
            ["-c:a", "libvorbis", "-q:a", "9", "-ar", "44100"]),
    "oga": (["-c:a", "flac"],),
    "opus": (["-b:a", "48k"], ["-b:a", "96k", "-vbr", "off"], ["-b:a", "24k"]),
    "wav": ([], ["-c:a", "pcm_s24le"], ["-c:a", "adpcm_ms"], ["-c:a", "pcm_u8"], ["-rf64", "always"]),
    "w64": ([],),
    "aiff": ([], ["-c:a", "pcm_s24be"]),
    "wma": (["-c:a", "wmav2", "-b:a", "96k"], ["-c:a", "wmav1", "-b:a", "64k"]),
    "webm": (["-c:a", "libopus"], ["-c:a", "libvorbis"], ["-c:a", "libopus", "-f", "webm", "-live", "1"]),
    "mka": (["-c:a", "flac"], ["-c:a", "libmp3lame"], ["-c:a", "libopus"]),
    "caf": (["-c:a", "pcm_s16be"],),
    "au": ([],),
    "wv": ([],),
    "tta": ([],),
    "ac3": (["-b:a", "128k"],),
    "eac3": (["-b:a", "128k"],),
    "ts": (["-c:a", "aac"], ["-c:a", "libmp3lame"]),
}  # fmt: skip
GUESSED = frozenset({"mp3", "aac", "ts"})
RANGES = ((0.0, 1.0), (0.0, 0.5), (0.5, 1.0), (0.3, 0.4))
CLOSE = 0.02


@dataclass(frozen=True)
class Made:
    """One file; `seconds` as ffprobe says, or as was asked for."""

    name: str
    data: bytes
    seconds: float


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    folder = tmp_path_factory.mktemp("files")
    wanted: list[str] = []
    # Loudness and pitch change, so that variable bit rates vary.
    source = (
        "aevalsrc=(0.1+0.4*sin(t)*sin(t))*(random(0)-0.5)+0.2*sin(2*PI*330*t*(1+floor(t))):s=22050"
    )
    command = [program("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", f"{source}:d={max(LENGTHS)}"]
    for ending, variants in FORMATS.items():
        for number, options in enumerate(variants):
            for length in LENGTHS:
                for channels in ("1", "2"):
                    name = f"{number}-{length:g}-{channels}.{ending}"
                    rate = ["-ar", "48000"] if ending in {"ac3", "eac3"} else []
                    command += ["-t", f"{length}", "-ac", channels, *rate, *options, name]
                    wanted.append(name)
    subprocess.run(command, check=True, cwd=folder, timeout=300)

    def made(name: str) -> Made:
        path = folder / name
        said = 0.0 if path.suffix[1:] in GUESSED else probed(path, "format=duration")
        return Made(name, path.read_bytes(), said or probed(path, "packet=duration_time"))

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(made, wanted))


def probed(path: Path, entry: str) -> float:
    """What ffprobe says: the sum of all numbers in this entry; 0 where it does not know."""
    words = [
        "-v",
        "error",
        "-select_streams",
        "a",
        "-show_entries",
        entry,
        "-of",
        "csv=p=0",
        str(path),
    ]
    found = subprocess.run([program("ffprobe"), *words], check=True, capture_output=True, text=True)
    return sum(map(float, re.findall(r"^\d[\d.]*", found.stdout, re.MULTILINE)))


def counted(store: MemoryStore, tracks: Tracks, file: Made, start: int, end: int) -> float:
    """Seconds that are counted when these bytes go out."""
    sent: list[SoundSent] = []
    size = len(file.data)
    head: tuple[int, dict[str, str]] = (200, {"content-length": str(size)})
    if (start, end) != (0, size):
        head = (206, {"content-range": f"bytes {start}-{end - 1}/{size}"})
    stream = AudioStream(store, tracks, f"/{file.name}", head, sent.append)
    for at in range(start, end, 65_536):
        stream(file.data[at : min(end, at + 65_536)])
    stream(b"")
    return sum(one.seconds for one in sent)


def test_two_hundred_files_whole_and_in_ranges(files: list[Made]) -> None:
    assert len(files) >= 200
    store, tracks, wrong = MemoryStore(10), Tracks(), []
    for file in files:
        for begin, finish in RANGES:
            start, end = round(len(file.data) * begin), round(len(file.data) * finish)
            share = (end - start) / len(file.data)
            found = counted(store, tracks, file, start, end)
            if abs(found - file.seconds * share) > CLOSE * file.seconds * share:
                wrong.append(
                    f"{file.name} {begin}-{finish}: {found:.2f}, not {file.seconds * share:.2f}"
                )
    assert wrong == []


class Handler(http.server.BaseHTTPRequestHandler):
    """Hands out the files, and ranges of them."""

    protocol_version = "HTTP/1.1"
    files: dict[str, bytes]

    def do_GET(self) -> None:
        data = self.files[self.path[1:]]
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(data))
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(end - start))
        self.end_headers()
        self.wfile.write(data[start:end])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def guard(files: list[Made], start_guard: StartGuard) -> Iterator[Guard]:
    handler = type("Files", (Handler,), {"files": {file.name: file.data for file in files}})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield start_guard(f"http://127.0.0.1:{server.server_port}")
        server.shutdown()


def test_through_the_guard_one_of_each(files: list[Made], guard: Guard) -> None:
    """Whole, and the last third of it; what the metrics say is what went out."""
    of_each = {file.name.rpartition(".")[2]: file for file in files if "-6.5-2" in file.name}
    wrong = []
    before = guard.counts()("audio_seconds_total", purpose="music-player")
    for ending, file in of_each.items():
        size = len(file.data)
        for start in (0, size * 2 // 3):
            words = ["-r", f"{start}-{size - 1}"] if start else []
            curl_as_player(f"{guard.url}/{file.name}", *words)
            now = guard.counts()("audio_seconds_total", purpose="music-player")
            share = file.seconds * (size - start) / size
            if abs(now - before - share) > CLOSE * share:
                wrong.append(f"{ending} from {start}: {now - before:.2f}, not {share:.2f}")
            before = now
    assert wrong == []


def curl_as_player(url: str, *words: str) -> None:
    command = [program("curl"), "-sf", "-A", PLAYER, *words, "-o", "/dev/null", url]
    subprocess.run(command, check=True, timeout=60)


PLAYER = "VLC/3.0.21 LibVLC/3.0.21"
