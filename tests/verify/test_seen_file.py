"""Files that are looked at again and again."""

from __future__ import annotations

import os
from pathlib import Path

from stagedoor.verify.seen_file import SeenFile


def test_a_file_is_another_once_it_was_added_written_or_taken_away(tmp_path: Path) -> None:
    path, seen = tmp_path / "list.json", SeenFile()
    assert not seen.changed(path)
    path.write_bytes(b"1")
    assert [seen.changed(path), seen.changed(path)] == [True, False]
    path.write_bytes(b"12")
    assert [seen.changed(path), seen.changed(path)] == [True, False]
    os.utime(path, ns=(1, 1))
    assert [seen.changed(path), seen.changed(path)] == [True, False]
    path.unlink()
    assert [seen.changed(path), seen.changed(path)] == [True, False]
