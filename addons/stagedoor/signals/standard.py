"""The type of a standard: its name, the places it speaks in, how each is read and written.

A standard is defined in one module of `signals/standards/` and stands in `signals/registry.py`.
Publishing, reading, audit, the stance's switches, their schema and `docs/standards.md` follow from
that; none of them knows a standard by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from stagedoor.signals.html.head_elements import Head
from stagedoor.signals.meaning import Answer, Said, Statement, Use
from stagedoor.signals.robots.lines import Record, Robots
from stagedoor.signals.robots.usage_records import Scope

Place = Literal["robots.txt", "headers", "pages", "files", "audio files"]

Fields = tuple[tuple[str, str], ...]
"""Header fields: name and value."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said, and by whom: what every writer works from.

    `address` is the site's own, without a final slash, and may be empty; `licence` and `tdm_policy`
    are absolute addresses of documents, empty where there are none.
    """

    said: Said
    name: str = ""
    contact: str = ""
    address: str = ""
    licence: str = ""
    tdm_policy: str = ""

    @property
    def train(self) -> Answer:
        """The answer to training; no where the stance gives none."""
        return self.said.train or "no"

    @property
    def mail(self) -> str:
        """The address for mail among the contacts; may be empty."""
        return self.contact.removeprefix("mailto:") if self.contact.startswith("mailto:") else ""

    @property
    def page(self) -> str:
        """The page among the contacts; may be empty."""
        return self.contact if self.contact.startswith("http") else ""


@dataclass(frozen=True, slots=True)
class Switch:
    """The word under `publish:` in the stance, its help, and what holds where it is left out."""

    word: str
    caption: str
    default: Answer = "yes"


@dataclass(frozen=True, slots=True)
class Merge:
    """Beside a site's own fields: whether these go (`drop`), and what is added."""

    drop: bool = False
    add: Fields = ()


Stricter = Callable[[Fields, Fields], Merge]
"""From a site's fields and ours, of one standard, what goes and what is added."""


def _any_value(_value: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Header:
    """A standard in the headers of responses.

    `names` are the field names in small letters; the first says something by itself, the others go
    with it. `read` and `stricter` get fields of these names alone. `stricter` (the site's, ours)
    never makes what the site says weaker; both are there when it is asked. `carries` says of a
    value of the first field whether it is the standard's at all.

    Raises ValueError where `write` has no `stricter`, or `stricter` no `write`.
    """

    names: tuple[str, ...]
    read: Callable[[Fields], tuple[Statement, ...]]
    write: Callable[[Message], Fields] | None = None
    stricter: Stricter | None = None
    carries: Callable[[str], bool] = _any_value
    bare: str = ""
    """The field's name, where a statement quotes the value alone; such a value is one list of words,
    and one that says nothing is misspelt."""
    once: bool = False
    """A response has one: a web server puts ours in the place of the site's."""
    words: bool = False
    """The value is a list in which each word stands for itself."""
    about_index: bool = False
    """It may be about the index; on a refusal, that is no word about the page."""

    def __post_init__(self) -> None:
        if (self.write is None) != (self.stricter is None):
            raise ValueError(f"{self.names[0]}: write and stricter belong together")


@dataclass(frozen=True, slots=True)
class Page:
    """A standard in the heads of pages. `read` gets the page's address, too; `write` gives elements."""

    read: Callable[[Head, str], tuple[Statement, ...]]
    write: Callable[[Message], str]


@dataclass(frozen=True, slots=True)
class RobotsRecord:
    """A record of robots.txt that says something about use.

    `scope` reads one record, None where it is another's; without it the record leads to a document.
    `read` says what a crawler (token) hears about a path. `write` gets where the record is to hold,
    empty for the whole site, and gives a line without its end; empty where there is nothing to say.
    """

    name: str
    write: Callable[[Message, str], str]
    scope: Callable[[Record], Scope | None] | None = None
    read: Callable[[Robots, str, str], tuple[Statement, ...]] | None = None
    example: str = ""
    """A value, for those whose own is not understood."""
    definitions: tuple[str, ...] = ()
    """Lines that say in our own words what its words mean; they stand in the robots.txt above it."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it is published: its media type, and its octets."""

    type: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a site's file, and how it is fixed."""

    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Files:
    """A standard in files of its own.

    `asked` are the paths that are asked for by name, and `read` (octets, the path of the file, the
    path and query of the resource) says what is in one. `others` are paths of the standard that are
    only handed out. `write` gives the files by path. `what_for` says what a written file is for.
    """

    write: Callable[[Message], Mapping[str, Document]]
    asked: tuple[str, ...] = ()
    read: Callable[[bytes, str, str], tuple[Statement, ...]] | None = None
    others: tuple[str, ...] = ()
    whole: bool = False
    """A file of which a part is missing is not read."""
    fault: Callable[[bytes, str], Fault | None] | None = None
    """What is wrong with the octets at a path, if anything."""
    what_for: Mapping[str, str] = MappingProxyType({})


def _as_it_is(message: Message) -> Message:
    return message


def _no_text(_message: Message) -> str:
    return ""


def _no_limits(_statement: Statement) -> Iterable[str]:
    return ()


def _says_no(use: Use) -> str:
    return f"no to {use}"


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """One standard. Its `name` is what logs, metrics and evidence call it; `title` is for people."""

    name: str
    title: str
    caption: str
    """What it is and who keeps it, for the list of standards."""
    switch: Switch | None = None
    """None: it is read, and never published."""
    header: Header | None = None
    page: Page | None = None
    record: RobotsRecord | None = None
    files: Files | None = None
    refusal: Callable[[Use], str] = _says_no
    """How it says no to one use, for advice."""
    limits: Callable[[Statement], Iterable[str]] = _no_limits
    """What a statement does not say although it may look so: sentences for an audit."""
    linked: Callable[[Message], Message] = _as_it_is
    """The message with the addresses of documents that the standard publishes."""
    unlinked: Callable[[Message], str] = _no_text
    """What cannot be said without the site's address; empty where nothing is lost."""
    challenges: Mapping[int, str] = MappingProxyType({})
    """By status, what stands in WWW-Authenticate of a refusal: what the client needs."""
    linking: bool = False
    """It leads to a document; it is written behind those that say it themselves."""
    own_group: bool = False
    """What it says to one crawler takes the place of what it says to all."""
    nearest: bool = False
    """Of what stands in pages, headers and files only the nearest to the resource counts."""
    settle: Callable[[Sequence[Statement]], Statement | None] | None = None
    """Of such statements, the nearest last, what counts, where they complete each other."""
    in_audio: bool = False
    """It stands inside audio files."""
    core: bool = False
    """robots.txt itself: `signals/robots/` reads and merges it."""
    option: str = ""
    """The option of `stagedoor audit` without which it is not looked at."""

    @property
    def places(self) -> tuple[Place, ...]:
        """Where it speaks."""
        there: tuple[tuple[Place, bool], ...] = (
            ("robots.txt", self.core or self.record is not None),
            ("headers", self.header is not None),
            ("pages", self.page is not None),
            ("files", self.files is not None),
            ("audio files", self.in_audio),
        )
        return tuple(place for place, speaks in there if speaks)

    @property
    def published_in(self) -> tuple[Place, ...]:
        """Of its places those that it is written into."""
        only_read: set[Place] = {"audio files"}
        if self.header is not None and self.header.write is None:
            only_read.add("headers")
        return tuple(place for place in self.places if place not in only_read)
