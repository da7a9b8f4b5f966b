"""The way of one request through every rule: which condition held, which did not, and why.

Every rule is tried, also those behind the one that decided, so that people see what would have
come next. The plan, by which requests are really decided, arranges the same rules for speed; tests
hold the two together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from stagedoor.model.facts import Behaviour, Client, Mode, Request, Resource, Verdict
from stagedoor.rules.conditions import All, AnyOf, Condition, Is, Not, Settled
from stagedoor.rules.plan import ALLOW, NOBODY_REMEMBERS, SIGNAL, Wait, never_too_fast, note
from stagedoor.rules.policy import Policy, observed
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


def explain(
    policy: Policy,
    request: Request,
    client: Client,
    resource: Resource,
    *,
    mode: Mode = "enforce",
    behaviour: Behaviour = NOBODY_REMEMBERS,
    wait: Wait = never_too_fast,
) -> Explanation:
    """How the verdict on `client` asking for `resource` comes about."""
    tried: list[Tried] = []
    verdict: Verdict | None = None
    noted: Verdict | None = None
    for rule in policy.rules:
        look = look_at(rule.condition, (request, client, resource, behaviour))
        outcome, said = _outcome(rule, look, wait, decided=verdict is not None)
        if resource.kind == "signal" and outcome in {"decides", "notes"}:
            outcome, said = "holds too late", None
        if outcome == "decides":
            verdict = said
        elif outcome == "notes":
            noted = noted or said
        tried.append(Tried(rule, outcome, look))
    if resource.kind == "signal":
        verdict = SIGNAL
    final = verdict or noted or ALLOW
    if mode == "observe":
        final = observed(final)
    return Explanation(request, client, resource, behaviour, tuple(tried), final)


def _outcome(
    rule: Rule, look: Look, wait: Wait, *, decided: bool
) -> tuple[Outcome, Verdict | None]:
    if not look.held:
        return ("off" if is_off(rule.condition) else "does not hold"), None
    if decided:
        return "holds too late", None
    verdict = rule.verdict
    if rule.rate is not None:
        seconds = wait(rule.id, rule.rate)
        if seconds <= 0:
            return "within its rate", None
        verdict = verdict if rule.waits else replace(verdict, seconds=seconds)
    if rule.observe:
        return "notes", note(verdict)
    return ("notes" if rule.notes else "decides"), verdict


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


_Facts = tuple[Request, Client, Resource, Behaviour]


def look_at(condition: Condition, facts: _Facts) -> Look:
    """Every part of a condition, held against the facts."""
    match condition:
        case Settled(held, written, says):
            return Look(written, held, says)
        case Is():
            value = condition.get(*facts)
            return Look(condition.written, condition.what.holds(value), _told(value))
        case All(parts):
            looks = tuple(look_at(part, facts) for part in parts)
            return Look("all of these", all(look.held for look in looks), parts=looks)
        case AnyOf(parts):
            looks = tuple(look_at(part, facts) for part in parts)
            return Look("any of these", any(look.held for look in looks), parts=looks)
        case Not(part):
            inner = look_at(part, facts)
            return Look("not", not inner.held, parts=(inner,))


def _told(value: object) -> str:
    """A fact as people would write it."""
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or "none"
    if isinstance(value, float):
        return f"{value:.0f}s"
    return str(value) or "nothing"
