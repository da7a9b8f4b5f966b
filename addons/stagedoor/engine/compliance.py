"""Who was told what, and what it asked for afterwards.

A violation is a request for something that a signal, handed to this crawler before, forbids: a path
that the robots.txt it fetched disallows, or any content at all where headers or files have said
"no" to what the crawler makes of it. A refused request is one, too.

A crawler is its name where that is proven; else its name together with where it comes from, so that
nobody is told by what somebody else fetched in its name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from stagedoor.model.client_keys import client_key
from stagedoor.model.facts import Behaviour, Client, Request, Resource
from stagedoor.signals.meaning import Answer, Use
from stagedoor.signals.robots.access import decide
from stagedoor.signals.robots.lines import Robots

Signal = Literal["robots", "headers", "files"]

MOST_ROBOTS = 64
"""Different robots.txt remembered at once; one is usual, more only after changes."""


@dataclass(frozen=True, slots=True)
class Violation:
    """What forbade the request: `line` is the line of robots.txt, with its number."""

    signal: Signal
    line: str = ""


@dataclass(slots=True)
class _Crawler:
    told: dict[Signal, float] = field(default_factory=dict)
    """When it was handed each kind for the first time."""
    robots: str = ""
    """The hash of the robots.txt it has."""
    hashes: set[str] = field(default_factory=set)
    violations: int = 0


class Compliance:
    """Remembers at most `crawlers` of them, the least recently seen forgotten first."""

    def __init__(self, crawlers: int) -> None:
        self._most = crawlers
        self._crawlers: OrderedDict[str, _Crawler] = OrderedDict()
        self._robots: OrderedDict[str, Robots] = OrderedDict()

    def __len__(self) -> int:
        return len(self._crawlers)

    def told(
        self, client: Client, address: str, signal: Signal, digest: str, at: float,
        robots: Robots | None = None,
    ) -> bool:  # fmt: skip
        """A crawler was handed the text of hash `digest`; whether that is new to it."""
        crawler = self._crawler(client, address)
        crawler.told.setdefault(signal, at)
        if robots is not None:
            crawler.robots = digest
            self._robots[digest] = robots
            self._robots.move_to_end(digest)
            while len(self._robots) > MOST_ROBOTS:
                self._robots.popitem(last=False)
        if digest in crawler.hashes:
            return False
        if len(crawler.hashes) >= MOST_ROBOTS:
            crawler.hashes.clear()
        crawler.hashes.add(digest)
        return True

    def asked(
        self,
        client: Client,
        request: Request,
        resource: Resource,
        said: Mapping[Use, Answer | None],
        use: Use | None,
        token: str,
        before: Behaviour,
    ) -> tuple[Behaviour, tuple[Violation, ...]]:
        """One request of a crawler: what it knew, and what of that it passes over.

        `said` is what headers and files say, `use` what this crawler makes of what it fetches,
        `token` its name in a robots.txt.
        """
        crawler = self._crawlers.get(key(client, request.address))
        if crawler is None or resource.kind == "signal":
            return before, ()
        found: list[Violation] = []
        robots = self._robots.get(crawler.robots)
        if robots is not None:
            decision = decide(robots, token, request.target or request.path)
            if not decision.allowed:
                rule = decision.rule
                line = f"line {rule.number}: {rule.text}" if rule else ""
                found.append(Violation("robots", line))
        if use is not None and said.get(use) == "no":
            found += [Violation(s) for s in ("headers", "files") if s in crawler.told]
        crawler.violations += bool(found)
        behaviour = replace(
            before,
            told=frozenset(crawler.told),
            violations=crawler.violations,
            disallowed=any(v.signal == "robots" for v in found),
        )
        return behaviour, tuple(found)

    def _crawler(self, client: Client, address: str) -> _Crawler:
        name = key(client, address)
        crawler = self._crawlers.get(name)
        if crawler is None:
            crawler = self._crawlers[name] = _Crawler()
            while len(self._crawlers) > self._most:
                self._crawlers.popitem(last=False)
        else:
            self._crawlers.move_to_end(name)
        return crawler


def key(client: Client, address: str) -> str:
    """Who is remembered as one: see above."""
    if client.proof == "verified":
        return client.name
    return f"{client.name}\0{client_key(address)}"
