"""Site profiles: `rules/profiles/*.yaml`, one file a program that musicians' sites run on.

A profile says which of the program's paths are what, where that does not follow from the name: an
address that hands out recordings, a stream that never ends, a download that was bought; and what
of the address names the recording. The stance chooses one (`site: {profile: navidrome}`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import parse_qsl

import re2
from pydantic import Field, field_validator

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.yamltext import Document
from stagedoor.model.errors import Location, Problem, did_you_mean, listed
from stagedoor.model.facts import Form, Kind, Resource
from stagedoor.model.globs import path_glob
from stagedoor.resources.track_keys import names_a_file

FOLDER = "profiles"
_NAMED = re.compile(r"\{(\w+)\}")
_MOST_QUERY = 4096


class PathEntry(Model):
    """Paths of one kind. `path` is a glob, in any case of letters; `{name}` stands for one part.

    `query`: names that must stand in the query as well. `track`: what names the recording, made of
    parts of the path and values of the query: `/song/{id}`.
    """

    path: str
    kind: Kind
    form: Literal["live", "bought"] | None = None
    query: ListOf[str] = ()
    track: str = ""
    note: str = ""

    @field_validator("path")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith("/"):
            raise ValueError(f'the path "{value}" does not begin with / — write "/{value}"')
        return value


class Sign(Model):
    """What an answer of the program shows, for `stagedoor init`: a text in a header or the body."""

    get: str = "/"
    header: str = ""
    holds: str = Field(min_length=1)


class PathCase(Model):
    """An address, and what it must be taken for."""

    get: str
    kind: Kind
    form: Literal["live", "bought"] | None = None
    track: str = ""


class ProfileFile(Model):
    """One file of `rules/profiles/`."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str = Field(min_length=1)
    source: str
    reviewed: Annotated[date, Field(strict=False)]
    note: str = ""
    known_by: ListOf[Sign] = ()
    paths: ListOf[PathEntry] = ()
    cases: ListOf[PathCase] = ()


@dataclass(frozen=True)
class Profile:
    """One program, ready to look paths up."""

    name: str
    title: str
    known_by: tuple[Sign, ...]
    entries: tuple[tuple[object, PathEntry], ...]

    def resource(self, path: str, target: str) -> Resource | None:
        """What `target`, whose normal form is `path`, asks for; None where the profile says nothing.

        The first entry counts.
        """
        query: dict[str, str] | None = None
        for pattern, entry in self.entries:
            found = pattern.fullmatch(path)  # type: ignore[attr-defined]
            if found is None:
                continue
            if entry.query or entry.track:
                query = _query(target) if query is None else query
                if entry.query and names_a_file(path):
                    continue  # a query changes nothing there, so it must not say anything
                if any(name.lower() not in query for name in entry.query):
                    continue
            form: Form = entry.form or ""
            return Resource(entry.kind, path, "profile", form, _track(entry, found, query or {}))
        return None


def _query(target: str) -> dict[str, str]:
    text = target.partition("?")[2][:_MOST_QUERY]
    if not text:
        return {}
    return {name.lower(): value for name, value in parse_qsl(text, keep_blank_values=True)[:50]}


def _track(entry: PathEntry, found: re.Match[str], query: Mapping[str, str]) -> str:
    """What the entry makes of the address; empty where a part of it is missing."""
    if not entry.track:
        return ""
    parts = {name.lower(): value for name, value in found.groupdict().items()} | {
        name: value for name, value in query.items() if value
    }
    wanted = [name.lower() for name in _NAMED.findall(entry.track)]
    if not all(parts.get(name) for name in wanted):
        return ""
    return _NAMED.sub(lambda name: parts[name[1].lower()], entry.track)[:400]


def compiled(file: ProfileFile) -> Profile:
    """A profile from its file."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    entries = []
    for entry in file.paths:
        pieces = _NAMED.split(entry.path)
        text = "".join(
            f"(?P<{piece}>[^/]+?)" if number % 2 else path_glob(piece)
            for number, piece in enumerate(pieces)
        )
        entries.append((re2.compile(text, options), entry))
    return Profile(file.name, file.title, file.known_by, tuple(entries))


def read_profiles(documents: Iterable[Document], problems: list[Problem]) -> dict[str, ProfileFile]:
    """The profiles in these files, by their names; every mistake is added to `problems`."""
    found: dict[str, ProfileFile] = {}
    for document in documents:
        if document.value is None:
            continue  # an emptied file switches a shipped one off
        file = check(ProfileFile, document, problems)
        if file is not None:
            found[file.name] = file
    return found


def chosen(
    name: str, files: Mapping[str, ProfileFile], place: Location, problems: list[Problem]
) -> Profile | None:
    """The profile that the stance names; a name that nobody has is a mistake at `place`."""
    if not name:
        return None
    file = files.get(name)
    if file is None:
        fix = did_you_mean(name, sorted(files)) or f"known: {listed(sorted(files))}"
        problems.append(Problem(place, f'there is no site profile "{name}"', fix))
        return None
    return compiled(file)


def proposed(
    answers: Mapping[str, tuple[Sequence[tuple[str, str]], str]], files: Mapping[str, ProfileFile]
) -> str:
    """The name of the profile whose signs stand in the answers of a site (fields and text, by the
    path that was asked for); empty where none does. The one with the most signs counts.
    """
    best, most = "", 0
    for name, file in sorted(files.items()):
        signs = sum(1 for sign in file.known_by if _shown(sign, answers))
        if signs > most:
            best, most = name, signs
    return best


def _shown(sign: Sign, answers: Mapping[str, tuple[Sequence[tuple[str, str]], str]]) -> bool:
    answer = answers.get(sign.get)
    if answer is None:
        return False
    fields, text = answer
    wanted = sign.holds.lower()
    if sign.header:
        return any(
            key.lower() == sign.header.lower() and wanted in value.lower() for key, value in fields
        )
    return wanted in text.lower()
