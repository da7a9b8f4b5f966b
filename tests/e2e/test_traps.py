"""Trap recordings: made, taken by a program that follows every link, and recognised afterwards."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stagedoor.load.trap_recordings import make_traps
from stagedoor.record.ledger.database import Book

from .clients import FIREFOX, LIBRARY, curl
from .guarding import Guard, running
from .programs import eventually, program, run
from .site import Site


def traps(*words: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "stagedoor", "traps", *words)


@pytest.fixture(scope="module")
def trapping(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    for name in ("ffmpeg", "fpcalc"):
        program(name)
    folder = tmp_path_factory.mktemp("trapping")
    (folder / "stance.yaml").write_text("traps: yes\n")
    done = traps("make", "--state", str(folder / "state"), "--count", "2")
    assert done.returncode == 0, done.stderr
    with running(folder, origin.url, "--set", f"guard_rules={folder}") as found:
        yield found


def taken(guard: Guard, into: Path) -> list[Path]:
    """What a program that follows every link has in the end."""
    page = curl(f"{guard.url}/", agent=LIBRARY).text
    link = re.search(r'href="(/all-recordings-[0-9a-f]+)"', page)
    assert link is not None
    assert link[1] in curl(f"{guard.url}/robots.txt", agent=LIBRARY).text
    files = []
    for target in re.findall(r'href="([^"]+)"', curl(guard.url + link[1], agent=LIBRARY).text):
        files.append(into / target.rpartition("/")[2])
        curl(guard.url + target, "-o", str(files[-1]), agent=LIBRARY)
    return files


def takings(guard: Guard, name: str, count: int) -> list[dict[str, Any]] | None:
    """The takings of that recording, once there are so many."""
    book = Book(guard.state)
    try:
        rows = [json.loads(body) for body in book.bodies("taking")]
    finally:
        book.close()
    found = [row for row in rows if name in str(row)]
    return found if len(found) >= count else None


def verify(guard: Guard) -> subprocess.CompletedProcess[str]:
    words = ("evidence", "verify", "--state", str(guard.state))
    return run(sys.executable, "-m", "stagedoor", *words)


def test_what_was_taken_is_noted_and_recognised(trapping: Guard, tmp_path: Path) -> None:
    files = taken(trapping, tmp_path)
    assert len(files) == 2
    lines = trapping.decisions(files[0].name, 1)
    assert (lines[0]["rule"], lines[0]["verdict"]) == ("trap-recordings", "log")
    curl(f"{trapping.url}{lines[0]['path']}", agent=FIREFOX)
    rows = eventually(lambda: takings(trapping, files[0].name, 2), "both takings in the ledger")
    assert [row["rule"] for row in rows] == ["trap-recordings"] * 2
    assert len({row["client"] for row in rows}) == 2
    assert verify(trapping).returncode == 0
    found = tmp_path / "data set"
    found.mkdir()
    ffmpeg = [program("ffmpeg"), "-nostdin", "-loglevel", "error", "-y", "-ss", "17.3", "-t", "30"]
    for number, file in enumerate(files):
        run(*ffmpeg, "-i", str(file), "-b:a", "64k", str(found / f"{number}.mp3"))
        run(
            *ffmpeg,
            "-i",
            str(file),
            "-c:a",
            "libopus",
            "-b:a",
            "64k",
            str(found / f"{number}.opus"),
        )
    # Music of another site's seed, and what is no sound at all.
    others = make_traps(tmp_path / "other", 2)
    for other in others:
        (tmp_path / "other" / "traps" / other.file).rename(found / f"other-{other.file}")
    (found / "list.csv").write_text("url\n")
    done = traps("recognise", "--json", "--state", str(trapping.state), str(found))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {(Path(row["path"]).name, row["file"]) for row in rows} == {
        (f"{number}.{form}", file.name)
        for number, file in enumerate(files)
        for form in ("mp3", "opus")
    }
    for row in rows:
        assert row["score"] > 0.85
        assert abs(row["offset"] - row["at"] - 17.3) < 0.3
        assert row["seconds"] > 20
    none = traps(
        "recognise", "--state", str(trapping.state), str(found / f"other-{others[0].file}")
    )
    assert (none.returncode, none.stdout) == (1, "0 found in 1 files.\n")
