"""Draws what `./run demo` prints as docs/demo.svg, for the README.

.venv/bin/python tools/draw_demo.py
"""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from stagedoor.cli.demo import play

TARGET = Path(__file__).resolve().parent.parent / "docs" / "demo.svg"


def main() -> None:
    """Play the demo into a recording console and save the picture."""
    console = Console(record=True, width=86, highlight=False, file=io.StringIO())
    asyncio.run(play(console, once=True))
    TARGET.parent.mkdir(exist_ok=True)
    drawn = console.export_svg(title="./run demo", theme=DIMMED_MONOKAI)
    # No font from elsewhere: a reader's browser must not fetch anything to show a README.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    TARGET.write_text(drawn.replace("Fira Code", "ui-monospace"))
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
