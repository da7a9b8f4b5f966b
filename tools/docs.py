"""Builds the documentation: `python -m tools.docs [TO [FROM]]`, by default into build/docs.

Sphinx reads docs/; a link that leads nowhere, or a page that no list names, fails the build. The man
page is made of the same source.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.cmd.build import main as sphinx

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "docs"


def build(target: Path, source: Path = SOURCE) -> int:
    """HTML into `target/html`, the man page into `target/man`; exit status 0, or of Sphinx."""
    for builder in ("html", "man"):
        status = sphinx(
            ["-q", "-W", "--keep-going", "-b", builder, str(source), str(target / builder)]
        )
        if status:
            return status
    return 0


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "docs"
    if status := build(folder, *map(Path, sys.argv[2:])):
        sys.exit(status)
    print(f"open {folder / 'html' / 'index.html'}")
