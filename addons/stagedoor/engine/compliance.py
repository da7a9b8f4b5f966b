"""Compliance: what a crawler had received, compared with what it asks for.

A violation is a request for something that a signal, received by this crawler before, forbids: a
path that the robots.txt it fetched disallows, or any content at all where headers or files have
said "no" to what the crawler makes of it. A refused request is one, too.

Where robots.txt has two readings (`Robots.aware`), only what both forbid is a violation: a file that
can be read in two ways is held against nobody.

A crawler is its name where that is proven; else its name together with where it comes from, so that
a crawler has not received what another client fetched in its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stagedoor.engine.needs import Received, SignalKind
from stagedoor.model.facts import Behaviour, Request, Resource
from stagedoor.signals.meaning import Answer, Use
from stagedoor.signals.robots.access import decide
from stagedoor.signals.robots.lines import Robots

_STANDING: tuple[SignalKind, ...] = ("headers", "files")
"""Signals that speak of the whole site."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What forbade the request: `line` is the line of robots.txt, with its number."""

    signal: SignalKind
    line: str = ""


def violations(
    received: Received,
    robots: Robots | None,
    request: Request,
    resource: Resource,
    published: Mapping[Use, Answer | None],
    use: Use | None,
    token: str,
) -> tuple[Violation, ...]:
    """What this request passes over of what its crawler has `received`.

    `robots` is the robots.txt that it has, `published` what headers and files say, `use` what this
    crawler makes of what it fetches, `token` its name in a robots.txt.
    """
    if resource.kind == "signal":
        return ()
    found: list[Violation] = []
    if robots is not None:
        path = request.target or request.path
        decision = decide(robots, token, path)
        if not decision.allowed and (
            robots.aware is None or not decide(robots.aware, token, path).allowed
        ):
            rule = decision.rule
            found.append(Violation("robots", f"line {rule.number}: {rule.text}" if rule else ""))
    if use is not None and published.get(use) == "no":
        found += [Violation(signal) for signal in _STANDING if signal in received.signals]
    return tuple(found)


def behaved(
    before: Behaviour, received: Received, resource: Resource, found: tuple[Violation, ...]
) -> Behaviour:
    """`before` with what this crawler had received and what it passes over."""
    if resource.kind == "signal":
        return before
    return replace(
        before,
        told=received.signals,
        violations=received.violations + bool(found),
        disallowed=any(violation.signal == "robots" for violation in found),
    )


def crawler_key(name: str, household: str, *, verified: bool) -> str:
    """Who counts as one crawler: see above. `household` is the store's key of its address."""
    return name if verified else f"{name}\0{household}"
