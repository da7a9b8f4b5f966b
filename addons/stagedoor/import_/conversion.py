"""Wishes → files: rules with cases that hold, and entries for names that were not known.

Nothing is believed that has not been tried: the files are loaded together with the policy they are
for, each rule must be the one that decides its own examples, and its cases must hold. Whatever
fails is reported and left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stagedoor.config.stance import choices
from stagedoor.engine.cases import run_cases
from stagedoor.import_.decisions import (
    PAGE,
    Settled,
    decided,
    known,
    needed,
    opens_to_all,
    some_robot,
    written,
)
from stagedoor.import_.drafts import Origin, drafts, file_name, word_for
from stagedoor.import_.names import FILE, Names, catalogue_file
from stagedoor.import_.trials import Load, asked, files_of, holding
from stagedoor.import_.wishes import Found, Named, Robots
from stagedoor.model.errors import Problem, listed
from stagedoor.rules.policy import Policy

MANY = 3
"""Clients for which a word in the stance is better than a rule."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file that is imported, and what its reader made of it."""

    name: str
    found: Found


@dataclass(frozen=True, slots=True)
class Imported:
    """What comes of an import. `carried` and `so` are among `total`; the rest is in `left`."""

    files: Mapping[str, str]
    left: tuple[Problem, ...]
    so: tuple[Problem, ...]
    notes: tuple[str, ...]
    carried: int

    @property
    def total(self) -> int:
        return self.carried + len(self.so) + len(self.left)

    @property
    def summary(self) -> str:
        """`9 of 12 carried over, 2 are so already, 1 is left.`"""
        so, left = len(self.so), len(self.left)
        parts = [f"{self.carried} of {self.total} carried over"]
        if so:
            parts.append(f"{so} {'is' if so == 1 else 'are'} so already")
        if left:
            parts.append(f"{left} {'is' if left == 1 else 'are'} left")
        return ", ".join(parts) + "."


def carry(parts: Sequence[Part], load: Load, day: str, *, everything: bool = False) -> Imported:
    """Rules for all of `parts`, tried in the policy that `load` makes; `day` as 2026-11-23.

    `everything`: also what the stance already says. Raises ConfigError where the policy itself has
    mistakes.
    """
    load = _remembering(load)
    before = load({})
    names = Names(before.catalogue)
    recognised = [[known(wish, names) for wish in part.found.wishes] for part in parts]
    new = _new(recognised)
    policy = load(_with_catalogue({}, new, day))
    settled = [_settle(group, policy, names, new, everything=everything) for group in recognised]
    every = [
        draft
        for number, group in enumerate(settled)
        for draft in drafts([s for s in group if s.state == "write"], _origin(parts, number, day))
    ]
    holds, others = holding(every, lambda files: load(_with_catalogue(files, new, day)))
    others += [one for group in settled for one in group if one.state != "write"]
    # Known by its new entry, and refused as all of its kind: that carries it over.
    by_entry = [s for s in others if s.new and s.state == "so" and s.wish.action == "block"]
    kept = [*(one for draft in holds for one in draft.settled), *by_entry]
    files = _with_catalogue(files_of(holds)[0], _used(kept, new), day)
    left = [one.remark for one in others if one.state == "left" and one.remark]
    so = [
        one.remark
        for one in others
        if one.state in {"so", "always"} and one.remark and one not in by_entry
    ]
    return Imported(
        files=dict(sorted(files.items())),
        left=tuple(sorted({*left, *(p for part in parts for p in part.found.left)})),
        so=tuple(sorted({*so, *(p for part in parts for p in part.found.so)})),
        notes=(
            *_opened(kept),
            *_in_one_word(kept, policy),
            *_overruled(before, load(files), files),
        ),
        carried=len(kept),
    )


def _remembering(load: Load) -> Load:
    """`load`, which answers the same question once when it is asked twice in a row."""
    last: list[tuple[Mapping[str, str], Policy]] = []

    def again(files: Mapping[str, str]) -> Policy:
        if not last or last[0][0] != files:
            last[:] = [(dict(files), load(files))]
        return last[0][1]

    return again


