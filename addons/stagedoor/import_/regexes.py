"""Regular expressions of others: RE2's word on them, names and globs in them, a text they match."""

from __future__ import annotations

import re

import re2

from stagedoor.import_.wishes import Expression
from stagedoor.model import globs

MAX_PATTERN = 2000
"""Characters. The longest that Anubis ships (a list of 140 names) has fewer."""
MAX_SAMPLE = 400
MAX_NESTED = 40

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]+[A-Za-z0-9]\Z")
_LITERAL = re.compile(r"(?:[A-Za-z0-9 _-]|\\[-./ _])+/?\Z")
_TRIED = "aA1x/-._ :;()+=~%\t\N{LATIN SMALL LETTER E WITH ACUTE}"
"""One of these stands in for a class of characters."""
_FAULTS = (
    (re.compile(r"\(\?<?[=!]"), "it looks ahead or behind (RE2 does not)"),
    (re.compile(r"\\[1-9]|\\k|\(\?P="), "it refers back to what it has found (RE2 does not)"),
    (
        re.compile(r"\(\?>|[*+?}]\+"),
        "it forbids going back (RE2 never does, and needs no such sign)",
    ),
)


def _options() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    return options


def fault(pattern: str) -> str:
    """Why `pattern` cannot be used; empty where it can."""
    if len(pattern) > MAX_PATTERN:
        return f"it has {len(pattern):,} characters; at most {MAX_PATTERN:,} are taken"
    wrong = globs.fault(pattern)
    known = (words for sign, words in _FAULTS if sign.search(pattern))
    return next(known, f"RE2 says: {wrong}") if wrong else ""


def found(pattern: str, text: str) -> bool:
    """Whether `pattern` (which has no fault) is anywhere in `text`."""
    return re2.compile(pattern, _options()).search(text) is not None


def described(wanted: str | Expression, text: str) -> bool:
    """Whether `text` is what a wildcard or an expression of a condition describes."""
    if isinstance(wanted, Expression):
        return found(wanted.pattern, text)
    return found(globs.whole(globs.wildcard(wanted)), text)


def names(pattern: str) -> tuple[str, ...]:
    """`(?i)(GPTBot|CCBot)` → GPTBot, CCBot; empty where it is more than a choice of names."""
    inner = _bare(pattern.strip())
    pieces = [piece.removeprefix(r"\b").removesuffix(r"\b") for piece in inner.split("|")]
    plain = [
        re.sub(r"\\(.)", r"\1", piece).rstrip("/").strip()
        for piece in pieces
        if _LITERAL.match(piece)
    ]
    if len(plain) != len(pieces) or not all(map(_NAME.match, plain)):
        return ()
    return tuple(dict.fromkeys(plain))


def _bare(pattern: str) -> str:
    """Without what stands around the names: brackets, `(?i)`, `.*`."""
    before = None
    while before != pattern:
        before = pattern
        for around in ("(?i)", ".*", r"(?:\b)", r"(?:\b|)"):
            pattern = pattern.removeprefix(around).removesuffix(around)
        inner = re.fullmatch(r"(?:\\b)?\((?:\?:|\?i:|\?P?<\w+>)?([^()]*)\)(?:\\b)?", pattern)
        pattern = inner[1] if inner else pattern
    return pattern


def glob(pattern: str) -> str:
    r"""`^/api/` → `/api/**`, `\.php$` → `**.php`; empty where a glob does not say the same."""
    parts = re.findall(
        r"\A\^|\$\Z|\.\*|\[\^/\]\*|\\[^A-Za-z0-9]|[^\\.*+?()\[\]{}|^$]|.", pattern, re.DOTALL
    )
    told = ["" if parts[:1] == ["^"] else "**"]
    for part in parts:
        if part in {"^", "$"} or part == ".*":
            told.append("**" if part == ".*" else "")
        elif part == "[^/]*":
            # Two within a folder are one; ** would go across folders.
            told.append("" if next(filter(None, reversed(told)), "") == "*" else "*")
        else:
            literal = part.removeprefix("\\")
            if (
                len(literal) != 1
                or literal in "*?\\"
                or (len(part) == 1 and part in ".*+?()[]{}|^$")
            ):
                return ""
            told.append(literal)
    if parts[-1:] != ["$"]:
        told.append("**")
    text = re.sub(r"\*{3,}", "**", "".join(told))
    # In a glob, /**/ is also a single slash.
    return text if text.startswith(("/", "**")) and "/**/" not in text else ""


def sample(pattern: str) -> str | None:
    """A text that `pattern` (which has no fault) is found in; None where none could be made."""
    try:
        text = _Sampler(pattern).choice(0)
    except (_TooMuchError, IndexError):
        return None
    return text if len(text) <= MAX_SAMPLE and found(pattern, text) else None


class _TooMuchError(Exception):
    """Deeper or longer than an example should be."""


class _Sampler:
    """Goes through an expression and takes the first choice everywhere; the result is checked."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def choice(self, depth: int) -> str:
        """Up to the closing bracket or the end."""
        if depth > MAX_NESTED:
            raise _TooMuchError
        first: str | None = None
        here = ""
        while self.at < len(self.pattern) and self.pattern[self.at] != ")":
            if self.pattern[self.at] == "|":
                self.at += 1
                first = here if first is None else first
                here = ""
            else:
                here += self._repeated(self._atom(depth))
            if len(here) > MAX_SAMPLE:
                raise _TooMuchError
        return here if first is None else first

    def _atom(self, depth: int) -> str:
        sign = self.pattern[self.at]
        if sign == "(":
            opened = re.compile(r"\((\?P?<\w+>|\?[a-zA-Z-]*(?=[:)]):?)?").match(
                self.pattern, self.at
            )
            assert opened
            self.at = opened.end()
            inside = self.choice(depth + 1)
            self.at += 1
            return inside
        if sign == "[":
            return self._class()
        if sign == "\\":
            return self._escape()
        self.at += 1
        return "" if sign in "^$" else "x" if sign == "." else sign

    def _class(self) -> str:
        closed = re.compile(r"\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL).match(
            self.pattern, self.at
        )
        if not closed:
            raise _TooMuchError
        self.at = closed.end()
        return self._one_of(closed[0])

    def _escape(self) -> str:
        whole = re.compile(r"\\(?:[pP]\{[^}]*\}|[pP].|x\{[0-9a-fA-F]+\}|x..|.)", re.DOTALL).match(
            self.pattern, self.at
        )
        if not whole or whole[0][1] in "QECB":
            raise _TooMuchError
        self.at = whole.end()
        if whole[0][1] in "bAz":
            return ""
        if not whole[0][1].isalnum():
            return whole[0][1]
        return self._one_of(whole[0])

    def _one_of(self, atom: str) -> str:
        # What stands in the class itself comes first: [ЖЗ] is none of the usual characters.
        for character in (*_TRIED, *atom, *map(chr, range(33, 127))):
            if re2.compile(atom, _options()).fullmatch(character):
                return str(character)
        raise _TooMuchError

    def _repeated(self, atom: str) -> str:
        sign = re.compile(r"[*+?]|\{(\d+)(?:,\d*)?\}").match(self.pattern, self.at)
        if not sign:
            return atom
        self.at = sign.end()
        if self.pattern[self.at : self.at + 1] == "?":
            self.at += 1
        return atom * (int(sign[1]) if sign[1] else sign[0] == "+")
