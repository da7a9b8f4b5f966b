"""User agents from other projects' lists: those the catalogue was not written from, and some it was.

`--fixtures DIR` is a folder into which these were unpacked; what is not there is said.

    uadetector-resources  Maven 2014.10   CC-BY-3.0    robots of user-agent-string.info. Nothing was
                                                       ever taken from it: the measure of strangers
    isbot                 crate 0.1       MIT          robots seen by myip.ms, odd browsers. What speaks
                                                       for people was corrected with it at hand
    yauaa                 Maven 7.31.0    Apache-2.0   robots in its tests: 94.1 % known when first asked
                                                       (November 2026), then eight entries were added
    woothee               crate 0.13      Apache-2.0   carries uap-core, whose tests name devices "Spider"
    device_detector       sdist           LGPL-3.0     bots, devices, apps; Matomo's. Since November 2026
                                                       the catalogue names its bots
    crawlerdetect         sdist 0.4.2     MIT          robots and people's devices. The second look reads
                                                       its patterns
    woothee               npm 1.11.1      Apache-2.0   its testsets: crawlers, people's phones and
                                                       browsers. Never read by anybody: since November
                                                       2026 the second measure of strangers
    mssola/useragent      Go 1.0.0        MIT          its test: robots and browsers. Never read, either
    django-bots           wheel 1.2.3     MIT          ai.robots.txt of October 2026; the names that the
                                                       list of August does not have. Never read, either

Kept here are 500 robots each of uadetector (`tests/identify/sample/strangers.txt`) and crawlerdetect
(`unlisted.txt`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from lxml import etree

MIXED = frozenset({"podcasting", "unknown", "mobile_apps", "feed_reader"})
"""Fixtures of device-detector in which libraries and people's apps stand side by side."""
FEEDS = "feed"
"""A word in device-detector's categories of bots: what reads feeds for people is no robot here."""


NO_ROBOTS = re.compile(
    r"CUBOT|GLX Spider|Android.*; (Spider|(M|B|VR)[ _]bot)|RadioClicker", re.IGNORECASE
)
"""People among myip.ms's robots: phones called so, and a radio inside Internet Explorer."""


@dataclass(frozen=True, slots=True)
class Group:
    """User agents of one kind. A miss is a machine taken for a person, or a person refused."""

    name: str
    agents: tuple[str, ...]
    people: bool = False
    wanted: str = ""
    strangers: bool = False
    """Whether they are judged as if the catalogue had never heard of them."""
    unread: bool = False
    """Whether the misses are not shown to those who measure, so that nothing is written from them."""


def unique(agents: Iterable[Any]) -> tuple[str, ...]:
    """Every agent once, in order; without what is none."""
    return tuple(dict.fromkeys(agent for agent in agents if isinstance(agent, str) and agent))


def forms(agents: Iterable[str]) -> tuple[str, ...]:
    """The first of all agents that differ in nothing but numbers."""
    found: dict[str, str] = {}
    for agent in agents:
        found.setdefault(re.sub(r"[\d._]+", "", agent).casefold(), agent)
    return tuple(found.values())


def heldout(folder: Path, notes: list[str]) -> Iterator[Group]:
    """Every group there is data for under `folder`; `notes` get what is missing."""
    for name, read in _SOURCES.items():
        found = [group for group in read(folder) if group.agents]
        if not found:
            notes.append(f"Missing under {folder}: {name}.")
        yield from found


def _crawlerdetect(folder: Path) -> Iterator[Group]:
    for stem, name, people in (
        ("crawlers", "Robots (CrawlerDetect)", False),
        ("devices", "Devices (CrawlerDetect)", True),
    ):
        paths = sorted(folder.rglob(f"fixtures/user_agent/{stem}.txt"))
        lines = (line for path in paths for line in path.read_text("utf-8").splitlines())
        yield Group(name, unique(lines), people=people)


def _device_detector(folder: Path) -> Iterator[Group]:
    bots: list[Any] = []
    devices: list[Any] = []
    mixed: list[Any] = []
    for path in sorted(folder.rglob("fixtures/**/*.yml")):
        rows = [row for row in _yaml(path) if isinstance(row, dict)]
        agents = [row.get("user_agent") for row in rows]
        if path.stem == "bots":
            bots += [row.get("user_agent") for row in rows if FEEDS not in _category(row)]
        else:
            (mixed if path.stem in MIXED else devices).extend(agents)
    yield Group("Bots (device-detector)", unique(bots))
    yield Group("Phones, TVs, desktops", unique(devices), people=True, wanted="0")
    yield Group("Apps, libraries among them", unique(mixed), people=True)


