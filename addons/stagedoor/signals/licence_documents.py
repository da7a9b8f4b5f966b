"""Licence documents of Really Simple Licensing 1.0, in XML: read and written.

The parser is the standard library's expat, not a tree of elements: a document type declaration is
refused before anything in it is read, so there are no entities to expand and nothing is ever
fetched; depth and size are bounded; and what is kept of a document is what is asked about.
(defusedxml does the same for trees; its last stable release is of 2021.)

Of the scopes that hold for a URL the narrowest counts (3.1.1); scopes are patterns of RFC 9309, so
narrower is longer. `url=""` is the scope of the association: the page or recording that leads to
the document, or the site, where robots.txt does (4.6.1). In a scope, a prohibition beats a
permission, and where usage is permitted, what is not listed is not allowed (3.4). A use that has to
be paid for is not allowed as things stand, which is a no; one that is allowed to some people or in
some countries only, to those who report (3.12), or handed out by a licence server, is neither.

`ai-all` takes in `ai-index` (3.4.1), the index of a search engine with AI. So a stance that admits
search and refuses the rest names `ai-train` and `ai-input`, never `ai-all`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal
from xml.parsers import expat

from stagedoor.signals.links import absolute
from stagedoor.signals.meaning import USES, Answer, Said, Statement, Use
from stagedoor.signals.patterns import matches, pattern, requested
from stagedoor.signals.standard import (
    Message,
)

NAMESPACE = "https://rslstandard.org/rsl"
_LIMIT = 1_000_000
"""Octets. A longer document is not read at all: half of one may lack the prohibition."""
_DEPTH = 64
_URL = re.compile(r"(?:https?://([^/?#]*?)(?::80|:443)?(?=[/?#]|\Z))?([^#]*)", re.IGNORECASE)
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not know (2.2)."""

MAX_AGE = 1
"""Days for which a document may be kept (3.2.1). Left out it would be 30, and a stance that becomes
stricter would be a month late."""

_TOKENS: dict[Use, frozenset[str]] = {
    "train": frozenset({"all", "ai-all", "ai-train", "train-ai"}),
    "input": frozenset({"all", "ai-all", "ai-input", "ai-use"}),
    "search": frozenset({"all", "search"}),
}
"""The words for each use (3.4.1). `train-ai` and `ai-use` are those of version 0.9, in the field."""
_PARTS: dict[Use, frozenset[str]] = {
    "train": frozenset({"train-genai"}),
    "input": frozenset({"ai-summarize"}),
    "search": frozenset({"ai-index", "ai-all"}),
}
"""Words for a part of a use: permitted, they are neither the whole use nor nothing of it."""
_GENERATIVE = frozenset({"train-genai", "ai-summarize"})
"""Parts that are the whole of what this artist asks about: prohibited, the use is."""
_UNPAID = frozenset({"free", "attribution"})
_PRICED = frozenset({"custom", "standard", "amount", "accepts"})
"""Children of a `<payment>` that name what it costs (3.7)."""

_Verdict = Literal["no", "yes", "paid", "some", "unlisted"]
_ORDER: tuple[_Verdict, ...] = ("no", "yes", "paid", "some", "unlisted")
"""Several licences for one scope are offers: the best one counts, unless one prohibits."""
_ANSWERS: Mapping[_Verdict, Answer] = {"no": "no", "yes": "yes", "paid": "no", "unlisted": "no"}


@dataclass(slots=True)
class _Licence:
    permits: set[str] = field(default_factory=set)
    prohibits: set[str] = field(default_factory=set)
    payments: list[str] = field(default_factory=list)
    """The type of each payment; one that names a price and no type is `custom` (3.7)."""
    limited: bool = False

    def about(self, use: Use) -> _Verdict | None:
        if self.prohibits & (_TOKENS[use] | (_PARTS[use] & _GENERATIVE)):
            return "no"
        paid = not _UNPAID.issuperset(self.payments)
        if not self.permits:
            return "paid" if paid else None
        if not self.permits & _TOKENS[use]:
            return "some" if self.permits & _PARTS[use] else "unlisted"
        if paid:
            return "paid"
        return "some" if self.limited else "yes"


