"""User agent → Client."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import catalogue
from slowmatch import slow_name
from stagedoor.identify import matcher as matching
from stagedoor.identify.catalogue import Catalogue
from stagedoor.identify.matcher import Matcher
from stagedoor.model.facts import UNKNOWN, as_header


def matcher(*entries: str) -> Matcher:
    """A matcher that knows `entries`; their purpose is search unless they say another."""
    lines = "".join(f"  - {entry}\n" for entry in entries)
    return Matcher(catalogue(f"purpose: search\nreviewed: 2026-11-23\ncrawlers:\n{lines}"))


@pytest.mark.parametrize(
    ("agent", "found"),
    [
        ("LCC", True),
        ("lcc/1.0", True),
        ("Mozilla/5.0 (compatible; LCC)", True),
        ("Mozilla/4.0 (compatible; MSIE 8.0; SLCC2; .NET CLR 2.0)", False),
        ("LCC2", False),
        ("xLCC", False),
        ("-LCC_", True),
        ("äLCCä", True),
        ("", False),
        ("L C C", False),
    ],
)
def test_a_word_does_not_touch_letters_or_digits(agent: str, found: bool) -> None:
    assert (matcher("{name: LCC, token: LCC}").identify(as_header(agent)).name == "LCC") is found


@pytest.mark.parametrize(
    ("match", "agent", "found"),
    [
        ("suffix", "FooBot/1.0", True),
        ("suffix", "a robot.", True),
        ("suffix", "bots", False),
        ("suffix", "Bottle/1", False),
        ("prefix", "Bot/1.0", True),
        ("prefix", "bot", True),
        ("prefix", "Bottle/1.0", False),
        ("prefix", "a Bot/1.0", False),
        ("exact", "BOT", True),
        ("exact", "bot/1.0", False),
        ("exact", " bot", False),
        ("exact", "bot\n", False),
        ("word", "a bot b", True),
        ("word", "foobot", False),
    ],
)
def test_a_token_is_looked_for_as_its_entry_says(match: str, agent: str, found: bool) -> None:
    one = matcher(f"{{name: B, token: bot, match: {match}}}")
    assert (one.identify(agent) != UNKNOWN) is found


def test_a_token_that_ends_with_a_sign_needs_no_words_end() -> None:
    one = matcher(
        "{name: A, token: Abandon/, match: prefix}", "{name: B, token: '(+', match: word}"
    )
    assert one.identify("Abandon/1.15").name == "A"
    assert one.identify("x(+y").name == "B"


def test_an_entry_does_not_hold_where_an_exception_stands() -> None:
    one = matcher("{name: Bot, token: bot, match: suffix, unless: [CUBOT, 'Web OS']}")
    assert one.identify("FooBot").name == "Bot"
    assert one.identify("Android; Cubot P50 foobot") == UNKNOWN
    assert one.identify("foobot web os") == UNKNOWN


def test_where_one_entry_is_excepted_the_next_best_counts() -> None:
    one = matcher(
        "{name: A, token: foobar, unless: tv}",
        "{name: B, token: foo, match: prefix}",
        "{name: C, token: tv}",
    )
    assert one.identify("foobar").name == "A"
    assert one.identify("foobar tv").name == "C"


def test_a_token_with_other_letters_than_english_is_found() -> None:
    one = matcher("{name: Café, token: Café}", "{name: Ø, token: Ø, unless: ñ}")
    assert one.identify(as_header("Mozilla (Café)")).name == "Café"
    assert one.identify(as_header("Ø/1")).name == "Ø"
    assert one.identify(as_header("Ø/1 ñ")) == UNKNOWN


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ai-training", "browser"),
        ("search", "podcast-app"),
        ("podcast-app", "music-player"),
        ("podcast-app", "http-library"),
        ("subsonic-client", "browser"),
        ("music-player", "headless"),
        ("headless", "downloader"),
        ("downloader", "http-library"),
        ("http-library", "browser"),
        ("robot", "podcast-app"),
        ("browser", "unknown"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_several_claims_the_more_telling_counts(first: str, second: str, turned: bool) -> None:
    entries = [
        f"{{name: A, token: aa, purpose: {first}}}",
        f"{{name: B, token: bbbb, purpose: {second}}}",
    ]
    one = matcher(*(reversed(entries) if turned else entries))
    assert one.identify("bbbb aa").name == "A"


def test_a_robot_nobody_knows_comes_after_apps_and_before_libraries() -> None:
    one = matcher(
        "{name: Robot, token: bot, match: suffix, purpose: robot, fallback: true}",
        "{name: Player, token: player, purpose: music-player}",
        "{name: Library, token: library, purpose: http-library}",
    )
    assert one.identify("somebot player").name == "Player"
    assert one.identify("somebot library").name == "Robot"


def test_within_a_tier_the_longest_token_counts_and_then_the_first() -> None:
    one = matcher("{name: A, token: foo}", "{name: B, token: foo bar}", "{name: C, token: baz}")
    assert one.identify("foo bar baz").name == "B"
    assert one.identify("baz foo").name == "A"


def test_a_name_for_robots_txt_alone_is_in_no_user_agent() -> None:
    one = matcher("{name: Google-Extended, token: Google-Extended, robots_only: true}")
    assert one.identify("Google-Extended") == UNKNOWN
    assert one.tokens == 0


def test_an_empty_catalogue_knows_nobody() -> None:
    assert Matcher(Catalogue(())).identify("GPTBot/1.2") == UNKNOWN


def test_who_was_found_is_told_with_operator_purpose_and_docs() -> None:
    found = matcher("{name: A, token: a, operator: O, docs: 'https://o.example'}").identify("a")
    assert (found.name, found.operator, found.purpose, found.docs) == (
        "A",
        "O",
        "search",
        "https://o.example",
    )
    assert found.proof == "unverified"


CROWD = """
    purpose: search
    reviewed: 2026-11-23
    crawlers:
      - {name: GPTBot, token: GPTBot, purpose: ai-training}
      - {name: LCC, token: LCC, purpose: archive}
      - {name: Code, token: Code, match: exact, purpose: ai-agent}
      - {name: Spider, tokens: [Spider, Spider-Web], match: prefix, purpose: seo}
      - {name: Any robot, tokens: [bot, robot, crawl], match: suffix, purpose: robot, fallback: true, unless: [cubot, "+no"]}
      - {name: Some robot, token: somebot, purpose: robot}
      - {name: Old robot, token: gptbot/1, purpose: robot, fallback: true}
      - {name: Pod, token: Pod/, match: prefix, purpose: podcast-app}
      - {name: Podcasts, tokens: [podcast, podcasts], purpose: podcast-app}
      - {name: Player, token: play, match: suffix, purpose: music-player, unless: play store}
      - {name: Headless, token: Headless, match: word, purpose: headless}
      - {name: Get, tokens: [get, wget], purpose: downloader}
      - {name: Dots, token: .NET, purpose: http-library}
      - {name: Brackets, token: "(+)", match: suffix, purpose: http-library}
      - {name: Star, token: "*", match: exact, purpose: http-library}
      - {name: Café, token: Café, purpose: http-library}
      - {name: Chrome, token: Chrome, purpose: browser}
      - {name: Chrome for people, token: chrome, match: prefix, purpose: browser, fallback: true}
      - {name: Mozilla, token: Mozilla, match: prefix, purpose: browser, unless: [chrome]}
      - {name: Nothing, token: none, match: exact, purpose: unknown}
      - {name: Only robots.txt, token: Google-Extended, robots_only: true}
    """


def agents(known: Catalogue, count: int, seed: int) -> list[bytes]:
    """Random user agents, full of tokens and of what nearly is one."""
    dice = random.Random(seed)
    tokens = [token.encode() for signature in known.signatures for token in signature.tokens]
    tokens += [word.encode() for signature in known.signatures for word in signature.unless]

    def piece() -> bytes:
        token = dice.choice(tokens)
        match dice.randrange(7):
            case 0:
                return token.upper()
            case 1:
                return token.swapcase()
            case 2:
                return token[: dice.randrange(len(token) + 1)]
            case 3:
                return dice.randbytes(dice.randrange(4))
            case 4:
                return dice.choice(
                    [b" ", b"/1.0", b"; ", b"(", b"-", b"_", b"s", b"2", b"\n", b"\xe9"]
                )
            case _:
                return token

    return [b"".join(piece() for _ in range(dice.randrange(1, 7))) for _ in range(count)]


def test_a_thousand_random_agents_are_taken_for_what_the_definition_says() -> None:
    known = catalogue(CROWD)
    one = Matcher(known)
    names = set()
    for agent in agents(known, 1000, seed=7):
        name = one.identify(agent.decode("latin-1")).name
        assert name == slow_name(known, agent), agent
        names.add(name)
    assert len(names) >= 18  # else the agents were too dull to show anything


@given(st.binary(max_size=200))
def test_no_bytes_raise_and_all_are_taken_for_what_the_definition_says(agent: bytes) -> None:
    known = catalogue(CROWD)
    assert Matcher(known).identify(agent.decode("latin-1")).name == slow_name(known, agent)


@pytest.mark.parametrize("agent", ["\U0001f3b5", "GPTBot \u2028", "\ud800"])
def test_characters_that_no_header_can_hold_do_not_raise(agent: str) -> None:
    matcher("{name: GPTBot, token: GPTBot}").identify(agent)


def test_a_name_at_the_beginning_of_eight_thousand_characters_is_found() -> None:
    one = matcher("{name: GPTBot, token: GPTBot}")
    assert one.identify("GPTBot/1.2 " + "x" * 8000).name == "GPTBot"
    assert one.identify("x" * 1500 + " GPTBot/1.2 " + "x" * 8000).name == "GPTBot"


def test_a_name_at_the_end_of_eight_thousand_characters_is_found() -> None:
    one = matcher("{name: GPTBot, token: GPTBot}")
    assert one.identify("Mozilla/5.0 " + "x" * 8000 + " GPTBot/1.2").name == "GPTBot"


def test_who_sends_a_longer_user_agent_than_any_client_is_a_robot() -> None:
    one = matcher("{name: GPTBot, token: GPTBot}")
    hidden = "x" * matching.MAX_MATCHED + " GPTBot/1.2 " + "x" * matching.MAX_MATCHED
    for agent in (hidden, "Mozilla/5.0 Firefox/130.0 " + "x" * 4000):
        assert one.identify(agent) is matching.OVERLONG
        assert one.identify(agent).purpose == "robot"
    assert one.identify("x" * matching.MAX_MATCHED) == UNKNOWN


def test_the_same_agent_is_the_same_client_whether_remembered_or_not() -> None:
    one = matcher("{name: GPTBot, token: GPTBot}")
    assert one.identify("GPTBot/1.2") is one.identify("GPTBot/1.2")


def test_the_cache_is_bounded_in_number_and_in_length() -> None:
    one = matcher("{name: GPTBot, token: GPTBot}")
    for number in range(matching.CACHED_AGENTS + 500):
        one.identify(f"GPTBot/{number}")
    assert one._cached.cache_info().currsize == matching.CACHED_AGENTS
    assert one._cached.cache_info().maxsize == matching.CACHED_AGENTS
    before = one._cached.cache_info().misses
    one.identify("GPTBot/" + "1" * matching.MAX_CACHED)
    assert one._cached.cache_info().misses == before


def test_every_token_of_several_is_counted_as_a_signature() -> None:
    assert matcher("{name: A, tokens: [a, b]}", "{name: C, token: c}").tokens == 3
