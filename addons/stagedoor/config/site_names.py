"""Names of sites: what an artist calls each of several, and the host names that its visitors use."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
"""A host in the letters that names have on the wire, without a port."""


def host_name(text: str) -> str:
    """A name as it stands in requests, in small letters and without a port."""
    name = text.strip().lower().removesuffix(".")
    if "://" in name:
        raise ValueError(
            f'"{text}" is an address — write its name alone, such as music.example.org'
        )
    if not _HOST.fullmatch(name):
        raise ValueError(
            f'"{text}" is no name of a site — write it in plain letters and without a port, such as'
            " music.example.org"
        )
    return name


def is_site_name(text: str) -> bool:
    """Whether a site may be called so: it names folders, and values of labels."""
    return _NAME.fullmatch(text) is not None


def site_names(value: object) -> object:
    """Of the sites in a stance only the names: each has a stance of its own (site_stances.py)."""
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004 (pydantic takes no other)
            "sites must be fields — write each site's name, and its stance below it"
        )
    for name in value:
        if not is_site_name(str(name)):
            raise ValueError(
                f'"{name}" cannot be the name of a site — write small letters, digits and hyphens,'
                " forty at most"
            )
    return tuple(sorted(map(str, value)))


Sites = Annotated[
    tuple[str, ...],
    BeforeValidator(site_names),
]