@dataclass(slots=True)
class _Content:
    """One `<content>`: its scope, where it stands in the document, its licences.

    `url` is None where the attribute is missing.
    """

    url: str | None
    server: bool
    start: int
    end: int = 0
    licences: list[_Licence] = field(default_factory=list)


class _RefusedError(Exception):
    """Something no licence needs: a document type declaration, or elements nested too deeply."""


class _Parser:
    def __init__(self) -> None:
        self.contents: list[_Content] = []
        self._path: list[str] = []
        self._type = ""
        self._untyped = False
        """Whether the payment that is being read has no type."""
        self._text: list[str] = []
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.buffer_text = True
        self._expat.StartDoctypeDeclHandler = self._refuse
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._characters

    def parse(self, data: bytes) -> list[_Content]:
        self._expat.Parse(data, True)
        return self.contents

    def _refuse(self, *_: object) -> None:
        raise _RefusedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _DEPTH:
            raise _RefusedError
        match self._path, _local(name):
            case [*above], "content" if "content" not in above:
                server = bool(attributes.get("server"))
                at = self._expat.CurrentByteIndex
                self.contents.append(_Content(attributes.get("url"), server, at))
            case [*_, "content"], "license":
                self.contents[-1].licences.append(_Licence(limited=self.contents[-1].server))
            case [*_, "content", "license"], "permits" | "prohibits":
                self._type, self._text = attributes.get("type", "").strip().lower(), []
            case [*_, "content", "license"], "payment":
                kind = attributes.get("type", "").strip().lower()
                self.contents[-1].licences[-1].payments.append(kind or "free")
                self._untyped = not kind
            case [*_, "content", "license", "payment"], child if child in _PRICED:
                if self._untyped:
                    self.contents[-1].licences[-1].payments[-1] = "custom"
            case [*_, "content", "license"], "reporting":
                self.contents[-1].licences[-1].limited = True
        self._path.append(_local(name))

    def _end(self, name: str) -> None:
        self._path.pop()
        match self._path, _local(name):
            case [*above], "content" if "content" not in above:
                self.contents[-1].end = self._expat.CurrentByteIndex
            case [*_, "content", "license"], ("permits" | "prohibits") as kind:
                licence = self.contents[-1].licences[-1]
                # Drafts of 2025 separated the words with commas.
                words = set("".join(self._text).replace(",", " ").lower().split())
                if self._type != "usage":
                    licence.limited = True
                elif kind == "permits":
                    licence.permits |= words
                else:
                    licence.prohibits |= words

    def _characters(self, text: str) -> None:
        if self._path[-1:] in (["permits"], ["prohibits"]):
            self._text.append(text)


