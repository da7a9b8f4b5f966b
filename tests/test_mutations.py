"""Any mistake in a rules directory is reported with its place: no traceback, and soon.

The files are laid over the shipped ones and read as the guard does on a reload. How long each
takes is not asserted; that none hangs is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from operator import attrgetter
from pathlib import Path

import pytest

from mutants import Mutant, mutants
from stagedoor.engine.cases import run_cases
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.rules.policy import Policy

MUTANTS = mutants(each=int(os.environ.get("STAGEDOOR_MUTANTS", "1")))
"""Three of each kind are 500, and take a minute and a half more."""
LONGEST_MESSAGE = 420
"""Characters. One that lists all purposes has 340."""
_BREAKS = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""What YAML 1.1 takes for the end of a line."""


@pytest.fixture(scope="module")
def shipped() -> Policy:
    """What the guard has loaded before the mistake is made."""
    return rule_folder.load()


def written(mutant: Mutant, folder: Path) -> bytes:
    """The mutant's bytes, once they stand in `folder`."""
    path = folder / mutant.file
    path.parent.mkdir(exist_ok=True)
    data = mutant.make()
    path.write_bytes(data)
    return data


def problems_of(folder: Path, before: Policy) -> tuple[Problem, ...]:
    """What is reported of the files in `folder`; nothing where they load."""
    try:
        policy = rule_folder.build(rule_folder.sources(folder), before)
    except ConfigError as error:
        return error.problems
    run_cases(policy)  # some do not hold any more, and that must be said without failing
    assert_told(policy.advice, folder, whole=True)
    return ()


def assert_told(problems: tuple[Problem, ...], folder: Path, *, whole: bool) -> None:
    """Each problem has a place in a file that is there, and words that can be printed."""
    lines: dict[str, list[str]] = {}
    files = {source.path: source.data for source in rule_folder.sources(folder)}
    for problem in problems:
        place = problem.location
        if place.path not in lines and place.path in files:
            lines[place.path] = _BREAKS.split(files[place.path].decode("utf-8-sig", "replace"))
        assert place.path in lines, problem
        if place.line or not whole:
            assert 1 <= place.line <= len(lines[place.path]), problem
            assert 1 <= place.column <= len(lines[place.path][place.line - 1]) + 1, problem
        assert problem.message
        assert len(problem.message) <= LONGEST_MESSAGE, problem
        control = [c for c in str(problem) if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
        assert not control, problem


def test_there_are_hundreds_and_each_is_another() -> None:
    assert len(MUTANTS) >= 200
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert {mutant.outcome for mutant in MUTANTS} == {"refused", "legal", "either"}


@pytest.mark.parametrize("mutant", MUTANTS, ids=attrgetter("name"))
def test_a_mistake_is_told_with_its_place_or_is_none(
    mutant: Mutant, shipped: Policy, tmp_path: Path
) -> None:
    original = rule_folder.SHIPPED_RULES / mutant.file
    data = written(mutant, tmp_path)
    assert not original.exists() or data != original.read_bytes()
    problems = problems_of(tmp_path, shipped)
    if mutant.outcome != "either":
        assert bool(problems) is (mutant.outcome == "refused"), problems[:3]
    assert_told(problems, tmp_path, whole=mutant.whole)
    if mutant.means:
        fixes = [problem.fix for problem in problems]
        assert any(f'"{mutant.means}"?' in fix for fix in fixes), problems


SAMPLE = [m for m in MUTANTS if m.means][::6][:8] + [
    m
    for m in MUTANTS
    if m.name
    in {
        "when-re-repeated",
        "when-glob-stars",
        "when-any-deep",
        "when-name-long",
        "when-duration-1e400-years",
        "rules-8000-misspelt",
        "one-line-10-mb",
        "items-1-mb",
        "stance-contact-escapes",
        "stance-listen-long",
        "entry-reviewed-never",
        "entry-entries-wrong",
    }
]


@pytest.mark.parametrize("mutant", SAMPLE, ids=attrgetter("name"))
def test_the_command_line_says_it_line_by_line(mutant: Mutant, tmp_path: Path) -> None:
    written(mutant, tmp_path)
    ran = subprocess.run(
        [sys.executable, "-m", "stagedoor", "check", tmp_path],
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout
    place = re.escape(f"{tmp_path}/{mutant.file}") + ("" if mutant.whole else r":\d+:\d+")
    # What takes longer than a second says so first.
    *told, counted = (line for line in ran.stderr.splitlines() if not line.endswith(" …"))
    assert told
    assert re.fullmatch(r"\d+ mistakes?\.", counted)
    assert all(re.match(rf"{place}: .", line) for line in told), told