def _origin(parts: Sequence[Part], number: int, day: str) -> Origin:
    word = word_for(parts[number].name)
    same = [n for n, part in enumerate(parts) if word_for(part.name) == word]
    if len(same) > 1:
        word = f"{word}-{same.index(number) + 1}"
    return Origin(parts[number].name, word, day)


def _new(recognised: Sequence[Sequence[Settled]]) -> dict[str, Settled]:
    """Lower-case name → the first wish that needs an entry for it."""
    found: dict[str, Settled] = {}
    for group in recognised:
        for one in group:
            if one.new:
                found.setdefault(one.name.lower(), one)
    return found


def _used(kept: Sequence[Settled], new: Mapping[str, Settled]) -> dict[str, Settled]:
    """The new names that a rule needs, or whose entry is all they need."""
    used = {name.lower() for one in kept for name in (one.name, *one.besides)}
    return {key: value for key, value in new.items() if key in used}


def _with_catalogue(
    files: Mapping[str, str], new: Mapping[str, Settled], day: str
) -> Mapping[str, str]:
    entries = {
        one.name: (one.wish.who.about, f"{file_name(one.wish.at.path)}, line {one.wish.at.line}")
        for one in new.values()
        if isinstance(one.wish.who, Named)
    }
    return {**files, FILE: catalogue_file(entries, day)} if entries else files


def _settle(
    group: Sequence[Settled],
    policy: Policy,
    names: Names,
    new: Mapping[str, Settled],
    *,
    everything: bool,
) -> list[Settled]:
    found = []
    for item in group:
        one = item
        if isinstance(one.wish.who, Robots):
            besides = (_spelt(word, names, new) for word in one.wish.who.besides)
            one = replace(one, besides=tuple(filter(None, besides)))
            one = replace(one, agent=some_robot(policy, one.besides))
        if one.new:  # lists differ in how they spell it
            one = replace(one, name=new[one.name.lower()].name)
        if one.state != "left":
            one = decided(one, policy)
        found.append(written(one) if everything and one.state == "so" else one)
    return needed(found, policy)


def _spelt(word: str, names: Names, new: Mapping[str, Settled]) -> str:
    """A name as the catalogue has it, or will have; empty where no request carries it."""
    signature = names.find(word)
    if signature is not None:
        return "" if signature.robots_only else signature.name
    item = new.get(word.lower())
    return item.name if item else ""


def _opened(kept: Sequence[Settled]) -> tuple[str, ...]:
    """Rules that let in also those whom the stance refuses."""
    return tuple(
        f"{one.wish.at}: {one.said} lets everybody in to {one.wish.sample}, crawlers too, because a"
        " later rule would refuse some of them there — delete it if that is not meant"
        for one in kept
        if opens_to_all(one.wish)
    )


def _in_one_word(kept: Sequence[Settled], policy: Policy) -> tuple[str, ...]:
    """Words of the stance that would refuse several of those a rule now refuses one by one."""
    named = {
        s.name: s
        for s in kept
        if s.state == "write" and s.name and s.wish.action == "block" and not s.wish.paths
    }
    told = []
    for word, now in policy.stance.words().items() if len(named) >= MANY else ():
        if now == "no" or "no" not in choices()[word]:
            continue
        changed = policy.assuming({word: "no"})
        before = policy.assuming({word: "yes"})
        refused = [
            name
            for name, s in named.items()
            if asked(s.agent, PAGE, changed)[1] == "block" != asked(s.agent, PAGE, before)[1]
        ]
        if len(refused) >= MANY:
            group, _, field = word.removeprefix("stance.").partition(".")
            told.append(
                f"stance.yaml can say it in a word: {group}: {{{field}: no}} refuses {listed(refused, 5)}"
                f" — and all others of that kind."
            )
    return tuple(told)


def _overruled(before: Policy, after: Policy, files: Mapping[str, str]) -> tuple[str, ...]:
    """Cases of other files that come out otherwise now: `stagedoor check` will report them."""
    failing = {failure.at for failure in run_cases(before)[1]}
    places = [
        str(failure.at)
        for failure in run_cases(after)[1]
        if failure.at not in failing and failure.at.path not in files
    ]
    if not places:
        return ()
    return (
        f"These overrule what other rules give as examples, and `stagedoor check` will tell you so:"
        f" {listed(places, 5)} — keep a copy of that file without them among your rules",
    )
