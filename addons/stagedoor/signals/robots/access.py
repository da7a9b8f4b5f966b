"""robots.txt, RFC 9309: may this crawler fetch that path, and which line says so?

    robots = read(body)                         or reads_as(status, body) for what a crawler got
    allowed(robots, "GPTBot", "/music/a.mp3")   asked again, it costs a microsecond or two
    decide(robots, "GPTBot", "/music/a.mp3")    the same with the deciding line, for evidence

Groups for one token are merged; without one, those for `*` count; without those everything is
allowed. The longest matching path wins, and between equals `Allow`. /robots.txt itself is always
allowed. Token: the crawler's product token (`GPTBot`), not its whole user agent.

What is published is made in `merge.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from stagedoor.signals.meaning import Said, Statement, Use
from stagedoor.signals.robots.lines import Group, Record, Robots, read
from stagedoor.signals.robots.path_rules import Longest, pattern, requested

__all__ = ["PATH", "Decision", "allowed", "compiled", "decide", "read", "reads_as", "said"]

PATH = "/robots.txt"
_REFUSED: dict[Use, Said] = {
    "train": Said(train="no"),
    "input": Said(input="no"),
    "search": Said(search="no"),
}
_MOST_COMPILED = 256
"""Kept for one file; the tokens of one group share theirs, so this is rarely reached."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a path may be fetched; the record that says so, None where none does."""

    allowed: bool
    rule: Record | None = None


def reads_as(status: int | None, body: bytes = b"") -> Robots:
    """What a crawler must make of a response to GET /robots.txt (sections 2.3.1.1 to 2.3.1.4).

    `status` is that of the last response, after redirects; None where there was none. 4xx, and a
    redirect that leads nowhere, mean that there are no rules; 5xx and silence, that nothing may be
    fetched.
    """
    if status is None or status < 200 or status >= 500:
        return Robots(nothing_allowed=True)
    return read(body) if status < 300 else Robots()


def allowed(robots: Robots, token: str, path_and_query: str | bytes) -> bool:
    """Whether the crawler `token` may fetch the path."""
    return decide(robots, token, path_and_query).allowed


def decide(robots: Robots, token: str, path_and_query: str | bytes) -> Decision:
    """Whether the crawler `token` may fetch the path, and by which line."""
    path = requested(path_and_query)
    if path.partition(b"?")[0] == b"/robots.txt":
        return Decision(allowed=True)
    if robots.nothing_allowed:
        return Decision(allowed=False)
    found = compiled(robots, token, "rules", _rules).match(path)
    if not found:
        return Decision(allowed=True)
    rule = next((record for record in found if record.name == "allow"), found[0])
    return Decision(rule.name == "allow", rule)


def _rules(groups: tuple[Group, ...]) -> Longest[Record]:
    return Longest(
        (pattern(record.value), record)
        for group in groups
        for record in group.rules
        if record.value
    )


def compiled[T](robots: Robots, token: str, kind: str, make: Callable[[tuple[Group, ...]], T]) -> T:
    """What `make` makes of the groups for `token`: made once, kept with the file."""
    key = (kind, robots.audience(token))
    known = robots.compiled.get(key)
    if known is None:
        if len(robots.compiled) >= _MOST_COMPILED:
            robots.compiled.clear()
        known = robots.compiled[key] = make(robots.speaking_to(token))
    return cast("T", known)


def said(robots: Robots, uses: Mapping[str, Use], path: str = "/") -> tuple[Statement, ...]:
    """What Disallow means to crawlers that come for one use: `no` to it.

    `uses` says what each token comes for. Allow opens a path and promises nothing about use, so
    there is no `yes` in here.
    """
    found = []
    for token, use in uses.items():
        decision = decide(robots, token, path)
        if not decision.allowed:
            text = decision.rule.text if decision.rule else ""
            found.append(
                Statement("robots", PATH, _REFUSED[use], text, token),
            )
    return tuple(found)
