"""Bytes of YAML → plain values, with the line and column of every one of them.

A deliberately small YAML, the one people read aloud:

- `yes`, `no`, `on`, `off` stay words (YAML 1.1 would make them booleans, and a stance of `no`
  would silently become `False`); `1:30` and `012` stay text instead of becoming 90 and 10;
- a key written twice is a mistake, not a silent overwrite;
- anchors, aliases and tags are refused: they cannot be read aloud, and a few lines of them can
  grow into gigabytes.

Pure: text in, values out. The caller reads the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from stagedoor.model.errors import Location, Problem, enough

MAX_BYTES = 1_000_000
"""A rule file is written by hand; the largest shipped one is far below a tenth of this."""
MAX_DEPTH = 32
"""The parser recurses; the deepest shipped rule has 8 levels."""
MAX_VALUES = 120_000
"""20,000 rules have fewer. Each costs some microseconds and some hundred bytes."""

Path = tuple[str | int, ...]
Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+\Z")
_WORDS: dict[str, Value] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Source:
    """One file's bytes and the name it is reported under.

    `inside` is its place in the rules directory, where that is not the same: what a file is for
    follows from that place (`crawlers/openai.yaml`), wherever the directory lies.
    """

    path: str
    data: bytes
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The value of one file and where each part of it stands.

    `keys` maps the path of a mapping's entry to its key, `values` to its value.
    """

    source: Source
    value: Value
    keys: Mapping[Path, Location]
    values: Mapping[Path, Location]

    def at(self, path: Path, *, key: bool = False) -> Location:
        """The place of `path`, or of the nearest thing around it that is in the file."""
        for end in range(len(path), -1, -1):
            exact = end == len(path)
            table = self.keys if (key and exact) or not exact else self.values
            found = table.get(path[:end]) or self.values.get(path[:end])
            if found:
                return found
        return Location(self.source.path)


_NOTICED_LATE = (
    "unexpected end of stream",
    "did not find expected ',' or",
    "could not find expected ':'",
)
"""What the parser notices only after the line that is wrong: where it began is what counts."""


class _UnusableError(Exception):
    """Parsing cannot go on; the problem is already recorded."""


@dataclass(slots=True)
class _Open:
    """A collection that is being filled. `key` is the key whose value comes next."""

    path: Path
    items: dict[str, Value] | list[Value]
    key: str | None = None


