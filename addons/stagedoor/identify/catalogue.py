"""The catalogue: who is out there, as written in `rules/crawlers/` and `rules/clients/`.

One file an operator (or one group of clients); each entry names the token its user agent carries,
what it comes for, how its identity can be proven and where that is documented. An entry's own
`operator`, `purpose`, `docs` and `source` win over its file's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from stagedoor.config.schema import ListOf, Model, OneOrMany, check
from stagedoor.config.yamltext import Document
from stagedoor.identify.origins import signer_of
from stagedoor.model.errors import Location, Problem, listed
from stagedoor.model.facts import CRAWLERS, Purpose

Match = Literal["word", "prefix", "exact", "suffix"]
"""How a token is looked for in a user agent, letters of either case:

word    anywhere, not touching another letter or digit (`LCC` is not in `SLCC2`)
suffix  like word, but letters or digits may stand before it (`bot` is in `FooBot/1.0`)
prefix  at the very beginning, and a word's end behind it
exact   the whole user agent
"""


Robots = Literal["obeys", "partly", "ignores", "unknown"]
"""What a crawler does to robots.txt."""


class Proof(Model):
    """How a claim can be proven."""

    ranges: OneOrMany[str] = ()
    rdns: OneOrMany[str] = ()
    web_bot_auth: str = ""

    @field_validator("web_bot_auth")
    @classmethod
    def _is_an_origin(cls, text: str) -> str:
        if text and not signer_of(text):
            raise ValueError(
                f'"{text}" is no address of keys — write https://signer.example, or the address of '
                "its key set"
            )
        return signer_of(text)


class Examples(Model):
    """Real user agents that must, and must not, be taken for this entry."""

    match: ListOf[str] = ()
    differ: ListOf[str] = ()


class Entry(Model):
    """One crawler or client."""

    name: str = Field(min_length=1)
    token: str = ""
    tokens: ListOf[str] = ()
    match: Match = "word"
    unless: OneOrMany[str] = ()
    fallback: bool = False
    """Counts only where nothing else of its kind matches: an engine inside apps, the word "bot"."""
    purpose: OneOrMany[Purpose] = ()
    """Several where a crawler comes for several things; the first is the main one."""
    operator: str = ""
    docs: str = ""
    source: str = ""
    note: str = ""
    robots: Robots = "unknown"
    robots_token: str = ""
    """What it is called in a robots.txt, where that is not its first token."""
    robots_only: bool = False
    legacy: bool = False
    proof: Proof = Proof()
    examples: Examples = Examples()

    @model_validator(mode="after")
    def _has_a_token(self) -> Entry:
        if self.token and self.tokens:
            raise ValueError(f'"{self.name}" has both token and tokens — keep one of them')
        if not self.token and not self.tokens:
            raise ValueError(f'"{self.name}" has no token — write "token: …"')
        if "" in self.unless:
            raise ValueError(f'"{self.name}" has an empty word under unless — take it out')
        if not all(map(str.strip, self.all_tokens)):
            raise ValueError(f'a token of "{self.name}" is empty — write the word to look for')
        return self

    @property
    def all_tokens(self) -> tuple[str, ...]:
        return self.tokens or (self.token,)


class Contact(Model):
    """Where an operator takes complaints: a mail or web address, and how that is known."""

    address: str = Field(min_length=1)
    source: str = Field(min_length=1)
    seen: Annotated[date, Field(strict=False)]

    @field_validator("address")
    @classmethod
    def _link(cls, value: str) -> str:
        if not value.startswith(("mailto:", "https://")):
            raise ValueError(f'"{value}" is not a link — begin with mailto: or https://')
        return value


class File(Model):
    """One catalogue file. `reviewed` is the day its facts were last checked."""

    operator: str = ""
    contact: Contact | None = None
    group: str = ""
    purpose: OneOrMany[Purpose] = ()
    docs: str = ""
    source: str = ""
    reviewed: Annotated[date, Field(strict=False)]
    crawlers: ListOf[Entry] = ()
    clients: ListOf[Entry] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """One entry, complete: what its file says for all its entries is filled in."""

    name: str
    tokens: tuple[str, ...]
    match: Match
    unless: tuple[str, ...]
    fallback: bool
    purpose: Purpose
    operator: str
    docs: str
    robots: Robots
    robots_only: bool
    robots_token: str
    """What it is called in a robots.txt."""
    proof: Proof
    examples: Examples
    at: Location
    further: tuple[Purpose, ...] = ()
    """What it comes for besides its main `purpose`."""

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """All it comes for, the main one first."""
        return (self.purpose, *self.further)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every signature, in the order of the files."""

    signatures: tuple[Signature, ...]
    contacts: Mapping[str, Contact] = field(default_factory=dict, compare=False)
    """Where operators take complaints, by the operator's name in lower case."""

    @property
    def names(self) -> frozenset[str]:
        return frozenset(signature.name for signature in self.signatures)

    @property
    def provable(self) -> Mapping[str, Signature]:
        """The signatures that can be proven, by name."""
        return {
            signature.name: signature
            for signature in self.signatures
            if signature.proof.ranges or signature.proof.rdns or signature.proof.web_bot_auth
        }

    @property
    def operators(self) -> frozenset[str]:
        return frozenset(s.operator for s in self.signatures if s.operator)


