"""Seeking and resuming: the guard changes nothing about ranges."""

from __future__ import annotations

from pathlib import Path

import pytest

from .clients import curl, sha256
from .guarding import Guard
from .programs import program, run
from .site import Site

PATH = "/music/tone.mp3"
COMPARED = (
    "content-type",
    "content-length",
    "content-range",
    "accept-ranges",
    "etag",
    "last-modified",
)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("0-", 0, None), ("0-0", 0, 1), ("1000-1999", 1000, 2000), ("-500", -500, None)],
)
def test_a_range(asked: str, start: int, end: int | None, guard: Guard, origin: Site) -> None:
    whole = origin.file(PATH)
    answer = curl(f"{guard.url}{PATH}", "-r", asked)
    assert answer.status == 206
    assert answer.body == whole[start:end]
    first = start % len(whole)
    last = first + len(answer.body) - 1
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"


@pytest.mark.parametrize(
    ("how", "status"),
    [
        (["-r", "10-19,30-39"], 206),
        (["-r", "99999999-"], 416),
        (["-I"], 200),
        (["-I", "-r", "0-99"], 206),
        (["-r", "0-99", "-H", 'If-Range: "another version"'], 200),
    ],
    ids=["several", "beyond the end", "head", "head of a range", "if-range, changed"],
)
def test_the_answer_is_the_sites_own(
    how: list[str], status: int, guard: Guard, origin: Site
) -> None:
    """What came through the guard, and what the site says when it is asked directly."""
    through, directly = (curl(f"{url}{PATH}", *how) for url in (guard.url, origin.url))
    assert through.status == directly.status == status
    for name in COMPARED:
        if "multipart" not in directly.type:  # where every answer has a boundary of its own
            assert through.headers[name] == directly.headers[name], name
    assert len(through.body) == len(directly.body)


def test_if_range_with_the_same_version(guard: Guard, origin: Site) -> None:
    tag = curl(f"{guard.url}{PATH}", "-I").headers["etag"]
    answer = curl(f"{guard.url}{PATH}", "-r", "100-", "-H", f"If-Range: {tag}")
    assert answer.status == 206
    assert answer.body == origin.file(PATH)[100:]


@pytest.mark.parametrize(
    "command", [["curl", "-q", "-sS", "-C", "-", "-o"], ["wget", "-q", "-c", "-O"]]
)
def test_a_broken_download_is_resumed(
    command: list[str], guard: Guard, origin: Site, tmp_path: Path
) -> None:
    whole = origin.file(PATH)
    got = tmp_path / "got.mp3"
    got.write_bytes(whole[:100_000])
    marker = f"resumed-by-{command[0]}"
    done = run(program(command[0]), *command[1:], str(got), f"{guard.url}{PATH}?{marker}")
    assert done.returncode == 0, done.stderr
    assert sha256(got) == sha256(whole)
    asked = origin.hears(marker)[0]
    assert asked["range"] == "bytes=100000-"
    assert asked["sent"] == len(whole) - 100_000
