"""The statements that one crawler hears about one resource, and where each of them stood.

Each protocol's own precedence is settled here: the groups of robots.txt and ai.txt, the longest path,
TDMRep's file < header < HTML. What is left is for `meaning.resolve`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from stagedoor.audit.page_links import joined
from stagedoor.audit.responses import Fetched, Site
from stagedoor.signals import headers, licence_documents, registry
from stagedoor.signals.html import head
from stagedoor.signals.meaning import USES, Answer, Resolved, Said, Statement, Use, resolve
from stagedoor.signals.robots import access
from stagedoor.signals.robots.lines import Record, Robots
from stagedoor.signals.standard import Standard
from stagedoor.signals.standards import rsl

EVERYBODY = "*"
Kind = Literal["page", "recording"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A statement, and where a person finds it: `robots.txt, line 4`, `headers of /a.mp3`."""

    statement: Statement
    place: str

    @property
    def words(self) -> str:
        """Its very words, with the header's name where there is one, and not endless."""
        statement, name = self.statement, _bare_field(self.statement.standard)
        bare = statement.where == "header" and name
        return (f"{name}: " if bare else "") + statement.text[:_WORDS]


_WORDS = 400
"""Characters of a statement that are quoted."""


def _bare_field(standard: str) -> str:
    """The name of a header of which the value alone is quoted; else empty."""
    header = registry.current().by_name[standard].header
    return header.bare if header else ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What is said about one resource: to the crawler that was asked for, and to others."""

    resource: Fetched
    kind: Kind
    heard: tuple[Placed, ...]
    to_others: tuple[Placed, ...] = ()
    overruled: tuple[tuple[Placed, Placed], ...] = ()
    """Who lost to whom inside a protocol, where the two differ."""

    def resolved(self, use: Use) -> Resolved:
        """The answer for one use, with the statements that decided and those that lost."""
        return resolve((placed.statement for placed in self.heard), use)

    def placed(self, statement: Statement) -> Placed:
        """A statement with its place."""
        return next(placed for placed in self.heard if placed.statement == statement)


@dataclass(frozen=True, slots=True)
class Reading:
    """A site with its robots.txt parsed, and what each resource says of itself."""

    site: Site
    robots: Robots
    own: tuple[tuple[Fetched, Kind, tuple[Placed, ...]], ...]
    """Each resource with all that is said of it outside robots.txt."""

    @property
    def resources(self) -> Iterator[tuple[Fetched, Kind]]:
        return ((resource, kind) for resource, kind, _ in self.own)


def read(site: Site) -> Reading:
    """Parse all that was fetched, once."""
    resources: list[tuple[Fetched, Kind]] = [(site.page, "page")]
    resources += [(recording, "recording") for recording in site.recordings]
    return Reading(
        site,
        access.reads_as(site.robots.status, site.robots.body),
        tuple((r, kind, tuple(_own(site, r, kind))) for r, kind in resources),
    )


def hear(reading: Reading, agent: str, uses: Collection[Use] = USES) -> tuple[Heard, ...]:
    """What the crawler `agent` (`*`: any) hears about each resource; `uses`: what it comes for."""
    return tuple(
        _heard(resource, kind, (*_in_robots(reading, resource, agent, uses), *own), agent)
        for resource, kind, own in reading.own
    )


def _heard(resource: Fetched, kind: Kind, all_placed: Iterable[Placed], agent: str) -> Heard:
    mine: list[Placed] = []
    others: list[Placed] = []
    for placed in all_placed:
        speaks_to = placed.statement.agent.lower()
        (mine if speaks_to in {EVERYBODY, agent.lower()} else others).append(placed)
    over: list[tuple[Placed, Placed]] = []
    for standard in registry.current().standards:
        if standard.own_group:
            mine = _of_own_group(mine, standard.name)
        if standard.nearest:
            lost = _overruled(mine, standard)
            mine = [placed for placed in mine if not any(placed is loser for loser, _ in lost)]
            mine = _completed(mine, standard)
            over += lost
    return Heard(resource, kind, tuple(mine), tuple(others), tuple(over))


def _of_own_group(mine: list[Placed], standard: str) -> list[Placed]:
    """As in robots.txt, a group of one's own takes the place of the one for everybody."""

    def for_all(placed: Placed) -> bool:
        return placed.statement.agent == EVERYBODY

    own = any(p.statement.standard == standard and not for_all(p) for p in mine)
    return [p for p in mine if not (own and p.statement.standard == standard and for_all(p))]


def _ordered(mine: Iterable[Placed], standard: Standard) -> list[Placed]:
    """What one standard says, what stands nearest to the resource last."""
    by_where = {p.statement.where: p for p in mine if p.statement.standard == standard.name}
    header, inside = by_where.pop("header", None), by_where.pop("html", None)
    return [*by_where.values(), *(p for p in (header, inside) if p)]


def _completed(mine: list[Placed], standard: Standard) -> list[Placed]:
    """The nearest statement with what those further away add to it; those add nothing else."""
    ordered = _ordered(mine, standard)
    if standard.settle is None or not ordered:
        return mine
    settled = standard.settle([placed.statement for placed in ordered])
    answering = [p for p in ordered if _answers(p.statement)]
    nearest = answering[-1] if answering else None
    return [
        replace(placed, statement=settled) if placed is nearest and settled else placed
        for placed in mine
        if placed.statement.standard != standard.name or _answers(placed.statement)
    ]


def _answers(statement: Statement) -> bool:
    return any(statement.said.about(use) for use in USES)


