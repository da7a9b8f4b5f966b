"""Implications of a condition, as far as they can be seen without a request.

Sound and not complete: where it says that one condition includes another, it does; where it says
nothing, it may still. That is what a warning needs, which must never be wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from stagedoor.rules.conditions import (
    All,
    AnyOf,
    Between,
    Condition,
    Is,
    Networks,
    Not,
    Patterns,
    Present,
    Settled,
    What,
    Words,
)

ALWAYS, NEVER = All(()), AnyOf(())
_SEVERAL = frozenset({"client.traits"})
"""Fields that have several values at once: two of their words exclude nothing. (Purposes are
several only where the catalogue says so, see `Facts.together`.)"""


class TooMuchError(Exception):
    """So much to compare that nobody would wait for the end of it."""


@dataclass(slots=True)
class Effort:
    """How many comparisons may still be made: each rule is held against all before it."""

    left: int = 200_000

    def spend(self, comparisons: int = 1) -> None:
        """Raises TooMuchError where that is more than are left."""
        self.left -= comparisons
        if self.left < 0:
            raise TooMuchError


@dataclass(frozen=True, slots=True)
class Facts:
    """What the catalogue says of each name, in small letters: its purposes and operator."""

    named: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort, compare=False)

    def together(self, these: frozenset[str], those: frozenset[str]) -> bool:
        """Whether a client has a purpose of `these` and another one of `those`."""
        several = {
            values
            for about in self.named.values()
            if len(values := about.get("client.purpose", frozenset())) > 1
        }
        return any(values & these and values & those for values in several)


def settled(condition: Condition) -> Condition:
    """The condition under the stance as it is today."""
    match condition:
        case Settled(held):
            return ALWAYS if held else NEVER
        case All(parts):
            return _all(tuple(map(settled, parts)))
        case AnyOf(parts):
            found = tuple(p for p in map(settled, parts) if p != NEVER)
            return ALWAYS if ALWAYS in found else AnyOf(found)
        case Not(part):
            inner = settled(part)
            return NEVER if inner == ALWAYS else ALWAYS if inner == NEVER else Not(inner)
        case _:
            return condition


def _all(parts: tuple[Condition, ...]) -> Condition:
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, All) else (part,))
    return NEVER if NEVER in flat else All(tuple(flat))


def impossible(condition: Condition, facts: Facts) -> bool:
    """Whether it can never hold (of a settled condition). Raises TooMuchError, as do all below."""
    match condition:
        case All(parts):
            return any(impossible(part, facts) for part in parts) or any(
                excludes(one, other, facts)
                for number, one in enumerate(parts)
                for other in parts[number + 1 :]
            )
        case AnyOf(parts):
            return all(impossible(part, facts) for part in parts)
        case Not(part):
            return part == ALWAYS
        case _:
            return False


def excludes(one: Condition, other: Condition, facts: Facts) -> bool:
    """Whether both can never hold at once."""
    facts.effort.spend()
    if isinstance(one, Not):
        return implies(other, one.part, facts)
    if isinstance(other, Not):
        return implies(one, other.part, facts)
    if isinstance(one, AnyOf):
        return all(excludes(part, other, facts) for part in one.parts)
    if isinstance(other, AnyOf | All):
        return excludes(other, one, facts) if isinstance(other, AnyOf) else False
    if isinstance(one, All):
        return any(excludes(part, other, facts) for part in one.parts)
    return isinstance(one, Is) and isinstance(other, Is) and _apart(one, other, facts)


def implies(narrow: Condition, wide: Condition, facts: Facts) -> bool:
    """Whether `wide` holds wherever `narrow` does."""
    facts.effort.spend()
    match narrow, wide:
        case _, All(parts):
            return all(implies(narrow, part, facts) for part in parts)
        case AnyOf(parts), _:
            return all(implies(part, wide, facts) for part in parts)
        case _, AnyOf(parts):
            return any(implies(narrow, part, facts) for part in parts) or (
                isinstance(narrow, All) and any(implies(p, wide, facts) for p in narrow.parts)
            )
        case All(parts), Not(excluded):
            return any(implies(part, wide, facts) for part in parts) or excludes(
                narrow, excluded, facts
            )
        case All(parts), _:
            return any(implies(part, wide, facts) for part in parts)
        case Not(inner), Not(excluded):
            return implies(excluded, inner, facts)
        case _, Not(excluded):
            return excludes(narrow, excluded, facts)
        case Is(), Is():
            return _within(narrow, wide, facts)
    return False


def _within(narrow: Is, wide: Is, facts: Facts) -> bool:
    if narrow.name == wide.name:
        facts.effort.spend(_size(narrow.what) * _size(wide.what))
        return _contains(wide.what, narrow.what)
    implied = _by_name(narrow, wide.name, facts)
    return (
        bool(implied)
        and isinstance(wide.what, Words)
        and not any(values.isdisjoint(wide.what.words) for values in implied)
    )


def _apart(one: Is, other: Is, facts: Facts) -> bool:
    if one.name == other.name:
        facts.effort.spend(_size(one.what) * _size(other.what))
        if one.name in _SEVERAL or not _disjoint(one.what, other.what):
            return False
        return not (
            one.name == "client.purpose"
            and isinstance(one.what, Words)
            and isinstance(other.what, Words)
            and facts.together(one.what.words, other.what.words)
        )
    for this, that in ((one, other), (other, one)):
        implied = _by_name(this, that.name, facts)
        if implied and isinstance(that.what, Words):
            words = that.what.words
            if all(values.isdisjoint(words) for values in implied):
                return True
    return False


def _by_name(leaf: Is, name: str, facts: Facts) -> Sequence[frozenset[str]]:
    """The values field `name` has for each name in `leaf`; empty where one is not known."""
    if leaf.name != "client.name" or not isinstance(leaf.what, Words):
        return ()
    nothing: frozenset[str] = frozenset()
    values = [facts.named.get(word, {}).get(name, nothing) for word in leaf.what.words]
    return values if all(values) else ()


def _size(what: What) -> int:
    """How many values are compared one by one."""
    match what:
        case Networks(networks):
            return len(networks)
        case Patterns(globs, expressions):
            return len(globs) + len(expressions)
    return 0  # of a set and of bounds all at once


def _contains(wide: What, narrow: What) -> bool:
    match wide, narrow:
        case Words(many), Words(few):
            return few <= many
        case Patterns(), Patterns():
            return takes_all(wide) or (
                all(_matched(glob, wide) for glob in narrow.globs)
                and set(narrow.expressions) <= set(wide.expressions)
            )
        case Networks(many), Networks(few):
            return all(any(_inside(network, other) for other in many) for network in few)
        case Between(), Between():
            return _reaches(narrow.low, narrow.low_closed, wide.low, wide.low_closed) and _reaches(
                -narrow.high, narrow.high_closed, -wide.high, wide.high_closed
            )
        case Present(), Present():
            return wide == narrow
    return False


def takes_all(patterns: Patterns) -> bool:
    """Whether every text matches."""
    return bool({"**", "/**", *(() if patterns.path else ("*",))}.intersection(patterns.globs))


def _inside(network: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return network.version == other.version and network.subnet_of(other)  # type: ignore[arg-type]


def _reaches(narrow: float, narrow_closed: bool, wide: float, wide_closed: bool) -> bool:  # noqa: FBT001
    return narrow > wide or (narrow == wide and (wide_closed or not narrow_closed))


def _matched(glob: str, wide: Patterns) -> bool:
    """Whether whatever the glob matches is matched by `wide`."""
    if glob in wide.globs:
        return True
    if not set("*?") & set(glob):
        return wide.holds(glob)
    return wide.path and any(
        other.endswith("/**") and not set("*?") & set(other[:-3]) and glob.startswith(other[:-2])
        for other in wide.globs
    )


def _disjoint(one: What, other: What) -> bool:
    match one, other:
        case Words(these), Words(those):
            return these.isdisjoint(those)
        case Networks(these), Networks(those):
            return not any(a.version == b.version and a.overlaps(b) for a in these for b in those)
        case Between(), Between():
            low, high = max(one.low, other.low), min(one.high, other.high)
            return low > high
        case Present(), Present():
            return one != other
        case Patterns(), Patterns():
            return _misses(one, other) or _misses(other, one)
    return False


def _misses(literal: Patterns, other: Patterns) -> bool:
    """Whether `literal` is made of plain texts, and `other` matches none of them."""
    plain = not literal.expressions and not any(set("*?") & set(g) for g in literal.globs)
    return plain and not any(other.holds(text) for text in literal.globs)
