"""Explanation of one decision: for every rule, which condition held, which did not, and why.

Every rule is tried, also those behind the one that decided, so that people see what would have
come next. The plan, by which requests are really decided, arranges the same rules for speed; tests
hold the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from stagedoor.engine.transaction import Transaction
from stagedoor.model.facts import Behaviour, Client, Request, Resource, Verdict
from stagedoor.model.units import told_duration
from stagedoor.rules.conditions import All, AnyOf, Condition, Is, Settled, granted
from stagedoor.rules.fields import field_named
from stagedoor.rules.plan import settled_by_sentence
from stagedoor.rules.rule import Rule

Outcome = Literal["decides", "notes", "within its rate", "holds too late", "does not hold", "off"]
"""What became of a rule. `off`: the stance rules it out; `holds too late`: another has decided."""


@dataclass(frozen=True, slots=True)
class Look:
    """One condition: what it asks, whether it held, what was there instead, and its parts."""

    asks: str
    held: bool
    found: str = ""
    parts: tuple[Look, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """One rule and what became of it."""

    rule: Rule
    outcome: Outcome
    look: Look


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole way: who, what, every rule, and the verdict."""

    request: Request
    client: Client
    resource: Resource
    behaviour: Behaviour
    tried: tuple[Tried, ...]
    verdict: Verdict


_Facts = tuple[Request, Client, Resource, Behaviour]


def explain(transaction: Transaction) -> Explanation:
    """How the verdict on a request that was decided comes about, rule by rule."""
    request, client, resource = transaction.request, transaction.client, transaction.resource
    facts = (request, client, resource, transaction.behaviour)
    tried: list[Tried] = []
    decided = False
    for rule in transaction.policy.rules:
        look = _under_sentence(rule, transaction.waits, facts) or look_at(rule.condition, facts)
        outcome = _outcome(rule, look, transaction.waits, decided=decided)
        if resource.kind == "signal" and outcome in {"decides", "notes"}:
            outcome = "holds too late"
        decided = decided or outcome == "decides"
        tried.append(Tried(rule, outcome, look))
    return Explanation(
        request, client, resource, transaction.behaviour, tuple(tried), transaction.verdict
    )


def _under_sentence(rule: Rule, waits: Mapping[str, float], facts: _Facts) -> Look | None:
    """What is left to hold while the rule's sentence is in force; None where there is none."""
    left = waits.get(rule.id, 0.0) if rule.sentence is not None else 0.0
    if left <= 0:
        return None
    look = look_at(granted(rule.condition, settled_by_sentence), facts)
    asks = f"a sentence by this rule is in force for another {told_duration(left)}"
    return Look(asks, look.held, parts=(look,))


def _outcome(rule: Rule, look: Look, waits: Mapping[str, float], *, decided: bool) -> Outcome:
    if not look.held:
        return "off" if is_off(rule.condition) else "does not hold"
    if decided:
        return "holds too late"
    if rule.rate is not None and waits.get(rule.id, 0.0) <= 0:
        return "within its rate"
    return "notes" if rule.notes else "decides"


def is_off(condition: Condition) -> bool:
    """Whether the stance alone rules it out."""
    match condition:
        case Settled(held):
            return not held
        case All(parts):
            return any(map(is_off, parts))
        case AnyOf(parts):
            return all(map(is_off, parts))
        case _:
            return False


def look_at(condition: Condition, facts: _Facts) -> Look:
    """Every part of a condition, held against the facts."""
    match condition:
        case Settled(held, written, says):
            return Look(written, held, says)
        case Is():
            value = condition.get(*facts)
            return Look(condition.written, condition.what.holds(value), _measured(condition, value))
        case All(parts):
            looks = tuple(look_at(part, facts) for part in parts)
            return Look("all of these", all(look.held for look in looks), parts=looks)
        case AnyOf(parts):
            looks = tuple(look_at(part, facts) for part in parts)
            return Look("any of these", any(look.held for look in looks), parts=looks)
        case _:
            inner = look_at(condition.part, facts)
            return Look("not", not inner.held, parts=(inner,))


def _measured(condition: Is, value: object) -> str:
    """A fact as people would write it: a share is no duration."""
    found = field_named(condition.name)
    if isinstance(value, float) and found is not None and found.kind == "count":
        return f"{value:.2g}"
    return _told(value)


def _told(value: object) -> str:
    """A fact as people would write it."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, float):
        return f"{value:.0f}s"
    return str(value) or "nothing"
