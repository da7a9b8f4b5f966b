"""`STATE/traps/`: the recordings behind the trap link, the seed they are made from, and what they sound like.

seed           32 random bytes: with them anybody could make the same pieces
traps.json     the list: title, file, and the raw Chromaprint of each
NAME.mp3       the recordings, or NAME.wav where there is no ffmpeg
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import wave
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from stagedoor.load.trap_music import RATE, Piece, compose
from stagedoor.model.errors import StagedoorError
from stagedoor.verify.range_files import write_whole

FOLDER, SEED, LIST = "traps", "seed", "traps.json"
_RECORDINGS = "trap recordings of form 1"
_NAME = re.compile(r"[a-z0-9-]{1,80}\.(?:mp3|wav)")
_PATIENCE = 600.0
"""Seconds for ffmpeg or fpcalc, of a file that somebody else has made."""
MOST = 20


@dataclass(frozen=True, slots=True)
class TrapRecording:
    """`sound` is its raw Chromaprint, empty where none could be taken."""

    title: str
    file: str
    sound: tuple[int, ...] = ()


def read_traps(state: Path) -> tuple[TrapRecording, ...]:
    """The recordings on the list, none where there is no list. StagedoorError where it is not one."""
    path = state / FOLDER / LIST
    try:
        found = orjson.loads(path.read_bytes())
        listed = tuple(
            TrapRecording(str(one["title"]), str(one["file"]), tuple(map(int, one["sound"])))
            for one in found[_RECORDINGS]
        )
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StagedoorError(f"{path} cannot be read: {error.strerror or error}") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise StagedoorError(
            f"{path} is no list of recordings — `stagedoor traps make` makes them again from the seed"
        ) from error
    return tuple(one for one in listed if _NAME.fullmatch(one.file))


def make_traps(state: Path, count: int) -> tuple[TrapRecording, ...]:
    """Make the first `count` pieces of this site's seed, and put them on the list. OSError where the
    disk takes nothing.
    """
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    seed = _seed(folder / SEED)
    kept = {one.file: one for one in read_traps(state)}
    made = []
    for number in range(count):
        piece = compose(seed, number)
        mark = hashlib.sha256(b"name %d " % number + seed).hexdigest()[:6]  # no two alike
        stem = f"{piece.title.lower().replace(' ', '-')}-{mark}"
        file = _written(folder, stem, piece)
        sound = fingerprint(folder / file) if shutil.which("fpcalc") else ()
        made.append(TrapRecording(piece.title, file, sound))
        for old in (f"{stem}.mp3", f"{stem}.wav"):
            if old != file:
                (folder / old).unlink(missing_ok=True)
                kept.pop(old, None)
    names = {one.file for one in made}
    listed = (*made, *(one for name, one in kept.items() if name not in names))
    write_whole(folder / LIST, orjson.dumps({_RECORDINGS: [asdict(one) for one in listed]}))
    return listed


def _seed(path: Path) -> bytes:
    with suppress(FileExistsError):
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
    seed = path.read_bytes()
    if len(seed) != 32:
        raise StagedoorError(
            f"{path} holds no seed — remove it; the pieces of before stay on the list"
        )
    return seed


def _written(folder: Path, stem: str, piece: Piece) -> str:
    """The piece as MP3 where ffmpeg makes one, else as WAV; the file's name."""
    ffmpeg = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory() as work:
        plain = Path(work) / f"{stem}.wav"
        with wave.open(str(plain), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(piece.samples.tobytes())
        if ffmpeg is not None:
            packed = Path(work) / f"{stem}.mp3"
            told = ["-metadata", f"title={piece.title}", "-b:a", "128k", "-fflags", "+bitexact"]
            words = [ffmpeg, "-nostdin", "-loglevel", "error", "-y", "-i", str(plain), *told]
            done = subprocess.run([*words, str(packed)], capture_output=True, timeout=_PATIENCE)  # noqa: S603, PLW1510 (its status is looked at)
            if done.returncode == 0 and packed.stat().st_size:
                plain = packed
        write_whole(folder / plain.name, plain.read_bytes())
    return plain.name


def fingerprint(path: Path) -> tuple[int, ...]:
    """The raw Chromaprint of a file in any form that fpcalc decodes; empty where it decodes nothing.
    StagedoorError where there is no fpcalc.
    """
    fpcalc = shutil.which("fpcalc")
    if fpcalc is None:
        raise StagedoorError(
            "there is no fpcalc here, which says what a file sounds like — install it "
            "(Debian: libchromaprint-tools; macOS: chromaprint)"
        )
    words: Sequence[str] = (fpcalc, "-raw", "-json", "-length", "0", str(path.absolute()))
    try:
        done = subprocess.run(words, capture_output=True, timeout=_PATIENCE)  # noqa: S603, PLW1510 (its output is looked at)
        return tuple(value & 0xFFFF_FFFF for value in orjson.loads(done.stdout)["fingerprint"])
    except (orjson.JSONDecodeError, KeyError, TypeError, subprocess.TimeoutExpired):
        return ()
