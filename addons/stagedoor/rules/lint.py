"""Advice about rule sets: what is legal and surely a mistake, with place and fix.

- a rule that can never hold, or that an earlier one leaves nothing for;
- an `allow` that opens recordings to everybody;
- a stance that is published and a rule that does otherwise.

A case that does not hold is reported by `engine/cases.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from stagedoor.config.stance import Stance
from stagedoor.identify.catalogue import Catalogue, Signature
from stagedoor.identify.matcher import client_of
from stagedoor.model.errors import Location, Problem, first_of, listed
from stagedoor.model.facts import GUARDED_KINDS, Client, Kind, Purpose, Request, Resource, Verdict
from stagedoor.rules.conditions import Condition, Is, Patterns, Words, leaves, narrow
from stagedoor.rules.fields import FIELDS
from stagedoor.rules.implication import (
    ALWAYS,
    Facts,
    TooMuchError,
    implies,
    impossible,
    settled,
    takes_all,
)
from stagedoor.rules.plan import Plan
from stagedoor.rules.rule import Rule

PUBLISHED: Mapping[Purpose, str] = {
    "ai-training": "train",
    "ai-input": "input",
    "search": "search",
    "ai-search": "search",
}
"""What signals say to clients of a purpose, by a word of the stance under `ai`."""
_ANYBODY = frozenset({"resource", "request.method", "request.host", "request.path"})
"""Fields that say nothing about who asks."""
_SIGNAL = Words(frozenset({"signal"}))


def lint(
    rules: Sequence[Rule], plan: Plan, stance: Stance, catalogue: Catalogue, stance_at: Location
) -> list[Problem]:
    """Everything that is surely a mistake, in the order of the rules."""
    facts = Facts(
        {
            s.name.lower(): {
                "client.purpose": frozenset(s.purposes),
                "client.operator": frozenset(filter(None, (s.operator.lower(),))),
            }
            for s in catalogue.signatures
        }
    )
    in_force = [(rule, settled(rule.condition)) for rule in rules]
    found = [
        *_compared(in_force, facts),
        *(problem for rule, condition in in_force for problem in _too_open(rule, condition)),
        *_against_the_stance(rules, plan, stance, catalogue, stance_at),
    ]
    return first_of(found)


def _compared(rules: Sequence[tuple[Rule, Condition]], facts: Facts) -> Iterator[Problem]:
    """What _unreachable finds, until the effort is spent."""
    try:
        yield from _unreachable(rules, facts)
    except TooMuchError:
        yield Problem(
            rules[-1][0].at,
            f"{len(rules):,} rules are too many, or too long, to compare each with all before it",
            "rules that are never reached may be missed; lists in one rule compare faster",
        )


def _unreachable(rules: Sequence[tuple[Rule, Condition]], facts: Facts) -> Iterator[Problem]:
    ending: list[tuple[Rule, Condition]] = []
    for rule, condition in rules:
        if narrow(rule.condition, lambda _leaf: None) is False:
            continue  # off under this stance, and on purpose
        if impossible(condition, facts):
            fix = "two of its conditions exclude each other"
            yield Problem(rule.at, f'rule "{rule.id}" can never hold', fix)
            continue
        if implies(condition, Is("resource", FIELDS["resource"].get, _SIGNAL, "", rule.at), facts):
            yield Problem(
                rule.at,
                f'rule "{rule.id}" is about signal files alone, which are never refused',
                "take it out",
            )
            continue
        before = next((e for e, wide in ending if implies(condition, wide, facts)), None)
        if before is not None:
            yield Problem(
                rule.at,
                f'rule "{rule.id}" can never be reached: "{before.id}" ({before.at}) decides all '
                "of it before",
                "put it before that one, or take it out",
            )
        elif rule.ends:
            ending.append((rule, condition))


def _too_open(rule: Rule, condition: Condition) -> Iterator[Problem]:
    """An allow that asks nothing of who comes, and takes in recordings."""
    if rule.verdict.refused or not rule.ends:
        return
    asked = list(leaves(condition))
    if any(leaf.name not in _ANYBODY for leaf in asked):
        return
    if any(leaf.name in {"request.path", "request.host"} and _chooses(leaf) for leaf in asked):
        return  # free samples are somebody's decision

    def opens(kind: Kind) -> bool:
        outcome = narrow(
            condition, lambda leaf: leaf.what.holds(kind) if leaf.name == "resource" else None
        )
        return outcome is not False

    if condition == ALWAYS or any(map(opens, GUARDED_KINDS)):
        yield Problem(
            rule.at,
            f'rule "{rule.id}" opens recordings to everybody, crawlers too',
            "say whom it lets in (client.name …), or which paths",
        )


def _chooses(leaf: Is) -> bool:
    return not (isinstance(leaf.what, Patterns) and takes_all(leaf.what))


def _against_the_stance(
    rules: Sequence[Rule],
    plan: Plan,
    stance: Stance,
    catalogue: Catalogue,
    stance_at: Location,
) -> Iterator[Problem]:
    """What is published and what is done, tried out on crawlers that the rules can distinguish."""
    places = {rule.id: rule.at for rule in rules}
    told: dict[tuple[Location, str, str], list[str]] = {}
    for signature in _told_apart(rules, catalogue):
        words = [PUBLISHED[purpose] for purpose in signature.purposes if purpose in PUBLISHED]
        # One refused purpose refuses the crawler, whatever is said about the others.
        word = next((w for w in words if getattr(stance.ai, w) == "no"), words[0])
        says = getattr(stance.ai, word)
        for kind in ("page", "audio"):
            verdict = _first(plan, client_of(signature), kind)
            if says == "no" and not verdict.refused and verdict.would is None:
                what = "lets in"
            elif says == "yes" and verdict.refused and kind == "page":
                what = "refuses"
            else:
                continue
            place = places.get(verdict.rule, stance_at)
            message = f"ai.{word}: {says} is published, and "
            message += (
                f'rule "{verdict.rule}" {what}' if verdict.rule else f"nothing {_OTHER[what]}"
            )
            names = told.setdefault((place, message, f"{word}: {says}"), [])
            if signature.name not in names:
                names.append(signature.name)
    for (place, message, _), names in told.items():
        yield Problem(place, f"{message} {listed(names, 3)}", "change one of them")


_OTHER = {"lets in": "refuses", "refuses": "lets in"}


def _told_apart(rules: Sequence[Rule], catalogue: Catalogue) -> Iterable[Signature]:
    """Of each purpose: those that a rule names, and one that none does."""
    named: set[str] = set()
    for rule in rules:
        for leaf in leaves(rule.condition):
            if leaf.name in {"client.name", "client.operator"} and isinstance(leaf.what, Words):
                named |= leaf.what.words
    seen: set[tuple[Purpose, ...]] = set()
    for signature in catalogue.signatures:
        if PUBLISHED.keys().isdisjoint(signature.purposes) or signature.robots_only:
            continue
        if {signature.name.lower(), signature.operator.lower()} & named:
            yield signature
        elif signature.purposes not in seen:
            seen.add(signature.purposes)
            yield signature


def _first(plan: Plan, client: Client, kind: Kind) -> Verdict:
    """What becomes of a plain request of this client, whatever else rules look at."""
    path = "/stagedoor-probe" + (".mp3" if kind == "audio" else "")
    request = Request("GET", "", path, path, client.name)
    resource = Resource(kind, path)
    return plan.decide(request, client, resource)
