"""`stagedoor publish DIR --into-files OUT`: copies of the recordings in DIR, with the licence inside.

Off unless it is asked for. The recordings themselves stay as they are, and a copy sounds the same: that
is compared byte by byte, and where ffmpeg is there once more, by a checksum of the decoded sound.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from stagedoor.cli.output_folder import Shelf
from stagedoor.config.stance import Stance
from stagedoor.model.errors import StagedoorError
from stagedoor.publish.publication import message, switched_on
from stagedoor.signals import licence_documents
from stagedoor.signals.inside import licence_inside
from stagedoor.signals.inside.carrier import CarrierError
from stagedoor.signals.standards import rsl

MOST = 1 << 30
"""Bytes of a recording that is copied; a copy is made in memory."""
_DECODING = 600.0
"""Seconds for ffmpeg to decode one recording."""


def write_copies(folder: Path, out: Path, stance: Stance) -> tuple[list[str], list[str]]:
    """Put the copies into `out`; what was done, and what could not be done, in sentences.

    Raises StagedoorError where nothing can be: no address, no licence, or `out` is `folder`.
    """
    on = switched_on(stance)
    address = stance.publish.address
    if rsl.STANDARD not in on:
        raise StagedoorError("the stance publishes no licence — write publish: {rsl: yes}")
    if not address:
        raise StagedoorError(
            "a licence inside a file names the file's address — write publish: {address: "
            "https://music.example.org} in stance.yaml"
        )
    if out.resolve() == folder.resolve():
        raise StagedoorError("the licence goes into copies — name another folder than your site's")
    said = message(stance, on)
    shelf, done, failed = Shelf(out), 0, []
    decoder = shutil.which("ffmpeg") or ""
    for path in _recordings(folder, out):
        name = path.relative_to(folder).as_posix()
        try:
            copied = _copy(
                path, licence_documents.write_embedded(said, f"{address}/{quote(name)}"), decoder
            )
            if shelf.put(name, copied) == "foreign":
                failed.append(f"{out / name} is not ours: it was left alone — rename or delete it")
                continue
        except CarrierError as error:
            failed.append(f"{path} {error}")
            continue
        except StagedoorError as error:
            failed.append(str(error))
            continue
        done += 1
    shelf.remember()
    how = "decoded by ffmpeg" if decoder else "compared byte by byte; with ffmpeg, decoded, too"
    noun = "copy has" if done == 1 else "copies have"
    return [f"{done} {noun} your licence inside, in {out}; the sound is the same ({how})."], failed


def _recordings(folder: Path, out: Path) -> Iterator[Path]:
    """The recordings of the site that can carry a licence, without links and without the copies."""
    inside = out.resolve()
    for path in sorted(folder.rglob("*")):
        fits = path.suffix.lower() in licence_inside.WRITABLE and not path.is_symlink()
        if fits and path.is_file() and inside not in path.resolve().parents:
            yield path


def _copy(path: Path, licence: bytes, decoder: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise CarrierError(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(data) > MOST:
        raise CarrierError(f"is larger than {MOST >> 30} GB")
    copied = licence_inside.write(data, licence)
    if decoder and _decoded(decoder, data, path.suffix) != _decoded(decoder, copied, path.suffix):
        raise CarrierError("would not sound the same: no copy was made")
    return copied


def _decoded(decoder: str, data: bytes, suffix: str) -> str:
    """The SHA-256 of the decoded sound, as ffmpeg writes it."""
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        command = [decoder, "-v", "error", "-nostdin", "-i", file.name]
        command += ["-map", "0:a", "-f", "hash", "-hash", "sha256", "-"]
        try:
            done = subprocess.run(  # noqa: S603 (the program is ffmpeg, the file is ours)
                command, capture_output=True, text=True, timeout=_DECODING, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise CarrierError("cannot be decoded by ffmpeg: does it play?") from error
    return done.stdout
