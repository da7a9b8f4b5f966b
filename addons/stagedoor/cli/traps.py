"""`stagedoor traps`: recordings that nobody is led to but programs that ignore robots.txt.

`make` makes them, of our own music; the guard shows them behind the trap link. `recognise` finds them in
what turns up elsewhere: a data set, a mirror, a folder of downloads. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stagedoor.cli.shared_options import add_site
from stagedoor.model.errors import StagedoorError

if TYPE_CHECKING:
    from stagedoor.load.trap_recordings import TrapRecording

COUNT = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commands that this one has."""
    what = parser.add_subparsers(
        dest="what", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    make = what.add_parser("make", help="make recordings, for the page behind the trap link")
    make.add_argument(
        "--count", type=int, default=COUNT, metavar="N", help="how many (default: %(default)s)"
    )
    find = what.add_parser("recognise", help="find them in files of sound")
    find.add_argument("files", nargs="+", type=Path, metavar="FILE|DIR", help="what turned up")
    find.add_argument("--json", action="store_true", help="one JSON line for each recording found")
    for one in (make, find):
        one.add_argument(
            "--state", type=Path, required=True, metavar="DIR", help="the guard's state directory"
        )
        add_site(one)


def run(options: argparse.Namespace) -> int:
    """0 where something was made or found, 1 where nothing was found."""
    return _make(options) if options.what == "make" else _recognise(options)


def _make(options: argparse.Namespace) -> int:
    from stagedoor.load.trap_recordings import MOST, make_traps

    if not 1 <= options.count <= MOST:
        raise StagedoorError(f"--count {options.count} — write a number from 1 to {MOST}")
    try:
        made = make_traps(options.state, options.count)
    except OSError as error:
        raise StagedoorError(f"{options.state} takes nothing: {error.strerror or error}") from error
    for one in made:
        print(f"{one.title}  {one.file}")
    if not all(one.file.endswith(".mp3") for one in made):
        print("ffmpeg is not installed here, so they are WAV files; with it they become MP3.")
    if not shutil.which("fpcalc"):
        print(
            "fpcalc is not installed here (Debian: libchromaprint-tools): what they sound like is not"
        )
        print("kept yet. `stagedoor traps recognise` needs it, and takes that from the files then.")
    print("The guard shows them behind the trap link while the stance says `traps: yes`.")
    return 0


def _recognise(options: argparse.Namespace) -> int:
    from stagedoor.evidence.sound_matches import find
    from stagedoor.load.trap_recordings import FOLDER, fingerprint, read_traps

    known = read_traps(options.state)
    if not known:
        raise StagedoorError(
            f"there are no trap recordings in {options.state} — `stagedoor traps make` makes some"
        )
    ours: list[tuple[TrapRecording, tuple[int, ...]]] = [
        (one, one.sound or fingerprint(options.state / FOLDER / one.file)) for one in known
    ]
    hits = looked = silent = 0
    for path in _files(options.files):
        sound = fingerprint(path)
        looked += 1
        silent += not sound
        for one, own in ours:
            match = find(own, sound)
            if match is None:
                continue
            hits += 1
            if options.json:
                row = {
                    "path": str(path), "title": one.title, "file": one.file,
                    "score": round(match.score, 3), "offset": round(match.offset, 1),
                    "at": round(match.at, 1), "seconds": round(match.seconds, 1),
                }  # fmt: skip
                print(json.dumps(row, ensure_ascii=False, sort_keys=True))
            else:
                print(
                    f"{path}: {one.title}, {match.seconds:.0f} s of it from {match.offset:.0f} s on, at "
                    f"{match.at:.0f} s (score {match.score:.2f})"
                )
    if not options.json:
        note = f"; {silent} could not be read as sound" if silent else ""
        print(f"{hits} found in {looked} files{note}.")
    return 0 if hits else 1


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(one for one in path.rglob("*") if one.is_file())
        elif path.is_file():
            yield path
        else:
            raise StagedoorError(f"there is no {path}")
