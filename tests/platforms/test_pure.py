"""The modules of this room that read and judge are pure; those with files and networks are named."""

from __future__ import annotations

import ast

from making import ROOT
from test_architecture import OUTSIDE_WORLD, imports, within

EDGES = {
    "archive_versions", "badge", "kept_texts", "opening", "polite_check", "timeline_pages",
    "watch_metrics",
}  # fmt: skip


def test_only_the_edges_reach_outside() -> None:
    found = set()
    for path in (ROOT / "addons" / "stagedoor" / "platforms").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {one.name for one in imports(f"stagedoor.platforms.{path.stem}", tree)}
        if any(within(name, outside) for name in names for outside in OUTSIDE_WORLD):
            found.add(path.stem)
    assert found <= EDGES
    assert {"clauses", "changes", "extraction", "page_audit", "profiles"}.isdisjoint(found)
