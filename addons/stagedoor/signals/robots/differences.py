"""Differences between the site's own robots.txt and the stance, line by line.

Nothing of the site's is ever taken out: what is stricter stays in force, what is more open is
reported with its line and the fix. `stands` says whether the site's line still decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from stagedoor.model.errors import Location, Problem, listed
from stagedoor.signals import registry
from stagedoor.signals.meaning import USES
from stagedoor.signals.robots.access import PATH, decide
from stagedoor.signals.robots.lines import MOST_OCTETS, Group, Record, Robots
from stagedoor.signals.robots.path_rules import pattern
from stagedoor.signals.robots.usage_records import Scope
from stagedoor.signals.standard import Standard
from stagedoor.signals.wanted import Wanted

WHOLE_SITE = (b"", b"/")


@dataclass(frozen=True, slots=True)
class Conflict:
    """One line of the site's file (0: the file as a whole) against the stance."""

    line: int
    text: str
    tokens: tuple[str, ...]
    what: str
    fix: str
    stands: bool

    @property
    def problem(self) -> Problem:
        """As it is shown: `/robots.txt:3:1: what — fix`."""
        return Problem(Location(PATH, self.line, 1), self.what, self.fix)


def conflicts(robots: Robots, wanted: Wanted) -> Iterator[Conflict]:
    """All of them, but for closed signal files (see `closed_signals`), in no order."""
    yield from _opened_to_refused(robots, wanted)
    yield from _closed_to_admitted(robots, wanted)
    kinds = [(s, kind.scope) for s, kind in registry.current().records if kind.scope]
    for group in robots.groups:
        for record in group.records:
            for standard, read in kinds:
                if scope := read(record):
                    yield from _other_words(group, scope, wanted, standard)
    yield from _two_readings(robots)
    if robots.truncated:
        yield Conflict(
            0,
            "",
            (),
            f"the file is longer than {MOST_OCTETS} octets, and readers may stop there",
            "shorten it",
            stands=True,
        )


def _two_readings(robots: Robots) -> Iterator[Conflict]:
    """Content-Usage lines that make two groups of one for some readers."""
    for record, before, behind in parted(robots):
        yield Conflict(
            record.number,
            record.text,
            (*before, *behind),
            f'"{record.text}" stands between User-agent lines: readers that know AIPREF end the '
            f"group of {listed(before)} here, all others give it the lines of {listed(behind)} too",
            "move the line below the last of them, or give each a group of its own",
            stands=True,
        )


def parted(robots: Robots) -> Iterator[tuple[Record, tuple[str, ...], tuple[str, ...]]]:
    """Where the two readings of a file part: the line, the tokens before it and those behind it.

    draft-ietf-aipref-attach-05 makes Content-Usage a rule, which ends a run of User-agent lines.
    """
    if robots.aware is None:
        return
    begins = {group.first_line for group in robots.groups}
    for first, second in pairwise(robots.aware.groups):
        if second.first_line not in begins:
            usage = next(r for r in first.records if r.name == "content-usage")
            yield usage, first.agents, second.agents


def _opened_to_refused(robots: Robots, wanted: Wanted) -> Iterator[Conflict]:
    refused = wanted.refused
    signals = tuple(pattern(path.encode("utf-8")) for path in wanted.open_paths)
    for group in robots.groups:
        tokens = tuple(refused[agent] for agent in group.agents if agent in refused)
        for rule in group.rules if tokens else ():
            # An empty Allow says nothing; an empty Disallow says that all is open.
            if (rule.name == "allow") != bool(rule.value):
                continue
            if rule.value and pattern(rule.value).startswith(signals):
                continue
            words = listed(sorted({wanted.crawlers[token] for token in tokens}))
            yield Conflict(
                rule.number,
                rule.text,
                tokens,
                f'"{rule.text}" opens the site to {listed(tokens)}, but the stance says no ({words})',
                "take the line out",
                stands=rule.name == "allow",
            )


def _closed_to_admitted(robots: Robots, wanted: Wanted) -> Iterator[Conflict]:
    found: dict[Record, list[str]] = {}
    for token, word in wanted.crawlers.items():
        rule = decide(robots, token, "/").rule if wanted.answer(word) == "yes" else None
        if rule is not None and rule.name == "disallow":
            found.setdefault(rule, []).append(token)
    for rule, tokens in found.items():
        yield Conflict(
            rule.number,
            rule.text,
            tuple(tokens),
            f'"{rule.text}" closes the site to {listed(tokens)}, but the stance says yes; the '
            "stricter is kept",
            "take the line out, or say no in the stance",
            stands=True,
        )


def closed_signals(closed: Iterable[tuple[tuple[str, ...], str, Record]]) -> Iterator[Conflict]:
    """Signal files that the site itself keeps from refused crawlers: tokens, path, the rule."""
    found: dict[Record, tuple[dict[str, None], dict[str, None]]] = {}
    for tokens, path, rule in closed:
        all_tokens, all_paths = found.setdefault(rule, ({}, {}))
        all_tokens.update(dict.fromkeys(tokens))
        all_paths[path] = None
    for rule, (all_tokens, all_paths) in found.items():
        yield Conflict(
            rule.number,
            rule.text,
            tuple(all_tokens),
            f'"{rule.text}" keeps {listed(all_tokens)} from the files that say no: '
            f"{listed(all_paths)}",
            f'add "Allow: {next(iter(all_paths))}" and the like below it',
            stands=True,
        )


def _other_words(
    group: Group, scope: Scope, wanted: Wanted, standard: Standard
) -> Iterator[Conflict]:
    whole = scope.path in WHOLE_SITE
    text = scope.record.text

    def conflict(what: str, fix: str, *, stands: bool) -> Conflict:
        return Conflict(scope.record.number, text, group.agents, f'"{text}" {what}', fix, stands)

    for use in USES:
        ours, theirs = wanted.said.about(use), scope.said.about(use)
        if ours == "no" and theirs == "yes":
            where = "" if whole else f" for {scope.path.decode('ascii')}"
            yield conflict(
                f"admits {use}{where}, but the stance says no",
                "take the line out",
                stands=not whole,
            )
        elif ours == "no" and theirs is None and not whole:
            yield conflict(
                f"says nothing of {use} and takes the place of the line for the whole site",
                f"add {standard.refusal(use)}",
                stands=True,
            )
        elif ours == "yes" and theirs == "no" and whole:
            yield conflict(
                f"refuses {use}, but the stance says yes; the stricter is kept",
                "take the line out, or say no in the stance",
                stands=True,
            )
