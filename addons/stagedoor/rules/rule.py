"""A rule, as written and as it runs.

Rules stand in files named `NN-something.yaml`, a list in each. They are tried in the order of the
files' names and then of the lines.

    action                                  ends the search
    allow                                   yes
    log                                     no: it notes, and goes on
    block: {status: 403}                    yes
    throttle: {requests: 30, per: 1m}       only for a client that is above it; then 429
    throttle: {retry_after: 10m}            yes: 429 to whomever the rule holds for
    block: {for: 1h}                        yes, and for so long whatever else it does; see below
    throttle: {for: 10m}                    the same, with 429
    delay: 3s                               yes: the visitor is let in, later
    challenge: {bits: 14, wait: 5s}         yes; it holds for those alone who can be challenged

A *sentence* (`for`) keeps to the household that the rule held for, or to its network or its agent
(`of: network`): for so long, the rule holds for them whatever its conditions on `behaviour.…` and
`client.traits` say. Its other conditions go on counting. Retry-After says what is left of it.

A rule with `observe: yes` does nothing but say what it would have done, and the search goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    create_model,
    field_validator,
    model_validator,
)

from stagedoor.config.schema import ListOf, Model, OneOrMany, check_value
from stagedoor.config.yamltext import Document
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.model import actions
from stagedoor.model.actions import Action, Takes
from stagedoor.model.errors import Location, Problem, did_you_mean, enough, listed
from stagedoor.model.facts import (
    Behaviour,
    Credentials,
    LicenceStanding,
    PassStanding,
    Proof,
    Rate,
    Verdict,
)
from stagedoor.model.heard import Heard, Listening, Scope, Sentence
from stagedoor.model.units import duration, size
from stagedoor.rules.conditions import All, Condition, Is, Words
from stagedoor.rules.fields import CHALLENGED, FIELDS
from stagedoor.rules.vocabulary import Known, read_when

LONGEST_DELAY = 60.0
"""Seconds. A request that waits holds a connection open; browsers give up after a few minutes."""
LONGEST_WAIT = 60.0
"""Seconds for which a challenge may have somebody wait."""
RETRY_AFTER = 60.0
"""Seconds in Retry-After for a throttled visitor, where neither the rule nor its rate says more."""
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f'the path "{path}" does not begin with / — write "/{path}"')
    return path


def _trait(word: str) -> str:
    if word not in TRAIT_NAMES:
        fix = did_you_mean(word, TRAIT_NAMES) or f"known: {listed(TRAIT_NAMES)}"
        raise ValueError(f'there is no trait "{word}" — {fix}')
    return word


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(f'"{text}" is not an address — write for example 192.0.2.7') from None


def _yes_no(value: object) -> object:
    return value == "yes" if value in ("yes", "no") else value


YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Seconds = Annotated[float, BeforeValidator(duration)]
Bytes = Annotated[float, BeforeValidator(size)]


class Sound(Model):
    """What one session of a case's client was sent: the words of `model.heard`."""

    ahead: Seconds = 0.0
    whole_recordings: int = 0
    begun_recordings: int = 0
    episodes: int = 0
    archives: int = 0
    catalogue_share: float = 0.0
    sequential_walk: int = 0
    whole_file_by_ranges: int = 0
    segments_without_playlist: int = 0
    ignored: int = 0
    tripped: YesNo = False

    def heard(self) -> Heard:
        """As conditions see it."""
        return Heard(**{name: getattr(self, name) for name in Heard._fields})


