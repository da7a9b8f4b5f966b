"""The vocabulary of a rule's `when`, read into a condition; mistakes with their place and fix.

A condition is a field and what it must be; several fields in one block must all hold. A list means
any of its values. `all`, `any` and `not` group conditions.

    when:
      client.purpose: [ai-training, ai-input]
      request.address: 192.0.2.0/24
      behaviour.recordings_last_hour: {over: 40}
      not: {resource: signal}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

from stagedoor.config.stance_reading import FORMER
from stagedoor.config.yamltext import Document, Path, Value
from stagedoor.model.errors import Location, Problem, did_you_mean, enough, listed
from stagedoor.model.facts import NOBODY
from stagedoor.model.globs import MAX_PATTERN, fault
from stagedoor.model.units import duration, size
from stagedoor.rules.conditions import (
    All,
    AnyOf,
    Between,
    Condition,
    Is,
    Networks,
    Not,
    Patterns,
    Present,
    Settled,
    What,
    Words,
)
from stagedoor.rules.fields import FIELDS, HEADER, MEASURES, Field, FieldKind, field_named

GROUPS = ("all", "any", "not")
BOUNDS = ("over", "at_least", "under", "at_most")
_NEVER = AnyOf(())
"""Stands where a condition could not be read; it is never run."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the rest of the configuration contributes to the vocabulary."""

    stance: Mapping[str, str]
    choices: Mapping[str, tuple[str, ...]]
    """What each word of the stance may say."""
    names: frozenset[str]
    operators: frozenset[str]
    """Names and operators in the catalogue; empty where that is not known, and not checked."""
    amounts: Mapping[str, float] = field(default_factory=dict)
    """The numbers that the stance says, by their words: `stance.listening.ahead`."""
    address: str = ""
    """Where the site is seen (`publish.address`)."""


@dataclass(frozen=True, slots=True)
class Read:
    """A condition, and what the stance must say for it to hold.

    `assumes` is used by cases, which test a rule whatever the artist's stance is today.
    """

    condition: Condition
    assumes: Mapping[str, str]


def read_when(
    when: Value, known: Known, document: Document, path: Path, problems: list[Problem]
) -> Read:
    """The `when` block at `path`; every mistake is added to `problems`."""
    reader = _Reader(known, document, problems)
    return Read(reader.block(when, path), reader.assumes)


