"""robots.txt → wishes (RFC 9309).

Groups that name the same crawler are one; the longest matching line counts, and `Allow` wins a tie
(section 2.2.2). A refusal is therefore a path together with the allowed paths at least as long.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from stagedoor.import_.wishes import Beside, Found, Named, Robots, Who, Wish, lines_of
from stagedoor.model.errors import Location, Problem
from stagedoor.model.facts import as_header
from stagedoor.model.globs import Globs
from stagedoor.resources.paths import normalise

_UNTOLD: Mapping[str, tuple[str, str]] = {
    "crawl-delay": ("Crawl-delay has no counterpart", "keep the line in robots.txt"),
    "request-rate": ("Request-rate has no counterpart", "keep the line in robots.txt"),
    "visit-time": ("Visit-time has no counterpart", "keep the line in robots.txt"),
    "sitemap": ("Sitemap refuses nobody", "keep the line in robots.txt"),
    "host": ("Host refuses nobody", "keep the line in robots.txt"),
    "clean-param": ("Clean-param refuses nobody", "keep the line in robots.txt"),
    "noindex": ("Noindex is no rule about requests", "send the header X-Robots-Tag: noindex"),
    "content-signal": (
        "Content-Signal says what may be done, not who may come",
        "say it in stance.yaml, under ai",
    ),
}
MAX_PATH = 500
"""Characters; longer ones are made by machines, and not for crawlers."""
_ENDS = ("", "a", "a/b", "a.html", "x")
"""What is put behind a path to find one that no exception holds for."""


@dataclass(frozen=True, slots=True)
class _Line:
    at: Location
    allow: bool
    path: str
    globs: tuple[str, ...]


@dataclass(slots=True)
class _Group:
    """All that is said to one crawler."""

    name: str
    at: Location
    lines: list[_Line] = field(default_factory=list)


def read(path: str, data: bytes, _beside: Beside) -> Found:
    """What a robots.txt wishes; `data` in UTF-8, in whatever state."""
    left: list[Problem] = []
    groups = _groups(path, data, left)
    named = tuple(group.name for key, group in groups.items() if key != "*")
    wishes: list[Wish] = []
    so: list[Problem] = []
    for key, group in groups.items():
        who: Who = Robots(named) if key == "*" else Named(group.name)
        if any(not line.allow for line in group.lines):
            wishes += _refusals(group, who, left)
        elif key == "*":
            so.append(Problem(group.at, "already so: robots that nothing refuses are let in"))
        else:
            wishes.append(Wish(group.at, "allow", who, group=f"{path} allow"))
    return Found(tuple(wishes), tuple(left), tuple(so))


def _groups(path: str, data: bytes, left: list[Problem]) -> dict[str, _Group]:
    """Lower-case name → everything said to it."""
    groups: dict[str, _Group] = {}
    current: list[_Group] = []
    naming = False
    for number, line in enumerate(lines_of(data), 1):
        text = line.partition("#")[0]
        at = Location(path, number, len(text) - len(text.lstrip()) + 1)
        if not text.strip():
            continue
        word, colon, value = (part.strip() for part in text.partition(":"))
        if not colon or not word:
            left.append(Problem(at, "this is no line of robots.txt", 'write "Disallow: /path"'))
            continue
        key = word.lower()
        if key in {"user-agent", "useragent", "user agent"}:
            current = current if naming else []
            naming = True
            name = value if value == "*" else value.partition("/")[0].strip()
            if not name:
                left.append(Problem(at, "User-agent names nobody", "name a crawler, or *"))
                continue
            current.append(groups.setdefault(name.lower(), _Group(name, at)))
        elif key in {"allow", "disallow"}:
            naming = False
            if not current:
                left.append(
                    Problem(at, f"{word} stands before any User-agent", "say whom it is for")
                )
            elif value and (one := _line(at, value, left, allow=key == "allow")):
                for group in current:
                    group.lines.append(one)
        else:
            what, fix = _UNTOLD.get(key, (f"{word} is no word of RFC 9309", "check its spelling"))
            left.append(Problem(at, what, fix))
    return groups


def _line(at: Location, value: str, left: list[Problem], *, allow: bool) -> _Line | None:
    """One path, as globs; `?` would be a query, which rules do not look at."""
    path = value if value.startswith(("/", "*")) else "/" + value
    if len(path) > MAX_PATH:
        message = f"a path of {len(path):,} characters; at most {MAX_PATH:,} are taken"
        left.append(Problem(at, message, "name the folder alone"))
        return None
    if "?" in path or re.search(r"%(2a|3f|24)", path, re.IGNORECASE):
        left.append(
            Problem(
                at,
                f"{value}: rules look at the path, not at what stands behind a question mark",
                "name the path alone",
            )
        )
        return None
    whole = path.endswith("$")
    plain = ("" if path.startswith("/") else "/") + path.removesuffix("$")
    # An extension is lower-cased where a path ends with it, and not where the path goes on.
    end = "x" if plain.endswith("/") else "/x"
    globs = tuple(
        re.sub(r"\*+", "**", text).replace("/**/", "/?**/")  # /**/ is also a single slash
        for text in (
            normalise(as_header(plain)),
            normalise(as_header(plain + end)).removesuffix(end),
        )
    )
    found = globs[:1] if whole else dict.fromkeys(map(_open, globs))
    return _Line(at, allow, value, tuple(found))


def _open(glob: str) -> str:
    return glob if glob.endswith("**") else glob + "**"


def _refusals(group: _Group, who: Who, left: list[Problem]) -> Iterator[Wish]:
    """One wish for each set of exceptions."""
    by_exception: dict[tuple[str, ...], list[_Line]] = {}
    for line in group.lines:
        if not line.allow:
            by_exception.setdefault(_exceptions(line, group.lines), []).append(line)
    said = repr(sorted((line.allow, line.path) for line in group.lines))
    for besides, lines in by_exception.items():
        globs = tuple(dict.fromkeys(glob for line in lines for glob in line.globs))
        whole = "/**" in globs
        at = group.at if whole and not besides else lines[0].at
        sample = "/music/a.mp3" if whole and not besides else _sample(globs, besides)
        if sample is None:
            left.append(Problem(at, f"{lines[0].path}: Allow takes all of it back", "delete it"))
            continue
        paths = () if whole and not besides else ("/**",) if whole else globs
        yield Wish(at, "block", who, sample, paths, besides, group=f"{said} {besides}")


def _exceptions(line: _Line, lines: list[_Line]) -> tuple[str, ...]:
    """The allowed paths that win over `line`: at least as long, and within it as far as one sees."""
    found: dict[str, None] = {}
    for other in lines:
        if not other.allow or len(other.path) < len(line.path):
            continue
        mine = line.path.partition("*")[0].removesuffix("$")
        theirs = other.path.partition("*")[0].removesuffix("$")
        if mine.startswith(theirs) or theirs.startswith(mine):
            found |= dict.fromkeys(other.globs)
    return tuple(found)


def _sample(globs: tuple[str, ...], besides: tuple[str, ...]) -> str | None:
    refused, allowed = Globs(globs), Globs(besides) if besides else None
    for glob in globs:
        for end in _ENDS:
            path = glob.removesuffix("**").replace("?**", "a").replace("**", "a") + (
                end if glob.endswith("**") else ""
            )
            path = path if path.startswith("/") else "/" + path
            if (
                normalise(path) == path
                and refused.match(path)
                and not (allowed and allowed.match(path))
            ):
                return path
    return None
