"""The meaning of a signal about AI, the same for all standards.

Three uses are distinguished, as all the standards do in their own words: `train` (AIPREF train-ai,
Content Signals ai-train, RSL ai-train …), `input` (AI answers, retrieval: ai-use, ai-input) and
`search` (an index of pages). A source that says nothing about a use leaves it None: unknown is not
yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from stagedoor.model.facts import Purpose

Use = Literal["train", "input", "search"]
USES: tuple[Use, ...] = get_args(Use)
USES_OF: Mapping[Purpose, Use] = {
    "ai-training": "train",
    "ai-input": "input",
    "search": "search",
    "ai-search": "search",
}
"""What crawlers of a purpose make of what they fetch."""
Answer = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says about each use; None where it says nothing."""

    train: Answer | None = None
    input: Answer | None = None
    search: Answer | None = None

    def about(self, use: Use) -> Answer | None:
        """Its answer for one use."""
        answer: Answer | None = getattr(self, use)
        return answer


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says: where it stood, to whom it speaks, and its very words.

    `where` is `header`, `html`, `file` (inside an audio file) or the path of a well-known file such
    as `/robots.txt`. `agent` is the crawler it speaks to, `*` for all.
    """

    standard: str
    where: str
    said: Said
    text: str
    agent: str = "*"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What all sources together say about one use, and which of them decided."""

    use: Use
    answer: Answer | None
    decided_by: tuple[Statement, ...]
    against: tuple[Statement, ...]
    """Those that said the opposite and lost."""


def resolve(statements: Iterable[Statement], use: Use) -> Resolved:
    """Any "no" gives no; otherwise any "yes" gives yes; otherwise nobody knows.

    Each protocol's own precedence has been settled before, by the module that read it.
    """
    told = [statement for statement in statements if statement.said.about(use)]
    no = tuple(s for s in told if s.said.about(use) == "no")
    yes = tuple(s for s in told if s.said.about(use) == "yes")
    if no:
        return Resolved(use, "no", no, yes)
    return Resolved(use, "yes" if yes else None, yes, ())
