"""Writes what is built: `python -m tools.build_dashboards` (--check: reports what is out of date).

dashboards/*.json        the boards
dashboards/alerts.yml    Prometheus' rules
docs/metrics.md          the table of metrics, between its markers
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from stagedoor.record.metric_table import BEGIN, END, markdown
from tools import written_files
from tools.boards.alerts import groups
from tools.boards.board import Board, to_json
from tools.boards.compliance import COMPLIANCE
from tools.boards.listening import LISTENING_BOARD
from tools.boards.operations import OPERATIONS
from tools.boards.overview import OVERVIEW
from tools.written_files import ROOT

BOARDS: tuple[Board, ...] = (OVERVIEW, LISTENING_BOARD, COMPLIANCE, OPERATIONS)
_HEAD = "# Written by tools/build_dashboards.py from tools/boards/alerts.py; see runbook.md.\n"


def alerts() -> str:
    """The rules' file."""
    return _HEAD + yaml.safe_dump(groups(), sort_keys=False, width=96, allow_unicode=True)


def with_table(text: str) -> str:
    """The page with the table of metrics as the code has it. ValueError without the markers."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("docs/metrics.md has no markers for the table of metrics")
    return f"{before}{BEGIN}\n\n{markdown()}\n{END}{after}"


def built() -> Iterator[tuple[Path, str]]:
    """Every file, and what should stand in it."""
    for board in BOARDS:
        yield ROOT / "dashboards" / f"{board.uid}.json", to_json(board)
    yield ROOT / "dashboards" / "alerts.yml", alerts()
    page = ROOT / "docs" / "metrics.md"
    yield page, with_table(page.read_text("utf-8"))


if __name__ == "__main__":
    sys.exit(written_files.main(built()))