class _Builder:
    """Parser events → values, noting where each stands. Needs no recursion."""

    def __init__(self, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.keys: dict[Path, Location] = {}
        self.values: dict[Path, Location] = {}
        self.root: Value = None
        self._open: list[_Open] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Add one parser event; raises _UnusableError where reading on would be pointless."""
        if isinstance(event, yaml.NodeEvent):
            self._refuse_cleverness(event)
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            else:
                self._start(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._stop(event, "a second document starts here", "one file holds one: no ---")

    def _refuse_cleverness(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._stop(
                event,
                "anchors (&) and aliases (*) are not used here",
                "write the value out, or put quotes around text that starts with & or *",
            )
        tag = getattr(event, "tag", None)
        if tag:
            self._stop(
                event,
                "tags (words that begin with !) are not used here",
                "put quotes around text that begins with !",
            )

    def _stop(self, event: yaml.Event, message: str, fix: str) -> None:
        self.problems.append(Problem(_location(self.path, event.start_mark), message, fix))
        raise _UnusableError

    def _start(self, event: yaml.NodeEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            self._stop(
                event, f"nested more than {MAX_DEPTH} levels deep", "check brackets and indentation"
            )
        if self._awaits_key():
            self._stop(event, "a key must be one word", "use a plain name")
        items: dict[str, Value] | list[Value] = (
            {} if isinstance(event, yaml.MappingStartEvent) else []
        )
        self._open.append(_Open(self._place(event, items), items))

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if not self._awaits_key():
            self._place(event, _plain(event.value) if event.implicit[0] else event.value)
            return
        parent = self._open[-1]
        assert isinstance(parent.items, dict)
        here = _location(self.path, event.start_mark)
        parent.key = event.value
        if event.value in parent.items:
            first = self.keys[(*parent.path, event.value)]
            self.problems.append(
                Problem(
                    here,
                    f'"{event.value}" is written twice (first in line {first.line})',
                    "keep one of them",
                )
            )
            if enough(self.problems):
                raise _UnusableError
        self.keys[(*parent.path, event.value)] = here

    def _awaits_key(self) -> bool:
        return bool(
            self._open and isinstance(self._open[-1].items, dict) and self._open[-1].key is None
        )

    def _place(self, event: yaml.Event, value: Value) -> Path:
        """Put `value` where the parser stands, and say where that is."""
        path: Path = ()
        if not self._open:
            self.root = value
        else:
            parent = self._open[-1]
            if isinstance(parent.items, dict):
                assert parent.key is not None
                path = (*parent.path, parent.key)
                parent.items[parent.key] = value
                parent.key = None
            else:
                path = (*parent.path, len(parent.items))
                parent.items.append(value)
        if len(self.values) >= MAX_VALUES:
            message = f"the file has more than {MAX_VALUES:,} values"
            self._stop(event, message, "split it, or check that it is the file you meant")
        self.values[path] = _location(self.path, event.start_mark)
        return path


def _plain(text: str) -> Value:
    """The value of an unquoted word."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) < 19 and _INTEGER.match(text):  # longer than any number meant here
        return int(text)
    if len(text) < 32 and _FLOAT.match(text):
        return float(text)
    return text


def parse(source: Source, problems: list[Problem]) -> Document | None:
    """The document in `source`, or None where it cannot be read as YAML at all.

    Every mistake is added to `problems`; a key written twice is one, yet the rest of the file is
    still returned, so that its other mistakes are reported together with it. An empty file is a
    document whose value is None.
    """
    if len(source.data) > MAX_BYTES:
        problems.append(
            Problem(
                Location(source.path),
                f"the file has {len(source.data):,} bytes; at most {MAX_BYTES:,} are read",
                "split it, or check that it is the file you meant",
            )
        )
        return None
    text = _decode(source, problems)
    if text is None:
        return None
    builder = _Builder(source.path, problems)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        problems.append(_syntax(source.path, text, error))
        return None
    except yaml.reader.ReaderError as error:
        problems.append(_forbidden_character(source.path, text, error))
        return None
    except _UnusableError:
        return None
    return Document(source, builder.root, builder.keys, builder.values)


def _decode(source: Source, problems: list[Problem]) -> str | None:
    # Not "utf-8-sig": that counts where a mistake is from behind the mark, in other bytes than ours.
    data = source.data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        problems.append(
            Problem(
                Location(source.path, line, column),
                f"byte 0x{data[error.start]:02x} is not UTF-8",
                "save the file with the encoding UTF-8",
            )
        )
        return None


def _events(text: str) -> Iterator[Any]:
    loader = yaml.CSafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _location(path: str, mark: Any) -> Location:
    return Location(path, mark.line + 1, mark.column + 1) if mark else Location(path)


def _syntax(path: str, text: str, error: yaml.MarkedYAMLError) -> Problem:
    message = error.problem or "this is not YAML"
    mark = error.problem_mark or error.context_mark
    if any(words in message for words in _NOTICED_LATE) and error.context_mark:
        mark = error.context_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    place = _location(path, mark)
    if lines and place.line > len(lines):  # the parser sees an end as a line of its own
        place = Location(path, len(lines), len(lines[-1]) + 1)
    if "\t" in line[: len(line) - len(line.lstrip())] or "\\t" in message or "tab" in message:
        return Problem(place, "a tab is used to indent", "use spaces instead")
    if mark and (found := _misspelt(path, lines, mark.line)):
        return found
    fixes = {
        "could not find expected ':'": 'a colon and a space are missing after the word: "name: …"',
        "mapping values are not allowed": "check the indentation, or put quotes around text that "
        "holds a colon",
        "did not find expected key": "check the indentation of this line and the one above",
        "did not find expected '-' indicator": "check the indentation of this line",
        "cannot start any token": "put quotes around text that starts with @, ` or %",
        "did not find expected ',' or": "close it, or put a comma between its parts",
        "unexpected end of stream": "close it",
        "expected alphabetic or numeric": "put quotes around text that starts with * or &",
        "expected node content": "check commas and brackets; the end of the file may be missing",
    }
    fix = next((fix for words, fix in fixes.items() if words in message), "")
    return Problem(place, _plainly(message), fix)


_NO_SPACE = re.compile(r"\s*(?:- )?([a-z_][\w-]*):((?!//)[^\s:,\[\]{}#][^#]*?)\s*(?:#.*)?\Z")
_ADDRESS = re.compile(
    r"(?:(?<=[\[,{\s])|\A)(\[[0-9A-Fa-f:.]+\]:[0-9]+"
    r"|[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%\w+)?(?:/[0-9]+)?)(?![\w])"
)
"""An IPv6 address without quotes."""
_ABOVE = 2
"""Lines above the one that the parser complains about in which the cause is looked for."""


def _misspelt(path: str, lines: list[str], number: int) -> Problem | None:
    """The cause of a mistake, where it is one that many make: with what to write instead."""
    number = min(number, len(lines) - 1)
    for at in range(number, max(number - _ABOVE, 0) - 1, -1):
        if found := _NO_SPACE.match(lines[at]):
            return Problem(
                Location(path, at + 1, found.start(2) + 1),
                f'there is no space after the colon in "{found[1]}:{found[2]}"',
                f'write "{found[1]}: {found[2]}"',
            )
    line = lines[number] if lines else ""
    if found := _ADDRESS.search(line.partition("#")[0]):
        return Problem(
            Location(path, number + 1, found.start(1) + 1),
            f"{found[1]} needs quotes, because colons mean something here",
            f'write "{found[1]}"',
        )
    return None


def _plainly(message: str) -> str:
    """The parser's words, where they are not jargon."""
    return {
        "mapping values are not allowed in this context": "a second colon stands in this line",
        "found character that cannot start any token": "a word cannot begin with this character",
        "could not find expected ':'": "this line is neither a field nor a list",
        "found unexpected end of stream": "a quote is opened here and never closed",
        "did not find expected node content": "a value is missing here",
        "did not find expected alphabetic or numeric character": "a word cannot begin with * or &",
        "did not find expected ',' or '}'": "the bracket { is opened here and never closed",
        "did not find expected ',' or ']'": "the bracket [ is opened here and never closed",
    }.get(message, f"this is not YAML: {message}")


def _forbidden_character(path: str, text: str, error: yaml.reader.ReaderError) -> Problem:
    # The C parser counts in bytes of UTF-8, the text is indexed in characters.
    before = text.encode()[: error.position].decode(errors="ignore")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return Problem(
        Location(path, line, column),
        "a control character stands here",
        "delete it; it is often invisible, retyping the line helps",
    )
