"""Whole rules directories, right and wrong: a new folder in `golden/` is a new test.

golden/good/NAME/   loads, and its cases and examples hold
golden/bad/NAME/    is refused with exactly the lines in its expected.txt

Where messages have changed on purpose, `pytest tests/test_golden.py --rewrite-golden` writes the
files anew; read the difference before it is committed.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from making import ROOT, TRAINING_OFF, sources
from stagedoor.config.yamltext import Source
from stagedoor.engine.cases import run_cases, run_examples
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError
from stagedoor.rules.policy import load_policy

GOLDEN = Path(__file__).parent / "golden"
GOOD = sorted((GOLDEN / "good").iterdir())
BAD = sorted((GOLDEN / "bad").iterdir())

FOREIGN = re.compile(
    r"literal\[|dict\[|\[key\]|tuple|pydantic|validat|(Input|String|Value) should|<class|None|True|False"
)
"""Words of the programs underneath, which help nobody who writes a stance."""


def refused(files: list[Source]) -> list[str]:
    """The lines with which `files` are refused; none where they are right."""
    try:
        load_policy(files)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


@pytest.mark.parametrize("folder", GOOD, ids=[path.name for path in GOOD])
def test_a_right_directory_loads_and_its_examples_hold(folder: Path) -> None:
    found = load_policy(rule_folder.read_directory(folder))
    assert run_cases(found)[1] == []
    assert run_examples(found)[1] == []


@pytest.mark.parametrize("folder", BAD, ids=[path.name for path in BAD])
def test_a_wrong_directory_is_refused_with_these_words(
    folder: Path, pytestconfig: pytest.Config
) -> None:
    lines = refused(rule_folder.read_directory(folder))
    expected = folder / "expected.txt"
    if pytestconfig.getoption("--rewrite-golden"):
        expected.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    assert lines == expected.read_text("utf-8").splitlines()
    assert lines != []


@pytest.mark.parametrize("folder", BAD, ids=[path.name for path in BAD])
def test_each_line_has_a_place_and_speaks_the_readers_language(folder: Path) -> None:
    for line in refused(rule_folder.read_directory(folder)):
        assert re.match(r"[\w./-]+\.yaml(:\d+:\d+)?: \S", line)
        assert not FOREIGN.search(line), line
        assert len(line) < 500


def test_there_is_enough_of_both() -> None:
    assert len(GOOD) >= 5
    assert len(BAD) >= 25


def mutations(text: bytes, count: int, seed: int) -> list[bytes]:
    """Slips of the hand: letters lost, doubled, swapped; lines gone or moved; signs gone astray."""
    dice = random.Random(seed)
    found = []
    for _ in range(count):
        at = dice.randrange(len(text))
        sign = dice.choice(
            [
                b"\t",
                b":",
                b"- ",
                b"{",
                b"]",
                b'"',
                b"&",
                b"*",
                b"!",
                b"#",
                b"\xff",
                b"\0",
                b"no",
                b"3",
                b"\n",
                b"\r",
                b"---\n",
            ]
        )
        value = dice.choice(
            [
                b"[no]",
                b"{}",
                b"",
                b"3",
                b"1.5",
                b"yes",
                b"~",
                b"true",
                b"2026-11-23",
                b"[]",
                b"{a: [b]}",
                b"a b",
            ]
        )
        lines = text.splitlines(keepends=True)
        line = dice.randrange(len(lines))
        found.append(
            dice.choice(
                [
                    text[:at] + text[at + 1 :],
                    text[:at] + text[at : at + 1] * 2 + text[at + 1 :],
                    text[:at] + sign + text[at:],
                    text[:at] + sign + text[at + 3 :],
                    text[:at],
                    b"".join(lines[:line] + lines[line + 1 :]),
                    b"".join([*lines[:line], lines[line], *lines[line:]]),
                    b"".join([*lines[:line], b"  " + lines[line], *lines[line + 1 :]]),
                    b"".join([*lines[:line], lines[line].lstrip(), *lines[line + 1 :]]),
                    b"".join(
                        [
                            *lines[:line],
                            re.sub(rb": [^#\n]*", b": " + value, lines[line]),
                            *lines[line + 1 :],
                        ]
                    ),
                    b"".join(
                        [
                            *lines[:line],
                            re.sub(rb": [^#\n]*", b": " + value, lines[line]),
                            *lines[line + 1 :],
                        ]
                    ),
                ]
            )
        )
    return found


VICTIMS = {
    "stance.yaml": (ROOT / "rules" / "stance.yaml").read_bytes(),
    "20-ai.yaml": sources({"x": TRAINING_OFF})[0].data,
    "crawlers/openai.yaml": (ROOT / "rules" / "crawlers" / "openai.yaml").read_bytes(),
}


@pytest.mark.parametrize("name", VICTIMS)
def test_a_slip_of_the_hand_is_legal_or_told_with_its_place(name: str) -> None:
    told = 0
    for mutated in mutations(VICTIMS[name], 250, seed=len(name)):
        files = [Source(path, mutated if path == name else data) for path, data in VICTIMS.items()]
        lines = refused(files)
        told += bool(lines)
        assert all(re.match(r"[\w./-]+\.yaml:\d+:\d+: \S", line) for line in lines), lines
    assert told > 60  # most slips fall into comments and words, which are free