def _local(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return local if space == NAMESPACE else ""


Association = Literal["none", "site", "resource"]
"""What leads to a document: nothing that has a scope, robots.txt, or the resource itself."""
_WIDTHS: Mapping[Association, int | None] = {"none": None, "site": 1, "resource": 1_000_000}
"""How narrow `url=""` is: as long as "/", longer than any path, or it holds for nothing."""


def read(
    data: bytes, url: str, where: str = "/license.xml", association: Association = "none"
) -> Statement | None:
    """What a licence document, or a feed with licences in it, says about `url` (absolute).

    `association` says what `<content url="">` stands for (4.6.1). None where the document says
    nothing, or cannot be read.
    """
    contents = _contents(data)
    host, path = _split(url)
    path = requested(path)
    holding: list[tuple[int, _Content]] = []
    for content in contents:
        if content.url:
            of_host, scope = _split(content.url)
            if of_host in {"", host} and matches(pattern(scope), path):
                holding.append((len(scope), content))
        elif content.url is not None and (width := _WIDTHS[association]) is not None:
            holding.append((width, content))
    narrowest = max((length for length, _ in holding), default=0)
    return _statement(data, [c for length, c in holding if length == narrowest], where)


def read_embedded(data: bytes, where: str = "file") -> Statement | None:
    """What the `<rsl:rsl>` inside a file says about this file, wherever the copy lies (4.8).

    It has one `<content>`, whose address names the original. None where it says nothing, or cannot
    be read.
    """
    contents = _contents(data)
    return _statement(data, contents, where) if len(contents) == 1 else None


def _contents(data: bytes) -> list[_Content]:
    try:
        return _Parser().parse(data) if len(data) <= _LIMIT else []
    except (expat.ExpatError, _RefusedError, ValueError, LookupError):
        return []


def _statement(data: bytes, governing: Sequence[_Content], where: str) -> Statement | None:
    licences = [licence for content in governing for licence in content.licences]
    answers = {use: _answer(licence.about(use) for licence in licences) for use in USES}
    if not any(answers.values()):
        return None
    words = b"\n".join(data[c.start : data.find(b">", c.end) + 1] for c in governing)
    return Statement("rsl", where, Said(**answers), words.decode("utf-8", "replace"))


def _answer(verdicts: Iterable[_Verdict | None]) -> Answer | None:
    found = set(verdicts)
    return next((_ANSWERS.get(verdict) for verdict in _ORDER if verdict in found), None)


def _split(url: str) -> tuple[str, str]:
    """Host (empty where there is none) and path with query, of a URL or a scope."""
    found = _URL.match(url.strip())
    host, path = (found[1], found[2]) if found else ("", "")
    if host is not None and not path.startswith("/"):
        path = "/" + path
    return (host or "").lower(), path


def write(
    said: Said,
    *,
    scope: str = "/",
    holder: str = "",
    contact_url: str = "",
    contact_email: str = "",
) -> bytes:
    """A licence document for `scope`, a path pattern or an absolute URL, held by a person.

    Each content has a licence (3.3): ValueError where nothing is said. A use of which nothing is
    said is refused beside one that is permitted, because RSL has no word for that (3.4).
    """
    text = _element(said, scope, holder, contact_url, contact_email)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def write_embedded(message: Message, url: str) -> bytes:
    """The `rsl:rsl` element inside a recording whose address is `url` (absolute), in ASCII (4.8).

    ValueError as `write`.
    """
    text = _element(
        message.said, absolute(url), message.name, message.page, message.mail, prefix="rsl:"
    )
    return text.encode("ascii", "xmlcharrefreplace")


def _element(
    said: Said, scope: str, holder: str, contact_url: str, contact_email: str, prefix: str = ""
) -> str:
    p, space = prefix, f"xmlns:{prefix.removesuffix(':')}" if prefix else "xmlns"
    terms = [
        f'   <{p}{kind} type="usage">{" ".join(tokens)}</{p}{kind}>'
        for kind, answer in (("permits", "yes"), ("prohibits", "no"))
        if (tokens := _usage({use for use in USES if said.about(use) == answer}))
    ]
    if not terms:
        raise ValueError("a licence without a word on usage would permit every use")
    lines = [
        f'<{p}rsl {space}="{NAMESPACE}" max-age="{MAX_AGE}">',
        f' <{p}content url="{_safe(scope)}">',
        f"  <{p}license>",
        *terms,
        f"  </{p}license>",
    ]
    if holder:
        url = f' contactUrl="{_safe(absolute(contact_url))}"' if contact_url else ""
        email = f' contactEmail="{_safe(contact_email)}"' if contact_email else ""
        lines.append(f'  <{p}copyright type="person"{url}{email}>{_safe(holder)}</{p}copyright>')
    return "\n".join([*lines, f" </{p}content>", f"</{p}rsl>"])


def _usage(uses: set[Use]) -> list[str]:
    """The words for these uses. Search is with and without AI, so `ai-index` goes with it."""
    if uses == set(USES):
        return ["all"]
    words = [f"ai-{use}" for use in ("train", "input") if use in uses]
    return words + (["search", "ai-index"] if "search" in uses else [])


def _safe(text: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", text))
