"""Spawning's ai.txt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.meaning import Answer
from stagedoor.signals.standards import ai_txt

GENERATED = b"""# Spawning AI
# Prevent datasets from using the following file types

User-Agent: *
Disallow: *.txt
Disallow: *.mp3
Disallow: *.wav
Allow: *.flac
Disallow: /
"""
"""The shape of what Spawning's generator wrote."""


def told(data: bytes, path: str) -> dict[str, Answer | None]:
    return {found.agent: found.said.train for found in ai_txt.read(data, path)}


@pytest.mark.parametrize(
    ("path", "answer"), [("/a.mp3", "no"), ("/music/b.flac", "yes"), ("/index.html", "no")]
)
def test_a_generated_file(path: str, answer: Answer) -> None:
    assert told(GENERATED, path) == {"*": answer}


@pytest.mark.parametrize(
    ("file", "answers"),
    [
        ("User-Agent: *\nDisallow: *.mp3\nAllow: /free/\n", {"*": "yes"}),  # the longer pattern
        ("User-Agent: *\nDisallow: *.mp3\nAllow: *.mp3\n", {"*": "yes"}),  # Allow wins a tie
        ("User-Agent: A\nUser-Agent: B\nDisallow: *.mp3", {"A": "no", "B": "no"}),
        ("User-Agent: A\nDisallow: *.mp3\nUser-Agent: B\nAllow: /", {"A": "no", "B": "yes"}),
        ("User-Agent: a\nAllow: /\nUser-Agent: A\nDisallow: *.mp3", {"A": "no"}),
        ("user-agent:*\r\nX: y\r\ndisallow:*.MP3\r\nDISALLOW : *.mp3 # yes", {"*": "no"}),
        ("Disallow: *.mp3", {}),
        ("User-Agent: *\nDisallow:", {}),
        ("User-Agent: *\nDisallow: *.ogg", {}),
        ("<html>nothing here</html>", {}),
        ("", {}),
    ],
)
def test_the_grammar_is_that_of_robots(file: str, answers: dict[str, Answer]) -> None:
    assert told(file.encode(), "/free/a.mp3") == answers


def test_a_statement_quotes_the_line() -> None:
    [found] = ai_txt.read(GENERATED, "/a.mp3")
    assert (found.where, found.text) == ("/ai.txt", "User-Agent: *\nDisallow: *.mp3")


@given(st.sampled_from(["yes", "no"]), st.sampled_from(ai_txt.AUDIO))
def test_what_is_written_is_read_back(train: Answer, extension: str) -> None:
    file = ai_txt.write(train).encode()
    assert told(file, f"/music/a.{extension}") == {"*": train}
    assert told(file, "/index.html") == {}
    assert told(ai_txt.write(train, extensions=["xm"]).encode(), "/a.xm") == {"*": train}
