"""Files that follow from the code: written, or held to it (`--check`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(built: Iterable[tuple[Path, str]]) -> int:
    """Write each file that differs from its text, or with `--check` only print it; the exit status."""
    check = "--check" in sys.argv[1:]
    old = [
        (path, text) for path, text in built if not path.exists() or path.read_text("utf-8") != text
    ]
    for path, text in old:
        print(path.relative_to(ROOT))
        if not check:
            path.write_text(text, "utf-8")
    return int(check and bool(old))
