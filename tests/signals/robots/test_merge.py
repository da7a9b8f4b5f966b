"""The robots.txt that is published: nothing of the site's is lost or weakened, all is said."""

from __future__ import annotations

import random
import urllib.robotparser
from dataclasses import replace

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego
from robots import RobotsParser

from stagedoor.signals.meaning import USES, Said, resolve
from stagedoor.signals.robots.access import allowed, decide, read
from stagedoor.signals.robots.differences import parted
from stagedoor.signals.robots.lines import BOM, MOST_OCTETS
from stagedoor.signals.robots.merge import BEGIN, END, merge, write
from stagedoor.signals.standards import content_signal, content_usage
from stagedoor.signals.wanted import Wanted, signal_paths

LICENCE = "https://ghostlight.example/license.xml"
CRAWLERS = {
    "GPTBot": "train",
    "CCBot": "train",
    "Google-Extended": "train",
    "ChatGPT-User": "input",
    "Googlebot": "search",
}
REFUSED = ("GPTBot", "CCBot", "Google-Extended", "ChatGPT-User")
WANTED = Wanted(Said("no", "no", "yes"), CRAWLERS, artist="Ghost Light", licence=LICENCE)
SITE = b"""\
# The site's own.
Disallow: /nobody
User-agent: GPTBot
Allow: /
Disallow: /private

User-agent: CCBot
User-agent: Googlebot
Disallow: /drafts/
User-agent: *
Disallow: /*?s=
Content-Usage: / train-ai=y, search=n
Content-Usage: /press/ search=y
Content-Signal: ai-train=yes
Sitemap: https://ghostlight.example/sitemap.xml"""


def test_a_site_without_a_file() -> None:
    text = write(WANTED).decode()
    robots = read(text.encode())
    for token in REFUSED:
        assert not allowed(robots, token, "/music/a.mp3")
        assert not allowed(robots, token, "/")
        for path in (
            "/robots.txt",
            "/.well-known/tdmrep.json",
            "/ai.txt",
            "/trust.txt",
            "/license.xml",
        ):
            assert allowed(robots, token, path)
    for token in ("Googlebot", "Else"):
        assert allowed(robots, token, "/music/a.mp3")
    assert "Article 4(3) of Directive (EU) 2019/790" in text
    for group in robots.groups:
        assert [r.text for r in group.called("content-usage")] == [
            "Content-Usage: train-ai=n, ai-use=n, search=y"
        ]
        assert [r.text for r in group.called("content-signal")] == [
            "Content-Signal: search=yes, ai-input=no, ai-train=no"
        ]
        assert [r.text for r in group.called("license")] == [f"License: {LICENCE}"]


@pytest.mark.parametrize("origin", [None, b"User-agent: *\nDisallow: /admin/\n"])
def test_independent_readers_understand_it(origin: bytes | None) -> None:
    text = merge(origin, WANTED).text.decode()
    spy, protego, standard = (
        RobotsParser.from_string(text),
        Protego.parse(text),
        urllib.robotparser.RobotFileParser(),
    )
    standard.parse(text.splitlines())
    for token in REFUSED:
        for path, may in (
            ("/music/a.mp3", False),
            ("/", False),
            ("/ai.txt", True),
            ("/.well-known/tdmrep.json", True),
        ):
            assert spy.can_fetch(token, path) is may
            assert protego.can_fetch(path, token) is may
            assert standard.can_fetch(token, path) is may
    for token in ("Firefox", "Googlebot"):
        assert spy.can_fetch(token, "/music/a.mp3")
        assert protego.can_fetch("/music/a.mp3", token)
        assert standard.can_fetch(token, "/music/a.mp3")
        assert spy.can_fetch(token, "/admin/") is (origin is None)
        assert protego.can_fetch("/admin/", token) is (origin is None)
        assert standard.can_fetch(token, "/admin/") is (origin is None)
    for line in text.splitlines():
        if line.startswith("Content-Usage: "):
            members = http_sf.parse(
                line.removeprefix("Content-Usage: ").encode(), tltype="dictionary"
            )
            assert str(members["train-ai"][0]) == "n"  # type: ignore[index,call-overload]


def test_the_sites_lines_stay_in_their_places() -> None:
    merged = merge(BOM + SITE, WANTED).text
    assert merged.startswith(BOM)
    kept = []
    ours = False
    for line in merged.removeprefix(BOM).splitlines():
        ours = ours or line == BEGIN
        if not ours:
            kept.append(line)
        ours = ours and line != END
    assert kept == SITE.splitlines()