class _Reader:
    def __init__(self, known: Known, document: Document, problems: list[Problem]) -> None:
        self.known = known
        self.document = document
        self.problems = problems
        self.assumes: dict[str, str] = {}

    def block(self, value: Value, path: Path, *, positive: bool = True) -> Condition:
        """All conditions of one block."""
        if not isinstance(value, dict):
            self._wrong(path, "conditions are written as fields", 'for example "resource: audio"')
            return _NEVER
        return _joined(
            All,
            [
                self._entry(key, item, (*path, key), positive=positive)
                for key, item in value.items()
                if not enough(self.problems)
            ],
        )

    def _entry(self, key: str, value: Value, path: Path, *, positive: bool) -> Condition:
        if key in {"all", "any"}:
            if not isinstance(value, list) or not value:
                self._wrong(path, f'"{key}" needs a list of conditions', 'begin each with "- "')
                return _NEVER
            within = positive and (key == "all" or len(value) == 1)
            blocks = [
                self.block(v, (*path, i), positive=within)
                for i, v in enumerate(value)
                if not enough(self.problems)
            ]
            return _joined(All if key == "all" else AnyOf, blocks)
        if key == "not":
            return Not(self.block(value, path, positive=False))
        if key.startswith("stance."):
            return self._stance(key, value, path, positive=positive)
        found = field_named(key)
        if found is None:
            self._unknown_field(key, path)
            return _NEVER
        what = self._what(key, found, value, path)
        if what is None:
            return _NEVER
        written = f"{key}: {_shown(value)}"
        get = found.get if found.seen_at is None else found.seen_at(self.known.address)
        return Is(key, get, what, written, self.document.at(path, key=True))

    def _unknown_field(self, key: str, path: Path) -> None:
        known = [*FIELDS, *self.known.stance, *GROUPS]
        fix = did_you_mean(key, known) or f"known: {listed([*known, HEADER + '…'], 120)}"
        self._wrong(path, f'unknown field "{key}"', fix, key=True)

    def _stance(self, key: str, value: Value, path: Path, *, positive: bool) -> Condition:
        key = FORMER.get(key, key)
        if key not in self.known.stance:
            options = list(self.known.stance)
            fix = did_you_mean(key, options) or listed(options)
            self._wrong(path, f'the stance has no "{key}"', fix, key=True)
            return _NEVER
        wanted = self._texts(key, value, path)
        options = list(self.known.choices[key])
        for number, word in enumerate(wanted):
            if word not in options:
                place = self._place(path, value, number)
                self._wrong(place, f'{key} is never "{word}"', f"write {' or '.join(options)}")
                return _NEVER
        if wanted and positive:
            self.assumes.setdefault(key, wanted[0])
        says = self.known.stance[key]
        at = self.document.at(path, key=True)
        written = f"{key}: {_shown(value)}"
        return Settled(says in wanted, written, says, at, key, frozenset(wanted))

    # -- what a field must be ------------------------------------------------------------------

    def _what(self, key: str, field: Field, value: Value, path: Path) -> What | None:
        if field.kind in MEASURES:
            return self._between(key, field.kind, value, path)
        if field.kind == "pattern" and isinstance(value, dict) and "present" in value:
            return self._present(key, value, path)
        if field.kind in {"path", "pattern"}:
            return self._patterns(key, field, value, path)
        wanted = self._texts(key, value, path)
        if not wanted:
            return None
        if field.kind == "network":
            return self._networks(wanted, value, path)
        options = self._options(key, field)
        lowered = {option.lower() for option in options}
        for number, word in enumerate(wanted):
            if options and word.lower() not in lowered:
                self._wrong(
                    self._place(path, value, number),
                    f'"{word}" is not a {key} that is known'
                    if field.kind == "text"
                    else f'"{word}" is not one of: {listed(options)}',
                    did_you_mean(word, options),
                )
                return None
        return Words(frozenset(word.lower() for word in wanted))

    def _options(self, key: str, field: Field) -> Sequence[str]:
        if key == "client.name":
            return sorted({*self.known.names, *NOBODY}) if self.known.names else ()
        if key == "client.operator":
            return sorted(self.known.operators)
        return field.choices

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

    def _networks(self, wanted: Sequence[str], value: Value, path: Path) -> What | None:
        found = []
        for number, text in enumerate(wanted):
            try:
                found.append(ip_network(text.strip(), strict=False))
            except ValueError:
                self._wrong(
                    self._place(path, value, number),
                    f'"{text}" is not an address or a network',
                    "write for example 192.0.2.0/24 or 2001:db8::/32",
                )
                return None
        return Networks(tuple(found))

    def _patterns(self, key: str, field: Field, value: Value, path: Path) -> What | None:
        items = value if isinstance(value, list) else [value]
        globs: list[str] = []
        expressions: list[str] = []
        for number, item in enumerate(items):
            place = self._place(path, value, number)
            if isinstance(item, dict):
                found = self._expressions(item, place)
                if found is None:
                    return None
                expressions.extend(found)
                continue
            text = _word(item)
            if not text:
                self._wrong(place, f'"{key}" needs a text, a list of texts or {{re: …}}', "")
                return None
            if field.kind == "path" and not text.startswith(("/", "*")):
                self._wrong(place, f'the path "{text}" does not begin with /', f'write "/{text}"')
                return None
            if self._too_long(text, place, "shorten it: * stands for any text"):
                return None
            globs.append(text)
        if not globs and not expressions:
            self._wrong(path, f'"{key}" has an empty list, which never holds', "name a value")
            return None
        return Patterns(tuple(globs), tuple(expressions), path=field.kind == "path")

    def _expressions(self, item: Mapping[str, Value], path: Path) -> list[str] | None:
        for name in item:
            if name != "re":
                fix = did_you_mean(name, ["re", "present"]) or 'write {re: "…"}'
                self._wrong((*path, name), f'unknown field "{name}"', fix, key=True)
                return None
        value = item.get("re")
        if value == []:
            self._wrong((*path, "re"), "re has an empty list, which never holds", "name a value")
            return None
        found = []
        for number, text in enumerate(value if isinstance(value, list) else [value]):
            place = self._place((*path, "re"), value, number)
            if not isinstance(text, str) or not text:
                self._wrong(place, "re needs an expression", 'for example {re: "^Mozilla/4"}')
                return None
            if self._too_long(text, place, "a list may hold several"):
                return None
            wrong = fault(text)
            if wrong:
                fix = "the syntax is RE2's: no look-around and no back-references"
                self._wrong(place, f'"{text}" is no expression: {wrong}', fix)
                return None
            found.append(text)
        return found

    def _too_long(self, text: str, path: Path, fix: str) -> bool:
        if len(text) <= MAX_PATTERN:
            return False
        what = f"the pattern has {len(text):,} characters; at most {MAX_PATTERN:,} are taken"
        self._wrong(path, what, fix)
        return True

    def _present(self, key: str, value: Mapping[str, Value], path: Path) -> What | None:
        word = _word(value["present"])
        if word not in {"yes", "no"} or len(value) > 1:
            self._wrong(path, f'"{key}": present is yes or no, and alone', "write {present: no}")
            return None
        return Present(word == "yes")

    def _between(self, key: str, kind: FieldKind, value: Value, path: Path) -> What | None:
        example = {"count": "40", "size": "2GB", "duration": "10m"}[kind]
        if not isinstance(value, dict) or not value:
            self._wrong(path, f'"{key}" is compared by more or less', f"write {{over: {example}}}")
            return None
        bounds: dict[str, float] = {}
        named: list[tuple[str, str]] = []
        for name, item in value.items():
            if name not in BOUNDS:
                fix = did_you_mean(name, BOUNDS) or f"one of: {listed(BOUNDS)}"
                self._wrong((*path, name), f'unknown comparison "{name}"', fix, key=True)
                return None
            if isinstance(item, str) and item.startswith("stance."):
                amount = self.known.amounts.get(item)
                if amount is None:
                    options = list(self.known.amounts)
                    fix = did_you_mean(item, options) or listed(options)
                    self._wrong((*path, name), f'the stance has no number "{item}"', fix)
                    return None
                bounds[name] = amount
                named.append(("low" if name in {"over", "at_least"} else "high", item))
                continue
            try:
                bounds[name] = _MEASURED[kind](item)
            except ValueError as error:
                message, _, fix = str(error).partition(" — ")
                self._wrong((*path, name), message, fix)
                return None
        for one, other in (("over", "at_least"), ("under", "at_most")):
            if one in bounds and other in bounds:
                self._wrong(path, f'"{one}" and "{other}" together', "keep one of them")
                return None
        return Between(
            low=bounds.get("over", bounds.get("at_least", float("-inf"))),
            high=bounds.get("under", bounds.get("at_most", float("inf"))),
            low_closed="at_least" in bounds,
            high_closed="at_most" in bounds,
            named=tuple(named),
        )

    def _place(self, path: Path, value: Value, number: int) -> Path:
        """Where the word with that number stands: in a list, or alone."""
        return (*path, number) if isinstance(value, list) else path

    def _wrong(self, path: Path, message: str, fix: str, *, key: bool = False) -> None:
        at: Location = self.document.at(path, key=key)
        self.problems.append(Problem(at, message, fix))


def _count(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f'"{value}" is not a number — write for example 40')
    return float(value)


_MEASURED: Mapping[str, Callable[[object], float]] = {
    "count": _count,
    "size": size,
    "duration": duration,
}


def _joined(kind: type[All | AnyOf], parts: Sequence[Condition]) -> Condition:
    """One part needs no group around it."""
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _word(value: Value) -> str:
    """A word as people mean it: `true` is yes, a number is its digits; else an empty string."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, str | int | float) else ""


def _shown(value: Value) -> str:
    """A value as it would be written on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_shown(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return " or ".join(map(_shown, value))
    return _word(value)
