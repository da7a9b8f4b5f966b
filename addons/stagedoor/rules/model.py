"""A rule, as written and as it runs.

Rules stand in files named `NN-something.yaml`, a list in each. They are tried in the order of the
files' names and then of the lines. `allow` and `block` end the search; `log` notes and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from stagedoor.errors import Location, Problem, did_you_mean, listed
from stagedoor.facts import ACTIONS, Action, Proof
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.rules.vocabulary import Test, Words, compile_when
from stagedoor.schema import ListOf, Model, OneOrMany, check_value
from stagedoor.yamltext import Document

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f'the path "{path}" does not begin with / — write "/{path}"')
    return path


def _trait(word: str) -> str:
    if word not in TRAIT_NAMES:
        mend = did_you_mean(word, TRAIT_NAMES) or f"known: {listed(TRAIT_NAMES)}"
        raise ValueError(f'there is no trait "{word}" — {mend}')
    return word


class Case(Model):
    """One request and what must become of it, whatever the artist's stance says today."""

    ua: str
    get: Annotated[str, AfterValidator(_absolute)]
    method: str = "GET"
    host: str = "example.org"
    type: str = ""
    """The response's Content-Type, for what only the response can tell."""
    traits: OneOrMany[Annotated[str, AfterValidator(_trait)]] = ()
    """Traits that the request is taken to have (a case says nothing about headers)."""
    proof: Proof | None = None
    """How sure its claim is taken to be (a case says nothing about addresses)."""
    expect: Literal["allow", "log", "block"]


class Plain(Model):
    """An action that has nothing to choose."""


class Block(Model):
    """`then: {block: {status: 403}}`; plain `then: block` means the same."""

    status: Literal[401, 402, 403, 404, 410, 429, 451] = 403


class Then(Model):
    """The action: one of these."""

    allow: Plain | None = None
    log: Plain | None = None
    block: Block | None = None

    @property
    def action(self) -> Action:
        return "allow" if self.allow else "log" if self.log else "block"


def _then(value: object) -> object:
    """`then: block` is short for `then: {block: {}}`."""
    if isinstance(value, str):
        if value in ACTIONS:
            return {value: {}}
        raise ValueError(
            f'then: "{value}" is not one of: {listed(ACTIONS)}'
            f" — {did_you_mean(value, ACTIONS) or 'write block'}"
        )
    if isinstance(value, dict) and not value.keys() & set(ACTIONS):
        raise ValueError(f"then names no action — write one of: {listed(ACTIONS)}")
    if isinstance(value, dict) and len(value.keys() & set(ACTIONS)) > 1:
        raise ValueError("then names several actions — keep one of them")
    return value


class Written(Model):
    """One rule as it stands in the file."""

    id: str
    title: str = Field(min_length=1)
    why: str = ""
    when: Any = None
    """Read by the vocabulary, which knows what may stand there."""
    then: Annotated[Then, BeforeValidator(_then)]
    cases: ListOf[Case] = ()

    @field_validator("id")
    @classmethod
    def _permanent(cls, value: str) -> str:
        if not _ID.match(value):
            raise ValueError(f'the id "{value}" must be words in lower case — like ai-training-off')
        return value


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule ready to run.

    `test` is None when the stance rules it out; `assumes` is the stance its cases presuppose.
    """

    id: str
    title: str
    why: str
    action: Action
    status: int
    test: Test | None
    assumes: Mapping[str, str]
    cases: tuple[Case, ...]
    at: Location
    case_places: tuple[Location, ...]


def read_rules(document: Document, words: Words, problems: list[Problem]) -> list[Rule]:
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
        written = check_value(Written, item, document, (number,), problems)
        # Conditions are looked at even where the rest is wrong, so that all is told at once.
        when = item.get("when", {}) if isinstance(item, dict) else {}
        compiled = compile_when(when, words, document, (number, "when"), problems)
        if written is None:
            continue
        rules.append(
            Rule(
                id=written.id,
                title=written.title,
                why=written.why,
                action=written.then.action,
                status=written.then.block.status if written.then.block else 403,
                test=compiled.test,
                assumes=compiled.assumes,
                cases=written.cases,
                at=document.at((number,)),
                case_places=tuple(
                    document.at((number, "cases", i)) for i in range(len(written.cases))
                ),
            )
        )
    return rules


def repeated_ids(rules: list[Rule]) -> list[Problem]:
    """Ids are permanent and unique: metrics, logs and evidence refer to them."""
    first: dict[str, Rule] = {}
    return [
        Problem(rule.at, f'the id "{rule.id}" is taken', f"see {first[rule.id].at}")
        for rule in rules
        if first.setdefault(rule.id, rule) is not rule
    ]
