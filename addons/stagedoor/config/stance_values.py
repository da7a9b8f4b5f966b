"""The values that words of the stance may have, each checked and put into its one form.

`rules/value_schema.py` says what each of them looks like in an editor.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from stagedoor.model.globs import MAX_PATTERN
from stagedoor.model.units import duration


def _yes_no(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return {"block": "no", "allow": "yes"}.get(value, value) if isinstance(value, str) else value


YesNo = Annotated[Literal["yes", "no"], BeforeValidator(_yes_no)]
YesLogNo = Annotated[Literal["yes", "log", "no"], BeforeValidator(_yes_no)]
"""yes: let in. log: let in and write it down. no: refuse (`block` is understood too)."""


def _switch(value: object) -> object:
    return ("yes" if value else "no") if isinstance(value, bool) else value


Switch = Annotated[Literal["yes", "no"], BeforeValidator(_switch)]
"""yes: it is done. no: it is left out."""
OpenClosed = Literal["open", "closed"]


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError(f'the path "{path}" does not begin with / — write "/{path}"')
    if len(path) > MAX_PATTERN:
        raise ValueError(
            f"the path has {len(path):,} characters; at most {MAX_PATTERN:,} are taken"
            " — shorten it: * stands for any text"
        )
    return path


SitePath = Annotated[str, AfterValidator(_absolute)]
"""A path of the site, or a glob of such paths."""


def _over_nothing(number: float) -> float:
    if number < 1:
        raise ValueError(f'"{number}" refuses everybody — write a number of one or more')
    return number


Span = Annotated[float, BeforeValidator(duration)]
"""Seconds, written as `90m` or `1h 30m`."""
Number = Annotated[int, AfterValidator(_over_nothing)]
"""How many, one or more."""
