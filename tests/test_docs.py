"""The documentation: it builds, its links lead somewhere, its reference pages equal the code, and
every command that it shows is one that the program takes.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools import list_reference, release

from making import ROOT
from stagedoor.cli.command_table import COMMANDS, parser

PAGES = [
    ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "dashboards/README.md")
] + sorted((ROOT / "docs").rglob("*.md"))
_BLOCK = re.compile(r"^(?: {4,}|\t)(?:\$ )?((?:\./run|stagedoor) [a-z][^\n]*)", re.MULTILINE)
_INLINE = re.compile(r"`((?:\./run|stagedoor) [a-z][^`]*)`")
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
FOR_DEVELOPERS = {"test", "bench", "mutate", "fuzz", "soak", "docs", "release", "help", "COMMAND"}


def commands(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The commands that a page shows, without comments, pipes and the answers behind them."""
    for found in pattern.findall(text):
        line = re.split(
            r"\s(?:#|\||>|&&|→|…)|\s{3,}",
            " ".join(found.split(None)) if pattern is _INLINE else found,
        )[0]
        yield line.strip().rstrip(".,:)")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_bytes()) <= 6_000


def test_every_link_between_files_leads_somewhere() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in PAGES
        for link in _LINK.findall(page.read_text("utf-8"))
        if "://" not in link
        and not link.startswith("mailto:")
        and not (page.parent / link).exists()
    ]
    assert wrong == []


def mistake(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What the program says against a command; nothing where it takes it."""
    try:
        words = shlex.split(line, comments=True)[1:]
    except ValueError as error:
        return f"{line}: {error}"
    if not words or words[0] in FOR_DEVELOPERS:
        return ""
    try:
        parser().parse_args(words)
    except SystemExit as end:
        if end.code:
            return f"{line}: {capsys.readouterr().err.splitlines()[-1]}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_ones_that_the_program_takes(
    page: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = page.read_text("utf-8")
    wrong = [mistake(line, capsys) for line in commands(_BLOCK, text)]
    # In a sentence a command may stand without what it needs.
    wrong += [
        found
        for line in commands(_INLINE, text)
        if "arguments are required" not in (found := mistake(line, capsys))
    ]
    assert list(filter(None, wrong)) == []


def test_commands_are_found_at_all(capsys: pytest.CaptureFixture[str]) -> None:
    text = "    $ ./run replay access.log --diff DIR   # what\n`stagedoor check` and `./run init my-rules`"
    assert list(commands(_BLOCK, text)) == ["./run replay access.log --diff DIR"]
    assert list(commands(_INLINE, text)) == ["stagedoor check", "./run init my-rules"]
    assert "invalid choice" in mistake("stagedoor bark", capsys)
    assert "unrecognized" in mistake("./run check --loud", capsys)


def test_every_command_is_shown_somewhere() -> None:
    used = {
        line.split()[1]
        for page in PAGES
        for pattern in (_BLOCK, _INLINE)
        for line in commands(pattern, page.read_text("utf-8"))
    }
    assert {command.name for command in COMMANDS} - used == set()


def test_reference_pages_equal_the_code() -> None:
    """argparse breaks lines in another way before 3.13, so the commands are held to one version."""
    left_out = {"commands.md"} if sys.version_info < (3, 13) else set()
    assert [
        path.name
        for path, text in list_reference.built()
        if path.name not in left_out and path.read_text("utf-8") != text
    ] == []


def build(*folders: Path) -> subprocess.CompletedProcess[str]:
    """The documentation as `./run docs` builds it."""
    command = (sys.executable, "-m", "tools.docs", *map(str, folders))
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_page_is_in_a_list_and_every_link_leads_somewhere(tmp_path: Path) -> None:
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Your first site" in (tmp_path / "html" / "tutorial.html").read_text("utf-8")
    assert (tmp_path / "man" / "stagedoor.1").stat().st_size > 5_000


@pytest.mark.slow
def test_a_page_with_a_dead_link_does_not_build(tmp_path: Path) -> None:
    (tmp_path / "conf.py").write_text((ROOT / "docs" / "conf.py").read_text("utf-8"))
    (tmp_path / "index.md").write_text("# Index\n\n[nowhere](nowhere.md)\n")
    done = build(tmp_path / "out", tmp_path)
    assert done.returncode == 1
    assert "nowhere" in done.stderr


def test_the_changelog_has_notes_for_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "listening" in release.notes(text, release.project_version())


def test_a_version_without_notes_is_no_release() -> None:
    text = "# Changelog\n\n## [Unreleased]\n\n## [2.0.0] - 2026-01-01\n\n## [1.0.0] - 2025-01-01\n\n- A.\n"
    assert release.notes(text, "1.0.0") == "- A.\n"
    with pytest.raises(ValueError, match="says nothing about 2"):
        release.notes(text, "2.0.0")
    with pytest.raises(ValueError, match=r"no heading .*3\.0\.0"):
        release.notes(text, "3.0.0")
