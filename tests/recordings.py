"""Half a minute of noise in the formats of recordings, by ffmpeg."""

from __future__ import annotations

import subprocess
import tempfile
from functools import cache
from pathlib import Path

from e2e.programs import program

LENGTH = 30.0
"""Seconds of each."""
MADE = {
    "cbr.mp3": ["-b:a", "128k"],
    "vbr.mp3": ["-q:a", "6"],
    "bare.mp3": ["-b:a", "64k", "-write_xing", "0", "-id3v2_version", "0"],
    "vbr-bare.mp3": ["-q:a", "6", "-write_xing", "0"],
    "a.flac": [],
    "a.wav": [],
    "a.ogg": ["-c:a", "libvorbis", "-b:a", "96k", "-minrate", "96k", "-maxrate", "96k"],
    "a.opus": ["-c:a", "libopus", "-b:a", "64k", "-vbr", "off"],
    "fast.m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "late.m4a": ["-c:a", "aac"],
    "cut.mp4": [
        "-c:a",
        "aac",
        "-movflags",
        "empty_moov+frag_keyframe",
        "-frag_duration",
        "4000000",
    ],
    "a.aac": ["-b:a", "96k"],
    "a.aiff": [],
    "a.wma": ["-c:a", "wmav2"],
    "a.webm": ["-c:a", "libopus"],
    "a.mka": ["-c:a", "flac"],
    "a.ts": ["-c:a", "aac"],
}


@cache
def recording(name: str) -> bytes:
    """The file of that name in MADE; skips the test where there is no ffmpeg."""
    noise = f"anoisesrc=duration={LENGTH:g}:seed=7:amplitude=0.3:color=pink"
    command = [program("ffmpeg"), "-v", "error", "-f", "lavfi", "-i", noise, *MADE[name]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        subprocess.run([*command, str(path)], check=True, timeout=60)
        return path.read_bytes()