def _isbot(folder: Path) -> Iterator[Group]:
    for stem, name, people in (
        ("myip-ms-live-bots", "Robots (myip.ms)", False),
        ("omrilotan-browsers", "Odd browsers (isbot)", True),
    ):
        found = [json.loads(path.read_bytes()) for path in sorted(folder.rglob(f"{stem}.json"))]
        agents = unique(agent for agents in found for agent in agents)
        if not people:
            # Two thirds are one robot in thousands of versions.
            agents = tuple(agent for agent in forms(agents) if not NO_ROBOTS.search(agent))
        yield Group(name, agents, people=people)


def _uap_core(folder: Path) -> Iterator[Group]:
    for tests in sorted(folder.rglob("uap-core/tests"))[:1]:
        rows = _cases(tests / "test_device.yaml")
        spiders = unique(row["user_agent_string"] for row in rows if row["family"] == "Spider")
        others = unique(row["user_agent_string"] for row in rows if row["family"] != "Spider")
        yield Group("Spiders (uap-core)", spiders)
        yield Group("Devices (uap-core)", tuple(set(others) - set(spiders)), people=True)
        lists = sorted((tests.parent / "test_resources").glob("*.yaml"))
        agents = [row["user_agent_string"] for path in lists for row in _cases(path)]
        yield Group("Old browsers (uap-core)", unique(agents), people=True)


def _uadetector(folder: Path) -> Iterator[Group]:
    for path in sorted(folder.rglob("uadetector/resources/uas.xml"))[:1]:
        robots = etree.parse(path, etree.XMLParser(resolve_entities=False)).iterfind(".//robot")
        agents = unique(robot.findtext("useragent") for robot in robots)
        yield Group("Robots (uadetector)", agents, wanted="98 %", unread=True)


def _yauaa(folder: Path) -> Iterator[Group]:
    found = []
    for path in sorted(folder.rglob("UserAgents/*.yaml")):
        rows = (_yaml(path) or {}).get("config", ())
        for test in (row["test"] for row in rows if isinstance(row, dict) and row.get("test")):
            if (test.get("expected") or {}).get("DeviceClass") in {"Robot", "Robot Mobile"}:
                asked = test.get("input") or {}
                found.append(asked.get("User-Agent") or asked.get("user_agent_string"))
    yield Group("Robots (yauaa)", unique(found))


def _woothee(folder: Path) -> Iterator[Group]:
    robots: list[Any] = []
    people: list[Any] = []
    for path in sorted(folder.rglob("woothee/testsets/*.yaml")):
        if path.stem in {"blank", "misc"}:  # no agent, and libraries beside people's programs
            continue
        found = robots if path.stem.startswith("crawler") else people
        found += [row.get("target") for row in _yaml(path) if isinstance(row, dict)]
    yield Group("Robots (woothee)", unique(robots), unread=True)
    yield Group("People (woothee)", unique(people), people=True, wanted="0", unread=True)


_GO_TEST = re.compile(
    r'\b(?:ua|UserAgent):\s+"((?:[^"\\]|\\.)*)",\s+expected:\s+"((?:[^"\\]|\\.)*)"', re.DOTALL
)


def _mssola(folder: Path) -> Iterator[Group]:
    robots: list[str] = []
    people: list[str] = []
    for path in sorted(folder.rglob("mssola/useragent*/all_test.go")):
        for agent, expected in _GO_TEST.findall(path.read_text("utf-8")):
            (robots if "Bot:true" in expected else people).append(agent)
    yield Group("Robots (mssola)", unique(robots), unread=True)
    yield Group("Browsers (mssola)", unique(people), people=True, unread=True)


def _django_bots(folder: Path) -> Iterator[Group]:
    for path in sorted(folder.rglob("django_bots/data/ai_robots.json"))[:1]:
        names = json.loads(path.read_bytes())
        known = _SHARED_AI.read_bytes() if _SHARED_AI.is_file() else b"{}"
        new = [name for name in names if name not in json.loads(known)]
        sent = (f"Mozilla/5.0 (compatible; {name}/1.0)" for name in new)
        yield Group("AI names of autumn 2026", unique(sent), unread=True)
        yield Group("· and the name alone", unique(new), unread=True)


_SHARED_AI = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "ai-robots-txt.json"
_SOURCES: dict[str, Callable[[Path], Iterator[Group]]] = {
    "uadetector": _uadetector,
    "isbot": _isbot,
    "yauaa": _yauaa,
    "uap-core": _uap_core,
    "device_detector": _device_detector,
    "crawlerdetect": _crawlerdetect,
    "woothee": _woothee,
    "mssola": _mssola,
    "django-bots": _django_bots,
}


def _yaml(path: Path) -> Any:
    return yaml.load(path.read_bytes(), yaml.CSafeLoader)


def _cases(path: Path) -> Sequence[Any]:
    rows = _yaml(path)["test_cases"] if path.is_file() else ()
    return [row for row in rows if isinstance(row, dict) and row.get("user_agent_string")]


def _category(row: dict[str, Any]) -> str:
    return str((row.get("bot") or {}).get("category", "")).casefold()
