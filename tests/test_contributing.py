"""What CONTRIBUTING.md and docs/ name by its path exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from making import ROOT

PACKAGE = ROOT / "addons" / "stagedoor"
PAGES = [ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FILE = re.compile(r"`([\w-]+(?:/[\w.-]+)*(?:\.(?:py|md|yaml|yml|toml|json|svg|apt|conf)|/))`")
"""`room/module.py`, `docs/page.md`, `signals/standards/`; no globs and no placeholders."""
MODULE = re.compile(r"`python -m ([\w.]+)`")


WRITTEN = frozenset(
    {
        "licences.json",
        "licence.yaml",
        "my-rules/stance.yaml",
        "navidrome.toml",
        "license.xml",
        "passes.json",
        "passes.uses.json",
        "nginx.conf",
        "stagedoor-http.conf",
        "stagedoor-server.conf",
    }
)
"""What a guard or its user writes: no files of the project."""


def named(page: Path) -> Iterator[str]:
    """The paths and modules that a page names."""
    text = page.read_text("utf-8")
    yield from FILE.findall(text)
    yield from (module.replace(".", "/") + ".py" for module in MODULE.findall(text))


def exists(path: str) -> bool:
    """Whether `path` is in the checkout or the package; a bare name may be anywhere in the package
    or stand in `rules/`.
    """
    if path in WRITTEN:
        return True
    if "/" not in path:
        return bool(list(PACKAGE.rglob(path))) or any(
            (folder / path).is_file() for folder in (ROOT, ROOT / "rules")
        )
    return any((folder / path).exists() for folder in (ROOT, PACKAGE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    assert [path for path in named(page) if not exists(path)] == []


def test_the_pages_name_files_at_all() -> None:
    found = {path for page in PAGES for path in named(page)}
    assert {"fetch/uses.py", "signals/standards/", "tools/list_standards.py"} <= found
    assert not exists("rules/cases.py")
    assert not exists("nothing.py")


def test_the_package_docstrings_name_files_of_their_own_room() -> None:
    wrong = [
        f"{init.relative_to(PACKAGE)}: {name}"
        for init in PACKAGE.rglob("__init__.py")
        if init.parent != PACKAGE
        for name in re.findall(r"(?<![/\w])\w+\.py\b", init.read_text("utf-8"))
        if not (init.parent / name).is_file()
    ]
    assert wrong == []