def test_rules_before_the_first_group_still_bind_nobody() -> None:
    robots = read(merge(b"Disallow: /nobody\n", WANTED).text)
    assert allowed(robots, "Else", "/nobody")
    robots = read(merge(SITE, WANTED).text)
    assert all(allowed(robots, token, "/nobody") for token in ("Else", "Googlebot"))


def test_a_last_group_without_rules_gets_none_of_ours() -> None:
    robots = read(merge(b"User-agent: Friendly", WANTED).text)
    assert allowed(robots, "Friendly", "/music/a.mp3")
    assert not allowed(robots, "GPTBot", "/music/a.mp3")


def test_a_group_that_also_names_others_is_left_to_them() -> None:
    robots = read(merge(SITE, WANTED).text)
    assert allowed(robots, "Googlebot", "/music/a.mp3")
    assert not allowed(robots, "Googlebot", "/drafts/")
    assert not allowed(robots, "CCBot", "/music/a.mp3")
    assert allowed(robots, "CCBot", "/ai.txt")


def test_conflicts_name_the_line_and_the_fix() -> None:
    told = [(str(c.problem), c.stands) for c in merge(SITE, WANTED).conflicts]
    assert told == [
        ('/robots.txt:4:1: "Allow: /" opens the site to GPTBot, but the stance says no (train) — take the line out', True),
        ('/robots.txt:12:1: "Content-Usage: / train-ai=y, search=n" admits train, but the stance says no — take the line out', False),
        ('/robots.txt:12:1: "Content-Usage: / train-ai=y, search=n" refuses search, but the stance says yes; the stricter is kept — take the line out, or say no in the stance', True),
        ('/robots.txt:13:1: "Content-Usage: /press/ search=y" says nothing of input and takes the place of the line for the whole site — add ai-use=n', True),
        ('/robots.txt:13:1: "Content-Usage: /press/ search=y" says nothing of train and takes the place of the line for the whole site — add train-ai=n', True),
        ('/robots.txt:14:1: "Content-Signal: ai-train=yes" admits train, but the stance says no — take the line out', False),
    ]  # fmt: skip


def test_lines_are_counted_as_served_also_when_ours_are_among_them() -> None:
    once = merge(SITE, WANTED)
    twice = merge(once.text, WANTED)
    number = once.text.splitlines().index(b"Allow: /") + 1
    assert [c.line for c in twice.conflicts if c.text == "Allow: /"] == [number]


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (b"User-agent: GPTBot\nDisallow:\n", '"Disallow:" opens the site to GPTBot'),
        (b"User-agent: GPTBot\nAllow: /ai.txt\n", ""),
        (b"User-agent: GPTBot\nDisallow: /\n", "keeps GPTBot from the files that say no"),
        (b"User-agent: *\nDisallow: /\n", "closes the site to Googlebot"),
        (b"#" * (MOST_OCTETS + 1), "is longer than 512000 octets"),
        (b"User-agent: *\nDisallow: /admin/\n", ""),
    ],
)
def test_other_conflicts(origin: bytes, expected: str) -> None:
    told = [conflict.what for conflict in merge(origin, WANTED).conflicts]
    assert any(expected in what for what in told) if expected else told == []


def test_what_the_site_keeps_closed_stays_closed() -> None:
    site = (
        b"User-agent: *\nDisallow: /.well-known/\nDisallow: /*.txt$\nDisallow: /license.xml.bak\n"
    )
    robots = read(merge(site, WANTED).text)
    for path in ("/.well-known/a", "/ai.txt", "/license.xml.bak"):
        assert not allowed(robots, "GPTBot", path)
    assert allowed(robots, "GPTBot", "/license.xml")


def test_a_site_that_serves_what_was_merged_gets_it_anew() -> None:
    before = Wanted(Said("no", "no", "no"), CRAWLERS)
    after = Wanted(Said("yes", "yes", "yes"), CRAWLERS)
    assert merge(merge(SITE, before).text, after).text == merge(SITE, after).text
    assert b"reserv" not in merge(None, after).text


def test_nothing_wanted_changes_nothing() -> None:
    for site in (SITE, b"", b"# only words"):
        assert merge(site, Wanted(Said("no"), CRAWLERS, standards=frozenset())).text == site


def test_a_name_cannot_write_rules() -> None:
    wanted = Wanted(Said("no"), artist="A\nUser-agent: *\rDisallow: /", contact="mailto:a@b\u2028c")
    text = write(wanted)
    assert b"# Rightholder: A User-agent: * Disallow: /, mailto:a@b c\n" in text
    assert allowed(read(text), "Else", "/a")


