"""What has changed between two texts, sentence by sentence, and what that means for AI. Pure.

formatting   the same words in another form: no change
date         only dates differ
language     another language: sentences cannot be compared, clauses are
changed      sentences were added, removed, reworded or moved
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal

from stagedoor.platforms.clauses import CLASSES, Clause, ClauseClass, TermsRules
from stagedoor.platforms.normal_text import Version, plain, sentences, without_dates

Outcome = Literal["same", "formatting", "date", "language", "changed"]
ChangeKind = Literal["added", "removed", "reworded", "moved"]
Run = tuple[Literal["", "-", "+"], str]
"""Words that stay, that went, that came."""

_ALIKE = 0.55
"""From here on two sentences count as one that was reworded."""
_LONGEST = 400
"""Words of a sentence that is compared word by word; a longer one went, and another came."""
_MOST_PAIRS = 4_000
"""Pairs of sentences that are compared for likeness; more are reported as removed and added."""


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence. `before` is empty for one that came, `after` for one that went."""

    kind: ChangeKind
    before: str = ""
    after: str = ""
    classes: tuple[ClauseClass, ...] = ()
    """Of the clauses in it, before and after."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """Word by word, what went and what came."""
        return tuple(_runs(self.before, self.after))


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two texts. `silent`: words changed, and the date of the last update did not."""

    outcome: Outcome
    changes: tuple[Change, ...] = ()
    gained: tuple[Clause, ...] = ()
    """Clauses of a class that the text before had fewer of."""
    lost: tuple[Clause, ...] = ()
    silent: bool = False
    languages: tuple[str, str] = field(default=("", ""))

    @property
    def is_change(self) -> bool:
        """Whether a person has to know."""
        return self.outcome in {"language", "changed"}


def compare(before: Version, after: Version, rules: TermsRules) -> Comparison:
    """What became of a text."""
    if before.exact == after.exact:
        return Comparison("same" if before.blocks == after.blocks else "formatting")
    if before.undated == after.undated:
        return Comparison("date")
    old, new = rules.clauses(before), rules.clauses(after)
    gained, lost = _balance(old, new)
    both = (before.language, after.language)
    if before.language != after.language and before.language and after.language:
        return Comparison("language", (), gained, lost, languages=both)
    changes = tuple(_changes(before, after, rules, _by_text(old), _by_text(new)))
    silent = bool(before.updated) and before.updated == after.updated
    if not changes:  # a sentence is cut elsewhere, and no word is another
        return Comparison("formatting")
    return Comparison("changed", changes, gained, lost, silent, both)


def _balance(
    old: Sequence[Clause], new: Sequence[Clause]
) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
    """Clauses beyond those that the other side has word for word, by class."""
    gained: list[Clause] = []
    lost: list[Clause] = []
    for name in CLASSES:
        before = [c for c in old if c.class_ == name]
        after = [c for c in new if c.class_ == name]
        words_before, words_after = ({plain(c.text) for c in side} for side in (before, after))
        gained += [c for c in after if plain(c.text) not in words_before]
        lost += [c for c in before if plain(c.text) not in words_after]
    return tuple(gained), tuple(lost)


def _by_text(clauses: Sequence[Clause]) -> dict[str, list[ClauseClass]]:
    found: dict[str, list[ClauseClass]] = {}
    for clause in clauses:
        found.setdefault(plain(clause.text), []).append(clause.class_)
    return found


def _changes(
    before: Version,
    after: Version,
    rules: TermsRules,
    old: Mapping[str, Sequence[ClauseClass]],
    new: Mapping[str, Sequence[ClauseClass]],
) -> Iterator[Change]:
    a = [sentence for block in before.blocks for sentence in sentences(block)]
    b = [sentence for block in after.blocks for sentence in sentences(block)]
    keys_a = [without_dates(sentence, rules.calendar) for sentence in a]
    keys_b = [without_dates(sentence, rules.calendar) for sentence in b]

    def change(kind: ChangeKind, one: str, other: str) -> Change:
        classes = dict.fromkeys((*old.get(plain(one), ()), *new.get(plain(other), ())))
        return Change(kind, one, other, tuple(classes))

    went: list[int] = []
    came: list[int] = []
    found: list[tuple[int, Change]] = []
    steps = SequenceMatcher(None, keys_a, keys_b, autojunk=False).get_opcodes()
    for tag, a1, a2, b1, b2 in steps:
        if tag != "equal" and " ".join(keys_a[a1:a2]) != " ".join(keys_b[b1:b2]):
            went += range(a1, a2)
            came += range(b1, b2)
    for i in list(went):
        j = next((j for j in came if keys_b[j] == keys_a[i]), None)
        if j is not None:
            went.remove(i)
            came.remove(j)
            found.append((j, change("moved", a[i], b[j])))
    if len(went) * len(came) <= _MOST_PAIRS:
        for _, i, j in sorted(_alike(keys_a, keys_b, went, came), reverse=True):
            if i in went and j in came:
                went.remove(i)
                came.remove(j)
                found.append((j, change("reworded", a[i], b[j])))
    found += [(j, change("added", "", b[j])) for j in came]
    found += [(min(i, len(b)), change("removed", a[i], "")) for i in went]
    yield from (one for _, one in sorted(found, key=lambda pair: pair[0]))


def _alike(
    keys_a: Sequence[str], keys_b: Sequence[str], went: Sequence[int], came: Sequence[int]
) -> Iterator[tuple[float, int, int]]:
    matcher = SequenceMatcher(None, autojunk=False)
    old = [(i, words) for i in went if len(words := keys_a[i].split()) <= _LONGEST]
    new = [(j, words) for j in came if len(words := keys_b[j].split()) <= _LONGEST]
    for j, those in new:
        matcher.set_seq2(those)
        for i, these in old:
            matcher.set_seq1(these)
            if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE:
                ratio = matcher.ratio()
                if ratio >= _ALIKE:
                    yield ratio, i, j


def _runs(before: str, after: str) -> Iterator[Run]:
    a, b = (re.findall(r"\S+", text) for text in (before, after))
    keys = ([plain(word) for word in a], [plain(word) for word in b])
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "", " ".join(b[b1:b2])
        else:
            if a2 > a1:
                yield "-", " ".join(a[a1:a2])
            if b2 > b1:
                yield "+", " ".join(b[b1:b2])


def as_text(comparison: Comparison) -> Iterator[str]:
    """A diff for a terminal: `- ` what went, `+ ` what came, `~ ` reworded, `> ` moved."""
    for change in comparison.changes:
        classes = f"   [{', '.join(change.classes)}]" if change.classes else ""
        if change.kind == "reworded":
            words = " ".join(
                f"[-{text}-]" if mark == "-" else f"{{+{text}+}}" if mark == "+" else text
                for mark, text in change.runs
            )
            yield f"~ {words}{classes}"
        else:
            mark = {"added": "+", "removed": "-", "moved": ">"}[change.kind]
            yield f"{mark} {change.after or change.before}{classes}"
