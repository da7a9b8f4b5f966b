"""What stands under `then`: an action, and what it takes.

    action                                  ends the search
    allow                                   yes
    log                                     no: it notes, and goes on
    block: {status: 403}                    yes
    throttle: {requests: 30, per: 1m}       only for a client that is above it; then 429
    throttle: {retry_after: 10m}            yes: 429 to every client that the rule holds for
    block: {for: 1h}                        yes, and for so long whatever else it does; see below
    throttle: {for: 10m}                    the same, with 429
    delay: 3s                               yes: the visitor is let in, later
    challenge: {bits: 14, wait: 5s}         yes; it holds for those alone who can be challenged

A *sentence* (`for`) keeps to the household that the rule held for, or to its network or its agent
(`of: network`): for so long, the rule holds for them whatever its conditions on `behaviour.…` and
`client.traits` say. Its other conditions go on counting. Retry-After says what is left of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    model_validator,
)

from stagedoor.config.schema import Model
from stagedoor.model import actions
from stagedoor.model.actions import Action, Takes
from stagedoor.model.errors import did_you_mean, listed
from stagedoor.model.facts import (
    Rate,
    Verdict,
)
from stagedoor.model.heard import Scope, Sentence
from stagedoor.rules.written_values import Seconds

LONGEST_DELAY = 60.0
"""Seconds. A request that waits holds a connection open; browsers give up after a few minutes."""
LONGEST_WAIT = 60.0
"""Seconds for which a challenge may have somebody wait."""
RETRY_AFTER = 60.0
"""Seconds in Retry-After for a throttled visitor, where neither the rule nor its rate says more."""


class Plain(Model):
    """An action that has nothing to choose."""


class Block(Model):
    """`then: {block: {status: 403}}`; plain `then: block` means the same."""

    status: Literal[401, 402, 403, 404, 410, 429, 451] | None = None
    """None: what the table of actions says."""
    for_: Seconds | None = Field(default=None, alias="for")
    of: Scope = "household"


def _short(seconds: float) -> float:
    if not 1 <= seconds <= LONGEST_WAIT:
        raise ValueError(f"a visitor waits 1s to 60s, not {seconds:.0f}s — write 5s")
    return seconds


class Throttle(Model):
    """`then: {throttle: {requests: 30, per: 1m}}`: no more than that from one client.

    Without `requests` the rule itself says who is too fast, and `retry_after` for how long.
    """

    requests: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    per: Seconds = 60.0
    retry_after: Seconds | None = None
    for_: Seconds | None = Field(default=None, alias="for")
    of: Scope = "household"

    @model_validator(mode="after")
    def _says_how_much(self) -> Throttle:
        if self.for_ is not None and (self.requests is not None or self.retry_after is not None):
            raise ValueError("throttle says two things — write {for: 10m} alone")
        if self.requests is None and self.retry_after is None and self.for_ is None:
            raise ValueError("throttle does not say how much — write {requests: 30, per: 1m}")
        return self


class Challenge(Model):
    """`then: {challenge: {bits: 14, wait: 5s}}`; plain `then: challenge` means the same."""

    bits: Annotated[int, Field(ge=4, le=24)] = 14
    wait: Annotated[Seconds, AfterValidator(_short)] = 5.0


def _delay(seconds: float) -> float:
    if seconds > LONGEST_DELAY:
        raise ValueError(f"a delay is at most 60s, {seconds:.0f}s is more — throttle instead")
    return seconds


class Then(Model):
    """The action: one of these."""

    # The words of the table of actions, as a field each, are added by forms().

    @property
    def action(self) -> Action:
        """The one that is there."""
        return next(a for a in actions.table() if getattr(self, a.word, None) is not None)

    @property
    def throttle_settings(self) -> Throttle | None:
        """What is written behind an action that takes a rate."""
        found = getattr(self, self.action.word)
        return found if isinstance(found, Throttle) else None

    def sentence(self, rule: str) -> Sentence | None:
        """What lasts where the rule holds; None where nothing does."""
        found = getattr(self, self.action.word)
        if isinstance(found, Block | Throttle) and found.for_ is not None:
            return Sentence(rule, found.of, found.for_)
        return None

    def verdict(self, rule: str, title: str, why: str) -> Verdict:
        """What it comes to, where the rule holds."""
        action = self.action
        verdict = Verdict(action.word, rule, title, why, status=action.status)
        match getattr(self, action.word):
            case Block(status=status, for_=seconds):
                return replace(verdict, status=status or verdict.status, seconds=seconds or 0.0)
            case Throttle(retry_after=seconds, for_=lasts):
                return replace(verdict, seconds=lasts or seconds or RETRY_AFTER)
            case Challenge(bits=bits, wait=seconds):
                return replace(verdict, bits=bits, seconds=seconds)
            case float(seconds):
                return replace(verdict, seconds=seconds)
            case _:
                return verdict

    @property
    def rate(self) -> Rate | None:
        """How much a client may before the rule bites; None where it bites at once."""
        throttle = self.throttle_settings
        if throttle is None or throttle.requests is None:
            return None
        return Rate(throttle.requests, throttle.per)

    @property
    def says_when(self) -> bool:
        """Whether it says itself when a throttled client may come back."""
        throttle = self.throttle_settings
        return bool(throttle and throttle.retry_after)


def read_then(value: object) -> object:
    """`then: block` is short for `then: {block: {}}`, and so is `then: {block: }`."""
    words = actions.words()
    if isinstance(value, dict) and list(value.values()) == [None]:
        value = next(iter(value))
    if isinstance(value, str):
        if value in words:
            if actions.named(value).takes == "duration":
                raise ValueError(f"{value} does not say how long — write then: {{{value}: 3s}}")
            return {value: {}}
        raise ValueError(
            f'then: "{value}" is not one of: {listed(words)}'
            f" — {did_you_mean(value, words) or 'write block'}"
        )
    if isinstance(value, dict) and not value.keys() & set(words):
        raise ValueError(f"then names no action — write one of: {listed(words)}")
    if isinstance(value, dict) and len(value.keys() & set(words)) > 1:
        raise ValueError("then names several actions — keep one of them")
    return value


SETTINGS: Mapping[Takes, Any] = {
    "nothing": Plain | None,
    "duration": Annotated[Seconds, AfterValidator(_delay)] | None,
    "rate": Throttle | None,
    "status": Block | None,
    "work": Challenge | None,
}
"""How what an action takes is written."""
