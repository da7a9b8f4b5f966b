"""What is shipped: the catalogue, the stance and the rules, as they lie in `rules/`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from making import ROOT, asks, judgement
from shippedpolicy import shipped_policy
from slowmatch import slow_name
from stagedoor.config.stance import PASSES, Stance
from stagedoor.config.yamltext import Document, Source, parse
from stagedoor.engine.cases import run_cases, run_examples
from stagedoor.identify.matcher import Matcher
from stagedoor.identify.traits import TRAIT_NAMES
from stagedoor.load import platform_folder, rule_folder
from stagedoor.model.facts import PURPOSES, Behaviour, as_header
from stagedoor.model.heard import Heard, Listening
from stagedoor.rules.policy import Policy

RULES = ROOT / "rules"
DATA = Path(__file__).resolve().parents[2] / "../shared/data"
"""Other projects' data, which lies beside the checkout and is not part of it."""

SONG = "/music/a.mp3"
TRIPPED = Behaviour(listening=Listening(agent=Heard(tripped=True)))
ANDROID = "Mozilla/5.0 (Linux; Android 12; CUBOT P50) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"


@pytest.fixture(scope="module")
def shipped() -> Policy:
    """The policy as shipped."""
    return shipped_policy()


EMBEDDED = {"referer": "https://aggregator.example/", "sec_fetch_site": "cross-site"}


def verdict(of: Policy, agent: str, target: str = SONG, looks: str = "") -> str:
    """What becomes of a request, if need be with a claim or a browser that does not hold."""
    found = judgement(
        of,
        asks(as_header(agent), target, **EMBEDDED if looks == "embedded" else {}),
        prove=(lambda _: ("spoofed", "")) if looks == "spoofed" else None,
        assumed=frozenset({looks}) & frozenset(TRAIT_NAMES),
        behaviour=TRIPPED if looks == "tripped" else Behaviour(),
    )
    return found[2].action


def catalogue_files() -> Iterator[Document]:
    """Every catalogue file."""
    for path in sorted([*RULES.glob("crawlers/*.yaml"), *RULES.glob("clients/*.yaml")]):
        found = parse(Source(path.relative_to(RULES).as_posix(), path.read_bytes()), [])
        assert found is not None
        assert isinstance(found.value, dict)
        yield found


def test_what_is_shipped_loads(shipped: Policy) -> None:
    assert len(shipped.rules) > 20
    assert len(shipped.catalogue.signatures) > 1000
    assert shipped.in_force < len(shipped.rules)


def test_every_file_in_the_rules_folder_is_read(shipped: Policy) -> None:
    lying_there = {
        path.relative_to(RULES).as_posix() for path in RULES.rglob("*") if path.is_file()
    }
    read = {source.inside for source in rule_folder.read_directory(RULES)}
    for part in (platform_folder.PLATFORMS, platform_folder.TERMS):
        read |= {one.source.inside for one in platform_folder.documents(None, part, [])}
    beside = {path for path in lying_there - read if not path.startswith("schema/")}
    assert {path for path in beside if not path.endswith(".md")} == set()
    assert "stance.yaml" in read
    assert shipped.stance == Stance()


def test_all_cases_of_all_rules_hold(shipped: Policy) -> None:
    count, failures = run_cases(shipped)
    assert not failures, "\n".join(map(str, failures))
    assert count >= 2 * len(shipped.rules)


@pytest.mark.parametrize("word", ["yes", "no"])
def test_all_cases_hold_under_any_stance(shipped: Policy, word: str) -> None:
    # The artist's own stance, at either end of what it may say.
    turned = shipped.assuming(dict.fromkeys(Stance().words(), word))
    assert run_cases(turned)[1] == []


def test_all_examples_of_the_catalogue_are_taken_for_their_entries(shipped: Policy) -> None:
    count, failures = run_examples(shipped)
    assert not failures, "\n".join(map(str, failures))
    assert count > 1000


def test_every_rule_has_a_case_that_it_decides_and_one_that_it_must_not_match(
    shipped: Policy,
) -> None:
    without = [
        rule.id
        for rule in shipped.rules
        if not any(case.expect == rule.action for case in rule.cases)
        or not any(case.expect != rule.action for case in rule.cases)
    ]
    assert without == []


def test_every_rule_says_why(shipped: Policy) -> None:
    assert [rule.id for rule in shipped.rules if not rule.why.endswith(".")] == []
    assert [rule.id for rule in shipped.rules if rule.title.endswith(".")] == []  # one is added


def test_every_answer_to_every_question_of_the_stance_has_a_rule(shipped: Policy) -> None:
    """Else an artist turns a knob that is connected to nothing."""
    asked = {(name, word) for rule in shipped.rules for name, word in rule.assumes.items()}
    choices = {
        (f"stance.{group}.{name}", word)
        for group in ("ai", "others")
        for name, schema in Stance.model_json_schema()["$defs"][group.capitalize()][
            "properties"
        ].items()
        for word in schema["enum"]
    }
    assert {(name, word) for name, word in choices - asked if word != "yes"} == set()


@pytest.mark.parametrize("name", sorted(Stance().words().keys() - {PASSES}))
def test_a_no_in_the_stance_refuses_somebody(shipped: Policy, name: str) -> None:
    generous = dict.fromkeys(Stance().words(), "yes")
    before = shipped.assuming(generous)
    after = shipped.assuming({**generous, name: "no"})
    agents = [s.examples.match[0] for s in shipped.catalogue.signatures if s.examples.match]
    assert any(
        verdict(before, agent, target, looks) != "block" == verdict(after, agent, target, looks)
        for agent in [*agents, "Zorbulon", ""]
        for target in (SONG, "/about")
        for looks in ("", "spoofed", "tls-not-a-browser", "tripped", "embedded")
    )


