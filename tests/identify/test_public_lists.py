"""The second look, and where its patterns come from."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import ROOT
from shippedpolicy import shipped_policy
from stagedoor.identify.exclusions import FURTHER_LEFT_OUT
from stagedoor.identify.public_lists import LOOKED_AT, Second, left_out, named
from stagedoor.identify.robot_words import FORMS, SIGNS, SURE, WORDS
from stagedoor.load import public_patterns
from stagedoor.model.facts import PEOPLE, as_header
from stagedoor.rules.policy import Policy

SHARED = ROOT.parent / "shared" / "data"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


def found(agent: str, *patterns: str) -> str:
    """The name of the robot that is found; empty for none."""
    client = Second(patterns)(as_header(agent))
    return client.name if client else ""


def test_a_listed_pattern_is_found_in_a_browser_and_alone() -> None:
    assert found(f"{CHROME} Hardenize", "Hardenize") == "Hardenize"
    assert found("Hardenize", "Hardenize") == "Hardenize"
    assert found("hardenize", "Hardenize") == ""
    assert found(CHROME, "Hardenize") == ""
    assert Second(["Hardenize"])("Hardenize").purpose == "robot"  # type: ignore[union-attr]


def further(agent: str, *patterns: str) -> str:
    """The same for patterns of the further list."""
    client = Second((), patterns)(as_header(agent))
    return client.name if client else ""


def test_a_further_pattern_is_a_word_in_letters_of_either_case() -> None:
    assert further("hardenize/1.0", "Hardenize") == "Hardenize"
    assert further(f"{CHROME} HARDENIZE", "Hardenize") == "Hardenize"
    assert further("TIANYU-KTOUCH/A930", "NYU") == ""
    assert further("Voila; Wanadoo 6.0", "Voil") == ""
    assert further("larbin2.6.3", "Larbin") == "Larbin"
    assert further("A NYU/1", "NYU|Nothing") == "NYUNothing"
    assert further("Tool_get/1", "_get") == "_get"
    assert further("Abc Tool", "^Tool") == ""


def test_a_further_pattern_does_not_count_for_a_listener_and_does_in_a_costume() -> None:
    assert further("Hardenize Podcasts/1", "Hardenize") == ""
    assert further("Hardenize/1 (iPhone)", "Hardenize") == ""
    disguise = "Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; Hardenize)"
    assert further(disguise, "Hardenize") == "Hardenize"
    assert found(disguise, "Hardenize") == "Hardenize"


def test_the_listed_win_over_the_further() -> None:
    client = Second(["Foo"], ["Foo-Thumb"])("Foo-Thumb/1")
    assert client is not None
    assert client.name == "Foo"


def test_the_longer_pattern_wins_whatever_the_order() -> None:
    for patterns in (("Foo", "Foo-Thumb"), ("Foo-Thumb", "Foo")):
        assert found("Foo-Thumb/1", *patterns) == "Foo-Thumb"


@pytest.mark.parametrize(
    ("agent", "robot"),
    [
        ("Zorbulon/1.0 (+https://zorbulon.example/)", True),
        ("Mozilla/5.0 (compatible; Zorbulon/1.0)", True),
        ("ZorbulonValidator/2", True),
        ("Zorbulon-Webhooks", True),
        ("Zorbulon v4.1.0 (www.zorbulon.example)", True),
        ("Zorbulon (https://zorbulon.example/about)", True),
        ("Zorbulon/1.0 (zor@zorbulon.example)", True),
        ("Zorbulon (zor at zorbulon dot example)", True),
        ("zorbulon.com/1.2", True),
        ("Zorbulon Link Checker 1.1", True),
        ("Zorbulon Search Engine", True),
        ("Zor::Bulon/0.1", True),
        (f"{CHROME} ZorbulonMonitor", True),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:48.0) Gecko/20100101 Firefox/48.0 Zor Page Speed",
            True,
        ),
        (
            "Mozilla/5.0 (Linux; Android 13; Pixel 7) Chrome/142.0.0.0 (compatible; ZorBot/1.0)",
            True,
        ),
        ("ZorBotMarch", True),
        ("Zorb0t", True),
        ("zorbulon.sub.ch/1.0", True),
        ("Mozilla/5.0 (Android)", False),
        ("Mozilla/5.0 Zorbulon", False),
        ("Amazon Shopping/24.1", False),
        ("de.zorbulon.info/2.1", False),
        ("com.zorbulon.at/1.0", False),
        ("Arduino HTTP Client/2.2.0", False),
        ("{{.user_agent}}", True),
        ("YourUserAgentHere", True),
        ("${jndi:ldap://x.example/a}", True),
        ("Zorbulon HTTP Client", True),
        ("zorbulon-http-get/2", True),
        ("zorbulon/1.8 CPython/3.12", True),
        ("zorbulon/v1.12 (linux/amd64)", False),
        ("Zorbulon_Page_Sucker", True),
        ("Zorbulon email hunter", True),
        ("Zorbulon pentest", True),
        ("Zorbulon Prospecting Studio", True),
        ("Mozilla/5.0 (compatible; Zorbulon; +https://github.com/zor/bulon)", True),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; Zor; +http://zor.example/)", True),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; Zor; http://zor.example/)", False),
        (
            "Mozilla/4.0 (compatible; MSIE 6.0; Windows 98; Zor Toolbar (+http://zor.example))",
            False,
        ),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1; {}; SV1)", True),
        ("Mozilla/5.0 (Macintosh: Intel Mac OS X 10_15_5) Version/14.0.3 Safari/605.1.15", True),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) Version/14.0.3 Safari/605.1.15", False),
        ("Mozilla/5.0 (Linux x64) node.js/16.14.2 v8/9.4.146.24-node.20", True),
        ("Zorbulon (feedback@zorbulon.example)", True),
        ("ZorFeed (zor@zorbulon.example)", False),
        ("Mozilla/5.0 (compatible; ZorAudio/1.0)", True),
        ("Mozilla/5.0 (compatible; ZorMusic; +https://zormusic.example/)", True),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Zor Media; http://zor.example/)", False),
        ("Mozilla/5.0 (compatible; ZorMusicPlayer/1.0)", False),
        ("Mozilla/5.0 (compatible; ZorRadio; https://zor.example/)", False),
        ("ZorAudio/1.0 (+https://zoraudio.example/)", False),
        ("Mozilla/5.0", False),
        ("Mozilla/5.0 Firefox/26.0", False),
        ("Mozilla/5.0 (Windows NT 6.1)", False),
        ("Mozilla/5.0 (compatible)", False),
        ("Mozilla/5.0 Chrome/60.0.3112.101 Safari/537.36", False),
        ("Mozilla/5.0 Zorbulon (X11; Linux x86_64)", False),
        ("ESP32 HTTP Client/1.0", False),
        ("Mozilla/5.0 (X11; Linux amd64; rv:5.0) Gecko/20100101 Firefox/5.0", False),
        ("com.zorbulon/1.0", False),
        ("Zorbulon", False),
        ("Zorbulon/1.0", False),
        ("com.zorbulon.app/1.0", False),
        ("Zorcast/1.0 (https://zor.example)", False),
        ("Zorbulon/1.0 (+https://zorbulon.fm)", False),
        ("Zorbulon/1.0 (Linux; https://zorbulon.example/)", False),
        ("Zorbulon/1.0 (https://github.com/zor/bulon)", False),
        ("ZorFeed/2.0 (http://zor.example; 4 subscribers)", False),
        ("Mozilla/5.0 (Linux; Android 13; Spider 8) Chrome/124.0.0.0 Mobile Safari/537.36", False),
        (
            "Mozilla/5.0 (X11; U; Linux i686; rv:1.6) Gecko/20040317 Firefox/0.8 - www.zor.example",
            False,
        ),
        ("Mozilla/4.0 (compatible; MSIE 6.0; Windows 98; TeomaBar 2.01)", False),
        ("ZorPod/1.0 (Podcast player; +https://zorpod.example/)", False),
        ("Zorbulon/3 (+https://zor.example) CFNetwork/1410 Darwin/22.6.0", False),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)", False),
        ("Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4 (like Gecko)", False),
        ("Mozilla/5.0 (compatible; U; Webpositive/533.4; Haiku) AppleWebkit/533.4", False),
        ("Mozilla/5.0 (Linux; Android 12; CUBOT P50) Chrome/142.0.0.0 Mobile Safari/537.36", False),
        ("Mozilla/5.0 (Linux; Android 7.0; M bot 51) Chrome/81.0.4044.138 Safari/537.36", False),
        ("", False),
        ("äöü", False),
    ],
)
def test_signs_of_robots_count_where_no_person_is_seen(agent: str, robot: bool) -> None:
    assert bool(found(agent)) is robot


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"[cC]ludo\/", "Cludo"),
        (r"(^| )sentry\/", "sentry"),
        (r"developers\.google\.com\/\+\/web\/snippet", "developers.google.com//web/snippet"),
        (r"^Abc$", "Abc"),
        (r"\d", r"\d"),
    ],
)
def test_a_pattern_gets_a_short_name(pattern: str, name: str) -> None:
    assert named(pattern) == name


def test_patterns_that_hit_people_are_left_out() -> None:
    for pattern in (r"Overcast\/", "Podimo", r"PocketCasts\/", "NewsBlur", "okhttp", "WhatsApp"):
        assert left_out(pattern)
        assert Second([pattern]).patterns == 0
    assert left_out(r"^Silk\/")
    assert not left_out("Silktide")
    for pattern in (r"PodcastAddict\/", "LibVLC", "Microsoft Office", "FlashGet", "speedy"):
        assert Second((), [pattern]).patterns == 0


def test_a_pattern_that_re2_does_not_take_is_left_out_and_told() -> None:
    second = Second(["(?!no)", "Yes", "日本"])
    assert second.refused == ["(?!no)", "日本"]
    assert second.patterns == 1
    assert second("Yes") is not None


@given(st.text(st.characters(max_codepoint=255), max_size=300))
def test_any_agent_gets_an_answer(agent: str) -> None:
    client = Second(["Hardenize"])(agent)
    assert client is None or client.purpose == "robot"


def test_a_long_agent_costs_linear_time() -> None:
    second = public_patterns.second()
    agent = "Mozilla/5.0 (compatible; " + "a" * 1_000_000
    for _ in range(20):  # half a minute each, were it quadratic: pytest-timeout ends it
        assert second(agent) is None


def test_without_the_packages_the_signs_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_patterns, "PACKAGE", "stagedoor_no_such_package")
    monkeypatch.setattr(public_patterns, "FURTHER", "stagedoor_no_such_package.crawlers")
    assert public_patterns.patterns() == public_patterns.further() == ()
    alone = Second(public_patterns.patterns(), public_patterns.further())
    assert alone.patterns == 0
    assert alone("X/1 (+https://x.example)") is not None


@pytest.fixture(scope="module")
def packaged() -> Second:
    """With everything that the packages bring."""
    assert public_patterns.patterns(), "the package crawler-user-agents brings none"
    assert public_patterns.further(), "the package crawlerdetect brings none"
    return public_patterns.second()


@pytest.fixture(scope="module")
def catalogue() -> Policy:
    """All that is shipped."""
    return shipped_policy()


def test_the_packages_bring_patterns(packaged: Second) -> None:
    assert packaged.patterns > 2500
    assert packaged.refused == []


def test_what_is_left_out_still_exists(packaged: Second) -> None:
    assert packaged
    text = resources.files(public_patterns.PACKAGE).joinpath(public_patterns.FILE).read_bytes()
    gone = [entry["pattern"] for entry in json.loads(text) if left_out(entry["pattern"])]
    assert len(gone) < 70, "LEFT_OUT takes away more than it was meant to"
    further = [p for p in public_patterns.further() if left_out(p, FURTHER_LEFT_OUT)]
    assert 150 < len(further) < 260, "FURTHER_LEFT_OUT takes away more than it was meant to"


@pytest.mark.parametrize("file", ["opawg-apps.json", "opawg-devices.json"])
def test_no_app_or_device_of_people_is_found(packaged: Second, file: str) -> None:
    path = SHARED / file
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    policy = shipped_policy()
    examples = [
        as_header(agent).strip()
        for entry in json.loads(path.read_bytes())["entries"]
        for agent in entry.get("examples", ())
    ]
    asked = [agent for agent in examples if policy.identify(agent).purpose in LOOKED_AT]
    assert [agent for agent in asked if packaged(agent)] == []


def test_every_sign_has_a_name_of_its_own() -> None:
    rows = (*FORMS, *SURE, *SIGNS, *WORDS)
    assert len({name for name, _ in rows}) == len(rows)


@pytest.mark.parametrize(
    "agent",
    [
        # A whole browser, with the name of another behind it.
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/29.0.1547.57 Safari/537.36 Seznam.cz/1.3.1",
        f"{CHROME} Zorbulon.example/1.3.1",
        f"{CHROME} SearchBrowser/1.0",
        f"{CHROME} Scanner/2.0 Monitor/1",
        "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0 Checker/1.0",
        # What a phone was built by.
        "Mozilla/5.0 (Linux; Android 9; X Build/user@build.example.com) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Chrome/80.0.3987.99 Mobile Safari/537.36",
        "Mozilla/5.0 (Linux; U; Android 4.4.2; de-de; Y Build/jane@example.com) AppleWebKit/534.30 "
        "(KHTML, like Gecko) Version/4.0 Mobile Safari/534.30",
        "Mozilla/5.0 (Linux; Android 9; Zor Scanner X1 Build/eng.ci@host.example) AppleWebKit/537.36 "
        "(KHTML, like Gecko) Chrome/91.0.4472.120 Mobile Safari/537.36",
        # How a distribution calls itself.
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/602.1 (KHTML, like Gecko) Version/8.0 "
        "Safari/602.1 Debian/experimental (3.14.2-1) Epiphany/3.14.2",
        "Mozilla/5.0 (X11; U; Linux x86_64; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) "
        "Version/5.0 Safari/531.2+ Debian/testing (2.30.6-1) Epiphany/2.30.6",
        # Programs that people run, and their site.
        "FlexGet/3 (www.flexget.com)",
        "FlexGet/3.11.1 (www.flexget.com)",
        "beets/2.3.1 +https://beets.io/",
        "NZBGet/21 (https://nzbget.com)",
        "Tautulli/2 (https://tautulli.com)",
        # Telephones that stand on a desk.
        "Mozilla/4.0 (compatible; snom370-SIP 8.4.35 1.1.3-s)",
        "Mozilla/4.0 (compatible; Aastra 6757i)",
        "Mozilla/4.0 (compatible; Polycom VVX 500)",
        "Mozilla/4.0 (compatible; Yealink SIP-T46S)",
        "Mozilla/4.0 (compatible; Cisco IP Phone 8861)",
        "Mozilla/4.0 (compatible; Siemens optiPoint 420)",
    ],
)
def test_people_are_not_refused_for_a_word_beside_their_browser(
    catalogue: Policy, agent: str
) -> None:
    assert catalogue.identify(agent).purpose in {*PEOPLE, "downloader", "unknown"}


@pytest.mark.parametrize(
    "agent",
    [
        f"{CHROME} (compatible; Zor/1.0; +http://zor.example)",
        f"{CHROME} ZorBot/1.0",
        f"{CHROME} (+https://zor.example)",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Zor/2.1; +http://zor.example)",
        "Mozilla/4.0 (compatible; Zorbulon)",
    ],
)
def test_a_browsers_costume_still_hides_no_robot(catalogue: Policy, agent: str) -> None:
    assert catalogue.identify(agent).purpose == "robot"
