"""A rule, as written and as it runs.

Rules stand in files named `NN-something.yaml`, a list in each. They are tried in the order of the
files' names and then of the lines. What stands under `then` is written_action.py's, under `when`
vocabulary.py's.

A rule with `observe: yes` does nothing but say what it would have done, and the search goes on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    create_model,
    field_validator,
)

from stagedoor.config.schema import ListOf, Model, check_value
from stagedoor.config.yamltext import Document
from stagedoor.model import actions
from stagedoor.model.actions import Action
from stagedoor.model.errors import Location, Problem, enough
from stagedoor.model.facts import (
    Rate,
    Verdict,
)
from stagedoor.model.heard import Sentence
from stagedoor.rules.conditions import All, Condition, Is, Words
from stagedoor.rules.fields import CHALLENGED, FIELDS
from stagedoor.rules.vocabulary import Known, read_when
from stagedoor.rules.written_action import SETTINGS, Then, read_then
from stagedoor.rules.written_case import Case
from stagedoor.rules.written_values import YesNo

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


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
    fields: dict[str, Any] = {action.word: (SETTINGS[action.takes], None) for action in table}
    then: Any = create_model("Then", __base__=Then, __doc__=Then.__doc__, **fields)
    expected: Any = Literal[tuple(action.word for action in table)]
    case: Any = create_model("Case", __base__=Case, __doc__=Case.__doc__, expect=(expected, ...))
    written = create_model(
        "Written",
        __base__=Written,
        __doc__=Written.__doc__,
        then=(Annotated[then, BeforeValidator(read_then)], ...),
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
