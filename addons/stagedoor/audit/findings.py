"""Findings: what an audit reports of a site, besides what the site says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stagedoor.signals.meaning import Answer, Use

Matter = Literal["contradiction", "missing", "note"]

WORDS: Mapping[Use, str] = {"train": "training", "input": "answers", "search": "search"}
"""What people call the uses: answers are what AI gives when it reads your pages for somebody."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: what, how to fix it, and the places (with their words) it is about."""

    matter: Matter
    what: str
    fix: str = ""
    places: tuple[str, ...] = ()


def usage(use: Use, answer: Answer | None) -> str:
    """How Content-Usage says it; a question mark where nobody knows what is wanted."""
    label = {"train": "train-ai", "input": "ai-use", "search": "search"}[use]
    return f"{label}={answer[0]}" if answer else f"{label}=n (or y)"


def joined_words(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def some(words: list[str], most: int = 4) -> str:
    """`a, b and 12 more`."""
    if len(words) <= most:
        return joined_words(words)
    return f"{', '.join(words[: most - 1])} and {len(words) - most + 1} more"
