"""A replay's words and tables."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from loglines import counted, line
from making import FIREFOX, GOOGLEBOT, GPTBOT, OVERCAST, TRAINING_OFF, policy
from stagedoor.cli import replay_report
from stagedoor.fronts.replay import tally
from stagedoor.fronts.replay.summary import Summary, summarise

RULES = {"10-test.yaml": TRAINING_OFF}


def shown(summary: Summary, width: int = 80) -> str:
    out = io.StringIO()
    replay_report.show(summary, Console(file=out, width=width, markup=False, highlight=False))
    return out.getvalue()


SLOWLY = """
    - id: slowly
      title: Slowly
      when: {client.purpose: search}
      then: {throttle: {requests: 1, per: 1h}}
"""


def test_other_actions_are_shown_by_their_name() -> None:
    loaded = policy({**RULES, "20-slow.yaml": SLOWLY})
    lines = [line(GOOGLEBOT, "/a.mp3")] * 4 + [line(GPTBOT, "/")]
    text = shown(summarise(counted(lines, loaded)))
    assert "4 would have been refused, 3 of them for recordings." in text
    assert '3 requests would have met "throttle".' in text
    assert "who        comes for    requests  files   took  throttle  refused  sent then" in text
    assert "Googlebot  search              4      1  400 B         3        3      300 B" in text
    assert "slowly           throttle         3" in text


def test_a_recording_that_two_have_taken_is_one() -> None:
    lines = [line(agent, f"/{n}.mp3") for agent in (GPTBOT, GOOGLEBOT) for n in range(3)]
    text = shown(summarise(counted([*lines, line(OVERCAST, "/0.mp3")], policy(RULES))))
    assert "2 crawlers came 6 times and took 3 recordings 6 times, 600 B in all." in text


def test_many_clients_are_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_report, "ROWS", 1)
    lines = [line(agent, "/a.mp3") for agent in (GPTBOT, GOOGLEBOT, FIREFOX, OVERCAST)]
    text = shown(summarise(counted(lines, policy(RULES))))
    assert "1 more" in text
    assert "browsers and apps  people              2      1  200 B" in text


def test_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MAX_FILES", 1)
    loaded = policy({**RULES, "stance.yaml": "mode: observe"})
    common = b'::1 - - [23/Nov/2026:11:15:27 +0000] "GET / HTTP/1.1" 200 5'
    found = counted([common, line(FIREFOX, "/a.mp3"), line(FIREFOX, "/b.mp3")], loaded, since=1.0)
    text = " ".join(shown(summarise(found)).split())
    for note in (
        "mode: observe, so for now the guard refuses nobody",
        "1 line without a user agent's field (common format): not judged.",
        "their number is at least this",
    ):
        assert note in text


def test_no_change() -> None:
    loaded = policy(RULES)
    text = shown(summarise(counted([line(FIREFOX, "/")], loaded, loaded)))
    assert "0 verdicts changed." in text
    assert "No request changes its verdict." in text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "–"), (7, "7 B"), (1500, "1.5 kB"), (48_200_000_000, "48.2 GB"), (123_456_789, "123 MB")],
)
def test_sizes(count: int, text: str) -> None:
    assert replay_report.size(count) == text
