"""Stances as text: read where they are right, their mistakes where they are not."""

from __future__ import annotations

from making import ROOT, document
from stagedoor.config.stance import Stance
from stagedoor.config.stance_reading import read_stance
from stagedoor.model.errors import Problem

SHIPPED = ROOT / "rules" / "stance.yaml"


def stance(text: str) -> Stance:
    """A right one."""
    problems: list[Problem] = []
    found = read_stance(document(text), problems)
    assert not problems, problems
    return found


def mistakes(text: str) -> list[str]:
    """What is wrong with a stance; the default one stands in for it."""
    problems: list[Problem] = []
    found = read_stance(document(text), problems)
    if problems:
        assert found == Stance()
    return list(map(str, sorted(problems)))
