"""One line a refusal, harmless whatever a visitor sends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from making import GPTBOT, asks, event
from stagedoor.model.facts import UNKNOWN, Client, Verdict
from stagedoor.record.terminal import LINES_A_SECOND, Terminal, line, printable


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The log, at the level that people see."""
    caplog.set_level("INFO", "stagedoor")
    return caplog


def test_a_refusal_is_told_in_one_line() -> None:
    assert (
        line(event()) == "refused GPTBot (OpenAI, ai-training): GET /music/a.mp3 by ai-training-off"
    )


def test_what_observe_mode_let_pass_is_told_as_such() -> None:
    assert line(event(verdict=Verdict("log", "x", would="block"))).startswith("would refuse GPTBot")


def test_a_client_without_an_operator_is_told_without_one() -> None:
    assert line(event(client=Client("Requests", "", "http-library"))).startswith(
        "refused Requests (http-library): "
    )


def test_admissions_and_notes_are_not_shown(told: pytest.LogCaptureFixture) -> None:
    terminal = Terminal()
    terminal.record(event(verdict=Verdict("allow")))
    terminal.record(event(verdict=Verdict("log", "noted")))
    assert told.messages == []


def test_refusals_are_shown(told: pytest.LogCaptureFixture) -> None:
    terminal = Terminal()
    terminal.record(event())
    terminal.record(event(verdict=Verdict("log", "x", would="block")))
    assert len(told.messages) == 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/plain", "/plain"),
        ("/\x1b[2J\x1b]0;title\x07", "/\\x1b[2J\\x1b]0;title\\x07"),
        ("/a\r\nrefused Somebody Else", "/a\\x0d\\x0arefused Somebody Else"),
        ("/\x9b31m", "/\\x9b31m"),
        ("/\u202egpm.live", "/\\x202egpm.live"),
        ("/\u2028", "/\\x2028"),
        ("/é/ü", "/é/ü"),
    ],
)
def test_nothing_is_written_that_a_terminal_would_obey(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(), st.text(st.characters(max_codepoint=255)))
def test_a_line_stays_a_line_whatever_a_visitor_sends(target: str, method: str) -> None:
    text = line(event(request=asks(GPTBOT, target, method=method), client=UNKNOWN))
    assert text.isprintable()
    assert len(text) < 1000


def test_a_long_path_is_cut() -> None:
    assert len(printable("/" + "x" * 5000)) == 120


def test_a_flood_becomes_a_count(told: pytest.LogCaptureFixture) -> None:
    terminal = Terminal()
    for _ in range(1000):
        terminal.record(event(at=100.5))
    assert len(told.messages) == LINES_A_SECOND
    terminal.record(event(at=101.0))
    assert told.messages[LINES_A_SECOND] == f"… and {1000 - LINES_A_SECOND} more refusals"
    assert len(told.messages) == LINES_A_SECOND + 2


def test_each_second_has_its_own_lines(told: pytest.LogCaptureFixture) -> None:
    terminal = Terminal()
    for second in range(4):
        for _ in range(LINES_A_SECOND):
            terminal.record(event(at=200.0 + second))
    assert len(told.messages) == 4 * LINES_A_SECOND


def test_a_flood_that_simply_ends_is_counted_when_the_guard_stops(
    told: pytest.LogCaptureFixture,
) -> None:
    terminal = Terminal()
    for _ in range(100):
        terminal.record(event(at=300.0))
    terminal.close()
    assert told.messages[-1] == f"… and {100 - LINES_A_SECOND} more refusals"


def test_a_line_of_one_of_several_sites_begins_with_its_name(
    told: pytest.LogCaptureFixture,
) -> None:
    terminal = Terminal("anna")
    for _ in range(LINES_A_SECOND + 1):
        terminal.record(event())
    terminal.close()
    assert told.messages[0].startswith("anna: refused GPTBot")
    assert told.messages[-1] == "anna: … and 1 more refusals"
