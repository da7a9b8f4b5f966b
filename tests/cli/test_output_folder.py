"""A folder in which some files are ours, and nothing else is touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stagedoor.cli.output_folder import WRITTEN, Shelf
from stagedoor.model.errors import StagedoorError


def put(folder: Path, name: str, data: bytes, *, merged: bool = False) -> str:
    """One run of the program that writes one file."""
    shelf = Shelf(folder)
    outcome = shelf.put(name, data, merged=merged)
    shelf.remember()
    return outcome


def test_ours_is_made_anew(tmp_path: Path) -> None:
    assert put(tmp_path, "a/b.txt", b"1") == "written"
    assert put(tmp_path, "a/b.txt", b"1") == "same"
    assert put(tmp_path, "a/b.txt", b"2") == "written"
    assert (tmp_path / "a/b.txt").read_bytes() == b"2"
    assert not list(tmp_path.rglob(".stagedoor-*"))


def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"theirs")
    assert put(tmp_path, "a.txt", b"ours") == "foreign"
    assert (tmp_path / "a.txt").read_bytes() == b"theirs"
    assert put(tmp_path, "a.txt", b"theirs and ours", merged=True) == "written"
    (tmp_path / "a.txt").write_bytes(b"changed by hand")
    assert put(tmp_path, "a.txt", b"ours") == "foreign"
    assert not Shelf(tmp_path).take_away("a.txt")
    assert (tmp_path / "a.txt").read_bytes() == b"changed by hand"


def test_ours_can_be_taken_away(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", b"1")
    shelf = Shelf(tmp_path)
    assert shelf.ours == ("a.txt",)
    assert shelf.take_away("a.txt")
    shelf.remember()
    assert not (tmp_path / "a.txt").exists()
    assert Shelf(tmp_path).ours == ()
    assert not (tmp_path / WRITTEN).exists()


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside.txt", tmp_path / "site"
    put(tmp_path, "outside.txt", b"1")
    (folder / "headers").mkdir(parents=True)
    known = (tmp_path / WRITTEN).read_text()
    (folder / WRITTEN).write_text(
        known.replace("outside.txt", "../outside.txt") + known.replace("outside.txt", str(outside))
    )
    assert Shelf(folder).ours == ()


def test_sha256sum_reads_what_is_remembered(tmp_path: Path) -> None:
    put(tmp_path, "a.txt", b"1")
    done = subprocess.run(
        ["sha256sum", "-c", WRITTEN], cwd=tmp_path, capture_output=True, check=True, timeout=30
    )
    assert done.stdout == b"a.txt: OK\n"


def test_rights_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "a.txt"
    real.write_bytes(b"1")
    real.chmod(0o640)
    link.symlink_to(real)
    assert put(tmp_path, "a.txt", b"2", merged=True) == "written"
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"2", 0o640)
    put(tmp_path, "new.txt", b"1")
    assert (tmp_path / "new.txt").stat().st_mode & 0o777 == 0o644


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(StagedoorError, match=r"a\.txt cannot be read: Is a directory"):
        put(tmp_path, "a.txt", b"1")


@pytest.mark.skipif(os.geteuid() != 0, reason="a full disk is a small file system to mount")
def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """With no space left the old file stays, and nothing is left beside it."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)],
        capture_output=True,
        check=False,
        timeout=30,
    )
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        put(small, "a.txt", b"1")
        with pytest.raises(StagedoorError, match="No space left on device"):
            put(small, "a.txt", b"2" * 100_000)
        assert (small / "a.txt").read_bytes() == b"1"
        assert not list(small.rglob(".stagedoor-*"))
    finally:
        subprocess.run(["umount", str(small)], check=True, timeout=30)
