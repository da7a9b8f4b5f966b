"""Needs, facts and effects: what a decision asks for, is given, and leaves to the store.

The engine calls nobody: `Needs` names what the rules that can still hold ask of the outside, a
front gathers it (and may wait for it) into `Facts`, and `Effects` says what the store counts
afterwards.

Named tuples, not dataclasses: they are made for every request, at a third of the price.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from stagedoor.identify.catalogue import Signature
from stagedoor.model.facts import Behaviour, Proof, Rate
from stagedoor.model.heard import Scope, Sentence
from stagedoor.signals.meaning import Answer, Use
from stagedoor.signals.robots.lines import Robots

NO_BEHAVIOUR = Behaviour()
NO_WAITS: Mapping[str, float] = MappingProxyType({})
NOTHING_PUBLISHED: Mapping[Use, Answer | None] = MappingProxyType({})
SignalKind = Literal["robots", "headers", "files"]
"""How a notice reaches a crawler: by robots.txt, by headers, by the other files."""


class Needs(NamedTuple):
    """`claim` is to be proven where it is not None; `behaviour`: rules ask for counters of the
    client; `rates`: how long it has to wait under each of these (rule id, rate); `listening`: the
    sessions that rules ask about; `sentences`: how long each of these still lasts (rule id, whom it
    keeps to).
    """

    claim: Signature | None
    behaviour: bool
    rates: tuple[tuple[str, Rate], ...]
    listening: tuple[Scope, ...] = ()
    sentences: tuple[tuple[str, Scope], ...] = ()


NO_NEEDS = Needs(None, behaviour=False, rates=())


class Received(NamedTuple):
    """What one crawler has received: the kinds of signals, the SHA-256 of its robots.txt, and how
    often it has asked for what they forbid.
    """

    signals: frozenset[str] = frozenset()
    robots: str = ""
    violations: int = 0


class Known(NamedTuple):
    """What a store knows: `behaviour` with the request at hand included, `waits` in seconds by rule
    id (0 or absent: within the rate, or under no sentence), `received` where the client is a crawler
    that is known.
    """

    behaviour: Behaviour = NO_BEHAVIOUR
    waits: Mapping[str, float] = NO_WAITS
    received: Received | None = None


NOTHING_KNOWN = Known()


class Facts(NamedTuple):
    """Everything that was gathered for one decision.

    `proof` is how sure the claim is and why; `robots` the parsed robots.txt that this crawler has;
    `published` what headers and files say about each use.
    """

    proof: tuple[Proof, str] | None = None
    known: Known = NOTHING_KNOWN
    robots: Robots | None = None
    published: Mapping[Use, Answer | None] = NOTHING_PUBLISHED


NO_FACTS = Facts()


class Effects(NamedTuple):
    """What the store counts: the request (`counted`), the recording it asks for (a path, or empty),
    the rates it used up, and a violation by the crawler; a sentence that begins, the recording
    (`ignored`) that was asked for under one, and for how many seconds a trap is remembered; `owed`: a new
    pass begins with so many seconds of sound.
    """

    counted: bool = False
    recording: str = ""
    rates: tuple[tuple[str, Rate], ...] = ()
    violated: bool = False
    sentence: Sentence | None = None
    ignored: str = ""
    tripped: float = 0.0
    owed: float = 0.0


NO_EFFECTS = Effects()
