"""What is written into a robots.txt, and where: see `merge.py` for the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from stagedoor.signals import registry
from stagedoor.signals.meaning import USES, Said
from stagedoor.signals.robots.differences import WHOLE_SITE
from stagedoor.signals.robots.lines import Group, Record, Robots
from stagedoor.signals.robots.refused_group import Refusal, joint, refusal
from stagedoor.signals.robots.usage_records import Scope
from stagedoor.signals.wanted import Wanted

_COMES_FOR = {
    "train": "gather training data",
    "input": "feed AI answers",
    "search": "build a search index",
}


class Plan:
    """What is written where, and (in `closed`) what could not be opened."""

    def __init__(self, robots: Robots, wanted: Wanted) -> None:
        self._robots = robots
        self._wanted = wanted
        self._refused = wanted.refused
        self._settled: set[str] = set()
        """Refused tokens that have a group of the site's with none but refused ones."""
        self._refusals: dict[int, Refusal] = {}
        self._words: dict[int, Mapping[str, tuple[Scope, ...]]] = {}
        self._records = registry.current().records
        self.closed: list[tuple[tuple[str, ...], str, Record]] = []

    def within(self) -> Iterator[tuple[int, list[str]]]:
        """Lines for groups of the site's, each with the number of the line they stand below."""
        for group in self._robots.groups:
            lines: list[str] = []
            parts = self._parts(group)
            if not parts and all(agent in self._refused for agent in group.agents):
                if not self._settled.issuperset(group.agents):
                    rules = self._refusal(group.agents).lines
                    already = {(r.name, r.value.decode("latin-1")) for r in group.rules}
                    lines += (line for line in rules if _name_and_value(line) not in already)
                self._settled.update(group.agents)
            else:
                lines += self._forbidden(group)
            if group.agents:
                lines += self._usage(group.agents, group)
            for part in parts:
                if usage := list(self._usage(group.agents, part)):
                    yield part.last_agent_line, usage
            if lines:
                yield group.last_agent_line, lines

    def _parts(self, group: Group) -> list[Group]:
        """What a group is to readers that know AIPREF: all groups but the last; as a rule, none.

        Refused crawlers in such a group are refused in groups of our own, which both kinds of
        readers understand alike.
        """
        aware = self._robots.aware
        if aware is None:
            return []
        return [
            part
            for part in aware.groups
            if group.first_line <= part.last_agent_line < group.last_agent_line
        ]

    def on_top(self, *, alone: bool) -> list[str]:
        """The groups of our own; to be asked after `within`, which may have been all (`alone`)."""
        groups: list[list[str]] = []
        for word, tokens in self._unsettled():
            spelled = sorted((self._refused[token] for token in tokens), key=str.lower)
            groups.append(
                [
                    f"# Crawlers that {_COMES_FOR.get(word, f'come for {_one_line(word)}')}.",
                    *(f"User-agent: {token}" for token in spelled),
                    *self._refusal(tokens).lines,
                    *self._usage(tokens),
                ]
            )
        usage = [*self._forbidden(), *self._usage(("*",))]
        if usage and not self._robots.names("*"):
            groups.append(["# Everybody else.", "User-agent: *", "Allow: /", *usage])
        if alone and not groups:
            return []
        comment = [*_comment(self._wanted), *self._definitions()]
        return [line for group in (comment, *groups) if group for line in (*group, "")]

    def _forbidden(self, group: Group | None = None) -> Iterator[str]:
        """Paths that are closed to everybody, but for what `group` says already."""
        if "robots" not in self._wanted.standards:
            return
        there = {(r.name, r.value) for r in group.rules} if group else set()
        for path in self._wanted.forbidden:
            if ("disallow", path.encode()) not in there:
                yield f"Disallow: {path}"

    def _definitions(self) -> Iterator[str]:
        """What the words of the records mean; nothing where none of them is written."""
        wanted = self._wanted
        for standard, kind in self._records:
            if standard.name in wanted.standards and kind.write(wanted.message(wanted.said), ""):
                yield from (f"# {line}" for line in kind.definitions)

    def _unsettled(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Refused tokens to be named in our groups, by use and by what the site says to them."""
        alike: dict[tuple[str, int], list[str]] = {}
        for token, spelling in self._refused.items():
            if token not in self._settled:
                key = self._wanted.crawlers[spelling], self._robots.audience(token)
                alike.setdefault(key, []).append(token)
        return ((word, tuple(tokens)) for (word, _), tokens in sorted(alike.items()))

    def _refusal(self, tokens: Sequence[str]) -> Refusal:
        audiences = dict.fromkeys(map(self._robots.audience, tokens))
        for number in audiences:
            if number not in self._refusals:
                rules = (rule for group in self._robots.audiences[number] for rule in group.rules)
                self._refusals[number] = refusal(self._wanted.open_paths, rules)
        found = joint([self._refusals[number] for number in audiences])
        spelled = tuple(self._refused[token] for token in tokens)
        self.closed.extend((spelled, path, rule) for path, rule in found.closed)
        return found

    def _heard(self, audience: int) -> Mapping[str, tuple[Scope, ...]]:
        """What the site says for all paths, by standard."""
        known = self._words.get(audience)
        if known is None:
            groups = self._robots.audiences[audience]
            records = [record for group in groups for record in group.records]
            known = self._words[audience] = {
                standard.name: _for_all_paths(map(kind.scope, records))
                for standard, kind in self._records
                if kind.scope is not None
            }
        return known

    def _usage(self, tokens: Sequence[str], group: Group | None = None) -> Iterator[str]:
        """What is said about use in a group for `tokens`, but for what `group` says already."""
        heard = [self._heard(n) for n in dict.fromkeys(map(self._robots.audience, tokens))]
        all_scopes = (scope for said in heard for scopes in said.values() for scope in scopes)
        message = self._wanted.message(_strictest(self._wanted.said, all_scopes))
        there = {record.line.lower() for record in group.records} if group else set()
        for standard, kind in self._records:
            if standard.name not in self._wanted.standards:
                continue
            at = _at(scope for said in heard for scope in said.get(standard.name, ()))
            line = kind.write(message, at)
            if line and line.lower().encode() not in there:
                yield line


def _for_all_paths(scopes: Iterable[Scope | None]) -> tuple[Scope, ...]:
    """One for each answer and path is enough: a file may repeat itself."""
    found = {(s.path, s.said): s for s in scopes if s is not None and s.path in WHOLE_SITE}
    return tuple(found.values())


def _at(scopes: Iterable[Scope]) -> str:
    """`/` where the site uses it for "everywhere": a line without a path would count for less."""
    return "/" if any(scope.path == b"/" for scope in scopes) else ""


def _strictest(said: Said, scopes: Iterable[Scope]) -> Said:
    """`said`, with the site's own "no" kept."""
    heard = [scope.said for scope in scopes]
    refused = {use: "no" for use in USES if any(each.about(use) == "no" for each in heard)}
    return replace(said, **refused)  # type: ignore[arg-type]


def _name_and_value(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


def _comment(wanted: Wanted) -> Iterator[str]:
    """Who reserves what, as text."""
    if not any(wanted.said.about(use) == "no" for use in USES):
        return
    yield "# The rights in this site's recordings, texts and pictures are reserved. Every use that"
    yield "# is answered with no below is a use that the rightholder has expressly reserved, by"
    yield "# machine-readable means, under Article 4(3) of Directive (EU) 2019/790."
    who = ", ".join(filter(None, map(_one_line, (wanted.artist, wanted.contact))))
    if who:
        yield f"# Rightholder: {who}"


def _one_line(text: str) -> str:
    """A name must not be able to write rules."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
