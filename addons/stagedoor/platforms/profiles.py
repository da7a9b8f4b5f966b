"""Platform profiles: `rules/platforms/*.yaml`, one file a platform. Pure: documents in, profiles out.

A profile says which hosts a platform has, which of its pages hold audio, where its terms stand and
which part of the page is the text, which settings matter, and what the platform claims of itself.
Each fact has a source; `confirmed: false` marks what nobody has checked on the live page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from cssselect import HTMLTranslator, SelectorError
from pydantic import Field, field_validator, model_validator

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.yamltext import Document
from stagedoor.model.errors import Problem
from stagedoor.model.globs import Globs

DocumentKind = Literal["terms", "privacy", "ai-policy"]
State = Literal["on", "off"]
Claimed = Literal["tags", "terms-forbid", "setting", "other"]
"""What a claim can be held against: signals of the page, the clauses of the terms, a setting."""
PageKind = Literal["audio", "document", "setting", "private", "other"]

GENERIC = "generic"
"""The file whose profile stands for hosts that the user names."""
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}")


class Part(Model):
    """Where a text stands in a page: the elements of a CSS selector, or a value of embedded JSON.

    `json` is a path of keys and numbers (`props.pageProps.html`); with `css` it is looked for inside
    that script, without it the whole response is JSON. The value may be HTML.
    """

    css: str = ""
    json_path: str = Field(default="", alias="json")

    @model_validator(mode="after")
    def _names_something(self) -> Part:
        if not self.css and not self.json_path:
            raise ValueError("this part names nothing — write css: or json:")
        return self

    @field_validator("css")
    @classmethod
    def _can_be_understood(cls, css: str) -> str:
        return _selector(css) if css else css


def _selector(css: str) -> str:
    try:
        HTMLTranslator().css_to_xpath(css)
    except SelectorError as error:
        why = str(error).lower()
        raise ValueError(
            f'"{css}" is no CSS selector ({why}) — write one such as main or div#text'
        ) from error
    return css


class Text(Model):
    """One document that is watched. `paths` are further addresses of it (globs)."""

    name: str = Field(min_length=1)
    kind: DocumentKind
    url: str
    paths: ListOf[str] = ()
    text: ListOf[Part] = ()
    """Empty: what the generic profile says."""
    remove: ListOf[str] = ()
    archive: str = ""
    """What Open Terms Archive calls this document, where it has it."""
    source: str
    confirmed: bool = False

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError(f'"{url}" is no address — write all of it: https://…')
        return url

    @field_validator("paths")
    @classmethod
    def _are_paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        return _paths(paths)

    @field_validator("remove")
    @classmethod
    def _are_selectors(cls, remove: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(_selector, remove))


def _paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    for path in paths:
        if not path.startswith(("/", "*")):
            raise ValueError(f'"{path}" is no path — begin with /')
    return paths


class Setting(Model):
    """One setting of the user's account that decides about AI. It is read, never switched."""

    name: str = Field(min_length=1)
    path: str = Field(min_length=1)
    label: str = Field(min_length=3)
    """Words of the page beside the switch; the switch itself says on or off."""
    means: str
    default: State | None = None
    source: str
    confirmed: bool = False

    @field_validator("path")
    @classmethod
    def _is_a_path(cls, path: str) -> str:
        return _paths((path,))[0]


class Claim(Model):
    """What the platform says of itself, in our words."""

    says: str = Field(min_length=1)
    about: Claimed
    since: str = ""
    source: str
    confirmed: bool = False


class AddressCases(Model):
    """Addresses, by what they must be taken for."""

    audio: ListOf[str] = ()
    document: ListOf[str] = ()
    setting: ListOf[str] = ()
    private: ListOf[str] = ()
    other: ListOf[str] = ()
    """Neither a page with audio nor a private one."""


class PlatformFile(Model):
    """One file of `rules/platforms/`."""

    name: str = Field(min_length=1)
    hosts: ListOf[str] = ()
    media: ListOf[str] = ()
    """Further hosts that send the recordings: only headers are read there. `*.example.org` stands
    for every name below it."""
    media_source: str = ""
    reviewed: Annotated[date, Field(strict=False)]
    source: str
    note: str = ""
    archive: str = ""
    """The name of the service in Open Terms Archive."""
    audio: ListOf[str] = ()
    """Paths of pages that hold recordings (globs)."""
    not_audio: ListOf[str] = ()
    private: ListOf[str] = ()
    """Paths of pages for the account alone: nothing is kept of them and no badge is shown."""
    documents: ListOf[Text] = ()
    settings: ListOf[Setting] = ()
    claims: ListOf[Claim] = ()
    cases: AddressCases = AddressCases()

    @field_validator("hosts")
    @classmethod
    def _are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not _HOST.fullmatch(host):
                raise ValueError(f'"{host}" is no host — write it bare and in small letters')
        return hosts

    @field_validator("media")
    @classmethod
    def _are_hosts_or_below(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            bare = host.removeprefix("*.")
            if not _HOST.fullmatch(bare) or (host != bare and "." not in bare):
                raise ValueError(f'"{host}" is no host — write media.example.org or *.example.org')
        return hosts

    @field_validator("audio", "not_audio", "private")
    @classmethod
    def _are_paths(cls, paths: tuple[str, ...]) -> tuple[str, ...]:
        return _paths(paths)


@dataclass(frozen=True, slots=True)
class Page:
    """What an address is to a profile."""

    kind: PageKind
    document: Text | None = None
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True)
class Profile:
    """One platform, ready to be asked. `id` is the name of its file without `.yaml`."""

    id: str
    file: PlatformFile
    source: Document = field(repr=False)
    hosts: tuple[str, ...]
    _audio: Globs = field(repr=False)
    _not_audio: Globs = field(repr=False)
    _private: Globs = field(repr=False)

    @property
    def name(self) -> str:
        return self.file.name

    def page(self, host: str, path: str) -> Page:
        """What a page is; `path` without its query. A document's or a setting's own page is that,
        whatever the patterns for private pages say.
        """
        for document in self.file.documents:
            parts = urlsplit(document.url)
            own = parts.hostname == host and (parts.path or "/").rstrip("/") == path.rstrip("/")
            if own or (document.paths and Globs(document.paths).match(path)):
                return Page("document", document)
        settings = tuple(s for s in self.file.settings if Globs((s.path,)).match(path))
        if settings:
            return Page("setting", settings=settings)
        if self._private.match(path):
            return Page("private")
        if self._audio.match(path) and not self._not_audio.match(path):
            return Page("audio")
        return Page("other")