class Lately(Sound):
    """What the client of a case has done before: the words of `behaviour.…` in conditions."""

    requests_last_minute: int = 0
    recordings_last_hour: int = 0
    audio_last_hour: Bytes = 0.0
    known_for: Seconds = 0.0
    on_air: Seconds = 0.0
    live_streams: int = 0
    live_streams_in_network: int = 0
    told: OneOrMany[Literal["robots", "headers", "files"]] = ()
    violations: int = 0
    robots_disallows: YesNo = False
    network: Sound = Sound()
    agent: Sound = Sound()

    def facts(self) -> Behaviour:
        """As conditions see it."""
        return Behaviour(
            requests=self.requests_last_minute,
            recordings=self.recordings_last_hour,
            audio=int(self.audio_last_hour),
            known=self.known_for,
            on_air=self.on_air,
            live_streams=self.live_streams,
            live_streams_in_network=self.live_streams_in_network,
            told=frozenset(self.told),
            violations=self.violations,
            disallowed=self.robots_disallows,
            listening=Listening(self.heard(), self.network.heard(), self.agent.heard()),
        )


class After(Model):
    """What the client of a case was sent just before, by a clock of the case's own: `after:
    {whole_recordings: 31, within: 5s}`.

    Recordings are of `each`, and begun evenly over `within`; the request comes right behind the last,
    or `later`. Of a recording that is only begun, a tenth is sent. `from_addresses`: they take turns.
    `episodes`, `archives` and `segments` (of ten seconds each, of one track) are sent after them.
    """

    whole_recordings: Annotated[int, Field(ge=0, le=10_000)] = 0
    begun_recordings: Annotated[int, Field(ge=0, le=10_000)] = 0
    episodes: Annotated[int, Field(ge=0, le=10_000)] = 0
    archives: Annotated[int, Field(ge=0, le=10_000)] = 0
    segments: Annotated[int, Field(ge=0, le=10_000)] = 0
    within: Seconds = 1.0
    each: Seconds = 180.0
    later: Seconds = 0.0
    from_addresses: Annotated[int, Field(ge=1, le=250)] = 1
    tripped: YesNo = False


class Case(Model):
    """One request and what must become of it, whatever the artist's stance says today."""

    ua: str
    get: Annotated[str, AfterValidator(_absolute)]
    method: str = "GET"
    host: str = "example.org"
    type: str = ""
    """The response's Content-Type, for what only the response can show."""
    traits: OneOrMany[Annotated[str, AfterValidator(_trait)]] = ()
    """Traits that the request is taken to have, besides those its headers show."""
    form: Literal["live", "bought"] | None = None
    """How sound is handed out there, for what only the response or the site's profile can tell."""
    headers: dict[str, str] = Field(default_factory=dict)
    ip: Annotated[str, AfterValidator(_address)] | None = None
    credentials: Credentials = "none"
    """Whether it carries a login, and whether the site is taken to have accepted it."""
    pass_: PassStanding = Field(default="unneeded", alias="pass")
    """Whether it needs a pass, and shows one."""
    solved: YesNo = False
    """Whether it shows that a challenge was solved there."""
    behaviour: Lately = Lately()
    after: After | None = None
    """What it was sent before, in the place of `behaviour`."""
    proof: Proof | None = None
    """How sure its claim is taken to be (a case says nothing about addresses)."""
    licence: LicenceStanding = "none"
    """What the licence that it shows is taken to be worth."""
    expect: str
    """A word of the table of actions; see forms()."""


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


def _then(value: object) -> object:
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


class Written(Model):
    """One rule as it stands in the file."""

    id: str
    title: str = Field(min_length=1)
    why: str = ""
    when: Any = None
    """Read by the vocabulary, which knows what may stand there."""
    observe: YesNo = False
    note: YesNo = False
    then: Then
    cases: ListOf[Case] = ()

    @field_validator("id")
    @classmethod
    def _permanent(cls, value: str) -> str:
        if not _ID.match(value):
            raise ValueError(f'the id "{value}" must be words in lower case — like ai-training-off')
        return value


_SETTINGS: Mapping[Takes, Any] = {
    "nothing": Plain | None,
    "duration": Annotated[Seconds, AfterValidator(_delay)] | None,
    "rate": Throttle | None,
    "status": Block | None,
    "work": Challenge | None,
}
"""How what an action takes is written."""


@dataclass(frozen=True, slots=True)
class Forms:
    """The types of what depends on the table of actions."""

    written: type[Written]
    then: type[Then]
    case: type[Case]


