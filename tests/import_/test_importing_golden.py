"""Whole imports: a folder in `golden/` is a test.

golden/NAME/in.*       what is imported; other files beside it may be included
golden/NAME/out/…      the files that come of it
golden/NAME/left.txt   what is told, and the summary

`pytest tests/import_ --rewrite-golden` writes out/ and left.txt anew; read the difference.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from making import CATALOGUE, TRAINING_OFF, sources
from stagedoor.config.yamltext import Source
from stagedoor.engine.cases import run_cases, run_examples
from stagedoor.import_.conversion import Imported, Part, carry
from stagedoor.import_.file_kinds import READERS, guess, includes
from stagedoor.import_.wishes import Beside
from stagedoor.rules.policy import Policy, load_policy

FOLDERS = sorted((Path(__file__).parent / "golden").iterdir())
DAY = "2026-11-23"
SCRIPTS_OFF = """
    - id: libraries-off
      title: Scripts get no recordings
      when: {client.purpose: [http-library, search], resource: audio}
      then: block
    """
FILES = {**CATALOGUE, "20-ai.yaml": TRAINING_OFF, "40-tools.yaml": SCRIPTS_OFF}


def load(files: Mapping[str, str]) -> Policy:
    """The small policy of the tests, with the files of an import."""
    imported = [Source(path, text.encode(), path) for path, text in files.items()]
    return load_policy([*sources(FILES), *imported])


def beside(folder: Path, kind: str, data: bytes) -> Beside:
    words = [*includes(kind, data)]
    for path in folder.glob("more*"):
        words += includes(kind, path.read_bytes())
    return {
        word: ((Path(word).name, (folder / word).read_bytes()),)
        for word in words
        if (folder / word).is_file()
    }


def imported(folder: Path, *, everything: bool = False) -> Imported:
    (path,) = folder.glob("in.*")
    data = path.read_bytes()
    kind = guess(data)
    found = READERS[kind](path.name, data, beside(folder, kind, data))
    return carry([Part(path.name, found)], load, DAY, everything=everything)


def told(result: Imported) -> list[str]:
    return [*map(str, sorted([*result.left, *result.so])), *result.notes, result.summary]


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])
def test_an_import_comes_out_like_this(folder: Path, pytestconfig: pytest.Config) -> None:
    result = imported(folder)
    if pytestconfig.getoption("--rewrite-golden"):
        shutil.rmtree(folder / "out", ignore_errors=True)
        for name, text in result.files.items():
            (folder / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "out" / name).write_text(text, "utf-8")
        (folder / "left.txt").write_text("".join(f"{line}\n" for line in told(result)), "utf-8")
    expected = {
        path.relative_to(folder / "out").as_posix(): path.read_text("utf-8")
        for path in folder.glob("out/**/*.yaml")
    }
    assert dict(result.files) == expected
    assert told(result) == (folder / "left.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])
@pytest.mark.parametrize("everything", [False, True])
def test_what_comes_out_loads_and_holds(folder: Path, everything: bool) -> None:
    result = imported(folder, everything=everything)
    loaded = load(result.files)
    mine = [rule for rule in loaded.rules if rule.id.startswith("imported-")]
    assert all(len(rule.cases) >= 2 for rule in mine)
    assert [f for f in run_cases(loaded)[1] if f.at.path in result.files] == []
    assert run_examples(loaded)[1] == []
    assert result.total == result.carried + len(result.so) + len(result.left)


@pytest.mark.parametrize("folder", FOLDERS, ids=[path.name for path in FOLDERS])
def test_what_is_told_has_a_place(folder: Path) -> None:
    result = imported(folder)
    for problem in (*result.left, *result.so):
        assert re.match(r"[\w.-]+:\d+:\d+: \S", str(problem)), problem


def test_all_writes_also_what_the_stance_says() -> None:
    folder = Path(__file__).parent / "golden" / "robots-groups"
    (text,) = [t for n, t in imported(folder, everything=True).files.items() if n.startswith("15-")]
    assert "GPTBot" in text
    assert "GPTBot" not in imported(folder).files["15-imported-in.yaml"]


def test_files_with_one_name_are_told_apart() -> None:
    read = READERS["robots"]("a/robots.txt", b"User-agent: Googlebot\nDisallow: /a\n", {})
    more = READERS["robots"]("b/robots.txt", b"User-agent: Googlebot\nDisallow: /b\n", {})
    result = carry([Part("robots.txt", read), Part("robots.txt", more)], load, DAY)
    assert sorted(result.files) == ["15-imported-robots-1.yaml", "15-imported-robots-2.yaml"]
    assert result.carried == 2
