"""nginx maps of user agents → wishes.

    map $http_user_agent $bad_bot { default 0; ~*gptbot 1; "~^curl/" 1; }

A text is compared whole and without case, and comes before every expression; expressions are tried
in their order (ngx_http_map_module). The map only sets a variable: which value refuses is read from
`if ($bad_bot) { return 403; }` where that stands in the same file. Where it does not and there is
but one value besides 0, that one refuses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from stagedoor.import_ import regexes
from stagedoor.import_.anubis import agents
from stagedoor.import_.wishes import Beside, Expression, Found, Who, Wish, Written
from stagedoor.model.errors import Location, Problem

MAX_DEEP = 8
_TOKEN = re.compile(
    r'(?P<blank>\s+|#[^\n]*)|(?P<sign>[;{}])|"(?P<double>(?:\\.|[^"\\])*)"'
    r"|'(?P<single>(?:\\.|[^'\\])*)'|(?P<word>(?:\\.|[^\s;{}\"'\\])(?:\\.|\$\{|[^\s;{\\]|\{\d+(?:,\d*)?\})*)",
    re.DOTALL,
)
_WELCOME = re.compile(r"allow|good|white|trust|human|pass|legit|ok\b", re.IGNORECASE)
_NOT_REFUSED = frozenset({"", "0"})
"""What nginx's `if` takes for no."""


@dataclass(frozen=True, slots=True)
class _Word:
    at: Location
    text: str
    sign: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """`source value;`"""

    at: Location
    source: str
    value: str


@dataclass(slots=True)
class _Map:
    at: Location
    variable: str
    rows: list[_Row] = field(default_factory=list)
    hostnames: bool = False


@dataclass(slots=True)
class _Reading:
    beside: Beside
    left: list[Problem] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)
    refusing: dict[str, set[str]] = field(default_factory=dict)
    """Variable → the values that a `return` refuses; `*` is any that holds."""


def read(path: str, data: bytes, beside: Beside) -> Found:
    """What the maps in a file wish; the rest of an nginx configuration is not looked at."""
    reading = _Reading(beside)
    words = _words(path, data, reading.left)
    maps = list(_maps(words, reading))
    _returns(words, reading)
    if not maps and not reading.left:
        fix = "give the file with: map $http_user_agent $bad_bot { … }"
        reading.left.append(Problem(Location(path, 1, 1), "there is no map of user agents", fix))
    for number, one in enumerate(maps):
        _wishes(one, number, reading)
    return Found(tuple(reading.wishes), tuple(reading.left))


def _words(path: str, data: bytes, left: list[Problem]) -> list[_Word]:
    text = data.decode("utf-8-sig", "replace")
    words = []
    at, line, begins = 0, 1, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        place = Location(path, line, at - begins + 1)
        if not found:
            left.append(Problem(place, "a quote is opened here and never closed", "close it"))
            break
        if found.lastgroup == "sign":
            words.append(_Word(place, found[0], sign=True))
        elif found.lastgroup in {"double", "single"}:
            words.append(_Word(place, re.sub(r"\\([\"'])", r"\1", found[0][1:-1])))
        elif found.lastgroup == "word":
            words.append(_Word(place, found[0]))
        newlines = found[0].count("\n")
        if newlines:
            line += newlines
            begins = at + found[0].rfind("\n") + 1
        at = found.end()
    return words


def _statements(words: list[_Word]) -> Iterator[tuple[list[_Word], str]]:
    """Words up to `;`, `{` or `}`, and which of these it was."""
    here: list[_Word] = []
    for word in words:
        if word.sign:
            yield here, word.text
            here = []
        else:
            here.append(word)
    if here:
        yield here, ""


def _maps(words: list[_Word], reading: _Reading) -> Iterator[_Map]:
    inside: _Map | None = None
    for said, sign in _statements(words):
        if sign == "{" and said and said[0].text == "map":
            source = said[1].text if len(said) > 1 else ""
            inside = _Map(said[0].at, said[2].text if len(said) > 2 else "")
            if source not in {"$http_user_agent", "${http_user_agent}"}:
                fix = "only maps of $http_user_agent are read"
                reading.left.append(Problem(said[0].at, f"this is a map of {source}", fix))
                inside = _Map(said[0].at, "")
        elif sign == "}" and inside is not None:
            if inside.variable:
                yield inside
            inside = None
        elif inside is not None and inside.variable and said:
            _row(said, inside, reading, ())
            if sign != ";":
                fix = "end each line with ;"
                reading.left.append(Problem(said[-1].at, "a semicolon is missing", fix))
    if inside is not None and inside.variable:
        reading.left.append(
            Problem(inside.at, "the bracket { is opened here and never closed", "close it")
        )
        yield inside


