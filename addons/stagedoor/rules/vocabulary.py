"""The words a rule's `when` may use: one table, from which everything else follows.

A condition is a field and what it must be; several fields in one block must all hold. A list means
any of its values. `all`, `any` and `not` group conditions.

    when:
      client.purpose: [ai-training, ai-input]
      not: {resource: signal}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stagedoor.errors import Location, Problem, did_you_mean, listed
from stagedoor.facts import KINDS, PROOFS, PURPOSES, Client, Request, Resource
from stagedoor.globs import Globs
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.yamltext import Document, Path, Value

Test = Callable[[Request, Client, Resource], bool]
"""A compiled condition."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the rest of the configuration contributes to the vocabulary."""

    stance: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    """What each word of the stance may say."""
    names: frozenset[str]
    operators: frozenset[str]
    """Names and operators in the catalogue; empty where that is not known, and not checked."""


@dataclass(frozen=True, slots=True)
class Field:
    """One word of the vocabulary: what it may be compared with, and where its value comes from."""

    get: Callable[[Request, Client, Resource], str]
    kind: Literal["choice", "text", "glob", "set"]
    choices: tuple[str, ...] = ()
    """For `choice` and `set`: the only values there are."""
    help: str = ""
    get_all: Callable[[Request, Client, Resource], frozenset[str]] = lambda *_: frozenset()
    """For `set`: all values at once; the condition holds where one of them is wanted."""


