"""The values of words in a rule, each checked and put into its one form.

`value_schema.py` says what each of them looks like in an editor.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
)

from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.model.errors import did_you_mean, listed
from stagedoor.model.units import duration, size


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


SitePath = Annotated[str, AfterValidator(_absolute)]
TraitName = Annotated[str, AfterValidator(_trait)]
Address = Annotated[str, AfterValidator(_address)]
"""An IP address, in its one spelling."""


def _yes_no(value: object) -> object:
    return value == "yes" if value in ("yes", "no") else value


YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Seconds = Annotated[float, BeforeValidator(duration)]
Bytes = Annotated[float, BeforeValidator(size)]