# -- who the issue names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
        "CCBot/2.0 (https://commoncrawl.org/faq/)",
        "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)",
        "python-requests/2.32.3",
    ],
)  # fmt: skip
def test_crawlers_and_scripts_get_no_recording(shipped: Policy, agent: str) -> None:
    assert verdict(shipped, agent) == "block"
    assert verdict(shipped, agent, "/robots.txt") == "allow"
    assert verdict(shipped, agent, "/.well-known/tdmrep.json") == "allow"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; SLCC2; .NET CLR 2.0.50727)",
        ANDROID,
        "mpv 0.35.1",
        "libmpv",
        "VLC/3.0.21 LibVLC/3.0.21",
        "AppleCoreMedia/1.0.0.22B83 (iPhone; U; CPU OS 18_1 like Mac OS X; en_us)",
        "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
        "DSub",
        "Symfonium/12.0.0",
        "Music Player Daemon 0.23.12",
        "Lavf/60.16.100",
    ],
)  # fmt: skip
def test_listeners_get_recordings(shipped: Policy, agent: str) -> None:
    assert verdict(shipped, agent) != "block"
    assert verdict(shipped, agent, "/set/index.m3u8") != "block"
    assert verdict(shipped, agent, "/feed.xml") != "block"


def test_search_engines_read_pages_and_get_no_recordings(shipped: Policy) -> None:
    for agent in (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    ):
        assert verdict(shipped, agent, "/about") == "allow"
        assert verdict(shipped, agent) == "block"


def test_at_least_sixty_ai_crawlers_are_known(shipped: Policy) -> None:
    counted = Counter(signature.purpose for signature in shipped.catalogue.signatures)
    ai = {purpose: count for purpose, count in counted.items() if purpose.startswith("ai-")}
    assert set(ai) == {"ai-training", "ai-input", "ai-search", "ai-agent"}
    assert sum(ai.values()) >= 60


def test_every_purpose_has_somebody(shipped: Policy) -> None:
    counted = Counter(signature.purpose for signature in shipped.catalogue.signatures)
    assert [purpose for purpose in PURPOSES if purpose != "unknown" and not counted[purpose]] == []


def test_every_catalogue_file_was_reviewed() -> None:
    for found in catalogue_files():
        assert isinstance(found.value, dict)
        reviewed = date.fromisoformat(str(found.value["reviewed"]))
        assert reviewed >= date(2026, 1, 1), found.source.path


def test_every_crawler_says_where_its_facts_come_from() -> None:
    without = []
    for found in catalogue_files():
        assert isinstance(found.value, dict)
        crawlers = found.value.get("crawlers", [])
        assert isinstance(crawlers, list)
        for number, entry in enumerate(crawlers):
            assert isinstance(entry, dict)
            link = next(
                (
                    of[key]
                    for of in (entry, found.value)
                    for key in ("docs", "source")
                    if of.get(key)
                ),
                "",
            )
            if not str(link).startswith("https://") and not str(link).startswith("http://"):
                without.append(str(found.at(("crawlers", number))))
    assert without == []


def test_the_shipped_catalogue_is_matched_as_it_is_defined(shipped: Policy) -> None:
    examples = [agent for s in shipped.catalogue.signatures for agent in s.examples.match]
    matcher = Matcher(shipped.catalogue)
    for agent in [
        *examples[::40],
        *(f"{a} {b}" for a, b in zip(examples[::60], examples[7::60], strict=False)),
    ]:
        assert matcher.identify(as_header(agent)).name == slow_name(
            shipped.catalogue, agent.encode()
        ), agent


@pytest.mark.parametrize(
    "client",
    json.loads((ROOT / "tests/identify/sample/scripts.json").read_text("utf-8"))["clients"],
    ids=lambda client: client["client"],
)
def test_a_script_without_a_name_of_its_own_gets_no_recordings(
    shipped: Policy, client: dict[str, str]
) -> None:
    """What libraries send where their users set nothing; a third of them send no agent at all."""
    assert verdict(shipped.assuming({}), client["agent"], SONG) == "block"


# -- listeners, as others have written them down ---------------------------------------------------


def listeners(name: str) -> list[str]:
    """Real user agents of listeners' programs, from a list that is not ours."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(
            f"{name} of opawg/user-agents-v2 does not lie in ../shared/data beside this checkout"
        )
    entries = json.loads(path.read_text("utf-8"))["entries"]
    return [agent for entry in entries for agent in entry.get("examples", ())]


@pytest.mark.parametrize(("name", "least"), [("opawg-apps.json", 900), ("opawg-devices.json", 30)])
def test_no_listeners_program_is_ever_refused_a_recording(
    shipped: Policy, name: str, least: int
) -> None:
    agents = listeners(name)
    assert len(agents) >= least
    refused = [
        f"{agent}: {said.rule} ({client.name})"
        for agent in agents
        for target in (SONG, "/set/index.m3u8", "/feed.xml")
        for client, _, said in [judgement(shipped, asks(as_header(agent), target))]
        if said.action == "block"
    ]
    assert not refused, "\n".join(refused)
