"""Dated versions of terms from Open Terms Archive, so that a history does not begin today.

Both of its layouts are read: the dataset (`Service/Terms of Service/2021-08-01T01-03-12Z.md`) and a
clone of a repository of versions (`Service/Terms of Service.md`, dated by its commits).
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from stagedoor.model.errors import StagedoorError
from stagedoor.platforms.extraction import markdown_text
from stagedoor.platforms.observer import Observer
from stagedoor.platforms.profiles import Profile, Text

_DATED = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)-(\d\d)(?:-(\d\d))?Z?)?")
_MOST = 4_000_000


@dataclass(frozen=True, slots=True)
class Dated:
    """One version: when it was taken, in seconds since 1970, and its Markdown."""

    at: int
    text: str


def take_in(observer: Observer, folder: Path) -> int:
    """Keep every version of every document that a profile has; returns how many were read."""
    if not folder.is_dir():
        raise StagedoorError(f"there is no folder {folder} — name an unpacked dataset, or a clone")
    count = 0
    for profile in observer.profiles.all:
        for document in profile.file.documents:
            if profile.file.archive and document.archive:
                count += _take(observer, profile, document, folder)
    return count


def _take(observer: Observer, profile: Profile, document: Text, folder: Path) -> int:
    place = folder / profile.file.archive / document.archive
    single = place.with_name(f"{place.name}.md")
    versions = _in_folder(place) if place.is_dir() else _in_commits(folder, single)
    known = {e.at for e in observer.history.entries("text", profile.id, document.name)}
    count = 0
    for one in sorted(versions, key=lambda version: version.at):
        count += 1
        if one.at not in known:
            observer.document(profile, document, markdown_text(one.text), one.at, "archive")
    return count


def _in_folder(folder: Path) -> Iterator[Dated]:
    for path in sorted(folder.glob("*.md")):
        found = _DATED.fullmatch(path.stem)
        if found is not None:
            numbers = [int(part or 0) for part in found.groups()]
            try:
                at = int(datetime(*numbers, tzinfo=UTC).timestamp())  # type: ignore[misc,arg-type]
            except ValueError:
                continue
            yield Dated(at, path.read_bytes()[:_MOST].decode("utf-8", "replace"))


def _in_commits(folder: Path, file: Path) -> Iterator[Dated]:
    git = shutil.which("git")
    if not file.is_file() or not (folder / ".git").exists() or git is None:
        return
    inside = file.relative_to(folder).as_posix()

    def run(*words: str) -> bytes:
        done = subprocess.run(  # noqa: S603 (git by its path, our own words)
            [git, "-C", str(folder), *words], capture_output=True, check=False, timeout=60
        )
        return done.stdout if done.returncode == 0 else b""

    for line in run("log", "--format=%H %ct", "--", inside).decode().splitlines():
        commit, _, at = line.partition(" ")
        text = run("show", f"{commit}:{inside}")
        if text:
            yield Dated(int(at), text[:_MOST].decode("utf-8", "replace"))