def _row(said: list[_Word], one: _Map, reading: _Reading, seen: tuple[str, ...]) -> None:
    first = said[0].text
    if first == "include" and len(said) == 2:
        _include(said[1], one, reading, seen)
    elif first == "hostnames" and len(said) == 1:
        one.hostnames = True
        reading.left.append(
            Problem(said[0].at, "user agents are no names of hosts", "take hostnames out")
        )
    elif first == "volatile" and len(said) == 1:
        return
    elif len(said) == 2:
        one.rows.append(_Row(said[0].at, first, said[1].text))
    else:
        fix = 'write: "text" value;'
        reading.left.append(Problem(said[0].at, "a line of a map is two words", fix))


def _include(word: _Word, one: _Map, reading: _Reading, seen: tuple[str, ...]) -> None:
    files = reading.beside.get(word.text)
    if not files:
        fix = "put it beside this file, or give its whole path"
        reading.left.append(Problem(word.at, f"{word.text} was not found", fix))
        return
    for path, data in files:
        if path in seen or len(seen) >= MAX_DEEP:
            reading.left.append(
                Problem(word.at, f"{path} includes itself, or too deep", "take it out")
            )
            continue
        for said, _ in _statements(_words(path, data, reading.left)):
            if said:
                _row(said, one, reading, (*seen, path))


def _returns(words: list[_Word], reading: _Reading) -> None:
    """`if ($bad) { return 403; }` and `if ($bad = 3) { return 444; }`."""
    condition = ""
    for said, sign in _statements(words):
        text = " ".join(word.text for word in said)
        if sign == "{":
            condition = text
        elif re.match(r"return 4\d\d\b", text):
            found = re.fullmatch(r"if \(\s*(\$\w+)\s*(?:=\s*(\S*?)\s*)?\)", condition)
            if found:
                value = "*" if found[2] is None else found[2].strip("\"'")
                reading.refusing.setdefault(found[1], set()).add(value)
        elif sign == "}":
            condition = ""


def _wishes(one: _Map, number: int, reading: _Reading) -> None:
    rows = _listed(one, reading)
    actions = _actions(one, rows, reading.refusing.get(one.variable, set()))
    if actions is None:
        values = ", ".join(sorted({row.value for row in rows} - {""}))
        message = f"nothing says which value of {one.variable} refuses ({values})"
        fix = f"put beside it: if ({one.variable} = …) {{ return 403; }}"
        reading.left.append(Problem(one.at, message, fix))
        reading.left.extend(
            Problem(row.at, f"{row.source} is left, see line {one.at.line}") for row in rows
        )
        return
    run, before = 0, None
    for row in sorted(rows, key=lambda row: row.source.startswith("~")):
        action = actions[row.value]
        run += action != before
        before = action
        group = f"{one.at.path} map {number} run {run}"
        for who in _who(row, reading):
            reading.wishes.append(Wish(row.at, action, who, group=group))


def _listed(one: _Map, reading: _Reading) -> list[_Row]:
    """The rows that name agents; the others are reported."""
    rows = []
    for row in one.rows:
        if row.source == "default":
            if row.value not in _NOT_REFUSED and not _WELCOME.search(one.variable):
                message = "the default would hold for everybody who is not listed, listeners too"
                reading.left.append(
                    Problem(row.at, message, "write default 0, and list the others")
                )
        elif one.hostnames and re.match(r"\*?\.|.*\.\*\Z", row.source):
            reading.left.append(
                Problem(row.at, f"{row.source} is a mask for names of hosts", "write ~ and a name")
            )
        elif "$" in row.value:
            message = f"{row.source}: its value is another variable"
            reading.left.append(Problem(row.at, message, "write the value itself"))
        else:
            rows.append(row)
    return rows


def _actions(one: _Map, rows: list[_Row], told: set[str]) -> dict[str, str] | None:
    """Value → what it does; None where that cannot be known. `told` are the values that refuse."""
    values = {row.value for row in rows}
    meant = values - _NOT_REFUSED
    if told:
        meant = (meant if "*" in told else set()) | (values & told)
    elif len(meant) > 1 or _WELCOME.search(one.variable):
        return None
    return {value: "block" if value in meant else "allow" for value in values}


def _who(row: _Row, reading: _Reading) -> list[Who]:
    """Whom a row is for; what cannot be used is reported."""
    if not row.source:
        return [Written(Expression("^$"))]
    if not row.source.startswith("~"):
        text = row.source.removeprefix("\\")
        if any(sign in text for sign in "*?"):  # they would be wildcards
            return [Written(Expression(f"(?i)^{re.escape(text)}$"))]
        return [Written(text)]
    pattern = row.source[1:]
    if pattern.startswith("*"):
        pattern = "(?i)" + pattern[1:]
    wrong = regexes.fault(pattern)
    if wrong:
        reading.left.append(Problem(row.at, f"{row.source}: {wrong}", "write it without that"))
        return []
    return agents(pattern)
