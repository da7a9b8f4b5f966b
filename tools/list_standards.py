"""Writes docs/standards.md: `python -m tools.list_standards`. A test holds it to the registry."""

from __future__ import annotations

from pathlib import Path

from stagedoor.signals.listing import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "standards.md"

if __name__ == "__main__":
    PAGE.write_text(markdown(), "utf-8")