def _overruled(mine: Iterable[Placed], standard: Standard) -> list[tuple[Placed, Placed]]:
    """Those that say something else than what stands nearest to the resource, each with that."""
    ordered = [p for p in _ordered(mine, standard) if _answers(p.statement)]
    if not ordered:
        return []
    nearest = ordered[-1]
    return [(p, nearest) for p in ordered if p.statement.said != nearest.statement.said]


def _in_robots(
    reading: Reading, resource: Fetched, agent: str, uses: Collection[Use]
) -> Iterator[Placed]:
    txt, path = reading.robots, resource.path
    decision = access.decide(txt, agent, path)
    if decision.rule is not None and not decision.allowed:
        answers: dict[str, Answer] = dict.fromkeys(uses, "no")
        said = Said(**answers)
        to = agent if txt.names(agent) else EVERYBODY
        text = decision.rule.text
        yield Placed(Statement("robots", access.PATH, said, text, to), line(decision.rule))
    for _, kind in registry.current().records:
        for statement in kind.read(txt, agent, path) if kind.read else ():
            yield Placed(statement, _line_of(txt, agent, statement.text))
    for record in licence_lines(txt, agent):
        url = rsl.read_robots_value(record.value.decode("utf-8", "replace"))
        yield from _licensed(reading.site, url, resource, "site")


def licence_lines(txt: Robots, agent: str) -> Iterator[Record]:
    """The License lines a crawler hears: those of its groups, else those before all groups.

    RSL 1.0, 4.4.2: a group's own take the place of the global ones.
    """
    own = [record for group in txt.speaking_to(agent) for record in group.called("license")]
    yield from own or (record for record in txt.loose if record.name == "license")


def line(record: Record) -> str:
    """Where a record stands, for people."""
    return f"robots.txt, line {record.number}"


def _line_of(txt: Robots, agent: str, text: str) -> str:
    records = (record for group in txt.speaking_to(agent) for record in group.records)
    return next((line(record) for record in records if record.text == text), "robots.txt")


def _licensed(
    site: Site, url: str, resource: Fetched, association: licence_documents.Association
) -> Iterator[Placed]:
    document = site.licences.get(url)
    if document is None or not document.ok or document.cut:
        return
    place = document.path if document.host == site.page.host else document.address
    found = licence_documents.read(document.body, resource.address, place, association)
    if found:
        yield Placed(found, place)


def _own(site: Site, resource: Fetched, kind: Kind) -> Iterator[Placed]:
    """All that is said of a resource outside robots.txt, to whomever; nothing twice."""
    found: dict[Statement, Placed] = {}
    for placed in (
        *_in_files(site, resource.path),
        *_with_it(site, resource, kind),
    ):
        if _answers(placed.statement) or _to_be_kept(placed.statement):
            found.setdefault(placed.statement, placed)
    yield from found.values()


def _to_be_kept(statement: Statement) -> bool:
    """Whether a statement without an answer is still of use: misspelt, or a part of another."""
    standard = registry.current().by_name[statement.standard]
    return bool(_bare_field(statement.standard)) or standard.settle is not None


def _in_files(site: Site, path: str) -> Iterator[Placed]:
    for _, files in registry.current().files:
        for at in files.asked:
            file = site.files.get(at)
            if files.read is None or file is None or not file.ok or (files.whole and file.cut):
                continue
            for statement in files.read(file.body, at, path):
                yield Placed(statement, statement.where)


def _with_it(site: Site, resource: Fetched, kind: Kind) -> Iterator[Placed]:
    for statement in headers.read(resource.fields):
        # A refusal keeps itself out of the index; that is no word about the page.
        header = registry.current().by_name[statement.standard].header
        of_refusal = header is not None and header.about_index and not resource.ok
        said = replace(statement.said, search=None) if of_refusal else statement.said
        yield Placed(replace(statement, said=said), f"headers of {resource.path}")
    if kind == "page" and is_html(resource):
        for statement in head.read(resource.body, resource.charset, resource.address):
            yield Placed(statement, f"HTML of {resource.path}")
    for url in licences_of(resource, kind):
        yield from _licensed(site, url, resource, "resource")
    for feed in site.feeds if kind == "recording" else ():
        if (
            feed.ok
            and not feed.cut
            and (found := licence_documents.read(feed.body, resource.address, feed.path))
        ):
            yield Placed(found, feed.path)
    for statement in site.inside.get(resource.url, ()):
        yield Placed(statement, f"the file {resource.path}")
    credentials = site.credentials.get(resource.url)
    if credentials:
        yield Placed(credentials, f"the file {resource.path}")


def is_html(resource: Fetched) -> bool:
    """Whether a response is a page that may be read: a refusal speaks in its headers alone."""
    return resource.ok and resource.content_type in {"text/html", "application/xhtml+xml", ""}


def licences_of(resource: Fetched, kind: Kind) -> tuple[str, ...]:
    """The addresses of the licences that a response names, in its headers and its head."""
    named = [joined(resource.address, url) for url in rsl.licences(resource.fields)]
    if kind == "page" and is_html(resource):
        scanned = head.scan(resource.body, resource.charset)
        named += [joined(resource.address, url) for url in scanned.licences]
    return tuple(dict.fromkeys(filter(None, named)))


def licences(reading: Reading) -> dict[str, str]:
    """Every licence that is named anywhere, by address: where it is named first."""
    found: dict[str, str] = {}
    txt = reading.robots
    for records in (txt.loose, *(group.records for group in txt.groups)):
        for record in records:
            url = rsl.read_robots_value(record.value.decode("utf-8", "replace"))
            if record.name == "license" and url and urlsplit(url).hostname:
                found.setdefault(url, line(record))
    for resource, kind in reading.resources:
        for url in licences_of(resource, kind):
            found.setdefault(url, f"headers or HTML of {resource.path}")
    return found
