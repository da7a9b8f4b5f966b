"""The result of an audit: all that is found in what was fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stagedoor.audit import gaps, limits, robots_gaps
from stagedoor.audit.conflicts import conflicts, nothing, uses_of
from stagedoor.audit.findings import WORDS, Finding, some, usage
from stagedoor.audit.responses import Site
from stagedoor.audit.statements import EVERYBODY, Heard, Placed, Reading, hear, read
from stagedoor.signals import registry
from stagedoor.signals.meaning import USES, Said, Use
from stagedoor.signals.robots import access


@dataclass(frozen=True, slots=True)
class ByName:
    """Of the crawlers known to come for a use, those that robots.txt refuses by name."""

    refused: tuple[str, ...]
    known: int


@dataclass(frozen=True, slots=True)
class Row:
    """What one standard says, to whom, and everywhere it says so; empty places: it says nothing."""

    standard: str
    agent: str
    said: Said
    places: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What the site says to the crawler `agent` (`*`: any)."""

    agent: str
    reading: Reading
    heard: tuple[Heard, ...]
    by_name: Mapping[Use, ByName]
    findings: tuple[Finding, ...]

    @property
    def contradictions(self) -> tuple[Finding, ...]:
        return self.of("contradiction")

    def of(self, matter: str) -> tuple[Finding, ...]:
        """The findings of one matter."""
        return tuple(finding for finding in self.findings if finding.matter == matter)

    @property
    def holds(self) -> bool:
        """Training is answered for all that was looked at, and nothing contradicts."""
        answered = all(one.resolved("train").answer for one in self.heard)
        return answered and not self.contradictions

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every standard, those that say nothing, too."""
        found: dict[tuple[str, str, Said], dict[Placed, None]] = {}
        for one in self.heard:
            lost = [loser for loser, _ in one.overruled]
            for placed in (*one.heard, *lost, *one.to_others):
                said = placed.statement
                if not nothing(said.said):
                    found.setdefault((said.standard, said.agent, said.said), {})[placed] = None
        rows = [Row(*key, tuple(all_placed)) for key, all_placed in found.items()]
        speaking = {row.standard for row in rows}
        known = registry.current()
        rows += [Row(s, EVERYBODY, Said(), ()) for s in known.names if s not in speaking]
        return tuple(sorted(rows, key=lambda row: known.position(row.standard)))


def audit(site: Site, crawlers: Mapping[str, Use], agent: str = EVERYBODY) -> Audit:
    """Judge a site. `crawlers`: what each known robots.txt token comes for."""
    reading = read(site)
    heard = hear(reading, agent, uses_of(agent, crawlers))
    by_name = _by_name(reading, crawlers) if agent == EVERYBODY else {}
    findings = (
        *conflicts(reading, agent, crawlers),
        *gaps.of_page(site),
        *robots_gaps.of_robots(reading),
        *gaps.of_files(site),
        *robots_gaps.misspelt(reading, heard),
        *robots_gaps.hidden(reading, crawlers),
        *gaps.of_licences(reading),
        *_only_by_name(heard, by_name),
        *gaps.of_answers(heard, agent),
        *gaps.of_recordings(site, heard),
        *gaps.differing(heard),
        *limits.of_readers(reading),
        *limits.of_words(heard),
    )
    return Audit(agent, reading, heard, by_name, findings)


def _by_name(reading: Reading, crawlers: Mapping[str, Use]) -> dict[Use, ByName]:
    txt = reading.robots
    paths = [resource.path for resource, _ in reading.resources]

    def refused(token: str) -> bool:
        return txt.names(token) and not any(access.allowed(txt, token, path) for path in paths)

    found: dict[Use, ByName] = {}
    for use in USES:
        known = [token for token, comes_for in crawlers.items() if comes_for == use]
        found[use] = ByName(tuple(filter(refused, known)), len(known))
    return found


def _only_by_name(heard: tuple[Heard, ...], by_name: Mapping[Use, ByName]) -> list[Finding]:
    """Uses that are refused to some by name, while nothing is said to all others."""
    return [
        Finding(
            "missing",
            f"robots.txt refuses {WORDS[use]} by name alone: to {some(list(names.refused))}, "
            f"{len(names.refused)} of {names.known} known crawlers. It says nothing to all others.",
            f'Say it to everybody: "Content-Usage: {usage(use, "no")}" below "User-agent: *" and in '
            "every group.",
        )
        for use, names in by_name.items()
        if names.refused and any(one.resolved(use).answer is None for one in heard)
    ]