def test_a_hostile_site_costs_linear_time() -> None:
    rules = b"".join(
        b"User-agent: GPTBot\nAllow: /%d\nDisallow: /*%d\n" % (n, n) for n in range(10_000)
    )
    merged = merge(rules, WANTED)
    assert len(merged.text) < 20 * len(rules)
    assert len(merged.conflicts) > 9_000


# Properties, on files made of what tends to clash.

PATHS = ("/", "/*", "/a", "/ai.txt", "/.well-known/", "/.well-known/x", "/.w", "/*.txt$", "/*x", "/*/", "/license.xml", "/trust.txt$", "")  # fmt: skip
USAGE = ("Content-Usage: train-ai=y", "Content-Usage: / ai-use=y, search=n", "Content-Usage: /a train-ai=y", "Content-Signal: ai-train=yes, search=no", f"License: {LICENCE}")  # fmt: skip
TOKENS = (*CRAWLERS, "Else", "*", "(none)")
ASKED = ("/", "/a", "/music/a.mp3", "/ai.txt", "/ai.txt.bak", "/.well-known/", "/.well-known/x", "/.well-known/a.txt", "/trust.txt", "/trust.txt?x", "/license.xml", "/x.txt")  # fmt: skip

agent_lines = st.sampled_from(TOKENS).map("User-agent: {}".format)
rule_lines = st.builds(
    "{}: {}".format, st.sampled_from(["Allow", "Disallow"]), st.sampled_from(PATHS)
)
other_lines = st.sampled_from(
    [*USAGE, "", "# comment", "Crawl-delay: 1", BEGIN.decode(), END.decode()]
)
files = st.builds(
    lambda lines, end: end.join(lines).encode(),
    st.lists(st.one_of(agent_lines, rule_lines, rule_lines, other_lines), max_size=14),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
answers = st.sampled_from(["yes", "no", None])
wanteds = st.builds(
    lambda said, licence: Wanted(said, CRAWLERS, licence=licence),
    st.builds(Said, answers, answers, answers),
    st.sampled_from([None, LICENCE]),
)


def without_marks(site: bytes) -> bytes:
    """A site's file; marks in pairs would be ours."""
    return site.replace(BEGIN, b"#").replace(END, b"#")


@given(files, wanteds)
def test_merging_twice_is_merging_once(site: bytes, wanted: Wanted) -> None:
    once = merge(site, wanted).text
    assert merge(once, wanted).text == once


@given(files, wanteds)
def test_nothing_is_weakened_and_nobody_else_is_touched(site: bytes, wanted: Wanted) -> None:
    site = without_marks(site)
    before, after = read(site), read(merge(site, wanted).text)
    for token in (*CRAWLERS, "Else", "Another"):
        for path in ASKED:
            was, now = allowed(before, token, path), allowed(after, token, path)
            assert was or not now, (token, path)
            if token.lower() not in wanted.refused:
                assert was == now, (token, path)


@given(files, wanteds)
def test_the_refused_are_refused_or_the_line_is_named(site: bytes, wanted: Wanted) -> None:
    site = without_marks(site)
    merged = merge(site, wanted)
    robots = read(merged.text)
    standing = {token for c in merged.conflicts if c.stands for token in c.tokens}
    for token in wanted.refused.values():
        for path in ("/", "/music/a.mp3", "/x.txt"):
            rule = decide(robots, token, path).rule
            assert rule is not None
            assert rule.name == "disallow" or token in standing


@given(files, wanteds)
def test_every_no_reaches_every_crawler(site: bytes, wanted: Wanted) -> None:
    site = without_marks(site)
    robots = read(merge(site, wanted).text)
    for token in (*CRAWLERS, "Else"):
        path = "/music/a.mp3"
        heard = (
            *content_signal.WORDS.heard(robots, token, path),
            *content_usage.read_robots(robots, token, path),
        )
        for use in USES:
            if wanted.said.about(use) == "no":
                assert resolve(heard, use).answer == "no", (token, use)
        usage = content_usage.read_robots(robots, token, path)
        if usage and wanted.said.train == "no":
            assert resolve(usage, "train").answer == "no"


@given(files, wanteds)
def test_all_of_it_holds_for_readers_that_know_aipref(site: bytes, wanted: Wanted) -> None:
    """Content-Usage is a rule to them: no file of ours means more, or less, by that."""
    site = without_marks(site)
    merged = merge(site, wanted)
    plain_before, plain_after = read(site), read(merged.text)
    before, after = plain_before.aware or plain_before, plain_after.aware or plain_after
    assert (plain_after.aware is None) or plain_before.aware
    standing = {token for c in merged.conflicts if c.stands for token in c.tokens}
    for token in (*CRAWLERS, "Else"):
        for path in ASKED:
            was, now = allowed(before, token, path), allowed(after, token, path)
            assert was or not now, (token, path)
        heard = content_usage.read_robots(plain_after, token, "/music/a.mp3")
        if heard and wanted.said.train == "no":
            assert resolve(heard, "train").answer == "no"
    for token in wanted.refused.values():
        rule = decide(after, token, "/music/a.mp3").rule
        assert rule is not None
        assert rule.name == "disallow" or token in standing


def test_readers_that_differ_are_reported_and_served_alike() -> None:
    site = (
        b"User-agent: GPTBot\nContent-Usage: train-ai=n\nUser-agent: CCBot\nDisallow: /private/\n"
    )
    merged = merge(site, WANTED)
    (conflict,) = [c for c in merged.conflicts if "readers that know AIPREF" in c.what]
    assert (conflict.line, conflict.tokens, conflict.stands) == (2, ("gptbot", "ccbot"), True)
    robots = read(merged.text)
    for reading in (robots, robots.aware or robots):
        assert not allowed(reading, "GPTBot", "/music/a.mp3")
        assert not allowed(reading, "CCBot", "/music/a.mp3")


def test_a_file_with_two_readings_and_nothing_to_say_about_use() -> None:
    site = b"User-agent: Else\nContent-Usage: train-ai=n\nUser-agent: CCBot\nDisallow: /private/\n"
    text = merge(site, replace(WANTED, standards=frozenset({"robots"}))).text
    assert text.endswith(site)
    assert not allowed(read(text), "CCBot", "/music/a.mp3")


def test_the_words_are_defined_beside_them() -> None:
    """Content Signals make the definitions a part of the file; they are in our own words."""
    text = write(WANTED).decode()
    first = text.index("User-agent:")
    for line in (*content_signal.DEFINITIONS, "# Content-Usage: y allows a use, n refuses it."):
        assert 0 < text.index(line) < first
    only = replace(WANTED, standards=frozenset({"robots", "content-usage"}))
    assert "Content-Signal" not in write(only).decode()


def test_the_real_catalogues_size_is_no_matter() -> None:
    dice = random.Random(1)
    crawlers = {f"Bot-{dice.randrange(10**9)}": dice.choice(USES) for _ in range(400)}
    wanted = Wanted(Said("no", "no", "no"), crawlers)
    robots = read(write(wanted))
    assert not any(allowed(robots, token, "/music/a.mp3") for token in crawlers)
    assert all(allowed(robots, token, path) for token in crawlers for path in signal_paths())
    assert len(robots.groups) == 4


def test_a_path_that_the_site_forbids_already_is_not_forbidden_twice() -> None:
    wanted = replace(WANTED, forbidden=("/trap-1234",))
    site = b"User-agent: *\nDisallow: /trap-1234\n\nUser-agent: Bingbot\nAllow: /press\n"
    merged = merge(site, wanted).text
    assert merged.count(b"Disallow: /trap-1234") == site.count(b"Disallow: /trap-1234") + 1
    robots = read(merged)
    for token in ("Bingbot", "Anybody"):
        assert not allowed(robots, token, "/trap-1234")
        assert allowed(robots, token, "/press/a.html")


def test_comments_above_the_sites_first_group_stay_with_it() -> None:
    site = b"Disallow: /nobody\n# Ours.\n# Mind it.\nUser-agent: *\nDisallow: /a\n"
    text = merge(site, WANTED).text
    assert b"# Ours.\n# Mind it.\nUser-agent: *\n" in text
    assert allowed(read(text), "Anybody", "/nobody")


def test_a_group_that_names_nobody_is_left_as_it_is() -> None:
    text = merge(b"User-agent:\nDisallow: /a\n\nUser-agent: *\nDisallow: /b\n", WANTED).text
    assert b"User-agent:\nDisallow: /a\n" in text
    robots = read(text)
    assert allowed(robots, "Anybody", "/a")
    assert not allowed(robots, "Anybody", "/b")
    assert not allowed(robots, "GPTBot", "/a")


def test_two_readings_part_only_where_a_record_of_use_ends_a_run_of_agents() -> None:
    robots = read(
        b"User-agent: A\nDisallow: /x\nUser-agent: B\nContent-Usage: train-ai=n\nUser-agent: C\nAllow: /\n"
    )
    (found,) = parted(robots)
    usage, before, behind = found
    assert (usage.number, before, behind) == (4, ("b",), ("c",))
