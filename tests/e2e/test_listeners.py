"""Who is let in gets exactly what lies on the disk: real players, real download programs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .clients import CHROMIUM, FIREFOX, curl, sha256
from .guarding import Guard
from .programs import PATIENCE, as_nobody, program, public_folder, run
from .site import SECONDS, SHORT_SECONDS, Site

AGENTS = {
    "Firefox": FIREFOX,
    "Chromium": CHROMIUM,
    "Safari": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "mpv": "libmpv",
    "VLC": "VLC/3.0.21 LibVLC/3.0.21",
    "AppleCoreMedia": "AppleCoreMedia/1.0.0.22G86 (iPhone; U; CPU OS 18_6 like Mac OS X; en_us)",
    "Overcast": "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    "AntennaPod": "AntennaPod/3.9.0",
    "DSub": "DSub",
    "Symfonium": "Symfonium/13.2.0",
    "ExoPlayer": "MyPlayer/1.0 (Linux;Android 15) ExoPlayerLib/2.19.1",
}
PATHS = ["/music/tone.mp3", "/music/tone.flac", "/hls/index.m3u8", "/hls/index0.ts", "/listen/tone"]


@pytest.mark.parametrize("name", AGENTS)
def test_a_listener_gets_every_byte(name: str, guard: Guard, origin: Site) -> None:
    for path in PATHS:
        answer = curl(f"{guard.url}{path}", agent=AGENTS[name])
        assert answer.status == 200, path
        assert sha256(answer.body) == sha256(origin.file(path)), path
    page = curl(f"{guard.url}/index.html", agent=AGENTS[name])
    shows_pages = AGENTS[name].startswith("Mozilla/")
    assert page.body == (origin.served if shows_pages else origin.file)("/index.html")


def test_a_compressed_page_stays_compressed(guard: Guard, origin: Site) -> None:
    plain = curl(f"{guard.url}/index.html", "--compressed")
    assert plain.headers["content-encoding"] == "gzip"
    assert plain.body == origin.served("/index.html")
    packed = curl(f"{guard.url}/index.html", "-H", "Accept-Encoding: gzip")
    assert packed.body[:2] == b"\x1f\x8b"
    assert len(packed.body) < len(plain.body) / 4


def test_a_cached_page_is_not_sent_again(guard: Guard) -> None:
    tag = curl(f"{guard.url}/music/tone.mp3", "-r", "0-1").headers["etag"]
    again = curl(f"{guard.url}/music/tone.mp3", "-H", f"If-None-Match: {tag}")
    assert (again.status, again.body) == (304, b"")


def test_curl_and_wget_under_their_own_names(guard: Guard, origin: Site, tmp_path: Path) -> None:
    """Fans use them too: let in, and noted."""
    url = f"{guard.url}/music/tone.flac?own-name"
    for command in (["curl", "-q", "-sS", "-o"], ["wget", "--no-config", "-q", "-O"]):
        got = tmp_path / command[0]
        done = run(program(command[0]), *command[1:], str(got), url)
        assert done.returncode == 0, done.stderr
        assert sha256(got) == sha256(origin.file("/music/tone.flac"))
    noted = [decision["verdict"] for decision in guard.decisions("tone.flac", 2)]
    assert noted.count("log") >= 2


def test_yt_dlp_takes_a_file(guard: Guard, origin: Site, tmp_path: Path) -> None:
    got = tmp_path / "got.mp3"
    command = [program("yt-dlp"), "--ignore-config", "--no-cache-dir", "-q", "-o", str(got)]
    done = run(*command, f"{guard.url}/music/tone.mp3?yt-dlp", timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert sha256(got) == sha256(origin.file("/music/tone.mp3"))
    agent = origin.hears("tone.mp3?yt-dlp")[0]["agent"]
    assert "Chrome/" in agent, (
        "yt-dlp no longer dresses up as Chrome: see what the guard makes of it"
    )


@pytest.mark.parametrize("path", ["/music/tone.mp3", "/music/tone.m4a", "/hls/index.m3u8"])
def test_ffmpeg_decodes_the_same_sound(path: str, guard: Guard, origin: Site) -> None:
    ffmpeg = [program("ffmpeg"), "-v", "error", "-i"]
    digest = ["-map", "0:a", "-f", "hash", "-hash", "sha256", "-"]
    through = run(*ffmpeg, f"{guard.url}{path}?ffmpeg", *digest)
    from_disk = run(*ffmpeg, str(origin.root / path.lstrip("/")), *digest)
    assert re.fullmatch(r"SHA256=[0-9a-f]{64}\n", through.stdout), through.stderr
    assert through.stdout == from_disk.stdout
    assert origin.hears(f"{path}?ffmpeg")[0]["agent"].startswith("Lavf/")


def test_mpv_plays(guard: Guard, origin: Site, tmp_path: Path) -> None:
    """In real time, to the end."""
    mpv = [program("mpv"), "--no-config", "--no-video", "--ao=null", "--msg-level=all=status"]
    told = ["--term-status-msg=position=${=time-pos}", f"{guard.url}/music/short.mp3?mpv"]
    done = run(*mpv, *told)
    assert done.returncode == 0, done.stdout
    assert "Exiting... (End of file)" in done.stdout
    positions = [
        float(found) for found in re.findall(r"position=([\d.]+)", done.stdout + done.stderr)
    ]
    assert max(positions) > SHORT_SECONDS - 0.5
    assert origin.hears("short.mp3?mpv")[0]["agent"] == "libmpv"
    got = tmp_path / "got.flac"
    run(mpv[0], "--no-config", f"--stream-dump={got}", f"{guard.url}/music/tone.flac")
    assert sha256(got) == sha256(origin.file("/music/tone.flac"))


def test_vlc_plays(guard: Guard, origin: Site) -> None:
    """VLC decodes the whole recording, and takes every byte of a file."""
    with public_folder() as folder:
        vlc_plays(guard, origin, folder)


def vlc_plays(guard: Guard, origin: Site, public: Path) -> None:
    vlc = [*as_nobody(), "env", f"HOME={public}", program("cvlc"), "-q", "--no-video"]
    sound = public / "sound.wav"
    decode = f"#transcode{{acodec=s16l}}:standard{{access=file,mux=wav,dst={sound}}}"
    run(*vlc, "--sout", decode, f"{guard.url}/music/tone.mp3?vlc", "vlc://quit")
    probe = [
        program("ffprobe"),
        "-v",
        "error",
        "-show_entries",
        "format=duration",
        "-of",
        "csv=p=0",
    ]
    assert float(run(*probe, str(sound)).stdout) > SECONDS - 1
    assert "LibVLC" in origin.hears("tone.mp3?vlc")[0]["agent"]
    got = public / "got.flac"
    dump = ["--demux=dump", f"--demuxdump-file={got}"]
    run(*vlc, *dump, f"{guard.url}/music/tone.flac", "vlc://quit")
    assert sha256(got) == sha256(origin.file("/music/tone.flac"))