FIELDS: Mapping[str, Field] = {
    "client.purpose": Field(
        lambda request, client, resource: client.purpose,
        "choice",
        PURPOSES,
        "what the client comes for",
    ),
    "client.name": Field(
        lambda request, client, resource: client.name, "text", help="its name in the catalogue"
    ),
    "client.operator": Field(
        lambda request, client, resource: client.operator, "text", help="who sends it"
    ),
    "client.proof": Field(
        lambda request, client, resource: client.proof,
        "choice",
        PROOFS,
        "whether its claim was proven",
    ),
    "client.traits": Field(
        lambda request, client, resource: " ".join(sorted(client.traits)),
        "set",
        TRAIT_NAMES,
        "where the request does not look like the browser it claims to come from",
        lambda request, client, resource: client.traits,
    ),
    "resource": Field(
        lambda request, client, resource: resource.kind, "choice", KINDS, "what is asked for"
    ),
    "request.method": Field(lambda request, client, resource: request.method, "text", help="GET …"),
    "request.host": Field(
        lambda request, client, resource: request.host, "text", help="the site's name, as asked for"
    ),
    "request.path": Field(
        lambda request, client, resource: request.path, "glob", help="the normalised path"
    ),
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition ready to run.

    `test` is None where the stance rules it out for good; `assumes` is what the stance must say
    for it to hold (used by cases, which test a rule whatever the artist's stance is today).
    """

    test: Test | None
    assumes: Mapping[str, str]


def compile_when(
    when: Value, words: Words, document: Document, path: Path, problems: list[Problem]
) -> Compiled:
    """The `when` block at `path`; every mistake is added to `problems`.

    Conditions on the stance are settled here, once, and cost nothing when a request comes.
    """
    compiler = _Compiler(words, document, problems)
    test = compiler.block(when, path)
    return Compiled(None if test is False else _as_test(test), compiler.assumes)


_Outcome = Test | bool
"""A test, or True / False where the stance has already settled it."""


def _as_test(outcome: _Outcome) -> Test:
    if isinstance(outcome, bool):
        return lambda request, client, resource: outcome
    return outcome


class _Compiler:
    def __init__(self, words: Words, document: Document, problems: list[Problem]) -> None:
        self.words = words
        self.document = document
        self.problems = problems
        self.assumes: dict[str, str] = {}

    def block(self, value: Value, path: Path, *, positive: bool = True) -> _Outcome:
        """All conditions of one block."""
        if not isinstance(value, dict):
            self._wrong(path, "conditions are written as fields", 'for example "resource: audio"')
            return False
        return _all(
            [self._entry(key, item, (*path, key), positive=positive) for key, item in value.items()]
        )

    def _entry(self, key: str, value: Value, path: Path, *, positive: bool) -> _Outcome:
        if key in {"all", "any"}:
            if not isinstance(value, list) or not value:
                self._wrong(path, f'"{key}" needs a list of conditions', 'begin each with "- "')
                return False
            within = positive and (key == "all" or len(value) == 1)
            found = [self.block(v, (*path, i), positive=within) for i, v in enumerate(value)]
            return _all(found) if key == "all" else _any(found)
        if key == "not":
            return _not(self.block(value, path, positive=False))
        if key.startswith("stance."):
            return self._stance(key, value, path, positive=positive)
        field = FIELDS.get(key)
        if field is None:
            known = [*FIELDS, *self.words.stance, "all", "any", "not"]
            self._wrong(
                path,
                f'unknown field "{key}"',
                did_you_mean(key, known) or f"known: {listed(known, 60)}",
                key=True,
            )
            return False
        wanted = self._texts(key, value, path)
        return self._compare(key, field, wanted, value, path) if wanted else False

    def _stance(self, key: str, value: Value, path: Path, *, positive: bool) -> _Outcome:
        if key not in self.words.stance:
            known = list(self.words.stance)
            self._wrong(
                path,
                f'the stance has no "{key}"',
                did_you_mean(key, known) or listed(known),
                key=True,
            )
            return False
        wanted = self._texts(key, value, path)
        options = self.words.choices[key]
        for number, word in enumerate(wanted):
            if word not in options:
                self._wrong(
                    self._place(path, value, number),
                    f'{key} is never "{word}"',
                    f"write {' or '.join(options)}",
                )
                return False
        if wanted and positive:
            self.assumes.setdefault(key, wanted[0])
        return self.words.stance[key] in wanted

    def _texts(self, key: str, value: Value, path: Path) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value]
        texts = []
        for number, item in enumerate(items):
            text = _word(item)
            if not text:
                place = self._place(path, value, number)
                self._wrong(place, f'"{key}" needs a word or a list of words', "")
                return ()
            texts.append(text)
        if not texts:
            self._wrong(path, f'"{key}" has an empty list, which never holds', "name a value")
        return tuple(texts)

    def _compare(
        self, key: str, field: Field, wanted: Sequence[str], value: Value, path: Path
    ) -> _Outcome:
        get = field.get
        if field.kind == "glob":
            for number, glob in enumerate(wanted):
                if not glob.startswith(("/", "*")):
                    place = self._place(path, value, number)
                    self._wrong(
                        place, f'the path "{glob}" does not begin with /', f'write "/{glob}"'
                    )
                    return False
            globs = Globs(wanted)
            return lambda request, client, resource: globs.match(get(request, client, resource))
        known = self._known(key, field)
        for number, word in enumerate(wanted):
            if known and word.lower() not in {k.lower() for k in known}:
                self._wrong(
                    self._place(path, value, number),
                    f'"{word}" is not a {key} that is known'
                    if field.kind == "text"
                    else f'"{word}" is not one of: {listed(known)}',
                    did_you_mean(word, known),
                )
                return False
        if field.kind == "set":
            get_all = field.get_all
            any_of = frozenset(word.lower() for word in wanted)
            return lambda request, client, resource: (
                not any_of.isdisjoint(get_all(request, client, resource))
            )
        if field.kind == "choice":
            exact = frozenset(word.lower() for word in wanted)
            if len(exact) == 1:
                (only,) = exact
                return lambda request, client, resource: get(request, client, resource) == only
            return lambda request, client, resource: get(request, client, resource) in exact
        lowered = frozenset(word.lower() for word in wanted)
        return lambda request, client, resource: get(request, client, resource).lower() in lowered

    def _known(self, key: str, field: Field) -> Sequence[str]:
        if key == "client.name":
            return sorted({*self.words.names, "unknown"}) if self.words.names else ()
        if key == "client.operator":
            return sorted(self.words.operators)
        return field.choices

    def _place(self, path: Path, value: Value, number: int) -> Path:
        """Where the word with that number stands: in a list, or alone."""
        return (*path, number) if isinstance(value, list) else path

    def _wrong(self, path: Path, message: str, mend: str, *, key: bool = False) -> None:
        at: Location = self.document.at(path, key=key)
        self.problems.append(Problem(at, message, mend))


def _word(value: Value) -> str:
    """A word as people mean it: `true` is yes, a number is its digits; else an empty string."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def _all(outcomes: Sequence[_Outcome]) -> _Outcome:
    if any(outcome is False for outcome in outcomes):
        return False
    tests = [outcome for outcome in outcomes if not isinstance(outcome, bool)]
    if not tests:
        return True
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda request, client, resource: (
            first(request, client, resource) and second(request, client, resource)
        )
    return lambda request, client, resource: all(t(request, client, resource) for t in tests)


def _any(outcomes: Sequence[_Outcome]) -> _Outcome:
    if any(outcome is True for outcome in outcomes):
        return True
    tests = [outcome for outcome in outcomes if not isinstance(outcome, bool)]
    if not tests:
        return False
    return lambda request, client, resource: any(t(request, client, resource) for t in tests)


def _not(outcome: _Outcome) -> _Outcome:
    if isinstance(outcome, bool):
        return not outcome
    return lambda request, client, resource: not outcome(request, client, resource)
