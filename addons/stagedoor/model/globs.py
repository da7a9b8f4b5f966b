"""Patterns that people write: globs for paths, wildcards for texts, and RE2 expressions.

A path glob: `*` within a folder, `**` across folders, `?` one character, the whole path. A wildcard
in any other text: `*` anything, `?` one character, the whole text, in any case. An expression is
searched for anywhere. All of it runs on RE2, so that no pattern and no text can take more than
linear time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import re2

_PARTS = re.compile(r"/\*\*/|\*\*|\*|\?|[^*?]+?(?=/\*\*/|[*?]|\Z)", re.DOTALL)
_PATH_WORDS = {"/**/": "/(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
"""`/**/` also matches a single slash, so that `/music/**/a.mp3` holds for `/music/a.mp3`."""
_TEXT_WORDS = {"/**/": "/.*/", "**": ".*", "*": ".*", "?": "."}
MAX_MEMORY = 64 << 20
"""Bytes for the automaton of all patterns of one rule set."""
MAX_PATTERN = 2000
"""Characters of one pattern; user agents and paths are hardly ever that long."""
_MAX_ALONE = 1 << 20
"""Bytes for one expression, so that `(.{1000}){50}` is reported and not built."""


class Globs:
    """One or more path globs; a path matches when any of them does."""

    def __init__(self, globs: Sequence[str], *, memory: int = MAX_MEMORY) -> None:
        parts = [f"(?:{path_glob(glob)})" for glob in globs]
        try:
            self._compiled = [re2.compile("|".join(parts), _options(memory=memory))]
        except re2.error:  # too many for the memory
            self._compiled = [re2.compile(part, _options()) for part in parts]

    def match(self, path: str) -> bool:
        """Whether `path`, the whole of it, is one of these."""
        return any(glob.fullmatch(path) is not None for glob in self._compiled)


def path_glob(glob: str) -> str:
    """A path glob as an expression for the whole path."""
    return "".join(_PATH_WORDS.get(part) or re2.escape(part) for part in _PARTS.findall(glob))


def wildcard(text: str) -> str:
    """A wildcard text as an expression for the whole text, in any case."""
    parts = (_TEXT_WORDS.get(part) or re2.escape(part) for part in _PARTS.findall(text))
    return f"(?i:{''.join(parts)})"


def whole(expression: str) -> str:
    """`expression`, which must be found from the first character to the last."""
    return rf"\A(?:{expression})\z"


def fault(expression: str) -> str:
    """Why RE2 does not take `expression`; empty where it does."""
    try:
        re2.compile(expression.encode("utf-8", "replace"), _options(memory=_MAX_ALONE))
    except re2.error as error:
        text = error.args[0] if error.args else ""
        return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return ""


def finder(expression: str, *, latin: bool = False) -> Callable[[bytes], bool]:
    """Whether `expression` is found in a text. `latin`: one character a byte, as headers are."""
    search = re2.compile(expression.encode(), _options(latin=latin)).search
    return lambda text: search(text) is not None


class PatternSet:
    """Many expressions looked for in one pass, however many there are.

    RE2 answers "none" also when its memory does not suffice. So one pattern stands among them that
    is always found: where it is missing, each expression is tried by itself.
    """

    def __init__(
        self, expressions: Iterable[str], *, latin: bool = False, memory: int = MAX_MEMORY
    ) -> None:
        self.expressions = tuple(expressions)
        self._latin = latin
        self._set = re2.Set.SearchSet(_options(latin=latin, memory=memory))
        for expression in self.expressions:
            self._set.Add(expression.encode())
        self._sentinel = self._set.Add(b"")
        try:
            self._set.Compile()
        except re2.error:  # too many for the memory
            self._sentinel = -1
        self._alone: list[Callable[[bytes], bool]] = []

    def found(self, text: bytes) -> frozenset[int]:
        """The numbers of the expressions that are found in `text`."""
        numbers = self._set.Match(text) if self._sentinel >= 0 else ()
        if self._sentinel in numbers:
            return frozenset(numbers) - {self._sentinel}
        if not self._alone:
            self._alone = [finder(e, latin=self._latin) for e in self.expressions]
        return frozenset(number for number, find in enumerate(self._alone) if find(text))


def _options(*, latin: bool = False, memory: int = MAX_MEMORY) -> re2.Options:
    options = re2.Options()
    options.never_capture = True
    options.dot_nl = True
    options.log_errors = False
    options.max_mem = memory
    if latin:
        options.encoding = re2.Options.Encoding.LATIN1
    return options
