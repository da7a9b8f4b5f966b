"""Models of the files people write: checks their shape and words their mistakes.

The types themselves (stance, catalogue entry, rule) are pydantic models in the rooms they belong
to. This module turns what pydantic reports, all errors at once, into located problems,
worded for people who have never seen a type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from stagedoor.config.yamltext import Document, Path
from stagedoor.model.errors import MANY, Problem, did_you_mean, listed


class Model(BaseModel):
    """Base of everything people write: unknown fields are mistakes, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _one_or_many(value: object) -> object:
    return tuple(value) if isinstance(value, list) else (value,)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


T = TypeVar("T")
OneOrMany = Annotated[tuple[T, ...], BeforeValidator(_one_or_many)]
"""`token: GPTBot` and `token: [GPTBot, gptbot]` mean the same kind of thing."""
ListOf = Annotated[tuple[T, ...], BeforeValidator(_tuple)]


def check[M: Model](model: type[M], document: Document, problems: list[Problem]) -> M | None:
    """`document` as a `model`, or None with every mistake in it added to `problems`."""
    return check_value(
        model, {} if document.value is None else document.value, document, (), problems
    )


def check_value[M: Model](
    model: type[M], value: object, document: Document, path: Path, problems: list[Problem]
) -> M | None:
    """The part of `document` at `path`, as a `model`; else None, like `check`."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False)[: MANY + 1]
        problems.extend(_problem(model, detail, document, path) for detail in details)
        return None


def _problem(model: type[Model], detail: ErrorDetails, document: Document, path: Path) -> Problem:
    kind = detail["type"]
    absent = kind in {"extra_forbidden", "missing"}  # the last part is a name, and no value's
    loc = path
    for number, part in enumerate(detail["loc"], 1):
        # pydantic adds names of its own for unions, and reads a single value as a list of one; only
        # what is in the file has a place.
        if (*loc, part) in document.values or (absent and number == len(detail["loc"])):
            loc = (*loc, part)
    name = str(loc[-1]) if loc else "the file"
    given = detail.get("input")
    if kind == "extra_forbidden":
        known = _fields(model, detail["loc"][:-1])
        word, colon, rest = name.partition(":")
        if colon and rest and word in known:
            return Problem(
                document.at(loc, key=True),
                f'there is no space after the colon in "{name}"',
                f'write "{word}: {rest}"',
            )
        fix = did_you_mean(name, known) or (f"known here: {listed(known)}" if known else "")
        return Problem(document.at(loc, key=True), f'unknown field "{name}"', fix)
    if kind == "missing":
        return Problem(document.at(loc[:-1]), f'"{name}" is missing', f'add a line "{name}: …"')
    place = document.at(loc)
    if kind in {"literal_error", "enum"}:
        options = _options(detail)
        if given is None:
            return Problem(place, f"{_name(loc)} is empty", f"write one of: {listed(options)}")
        said = f"{_name(loc)} {_shown(given)}"
        if isinstance(given, dict | list):
            said = f"{_name(loc)} has {'fields' if isinstance(given, dict) else 'a list'}, which"
        return Problem(
            place, f"{said} is not one of: {listed(options)}", did_you_mean(str(given), options)
        )
    wanted = {
        "string_type": "text",
        "int_type": "a whole number",
        "bool_type": "true or false",
        "tuple_type": "a list",
        "list_type": "a list",
        "dict_type": "fields, each on a line of its own",
        "model_type": "fields, each on a line of its own",
        "model_attributes_type": "fields, each on a line of its own",
        "date_type": "a date such as 2026-11-23",
        "date_parsing": "a date such as 2026-11-23",
        "date_from_datetime_parsing": "a date such as 2026-11-23",
        "date_from_datetime_inexact": "a date such as 2026-11-23",
    }.get(kind)
    if wanted:
        message = f"{_name(loc)} must be {wanted}, not {_shown(given)}"
        return Problem(place, message, _mend(wanted, given))
    if kind == "string_too_short":
        return Problem(place, f"{_name(loc)} is empty", "write something")
    if kind in {"too_short", "too_long"}:
        most, count = kind == "too_long", detail["ctx"]["actual_length"]
        bound = f"at most {detail['ctx']['max_length']}" if most else ""
        bound = bound or f"at least {detail['ctx']['min_length']}"
        return Problem(
            place, f"{_name(loc)} has {count} entries, and must have {bound}",
            "take some out" if most else "add what is missing",
        )  # fmt: skip
    if kind == "value_error":
        message, _, fix = str(detail["ctx"]["error"]).partition(" — ")
        return Problem(place, message, fix)
    return Problem(place, f"{_name(loc)}: {detail['msg']}")


def _mend(wanted: str, given: object) -> str:
    """What to type instead, where that can be said."""
    if wanted == "text" and given is None:
        return 'write "" where nothing is meant'
    if wanted == "text" and isinstance(given, bool | int | float):
        return "put quotes around it"
    if wanted.startswith("fields") and isinstance(given, str) and ":" in given:
        word, _, rest = given.partition(":")
        if " " in given:  # several such lines are one text
            return f'put a space after each colon: "{word}: …"'
        return f'put a space after the colon: "{word}: {rest}"'
    if wanted == "a list" and isinstance(given, str) and len(given) < 80:
        parts = [part.strip() for part in given.split(",") if part.strip()]
        return "write [{}]".format(", ".join(f'"{part}"' for part in parts or [given]))
    return ""


def _name(loc: Path) -> str:
    words = [str(part) for part in loc if isinstance(part, str)]
    return words[-1] if words else "this"


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, (dict, list, tuple)):
        return "a list" if not isinstance(value, dict) else "fields"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text}"' if len(text) < 60 else f'"{text[:57]}…"'


def _options(detail: ErrorDetails) -> list[str]:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    return [word.strip(" '") for word in expected.replace(" or ", ", ").split(",")]


def _fields(model: type[Model], loc: Sequence[int | str]) -> list[str]:
    """The names that may stand at `loc` inside `model`."""
    here: Any = model
    for part in loc:
        if isinstance(part, int):
            continue
        fields = getattr(here, "model_fields", {})
        if part in fields:  # else it is pydantic's name for one part of a union
            here = _inner(fields[part].annotation)
    fields = getattr(here, "model_fields", {})
    return sorted(field.alias or name for name, field in fields.items())


def _inner(annotation: Any) -> Any:
    """The model inside `tuple[Model, ...]`, `Model | None` and the like."""
    if get_origin(annotation) is None:
        return annotation
    for part in get_args(annotation):
        found = _inner(part)
        if isinstance(found, type) and issubclass(found, Model):
            return found
    return annotation