class Profiles:
    """All profiles, by host."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self.all = tuple(profiles)
        self._by_host = {host: profile for profile in self.all for host in profile.hosts}
        self._media = {host: profile for profile in self.all for host in profile.file.media}

    def of(self, host: str) -> Profile | None:
        """The profile of a host, in any spelling; None where it has none."""
        return self._by_host.get(host.lower().rstrip("."))

    def sender(self, host: str) -> Profile | None:
        """The profile whose recordings a host sends, where it is no host of pages."""
        name = host.lower().rstrip(".")
        if name in self._by_host:
            return None
        labels = name.split(".")
        above = (f"*.{'.'.join(labels[n:])}" for n in range(1, len(labels) - 1))
        return next((self._media[one] for one in (name, *above) if one in self._media), None)

    def __contains__(self, host: object) -> bool:
        """Whether a host is opened."""
        return isinstance(host, str) and (self.of(host) or self.sender(host)) is not None

    def named(self, name: str) -> Profile | None:
        """The profile called so, by its id or its name."""
        wanted = name.lower()
        return next((p for p in self.all if wanted in {p.id, p.name.lower()}), None)

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(self._by_host)


def read_profiles(
    documents: Sequence[Document], hosts: Sequence[str], problems: list[Problem]
) -> Profiles:
    """The profiles in `documents`, and one for each of `hosts` that none of them has.

    Every mistake is added to `problems`.
    """
    files: dict[str, tuple[PlatformFile, Document]] = {}
    for document in documents:
        if document.value is None:  # an emptied file switches a shipped one off
            continue
        file = check(PlatformFile, document, problems)
        if file is not None:
            files[_id(document)] = file, document
    taken: dict[str, str] = {}
    found: list[Profile] = []
    generic = files.pop(GENERIC, None)
    private = generic[0].private if generic else ()
    for name, (file, document) in files.items():
        problems += _contradictions(file, document)
        if not file.hosts:
            problems.append(Problem(document.at(()), "no hosts are named", "add hosts: [...]"))
        for host in file.hosts:
            other = taken.setdefault(host, name)
            if other != name:
                at = document.at(("hosts",))
                problems.append(Problem(at, f'the host "{host}" is already in {other}.yaml'))
        found.append(_profile(name, file, document, file.hosts, private))
    if generic is not None:
        named = dict.fromkeys(h.lower().strip() for h in hosts)
        for host in (h for h in named if h and h not in taken):
            if not _HOST.fullmatch(host):
                at = generic[1].at(())
                problems.append(Problem(at, f'"{host}" is no host', "write it bare: example.org"))
                continue
            file = generic[0].model_copy(update={"name": host, "hosts": (host,)})
            found.append(_profile(host, file, generic[1], (host,), ()))
    return Profiles(found)


def _contradictions(file: PlatformFile, document: Document) -> Iterator[Problem]:
    """What each field may say alone, and not all together."""
    for number, text in enumerate(file.documents):
        host = urlsplit(text.url).hostname or ""
        if file.hosts and host not in file.hosts:
            at = document.at(("documents", number, "url"))
            yield Problem(at, f'"{host}" is none of the hosts of this profile', "add it to hosts:")
    for part, rows in (("documents", file.documents), ("settings", file.settings)):
        names = [row.name for row in rows]
        for number, name in enumerate(names):
            if name in names[:number]:
                at = document.at((part, number, "name"))
                yield Problem(at, f'the name "{name}" is there twice', "give each its own name")


def _id(document: Document) -> str:
    place = document.source.inside or document.source.path
    return place.rpartition("/")[2].rpartition(".")[0]


def _profile(
    name: str, file: PlatformFile, source: Document, hosts: Sequence[str], private: Sequence[str]
) -> Profile:
    return Profile(
        name,
        file,
        source,
        tuple(hosts),
        Globs(file.audio),
        Globs(file.not_audio),
        Globs((*file.private, *private)),
    )
