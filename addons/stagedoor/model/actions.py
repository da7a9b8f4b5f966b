"""The table of actions: what a rule may do with a request, one row each.

Everything that speaks of actions reads this table: `then:` and `expect:` in rules, their JSON
Schema, observe mode, explanations, reports, metrics, the desk and the boards. A front carries out
the effect of an action and never asks for its word. A new action is a row here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

Takes = Literal["nothing", "duration", "rate", "status", "work"]
"""What a rule writes behind the word: `allow`, `delay: 3s`, `throttle: {requests: 30, per: 1m}`,
`block: {status: 403}`, `challenge: {bits: 14, wait: 5s}`."""
Colour = Literal["green", "blue", "yellow", "purple", "red"]
"""Names that terminals, Grafana and CSS share."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The request goes on to the site."""


@dataclass(frozen=True, slots=True)
class Wait:
    """The request goes on to the site after the seconds of the verdict."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The guard answers in the site's place, with `status` where the rule names no other.

    `headline` is the first line of the answer; `{thing}` becomes "recording" or "page". `again`:
    the client may come back, after the seconds of the verdict (Retry-After).
    """

    status: int = 403
    headline: str = "This {thing} is not for automated visitors"
    again: bool = False
    licence: bool = False
    """The answer says how a licence is shown (WWW-Authenticate), and its status is what became of
    the one that was: 402 where there was none, 401 where it is no good, 403 where it is for
    something else (RSL 1.0, crawler authorisation)."""
    challenge: bool = False
    """The answer is a page by which a browser gets in: it calculates for a while, or its visitor waits.
    Where nobody could do either, a rule with this action does not hold."""


Effect = Pass | Wait | Refuse


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that may become of a request.

    `word` is written in rules, logs and metrics; `rank` orders actions from the mildest to the
    strictest. `goes_on`: later rules are asked as well. `logged`: it stands in the decision log.

    `verb` and `past` name it (would refuse, refused). `outcome` is what one request meets, with
    `{status}` and `{time}`; `follows` what a client gets that asks for a recording. `caption` is
    what editors show.
    """

    word: str
    rank: int
    effect: Effect
    verb: str
    past: str
    outcome: str
    follows: str
    colour: Colour
    caption: str
    takes: Takes = "nothing"
    goes_on: bool = False
    logged: bool = True

    @property
    def refuses(self) -> bool:
        """Whether the client gets nothing this time."""
        return isinstance(self.effect, Refuse)

    @property
    def waits(self) -> bool:
        """Whether the request is let in, but later."""
        return isinstance(self.effect, Wait)

    @property
    def status(self) -> int:
        """HTTP status of the refusal where the rule names none; 403 for what refuses nothing."""
        return self.effect.status if isinstance(self.effect, Refuse) else 403


ALLOW, LOG, DELAY, THROTTLE, BLOCK = "allow", "log", "delay", "throttle", "block"
LICENSE, CHALLENGE = "license", "challenge"
"""The words with a part of their own: what happens where no rule holds; what observing makes of
stricter actions; what a front does where too many wait; the plain refusal."""

_TABLE: dict[str, Action] = {}
REFUSING: set[str] = set()
WAITING: set[str] = set()
LOGGED: set[str] = set()
LICENSING: set[str] = set()
CHALLENGING: set[str] = set()
"""The words of the rows that refuse, wait, are logged, ask for a licence, and challenge: asked for each
request, hence kept.
Only register() and registered() change them."""


def register(action: Action) -> None:
    """Add a row. ValueError where its word or its rank is taken."""
    for other in _TABLE.values():
        if other.word == action.word or other.rank == action.rank:
            raise ValueError(f"{action.word} has the word or the rank of {other.word}")
    _TABLE[action.word] = action
    for words_of, belongs in (
        (REFUSING, action.refuses),
        (WAITING, action.waits),
        (LOGGED, action.logged),
        (LICENSING, isinstance(action.effect, Refuse) and action.effect.licence),
        (CHALLENGING, isinstance(action.effect, Refuse) and action.effect.challenge),
    ):
        if belongs:
            words_of.add(action.word)


@contextmanager
def registered(action: Action) -> Iterator[Action]:
    """The table with one more row, for a while: for tests and trials."""
    register(action)
    try:
        yield action
    finally:
        del _TABLE[action.word]
        for words_of in (REFUSING, WAITING, LOGGED, LICENSING, CHALLENGING):
            words_of.discard(action.word)


def named(word: str) -> Action:
    """The row of `word`. KeyError where there is none."""
    return _TABLE[word]


def table() -> tuple[Action, ...]:
    """All rows, from the mildest to the strictest."""
    return tuple(sorted(_TABLE.values(), key=lambda action: action.rank))


def words() -> tuple[str, ...]:
    """All words, from the mildest to the strictest."""
    return tuple(action.word for action in table())


for _action in (
    Action(
        word=ALLOW,
        rank=0,
        effect=Pass(),
        verb="let in",
        past="let in",
        outcome="let in",
        follows="gets recordings",
        colour="green",
        caption="let in; no later rule is asked",
        logged=False,
    ),
    Action(
        word=LOG,
        rank=10,
        effect=Pass(),
        verb="let in and note",
        past="let in and noted",
        outcome="let in and noted",
        follows="gets recordings, noted",
        colour="blue",
        caption="write it down, and go on with the next rule",
        goes_on=True,
    ),
    Action(
        word=DELAY,
        rank=20,
        effect=Wait(),
        verb="keep waiting",
        past="kept waiting",
        outcome="let in after {time}",
        follows="gets recordings, slowly",
        colour="yellow",
        caption="let in, but only after a while",
        takes="duration",
    ),
    Action(
        word=THROTTLE,
        rank=30,
        effect=Refuse(429, "Too many requests in too short a time", again=True),
        verb="slow down",
        past="slowed down",
        outcome="{status}: come back later",
        follows="gets recordings, not too fast",
        colour="purple",
        caption="say: come back later (429), to any client that asks too often",
        takes="rate",
    ),
    Action(
        word=CHALLENGE,
        rank=34,
        effect=Refuse(403, "This {thing} opens after a short calculation or wait", challenge=True),
        verb="challenge",
        past="challenged",
        outcome="{status}: a page that opens after a short calculation or wait",
        follows="gets pages after a short calculation or wait",
        colour="yellow",
        caption="show a page that lets a browser in after a short calculation, or a wait; pages only",
        takes="work",
    ),
    Action(
        word=LICENSE,
        rank=38,
        effect=Refuse(402, "This {thing} needs a licence", licence=True),
        verb="ask for a licence",
        past="asked for a licence",
        outcome="{status}: a licence is needed",
        follows="gets recordings with a licence",
        colour="purple",
        caption="refuse, and say how a licence is had and shown (402, 401, 403)",
    ),
    Action(
        word=BLOCK,
        rank=40,
        effect=Refuse(),
        verb="refuse",
        past="refused",
        outcome="refused with {status}",
        follows="gets no recordings",
        colour="red",
        caption="refuse, with a short text that says why",
        takes="status",
    ),
):
    register(_action)
