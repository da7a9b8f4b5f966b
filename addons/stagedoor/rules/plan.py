"""The rules in force, arranged so that a decision looks only at those that can hold.

What a rule asks of the client's name and purpose and of the kind of resource is answered once for
each such combination, and the answer is kept; patterns on paths and user agents, however many, are
looked for in one pass. What is left to test for a request are a handful of rules, so a rule set of
a thousand costs little more than one of thirty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from stagedoor.model import actions
from stagedoor.model.actions import LOG
from stagedoor.model.facts import (
    Behaviour,
    Client,
    Credentials,
    PassStanding,
    Rate,
    Request,
    Resource,
    Verdict,
)
from stagedoor.model.globs import PatternSet
from stagedoor.model.heard import DRAIN, NO_LISTENING, SCOPES, Scope, Sentence
from stagedoor.rules.conditions import (
    All,
    AnyOf,
    Between,
    Condition,
    Is,
    Patterns,
    Test,
    encoded,
    granted,
    leaves,
    narrow,
    unknown,
)
from stagedoor.rules.fields import LISTENING, LIVE
from stagedoor.rules.rule import Rule

CACHED_TEXTS = 8192
"""Paths and agents whose patterns are remembered."""
MAX_CACHED = 512
"""Characters; longer texts are rare, and every one of them a possible attack on memory."""
CACHED_STEPS = 4096
"""Combinations of client, resource and patterns; a site sees some dozens."""

_BY_CLIENT = frozenset({"client.name", "client.operator", "client.purpose"})
_SEARCHED = {"request.path": False, "request.agent": True}
"""Fields whose patterns are looked for together, and whether their texts are as in headers."""

_NONE: frozenset[int] = frozenset()

SIGNAL_RULE = "signal-files"
"""The one rule that is not in a file, because no file may overrule it."""
ALLOW = Verdict(actions.ALLOW)
SIGNAL = Verdict(
    actions.ALLOW,
    rule=SIGNAL_RULE,
    title="Signal files are never refused",
    why="A crawler that cannot read what is forbidden may do everything (RFC 9309).",
)
NOBODY_REMEMBERS = Behaviour()
_ANY = Request("", "", "", "", "")
"""In the place of a request, where a field does not look at it."""

Ruling = tuple[Verdict, tuple[tuple[str, Rate], ...], Sentence | None]
"""A verdict, the rates that the request uses up, and the sentence that begins with it; of one that is
in force already, with no seconds."""

NO_RATES: tuple[tuple[str, Rate], ...] = ()
NO_WAITS: Mapping[str, float] = {}
"""Where nobody counts: in a test, in an access log."""


def note(verdict: Verdict) -> Verdict:
    """`verdict` as observing carries it out: written down, with what would have been done."""
    return replace(verdict, action=LOG, would=verdict.action)


@dataclass(frozen=True, slots=True)
class Step:
    """A rule that may hold: always where `test` is None."""

    test: Test | None
    verdict: Verdict
    rate: Rate | None
    notes: bool
    """It notes, and the search goes on."""
    waits: bool
    sentence: Sentence | None = None
    kept: Test | None = None
    """What else must hold while its sentence is in force; None where nothing must."""
    ahead: tuple[tuple[Scope, float], ...] = ()
    """How much sound ahead somebody may be before it holds."""

    @property
    def rule(self) -> str:
        return self.verdict.rule

    def after(self, seconds: float) -> Verdict:
        """The verdict on a client that has to wait for `seconds`."""
        return self.verdict if self.waits else replace(self.verdict, seconds=seconds)

    def passed(self, sentence: Sentence, behaviour: Behaviour) -> tuple[Verdict, Sentence]:
        """The verdict as its sentence begins. That lasts until it would not be passed again."""
        seconds = sentence.seconds
        for scope, limit in self.ahead:
            over = getattr(behaviour.listening, scope).ahead - limit
            seconds = max(seconds, over / DRAIN[scope])
        return replace(self.verdict, seconds=seconds), sentence._replace(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Steps:
    """The rules that may hold for one kind of request, in their order, and what they ask for.

    `behaviour`: one of them asks what the client has done before. `rates` are theirs, by rule id.
    `listening`: the sessions they ask about; `sentences` may be in force, by rule id.
    """

    each: tuple[Step, ...]
    behaviour: bool = False
    rates: tuple[tuple[str, Rate], ...] = ()
    listening: tuple[Scope, ...] = ()
    sentences: tuple[tuple[str, Scope], ...] = ()
    unheard: tuple[Step, ...] | None = None
    """Those of `each` that may hold where nothing was sent to anybody; None for all."""

    def verdict(
        self,
        request: Request,
        client: Client,
        resource: Resource,
        behaviour: Behaviour,
        waits: Mapping[str, float],
    ) -> Ruling:
        """The verdict of the first rule that ends the search, in enforce mode; and what it leaves.

        Where only rules held that note, or are observed, the first of them is named. Where none
        did: allow. `waits` says in seconds how long a client has to wait under each rule's rate,
        or sentence.
        """
        if resource.kind == "signal":
            return SIGNAL, NO_RATES, None
        noted: Verdict | None = None
        used = NO_RATES
        each = self.each
        if self.unheard is not None and behaviour.listening is NO_LISTENING:
            # Of a client that comes for the first time. Sentences are in `waits`, whatever was sent.
            each = self.unheard if not waits else each
        for step in each:
            if step.sentence is not None:
                left = waits.get(step.rule, 0.0)
                if left > 0:
                    if step.kept is None or step.kept(request, client, resource, behaviour):
                        verdict = replace(step.verdict, seconds=left)
                        if not step.notes:
                            return verdict, used, step.sentence._replace(seconds=0.0)
                        noted = noted or verdict
                    continue
            if step.test is not None and not step.test(request, client, resource, behaviour):
                continue
            verdict = step.verdict
            if step.rate is not None:
                seconds = waits.get(step.rule, 0.0)
                if seconds <= 0:
                    used += ((step.rule, step.rate),)
                    continue
                verdict = step.after(seconds)
            if not step.notes:
                if step.sentence is not None:
                    verdict, sentence = step.passed(step.sentence, behaviour)
                    return verdict, used, sentence
                return verdict, used, None
            noted = noted or verdict
        return noted or ALLOW, used, None


NO_STEPS = Steps(())


def _always(rule: Rule) -> Step:
    """The step of a rule where nothing is left to test."""
    return Step(
        test=None,
        verdict=note(rule.verdict) if rule.observe else rule.verdict,
        rate=rule.rate,
        notes=rule.notes,
        waits=rule.waits,
        sentence=rule.sentence,
        ahead=tuple(_limits(rule.condition)) if rule.sentence is not None else (),
    )


def _limits(condition: Condition) -> Iterator[tuple[Scope, float]]:
    """The bounds on sound ahead that must be passed for the condition to hold."""
    match condition:
        case Is(name=name, what=Between(low=low)) if name in LISTENING:
            scope, fact = LISTENING[name]
            if fact == "ahead":
                yield scope, low
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _limits(part)


def settled_by_sentence(name: str) -> bool:
    """Whether a condition on this field is settled for as long as a sentence lasts."""
    return name.startswith("behaviour.") or name in {"client.traits", "client.trait_count"}


class Plan:
    """The rules that the stance leaves in force."""

    def __init__(self, rules: Sequence[Rule], before: Plan | None = None) -> None:
        """`before` is a plan of the same conditions under another stance: its patterns serve."""
        active = [rule for rule in rules if narrow(rule.condition, unknown) is not False]
        self._rules = tuple((rule, _always(rule)) for rule in active)
        self.in_force = len(active)
        self.challenges = any(rule.action in actions.CHALLENGING for rule in active)
        found = [leaf for rule in active for leaf in leaves(rule.condition)]
        self.uses = frozenset(leaf.name for leaf in found)
        self._logins = "request.credentials" in self.uses
        self.rated = any(rule.rate for rule in active)
        self.counts = self.rated or any(_is_counter(name) for name in self.uses - LIVE)
        self.listens = not self.uses.isdisjoint(LISTENING) or any(rule.sentence for rule in active)
        self._search: dict[str, Callable[[str], frozenset[int]]] = {}
        self._numbers: dict[str, dict[int, frozenset[int]]] = {}
        if before is not None:
            self._search, self._numbers = before._search, before._numbers  # noqa: SLF001
        else:
            # Of all rules, also those that are off: so that this can be said of any stance.
            every = [leaf for rule in rules for leaf in leaves(rule.condition)]
            for name, latin in _SEARCHED.items():
                patterns = [leaf.what for leaf in every if leaf.name == name]
                self._number(name, [p for p in patterns if isinstance(p, Patterns)], latin=latin)
        self._path = self._search.get("request.path")
        self._agent = self._search.get("request.agent")
        self._steps: dict[tuple[object, ...], Steps] = {}
        self._behaviour = frozenset(
            rule.id
            for rule in active
            if any(_is_counter(leaf.name) for leaf in leaves(rule.condition))
        )
        self._listening: dict[str, frozenset[Scope]] = {
            rule.id: frozenset(
                LISTENING[leaf.name][0] for leaf in leaves(rule.condition) if leaf.name in LISTENING
            )
            for rule in active
        }

    def listening_of(self, rule: str) -> frozenset[Scope]:
        """The sessions that a rule asks about; empty for one that is not about listening."""
        return self._listening.get(rule, frozenset())

    def _number(self, name: str, patterns: Sequence[Patterns], *, latin: bool) -> None:
        if not patterns:
            return
        sources = list(dict.fromkeys(s for p in patterns for s in p.sources()))
        places = {source: number for number, source in enumerate(sources)}
        # By identity: two leaves that say the same are still two.
        self._numbers[name] = {id(p): frozenset(places[s] for s in p.sources()) for p in patterns}
        together = PatternSet(sources, latin=latin)

        @lru_cache(maxsize=CACHED_TEXTS)
        def cached(text: str) -> frozenset[int]:
            return together.found(encoded(text, latin=latin))

        self._search[name] = lambda text: (
            cached(text) if len(text) <= MAX_CACHED else together.found(encoded(text, latin=latin))
        )

    def decide(
        self,
        request: Request,
        client: Client,
        resource: Resource,
        behaviour: Behaviour = NOBODY_REMEMBERS,
        waits: Mapping[str, float] = NO_WAITS,
    ) -> Verdict:
        """The rules alone, for a request whose client and resource are known; see Steps.verdict."""
        steps = self.steps(request, client, resource)
        return steps.verdict(request, client, resource, behaviour, waits)[0]

    def steps(self, request: Request, client: Client, resource: Resource) -> Steps:
        """The rules that may hold for this client and resource, in their order."""
        path = self._path(request.path) if self._path is not None else _NONE
        agent = self._agent(request.agent) if self._agent is not None else _NONE
        credentials = request.credentials if self._logins else "none"
        key = (
            client.name,
            client.operator,
            client.purpose,
            client.further,
            resource.kind,
            resource.form,
            path,
            agent,
            credentials,
            request.passed,
        )
        steps = self._steps.get(key)
        if steps is None:
            if len(self._steps) >= CACHED_STEPS:
                self._steps.clear()
            found = {"request.path": path, "request.agent": agent}
            steps = self._steps[key] = self._narrowed(
                client, resource, found, credentials, request.passed
            )
        return steps

    def _narrowed(
        self,
        client: Client,
        resource: Resource,
        found: dict[str, frozenset[int]],
        credentials: Credentials,
        passed: PassStanding,
    ) -> Steps:
        values: dict[str, str | frozenset[str]] = {
            "client.name": client.name,
            "client.operator": client.operator,
            "client.purpose": frozenset(client.purposes),
            "resource": resource.kind,
            "resource.form": resource.form,
            "request.credentials": credentials,
            "request.pass": passed,
        }

        def known(leaf: Is) -> bool | None:
            if leaf.name in values:
                return leaf.what.holds(values[leaf.name])
            numbers = self._numbers.get(leaf.name, {}).get(id(leaf.what))
            return None if numbers is None else not numbers.isdisjoint(found[leaf.name])

        def unheard(leaf: Is) -> bool | None:
            if leaf.name in LISTENING:
                return leaf.what.holds(leaf.get(_ANY, client, resource, NOBODY_REMEMBERS))
            return known(leaf)

        steps = self._steps_where(known)
        listening = any(self._listening[step.rule] for step in steps)
        return Steps(
            tuple(steps),
            any(step.rule in self._behaviour for step in steps),
            tuple((step.rule, step.rate) for step in steps if step.rate is not None),
            tuple(
                scope
                for scope in SCOPES
                if any(scope in self._listening[step.rule] for step in steps)
            ),
            tuple((step.rule, step.sentence.scope) for step in steps if step.sentence is not None),
            tuple(self._steps_where(unheard)) if listening else None,
        )

    def _steps_where(self, known: Callable[[Is], bool | None]) -> list[Step]:
        """The rules that may hold, where `known` answers some of the comparisons."""
        steps: list[Step] = []
        for rule, always in self._rules:
            outcome = narrow(rule.condition, known)
            if outcome is True:
                steps.append(always)
                if rule.ends:
                    break  # nothing behind it can be reached
            elif outcome is not False:
                steps.append(replace(always, test=outcome, kept=_kept(rule, known)))
        return steps


def _is_counter(name: str) -> bool:
    """Whether the field is about what a client has done, and not about what it was sent."""
    return name.startswith("behaviour.") and name not in LISTENING


def _kept(rule: Rule, known: Callable[[Is], bool | None]) -> Test | None:
    """What is left to test of a rule while its sentence is in force."""
    if rule.sentence is None:
        return None
    # Never False: it holds wherever the whole condition does, and that may hold.
    outcome = narrow(granted(rule.condition, settled_by_sentence), known)
    return None if isinstance(outcome, bool) else outcome
