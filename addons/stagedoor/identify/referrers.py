"""Services that send people: `rules/referrers.yaml` → which one a page request came from.

Known by the host in Referer, or by the `utm_source` that some services add to their links. Both are
claims that anybody can write, so they are only counted and no rule asks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import Field, field_validator

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.yamltext import Document
from stagedoor.model.errors import Problem
from stagedoor.model.facts import Request

FILE = "referrers.yaml"
Trade = Literal["assistant", "search"]
_MARK = "utm_source="
_MOST = 2_048
"""Characters of a Referer or query that are looked at."""


class Service(Model):
    """One assistant or search engine. A host counts with everything below it; `google.*` is Google
    under every ending.
    """

    name: str = Field(min_length=1)
    operator: str = Field(min_length=1)
    trade: Trade
    hosts: ListOf[str] = ()
    marks: ListOf[str] = ()
    source: str = Field(min_length=1)

    @field_validator("hosts")
    @classmethod
    def _plain(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if host != host.lower() or "/" in host or "*" in host.removesuffix(".*"):
                raise ValueError(f'"{host}" is not a host — write chat.example.org, or example.*')
        return value


class ReferrerFile(Model):
    """The whole file. `reviewed` is the day its facts were last checked."""

    reviewed: Annotated[date, Field(strict=False)]
    services: ListOf[Service] = ()


@dataclass(frozen=True, slots=True)
class Referrers:
    """All services, by host and by mark."""

    by_host: Mapping[str, Service] = field(default_factory=dict)
    by_mark: Mapping[str, Service] = field(default_factory=dict)

    def of(self, request: Request) -> Service | None:
        """The service that sent a request to this site, as the request has it."""
        if request.header("sec-purpose"):  # fetched ahead: nobody has come yet
            return None
        referrer = request.header("referer")
        if referrer and (found := self._sent_by(referrer[:_MOST], request.host)) is not None:
            return found
        _, _, query = request.target[:_MOST].partition("?")
        if _MARK in query:
            marks = dict(parse_qsl(query)).get("utm_source", "").lower()
            return self.by_mark.get(marks)
        return None

    def _sent_by(self, referrer: str, own: str) -> Service | None:
        try:
            host = urlsplit(referrer).hostname or ""
        except ValueError:
            return None
        if host == own:
            return None
        rest = host
        while rest:
            if (found := self.by_host.get(rest)) is not None:
                return found
            head, _, rest = rest.partition(".")
            # google.co.uk has two endings, and google.evil.example is not Google.
            if rest and rest.count(".") < 2 and len(rest) <= _ENDING:
                found = self.by_host.get(f"{head}.*")
                if found is not None:
                    return found
        return None


_ENDING = len("com.xx")


def read_referrers(document: Document | None, problems: list[Problem]) -> Referrers:
    """The services in `document`; every mistake is added to `problems`."""
    file = check(ReferrerFile, document, problems) if document and document.value else None
    if file is None or document is None:
        return Referrers()
    hosts: dict[str, Service] = {}
    marks: dict[str, Service] = {}
    for number, service in enumerate(file.services):
        for table, words in ((hosts, service.hosts), (marks, service.marks)):
            for word in words:
                other = table.setdefault(word, service)
                if other is not service:
                    problems.append(
                        Problem(
                            document.at(("services", number, "name")),
                            f'"{word}" already means {other.name}',
                            "keep it with one of them",
                        )
                    )
    return Referrers(hosts, marks)
