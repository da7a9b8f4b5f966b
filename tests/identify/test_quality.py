"""How well machines and people are distinguished, over the frozen sample and over other projects' lists.

`./run bench quality` measures the same over all data there is, and lists every miss.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from making import ROOT, judgement
from shippedpolicy import shipped_policy
from stagedoor.identify.public_lists import LOOKED_AT
from stagedoor.load import public_patterns
from stagedoor.model.facts import Client, Request, as_header
from stagedoor.rules.policy import Policy

SAMPLE = Path(__file__).with_name("sample")
SHARED = ROOT.parent / "shared" / "data"

NOT_REFUSED: Mapping[str, str] = {
    "facebookexternalhit": "makes the card when a fan shares a link; previews are let in",
    "Lightpanda": "a headless browser anybody can run; headless is noted",
}
"""Names in ai.robots.txt that may get recordings, and why."""
AI = frozenset(
    {"ai-training", "ai-input", "ai-search", "ai-agent", "audio-harvester", "transcriber"}
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy as shipped, under the shipped stance."""
    return shipped_policy().assuming({})


def asked(policy: Policy, agent: str) -> tuple[Client, str]:
    """Who asks for a recording, and what becomes of it."""
    client, _, verdict = judgement(
        policy, Request("GET", "", "/a.mp3", "/a.mp3", as_header(agent).strip())
    )
    return client, verdict.action


def sample(group: str) -> list[str]:
    """The frozen robots of one group."""
    rows = map(json.loads, (SAMPLE / "robots.jsonl").read_text("utf-8").splitlines())
    return [row["ua"] for row in rows if row.get("group") == group]


def shared(file: str) -> Any:
    """Other projects' data, which lies beside the checkout."""
    path = SHARED / file
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    return json.loads(path.read_bytes())


def recall(agents: list[str], known: Callable[[str], bool]) -> tuple[float, str]:
    """The share that is known, and the others for the message."""
    missed = [agent for agent in agents if not known(agent)]
    return 1 - len(missed) / len(agents), "\n".join(missed)


def test_the_sample_is_as_large_as_it_says() -> None:
    lines = (SAMPLE / "browsers.txt").read_text("utf-8").splitlines()
    assert lines[0].startswith("# ")
    assert "MIT" in lines[0]
    assert len(set(lines[1:])) == 2000
    assert sum(len(sample(group)) for group in ("ai", "library", "robot")) == 500


def test_no_browser_of_the_sample_is_refused(policy: Policy) -> None:
    browsers = (SAMPLE / "browsers.txt").read_text("utf-8").splitlines()[1:]
    second = public_patterns.second()
    assert [agent for agent in browsers if asked(policy, agent)[1] == "block"] == []
    assert [agent for agent in browsers if second(as_header(agent))] == []


def test_ai_crawlers_of_the_sample_are_known_as_such(policy: Policy) -> None:
    # Nothing ever asks as Google-Extended: it is a word for robots.txt.
    real = [agent for agent in sample("ai") if "Google-Extended" not in agent]
    share, missed = recall(real, lambda agent: asked(policy, agent)[0].purpose in AI)
    assert share >= 0.99, missed
    share, missed = recall(sample("ai"), lambda agent: asked(policy, agent)[1] == "block")
    assert share >= 0.99, missed


def test_libraries_of_the_sample_are_known(policy: Policy) -> None:
    share, missed = recall(
        sample("library"), lambda agent: asked(policy, agent)[0].purpose not in LOOKED_AT
    )
    assert share >= 0.98, missed


def test_general_bots_of_the_sample_are_known(policy: Policy) -> None:
    assert public_patterns.patterns(), "the package crawler-user-agents brings none"
    second = public_patterns.second()

    def known(agent: str) -> bool:
        if asked(policy, agent)[0].purpose not in LOOKED_AT:
            return True
        return second(as_header(agent).strip()) is not None

    share, missed = recall(sample("robot"), known)
    assert share >= 0.98, missed


@pytest.mark.parametrize(
    ("file", "licence", "wanted", "shown"),
    [
        # Nobody reads these to write the catalogue, so no miss is shown, either.
        ("strangers.txt", "CC BY 3.0", 0.98, False),
        # Here the second look reads the same project's patterns. What is left are bare names.
        ("unlisted.txt", "MIT", 0.95, True),
    ],
)
def test_robots_of_other_lists_are_known(
    policy: Policy, file: str, licence: str, wanted: float, shown: bool
) -> None:
    lines = (SAMPLE / file).read_text("utf-8").splitlines()
    assert licence in lines[0]
    assert len(set(lines[1:])) == 500

    def known(agent: str) -> bool:
        return asked(policy, agent)[0].purpose not in LOOKED_AT

    share, missed = recall(lines[1:], known)
    assert share >= wanted, missed if shown else f"{share:.1%}"


@pytest.mark.parametrize("file", ["opawg-apps.json", "opawg-devices.json"])
def test_no_podcast_app_would_be_refused_if_nobody_had_heard_of_it(file: str) -> None:
    second = public_patterns.second()
    found = {
        agent
        for entry in shared(file)["entries"]
        for agent in entry.get("examples", ())
        if second(as_header(agent).strip())
    }
    # Two services that unfold links: nobody listens with them.
    assert {agent.split("/")[0].split(";")[0] for agent in found} <= {
        "Iframely",
        "AppEngine-Google",
    }


@pytest.mark.parametrize("file", ["opawg-apps.json", "opawg-devices.json"])
def test_no_podcast_app_or_device_is_refused(policy: Policy, file: str) -> None:
    examples = [agent for entry in shared(file)["entries"] for agent in entry.get("examples", ())]
    assert len(examples) > 100
    assert [agent for agent in examples if asked(policy, agent)[1] == "block"] == []


def test_every_name_in_ai_robots_txt_is_refused(policy: Policy) -> None:
    names = shared("ai-robots-txt.json")
    let_in = {
        name
        for name in names
        if asked(policy, f"Mozilla/5.0 (compatible; {name}/1.0)")[1] != "block"
    }
    assert let_in == NOT_REFUSED.keys()
