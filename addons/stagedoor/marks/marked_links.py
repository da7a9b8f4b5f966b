"""Marks in addresses, cookies and texts: put in, taken off, found.

A marked address is `/a.mp3?sd=MARK`, or `/sd-MARK/a.mp3` for a site that keeps its query strings to
itself. What is taken off leaves the address exactly as it was before the mark was put in.

Taken off is all that has the form of a mark, signed by anybody: an address must lead to its recording
even where the key was lost. The site's own parameter `sd`, with anything else in it, stays. Programs
change addresses on their way: the case of letters, %-escapes, the order of parameters, `;` or `&amp;`
between them. A mark is found in any of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import unquote

from stagedoor.marks.mark import FORM

MOST: Final = 8
PARAMETER: Final = "sd"
"""The name of the parameter, and of the cookie."""
Form = Literal["query", "path"]

_MARK: Final = r"((?:[a-z2-7]|%[0-9a-f]{2}){20})"
_NAME: Final = r"(?:s|%[57]3)(?:d|%[46]4)"
_IN_QUERY: Final = re.compile(rf"([?&;]){_NAME}(?:=|%3d){_MARK}(?=[&;#]|$)([&;]?)", re.IGNORECASE)
_IN_PATH: Final = re.compile(rf"((?:[a-z][a-z0-9+.-]*://[^/?#]*)?)/{_NAME}-{_MARK}(?=/)", re.IGNORECASE)  # fmt: skip
_COOKIE: Final = re.compile(rf"(?:^|;)\s*{PARAMETER}\s*=\s*\"?([A-Za-z2-7]{{20}})\"?\s*(?=;|$)")
_ANYWHERE: Final = re.compile(
    rf"(?:(?<![A-Za-z0-9])|(?<=3[Dd])|(?<=%2F{PARAMETER}-)|(?<=%22))"
    r"[A-Za-z2-7]{20}(?![A-Za-z0-9])"
)
_ORIGIN: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/?#]*")


def marked(address: str, mark: str, form: Form = "query") -> str:
    """`address` with the mark in it: a target, a relative reference or a whole URL.

    In the form `path` only what begins with a slash or a host can carry it; all others get it as a
    parameter.
    """
    if form == "path":
        found = _ORIGIN.match(address)
        start = found.end() if found else 0
        if address[start : start + 1] == "/":
            return f"{address[:start]}/{PARAMETER}-{mark}{address[start:]}"
    before, hash_sign, fragment = address.partition("#")
    sign = "&" if "?" in before else "?"
    return f"{before}{sign}{PARAMETER}={mark}{hash_sign}{fragment}"


def unmarked(address: str) -> tuple[str, tuple[str, ...]]:
    """The address without its marks, and the marks in their order, %-escapes undone.

    Of more than MOST marks in one address the rest stays.
    """
    found: list[str] = []
    address, sharp, fragment = address.partition("#")
    if "?" in address:
        path, sign, query = address.partition("?")
        if "sd" in query.lower() or "%" in query:
            address = path + _without(sign + query, found)
    while len(found) < MOST and (place := _IN_PATH.match(address)) is not None:
        mark = unquote(place[2])
        if not FORM.fullmatch(mark):
            break
        found.append(mark)
        address = place[1] + address[place.end() :]
    return address + sharp + fragment, tuple(found)


def _without(query: str, found: list[str]) -> str:
    """`query`, which begins with `?`, without marks."""
    at = 0
    while len(found) < MOST and (place := _IN_QUERY.search(query, at)) is not None:
        mark = unquote(place[2])
        at = place.end(2)
        if not FORM.fullmatch(mark):
            continue
        found.append(mark)
        before = query[: place.start()]
        # ?sd=MARK&a=1: of the two signs the first one stays, else the one behind.
        sign = "?" if place[1] == "?" and place[3] else place[3]
        query, at = before + sign + query[place.end() :], len(before)
    return query


def uncookied(cookie: str) -> tuple[str, tuple[str, ...]]:
    """A Cookie header without marks, and the marks. What is left may be empty."""
    if PARAMETER not in cookie:
        return cookie, ()
    found = tuple(_COOKIE.findall(cookie))
    if not found:
        return cookie, ()
    return _COOKIE.sub("", cookie).lstrip("; \t"), found


def cookie(mark: str, seconds: int, *, secure: bool) -> str:
    """The Set-Cookie that hands a pass out: no script reads it, and no other site's page uses it."""
    tail = "; Secure" if secure else ""
    return f"{PARAMETER}={mark}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{tail}"


def candidates(text: str) -> Iterator[tuple[int, str]]:
    """All that may be marks in any text, and where: addresses in prose, tables, JSON, escaped or not."""
    for found in _ANYWHERE.finditer(text):
        yield found.start(), found[0]
