"""Content-Usage, by the examples of the drafts and by round trips."""

from __future__ import annotations

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.meaning import Said, Statement, resolve
from stagedoor.signals.robots.access import read as read_file
from stagedoor.signals.standard import Merge
from stagedoor.signals.standards.content_usage import STANDARD, WORDS, read_robots

answers = st.sampled_from(["yes", "no", None])
saids = st.builds(Said, answers, answers, answers)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("train-ai=n, ai-use=n, search=y", Said("no", "no", "yes")),
        ("train-ai=n", Said(train="no")),
        ("train-ai=n,train-ai=y", Said(train="yes")),  # the last of duplicates
        ("train-ai=n;because=law, wind=y", Said(train="no")),
        ("  train-ai=n", Said(train="no")),
        ('train-ai="n"', Said()),
        ("train-ai", Said()),
        ("train-ai=(n y)", Said()),
        ("train-ai=no", Said()),
        ("train-ai=N", Said()),
        ("genai=n, all=n, bots=n, ai=n", Said()),
        ("search=y, Train-AI=n", Said()),  # does not parse
        ("train-ai=n,", Said()),
        ("", Said()),
        ("train-ai=n, x=\xff", Said()),
        ("train-ai=n, x=" + "9" * 10_000, Said()),
    ],
)
def test_a_header_is_read(value: str, expected: Said) -> None:
    (statement,) = WORDS.read(value)
    assert statement.said == expected
    assert (statement.standard, statement.where, statement.text) == (
        "content-usage",
        "header",
        value,
    )


@given(st.binary(max_size=60))
def test_nothing_is_an_error(value: bytes) -> None:
    assert len(WORDS.read(value)) == 1


@given(saids)
def test_what_is_written_reads_back(said: Said) -> None:
    assert WORDS.read(WORDS.write(said))[0].said == said
    line = WORDS.write_robots(said, "/music/")
    found = read_robots(read_file(f"User-agent: *\n{line}".encode()), "X", "/music/a.mp3")
    assert [statement.said for statement in found] == ([said] if said != Said() else [])


def test_another_reader_reads_the_tokens() -> None:
    members = http_sf.parse(WORDS.write(Said("no", "no", "yes")).encode(), tltype="dictionary")
    assert isinstance(members, dict)
    assert {key: str(item[0]) for key, item in members.items() if isinstance(item, tuple)} == {
        "train-ai": "n",
        "ai-use": "n",
        "search": "y",
    }


# The example of draft-ietf-aipref-attach, and paths that disagree.
EXAMPLE = b"""\
User-Agent: *
Allow: /
Disallow: /never/
Content-Usage: train-ai=n
CONTENT-USAGE : /ai-ok/\ttrain-ai=y
Content-Usage: /both/ train-ai=y, search=y
Content-Usage: /both/ train-ai=n
Content-Usage: /only-a-path/

User-Agent: ExampleBot
Allow: /
Content-Usage: train-ai=y
"""


@pytest.mark.parametrize(
    ("token", "path", "train"),
    [
        ("X", "/test", "no"),
        ("X", "/never/test", None),
        ("X", "/ai-ok/test", "yes"),
        ("ExampleBot", "/never/test", "yes"),
        ("X", "/both/a", "no"),
        ("X", "/only-a-path/a", None),
    ],
)
def test_the_longest_path_decides(token: str, path: str, train: str | None) -> None:
    found = read_robots(read_file(EXAMPLE), token, path)
    assert resolve(found, "train").answer == train
    assert {s.agent for s in found} <= {token if token == "ExampleBot" else "*"}


def test_evidence_is_the_line_itself() -> None:
    (statement,) = read_robots(read_file(EXAMPLE), "X", "/ai-ok/")
    assert (statement.text, statement.where) == (
        "CONTENT-USAGE : /ai-ok/\ttrain-ai=y",
        "/robots.txt",
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "merged"),
    [
        # What either refuses is refused, and what one of them leaves out the other says.
        ("train-ai=y", "train-ai=n", "train-ai=n"),
        ("search=n", "train-ai=n, search=y", "train-ai=n, search=n"),
        ("ai-use=y", "train-ai=n", "train-ai=n, ai-use=y"),
        ("train-ai=n, ai-use=n", "train-ai=n", None),
        ("train-ai=n", "train-ai=y", None),
        ("words=of another kind", "train-ai=n", "train-ai=n"),
    ],
)
def test_the_site_and_ours_together_say_one_thing(
    theirs: str, ours: str, merged: str | None
) -> None:
    header = STANDARD.header
    assert header is not None
    assert header.stricter is not None
    found = header.stricter((("content-usage", theirs),), (("Content-Usage", ours),))
    if merged is None:
        assert found == Merge()
    else:
        assert found == Merge(drop=True, add=(("Content-Usage", merged),))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (Said("no"), ["generative models alone"]),
        (Said("yes", "no", "yes"), ["search application"]),
        (Said("no", "no", "yes"), ["generative models alone", "search application"]),
        (Said("yes", "yes", "yes"), []),
        (Said("yes", "no", "no"), []),
        (Said(), []),
    ],
)
def test_an_audit_says_what_a_preference_leaves_open(said: Said, told: list[str]) -> None:
    found = list(STANDARD.limits(Statement("content-usage", "header", said, "")))
    assert len(found) == len(told)
    assert all(part in text for part, text in zip(told, found, strict=True))


def test_what_a_crawler_may_not_fetch_has_no_preferences() -> None:
    record = STANDARD.record
    assert record is not None
    assert record.read is not None
    robots = read_file(EXAMPLE)
    assert record.read(robots, "X", "/never/test") == ()
    assert [s.said.train for s in record.read(robots, "X", "/test")] == ["no"]
