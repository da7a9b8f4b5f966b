"""Conditions as trees, and the three things done with them: test, narrow, compare.

The leaves compare one field with what it must be; `All`, `AnyOf` and `Not` join them. The tree is
what was read from the file, so that a decision can be explained in the words of the rule; for
deciding it is turned into one function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from operator import is_
from typing import Any

from stagedoor.model.errors import Location
from stagedoor.model.facts import Behaviour, Client, Request, Resource
from stagedoor.model.globs import finder, path_glob, whole, wildcard

Test = Callable[[Request, Client, Resource, Behaviour], bool]
"""A condition, ready to run."""
Outcome = Test | bool
"""A test, or True / False where the answer is known already."""


@dataclass(frozen=True, slots=True)
class Words:
    """One of these words, in any case; for a set, any of them is in it."""

    words: frozenset[str]

    def holds(self, value: Any) -> bool:
        """Whether `value` (a text, or a set of texts) is wanted."""
        if isinstance(value, frozenset):
            return not self.words.isdisjoint(value)
        return str(value).lower() in self.words


@dataclass(frozen=True, slots=True)
class Patterns:
    """Globs (of a path) or wildcards (of another text), and expressions; any of them may match."""

    globs: tuple[str, ...]
    expressions: tuple[str, ...]
    path: bool
    _finders: list[Callable[[bytes], bool]] = field(default_factory=list, compare=False, repr=False)

    def sources(self) -> tuple[str, ...]:
        """All of it as expressions to search for."""
        translate = path_glob if self.path else wildcard
        return (*(whole(translate(glob)) for glob in self.globs), *self.expressions)

    def holds(self, value: Any) -> bool:
        """Whether the text `value` matches."""
        if not self._finders:  # built at the first use: most are looked for by a PatternSet
            self._finders.extend(finder(s, latin=not self.path) for s in self.sources())
        text = encoded(value, latin=not self.path)
        return any(find(text) for find in self._finders)


def encoded(value: str, *, latin: bool) -> bytes:
    """A field's text as the bytes that patterns are searched in."""
    return value.encode("latin-1" if latin else "utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Networks:
    """An address in one of these networks."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    def holds(self, value: Any) -> bool:
        """Whether the address `value` is in one of them; an unknown address is in none."""
        try:
            address = ip_address(str(value).partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        return any(
            address.version == network.version and address in network for network in self.networks
        )


@dataclass(frozen=True, slots=True)
class Between:
    """A number above `low` and below `high`; the ends themselves count where they are `closed`.

    `named`: the ends that the stance says, `low` or `high`, each with its word.
    """

    low: float = float("-inf")
    high: float = float("inf")
    low_closed: bool = False
    high_closed: bool = False
    named: tuple[tuple[str, str], ...] = ()

    def under(self, amounts: Mapping[str, float]) -> Between:
        """The same under another stance."""
        ends = dict(self.named)
        return replace(
            self,
            low=amounts[ends["low"]] if "low" in ends else self.low,
            high=amounts[ends["high"]] if "high" in ends else self.high,
        )

    def holds(self, value: Any) -> bool:
        """Whether the number `value` lies between."""
        above = value > self.low or (self.low_closed and value == self.low)
        return bool(above and (value < self.high or (self.high_closed and value == self.high)))


@dataclass(frozen=True, slots=True)
class Present:
    """A text that is there at all, or (`wanted` False) is not."""

    wanted: bool

    def holds(self, value: Any) -> bool:
        """Whether the text `value` is there, as wanted."""
        return bool(value) is self.wanted


What = Words | Patterns | Networks | Between | Present


@dataclass(frozen=True, slots=True)
class Is:
    """One field and what it must be. `written` is the condition in the words of the file."""

    name: str
    get: Callable[[Request, Client, Resource, Behaviour], Any]
    what: What
    written: str
    at: Location


@dataclass(frozen=True, slots=True)
class Settled:
    """A condition on the stance: known before any request comes.

    `says` is the stance's word for `name`, `wanted` are those that hold.
    """

    held: bool
    written: str
    says: str
    at: Location
    name: str
    wanted: frozenset[str]


@dataclass(frozen=True, slots=True)
class All:
    """Every part must hold; without parts it always does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not hold."""

    part: Condition


Condition = Is | Settled | All | AnyOf | Not


def leaves(condition: Condition) -> Iterator[Is]:
    """Every comparison in it."""
    match condition:
        case Is():
            yield condition
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)


def restated(
    condition: Condition, stance: Mapping[str, str], amounts: Mapping[str, float]
) -> Condition:
    """The condition under another stance; where it asks for none, the very same object."""
    match condition:
        case Settled(name=name, wanted=wanted):
            return replace(condition, held=stance[name] in wanted, says=stance[name])
        case All(parts) | AnyOf(parts):
            changed = tuple(restated(part, stance, amounts) for part in parts)
            same = all(map(is_, changed, parts))
            return condition if same else type(condition)(changed)
        case Not(part):
            inner = restated(part, stance, amounts)
            return condition if inner is part else Not(inner)
        case Is(what=Between(named=named) as what) if named:
            return replace(condition, what=what.under(amounts))
        case _:
            return condition


def granted(condition: Condition, names: Callable[[str], bool], *, holds: bool = True) -> Condition:
    """The condition where the comparisons of these fields hold: none of them is in the way.

    What a sentence keeps to: that somebody has done something is settled for as long as it lasts.
    """
    match condition:
        case Is(name=name):
            if not names(name):
                return condition
            return All(()) if holds else AnyOf(())
        case All(parts) | AnyOf(parts):
            return type(condition)(tuple(granted(part, names, holds=holds) for part in parts))
        case Not(part):
            return Not(granted(part, names, holds=not holds))
        case _:
            return condition


def narrow(condition: Condition, known: Callable[[Is], bool | None]) -> Outcome:
    """What is left to test, where `known` answers some of the comparisons already."""
    match condition:
        case Settled():
            return condition.held
        case Is():
            answer = known(condition)
            return _comparison(condition) if answer is None else answer
        case All(parts):
            return _all([narrow(part, known) for part in parts])
        case AnyOf(parts):
            return _any([narrow(part, known) for part in parts])
        case _:
            return _not(narrow(condition.part, known))


def unknown(_comparison: Is) -> None:
    """Nothing is known yet."""


def _comparison(leaf: Is) -> Test:
    get, holds = leaf.get, leaf.what.holds
    if isinstance(leaf.what, Words) and len(leaf.what.words) == 1 and leaf.name in _EXACT:
        (only,) = leaf.what.words
        return lambda request, client, resource, behaviour: (
            get(request, client, resource, behaviour) == only
        )
    return lambda request, client, resource, behaviour: holds(
        get(request, client, resource, behaviour)
    )


_EXACT = frozenset({"client.proof", "resource"})
"""Fields whose one value is always spelt as it is compared."""


def _all(outcomes: Sequence[Outcome]) -> Outcome:
    if not outcomes:
        return True
    if False in outcomes:
        return False
    tests = [outcome for outcome in outcomes if not isinstance(outcome, bool)]
    if not tests:
        return True
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda request, client, resource, behaviour: (
            first(request, client, resource, behaviour)
            and second(request, client, resource, behaviour)
        )
    return lambda request, client, resource, behaviour: all(
        t(request, client, resource, behaviour) for t in tests
    )


def _any(outcomes: Sequence[Outcome]) -> Outcome:
    if True in outcomes:
        return True
    tests = [outcome for outcome in outcomes if not isinstance(outcome, bool)]
    if not tests:
        return False
    return lambda request, client, resource, behaviour: any(
        t(request, client, resource, behaviour) for t in tests
    )


def _not(outcome: Outcome) -> Outcome:
    if isinstance(outcome, bool):
        return not outcome
    return lambda request, client, resource, behaviour: (
        not outcome(request, client, resource, behaviour)
    )