def read_catalogue(documents: Sequence[Document], problems: list[Problem]) -> Catalogue:
    """The catalogue in `documents`; every mistake is added to `problems`."""
    found: list[Signature] = []
    contacts: dict[str, Contact] = {}
    for document in documents:
        if document.value is None:  # an emptied file switches a shipped one off
            continue
        file = check(File, document, problems)
        if file is None:
            continue
        found.extend(_signatures(file, document, problems))
        if file.contact is not None and not file.operator:
            problems.append(
                Problem(
                    document.at(("contact",)),
                    "a contact without an operator",
                    'add a line "operator: …" to the file',
                )
            )
        elif file.contact is not None:
            contacts[file.operator.lower()] = file.contact
    problems.extend(_twice(found))
    return Catalogue(tuple(found), contacts)


def _signatures(file: File, document: Document, problems: list[Problem]) -> Iterable[Signature]:
    for key, entries in (("crawlers", file.crawlers), ("clients", file.clients)):
        for number, entry in enumerate(entries):
            at = document.at((key, number))
            purposes = entry.purpose or file.purpose
            if not purposes:
                problems.append(
                    Problem(at, f'"{entry.name}" has no purpose', 'add a line "purpose: …"')
                )
                continue
            # Programs with a person in front of them are not counted and not kept. One purpose of
            # a crawler beside a person's would make it unclear which of the two applies.
            if len(purposes) > 1 and not CRAWLERS.issuperset(purposes):
                problems.append(
                    Problem(
                        at,
                        f'"{entry.name}" has several purposes, and not all are a crawler\'s',
                        f"several may be: {listed(sorted(CRAWLERS))}",
                    )
                )
                continue
            yield Signature(
                name=entry.name,
                tokens=entry.all_tokens,
                match=entry.match,
                fallback=entry.fallback,
                unless=tuple(word.lower() for word in entry.unless),
                purpose=purposes[0],
                operator=entry.operator or file.operator,
                docs=entry.docs or file.docs or entry.source or file.source,
                robots=entry.robots,
                robots_only=entry.robots_only,
                robots_token=entry.robots_token or entry.all_tokens[0],
                proof=entry.proof,
                examples=entry.examples,
                at=at,
                further=tuple(p for p in dict.fromkeys(purposes) if p != purposes[0]),
            )


def _twice(signatures: Iterable[Signature]) -> Iterable[Problem]:
    """A name or a token that two entries claim: a lookup could answer either."""
    names: dict[str, Signature] = {}
    tokens: dict[tuple[str, str], Signature] = {}
    for signature in signatures:
        other = names.setdefault(signature.name.lower(), signature)
        if other is not signature:
            yield Problem(signature.at, f'the name "{signature.name}" is taken', f"see {other.at}")
        for token in signature.tokens:
            other = tokens.setdefault((token.lower(), signature.match), signature)
            known = other is signature or other.name.lower() == signature.name.lower()
            if not known and not (signature.unless or other.unless):
                yield Problem(
                    signature.at,
                    f'the token "{token}" already means {other.name}',
                    f"see {other.at}; keep one of: {listed([other.name, signature.name])}",
                )