def forms() -> Forms:
    """Rule, action and case as they may be written under the table of actions as it is now."""
    return _forms(actions.table())


@lru_cache(maxsize=4)
def _forms(table: tuple[Action, ...]) -> Forms:
    fields: dict[str, Any] = {action.word: (_SETTINGS[action.takes], None) for action in table}
    then: Any = create_model("Then", __base__=Then, __doc__=Then.__doc__, **fields)
    expected: Any = Literal[tuple(action.word for action in table)]
    case: Any = create_model("Case", __base__=Case, __doc__=Case.__doc__, expect=(expected, ...))
    written = create_model(
        "Written",
        __base__=Written,
        __doc__=Written.__doc__,
        then=(Annotated[then, BeforeValidator(_then)], ...),
        cases=(ListOf[case], ()),
    )
    return Forms(written, then, case)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to run.

    `verdict` is what it comes to where its condition holds, and for one with a `rate` only where
    the client is above that. `assumes` is the stance its cases presuppose.
    """

    verdict: Verdict
    observe: bool
    rate: Rate | None
    waits: bool
    """Whether the rule itself says when a throttled visitor may come back."""
    condition: Condition
    assumes: Mapping[str, str]
    cases: tuple[Case, ...]
    at: Location
    case_places: tuple[Location, ...]
    sentence: Sentence | None = None

    @property
    def id(self) -> str:
        return self.verdict.rule

    @property
    def title(self) -> str:
        return self.verdict.title

    @property
    def why(self) -> str:
        return self.verdict.why

    @property
    def action(self) -> str:
        """As written; what an observed rule does is to log."""
        return self.verdict.action

    @property
    def notes(self) -> bool:
        """Whether it only notes, and the search goes on."""
        return self.observe or actions.named(self.action).goes_on

    @property
    def ends(self) -> bool:
        """Whether the search ends with it wherever its condition holds."""
        return not self.notes and self.rate is None


def read_rules(document: Document, known: Known, problems: list[Problem]) -> list[Rule]:
    """The rules of one file; every mistake is added to `problems`."""
    if document.value is None:
        return []
    if not isinstance(document.value, list):
        problems.append(
            Problem(document.at(()), "a rule file is a list of rules", 'begin each with "- id: …"')
        )
        return []
    rules = []
    for number, item in enumerate(document.value):
        if enough(problems):
            break
        written = check_value(forms().written, item, document, (number,), problems)
        # Conditions are looked at even where the rest is wrong, so that all is reported at once.
        when = item.get("when", {}) if isinstance(item, dict) else {}
        read = read_when(when, known, document, (number, "when"), problems)
        if written is None:
            continue
        then = written.then
        rules.append(
            Rule(
                verdict=replace(
                    then.verdict(written.id, written.title, written.why), noted=written.note
                ),
                observe=written.observe,
                rate=then.rate,
                waits=then.says_when,
                condition=_challengeable(then.action, read.condition, document.at((number,))),
                assumes=read.assumes,
                cases=written.cases,
                at=document.at((number,)),
                case_places=tuple(
                    document.at((number, "cases", i)) for i in range(len(written.cases))
                ),
                sentence=then.sentence(written.id),
            )
        )
    return rules


def _challengeable(action: Action, condition: Condition, at: Location) -> Condition:
    """`condition`; of a rule that challenges, only where somebody can be challenged."""
    if action.word not in actions.CHALLENGING:
        return condition
    what = Words(frozenset({"open"}))
    return All((condition, Is(CHALLENGED, FIELDS[CHALLENGED].get, what, f"{CHALLENGED}: open", at)))


def repeated_ids(rules: list[Rule]) -> list[Problem]:
    """Ids are permanent and unique: metrics, logs and evidence refer to them."""
    first: dict[str, Rule] = {}
    return [
        Problem(rule.at, f'the id "{rule.id}" is taken', f"see {first[rule.id].at}")
        for rule in rules
        if first.setdefault(rule.id, rule) is not rule
    ]
