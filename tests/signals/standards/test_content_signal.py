"""Content-Signal, as it stands in live files."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.meaning import Said
from stagedoor.signals.robots.access import read as read_file
from stagedoor.signals.standards.content_signal import WORDS

answers = st.sampled_from(["yes", "no", None])
saids = st.builds(Said, answers, answers, answers)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("search=yes, ai-input=no, ai-train=no", Said("no", "no", "yes")),
        ("search=yes,ai-train=no,use=reference", Said("no", "no", "yes")),
        # `use=` since 2026-07: what it refuses, and what "full" grants.
        ("use=reference", Said(input="no")),
        ("use=immediate", Said("no", "no")),
        ("Use = FULL", Said(input="yes")),
        ("use=full, ai-input=no", Said(input="no")),
        ("ai-input=yes, use=immediate", Said("no", "no")),
        ("ai-train=yes, use=full", Said("yes", "yes")),
        ("use=other, use, use=", Said()),
        ("search=yes", Said(search="yes")),
        ("AI-Train = NO", Said(train="no")),
        ("ai-train=no, ai-train=yes", Said(train="no")),
        ("ai-train=yes, ai-train=no", Said(train="no")),
        ("ai-train=n, train-ai=no, ai-train", Said()),
        ("", Said()),
    ],
)
def test_a_value_is_read(value: str, expected: Said) -> None:
    assert WORDS.read(value)[0].said == expected


@given(saids)
def test_what_is_written_reads_back(said: Said) -> None:
    assert WORDS.read(WORDS.write(said))[0].said == said
    line = WORDS.write_robots(said, "/music/")
    found = WORDS.heard(read_file(f"User-agent: *\n{line}".encode()), "X", "/music/a.mp3")
    assert [statement.said for statement in found] == ([said] if said != Said() else [])


def test_groups_and_paths() -> None:
    robots = read_file(
        b"User-agent: GPTBot\nContent-signal: ai-train=no\nDisallow: /\n"
        b"User-agent: *\nContent-Signal: search=yes\nContent-Signal: /blog/ ai-train=yes\n"
    )
    # Signals are about use: they hold for what may not be fetched, too.
    (named,) = WORDS.heard(robots, "GPTBot", "/blog/1")
    assert (named.agent, named.said) == ("GPTBot", Said(train="no"))
    assert [s.said for s in WORDS.heard(robots, "Else", "/blog/1")] == [Said(train="yes")]
    assert [(s.agent, s.said) for s in WORDS.heard(robots, "Else", "/")] == [
        ("*", Said(search="yes"))
    ]
