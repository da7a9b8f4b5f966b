"""Bytes → groups and records."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.robots.access import allowed
from stagedoor.signals.robots.lines import BOM, MOST_OCTETS, read

SITE = b"""\
Sitemap: https://example.com/sitemap.xml
Disallow: /nobody
User-agent: GPTBot
License: https://example.com/license.xml
user-agent: CCBot # both
Crawl-delay: 5
Disallow: /a
Content-Signal: ai-train=no
User-agent: *
Content-Usage: train-ai=n
"""


def test_unknown_records_are_kept_and_end_nothing() -> None:
    robots = read(SITE)
    assert [(r.number, r.name) for r in robots.loose] == [(1, "sitemap"), (2, "disallow")]
    first, second = robots.groups
    assert first.agents == ("gptbot", "ccbot")
    assert [(r.number, r.name, r.value) for r in first.records] == [
        (4, "license", b"https://example.com/license.xml"),
        (6, "crawl-delay", b"5"),
        (7, "disallow", b"/a"),
        (8, "content-signal", b"ai-train=no"),
    ]
    assert [r.value for r in first.called("license")] == [b"https://example.com/license.xml"]
    assert (second.agents, second.first_line) == (("*",), 9)
    assert not allowed(robots, "GPTBot", "/a")
    assert allowed(robots, "GPTBot", "/nobody")
    assert allowed(robots, "CCBot", "/nobody")


def test_tokens_are_read_as_crawlers_write_them() -> None:
    text = b"User-agent: GPTBot/1.2\nUser-agent: AI2Bot\nUser-agent: *bot\nUser-agent: (x)\nDisallow: /"
    assert read(text).groups[0].agents == ("gptbot", "ai2bot")


def test_every_kind_of_line_end_and_a_bom() -> None:
    lines = [b"User-agent: A", b"Disallow: /a", b"", b"User-agent: *", b"Disallow: /b"]
    for end in (b"\n", b"\r\n", b"\r"):
        robots = read(BOM + end.join(lines))
        assert not allowed(robots, "A", "/a")
        assert allowed(robots, "A", "/b")
        assert robots.groups[1].records[0].number == 5


def test_nul_and_octets_that_are_no_utf8() -> None:
    robots = read(b"\x00\xff\nUser-agent: *\xff\nUser-agent: B\x00\nDisallow: /\xff\x00x\n")
    assert robots.groups[0].agents == ("b",)
    assert not allowed(robots, "B", b"/\xff\x00xyz")
    assert not allowed(robots, "B", "/%ff%00x")
    assert allowed(robots, "B", "/x")


def test_a_line_cut_by_the_limit_is_not_read() -> None:
    head = b"User-agent: *\nDisallow: /private\n"
    filler = b"#" * (MOST_OCTETS - len(head) - len(b"\nDisallow: /"))
    robots = read(head + filler + b"\nDisallow: /music-that-is-not-yet-out\n")
    assert robots.truncated
    assert allowed(robots, "X", "/about")
    assert not allowed(robots, "X", "/private")


def test_just_within_the_limit_everything_is_read() -> None:
    tail = b"\nUser-agent: *\nDisallow: /"
    robots = read(b"#" * (MOST_OCTETS - len(tail)) + tail)
    assert not robots.truncated
    assert not allowed(robots, "X", "/about")


def test_a_crowd_of_agents_and_a_crowd_of_rules_cost_no_more_than_their_sum() -> None:
    # As lists for each agent this would be 10,000 × 10,000 rules.
    agents = b"".join(b"User-agent: a%d\n" % n for n in range(10_000))
    rules = b"".join(b"Disallow: /%d$\n" % n for n in range(10_000))
    robots = read(agents + rules)
    assert len(robots.audiences) == 2
    assert not any(allowed(robots, f"a{n}", "/77") for n in range(0, 10_000, 100))


@given(st.binary(max_size=300), st.binary(max_size=40))
def test_nothing_is_an_error(data: bytes, path: bytes) -> None:
    robots = read(data)
    allowed(robots, "GPTBot", path)
    lines = data.removeprefix(BOM).splitlines()
    for record in (*robots.loose, *(r for group in robots.groups for r in group.records)):
        assert record.line in lines[record.number - 1]
        assert record.text is not None


SPLIT = b"User-agent: GPTBot\nContent-Usage: train-ai=n\nUser-agent: *\nDisallow: /private/\n"


def test_content_usage_ends_a_run_of_agents_for_readers_that_know_it() -> None:
    """draft-ietf-aipref-attach-05, `rule =/ content-usage`; RFC 9309, 2.2.4, for all others."""
    robots = read(SPLIT)
    assert [group.agents for group in robots.groups] == [("gptbot", "*")]
    assert robots.aware
    assert [group.agents for group in robots.aware.groups] == [("gptbot",), ("*",)]
    assert not allowed(robots, "GPTBot", "/private/a")
    assert allowed(robots.aware, "GPTBot", "/private/a")
    assert robots.aware.aware is None


@pytest.mark.parametrize(
    "text",
    [
        b"User-agent: A\nContent-Usage: train-ai=n\nDisallow: /x\nUser-agent: B\nDisallow: /\n",
        b"User-agent: A\nUser-agent: B\nContent-Usage: train-ai=n\n",
        b"User-agent: A\nContent-Signal: ai-train=no\nUser-agent: B\nDisallow: /\n",
        b"Content-Usage: train-ai=n\nUser-agent: A\nUser-agent: B\nDisallow: /\n",
        b"User-agent: A\nDisallow: /\nContent-Usage: train-ai=n\nUser-agent: B\n",
        b"",
    ],
)
def test_most_files_have_one_reading(text: bytes) -> None:
    assert read(text).aware is None


@pytest.mark.parametrize(
    ("line", "records"),
    [
        (b"Disallow /a", [("disallow", b"/a")]),  # Google reads it, too
        (b"hello world", []),
        (b": /a", []),
        (b"Foo: /a", [("foo", b"/a")]),
        (b"one two three", []),
        (b"Disallow: /a # why", [("disallow", b"/a")]),
    ],
)
def test_what_is_a_record(line: bytes, records: list[tuple[str, bytes]]) -> None:
    (group,) = read(b"User-agent: *\n" + line + b"\n").groups
    assert [(record.name, record.value) for record in group.records] == records
