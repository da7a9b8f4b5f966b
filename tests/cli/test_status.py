"""`stagedoor status` against a real desk: what it prints, what it returns, what it says is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from prometheus_client import CollectorRegistry, make_wsgi_app

from making import TRAINING_OFF, event, policy
from stagedoor.cli import main
from stagedoor.cli.status import _safe
from stagedoor.model.facts import Client
from stagedoor.record.daily import Day
from stagedoor.web.desk.answers import Desk
from stagedoor.web.desk.routes import routes
from stagedoor.web.desk.view import Outlook
from stagedoor.web.gate import Gate
from stagedoor.web.server import Serving

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves a desk where GPTBot has been refused; returns its address."""
    served: list[Serving] = []

    def begin(password: str = "", **changed: object) -> str:
        day = Day()
        day.record(event(at=day.since))
        nasty = Client("Evil\x1b[2J", "O", "robot", docs="javascript:x")
        day.record(event(at=day.since, client=nasty))
        outlook = replace(
            Outlook(policy({"20-ai.yaml": TRAINING_OFF}), "enforce", Path("/s"), "1.2"),
            **changed,  # type: ignore[arg-type]
        )
        desk = Desk(day, lambda: outlook, lambda _mode, _by: None, Gate("127.0.0.1", password))
        served.append(Serving("127.0.0.1", 0, make_wsgi_app(CollectorRegistry()), routes(desk)))
        return f"127.0.0.1:{served[-1].port}"

    yield begin
    for one in served:
        one.close()


def test_one_screen(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--at", serve()]) == 0
    told = capsys.readouterr().out
    for words in ("Stagedoor 1.2 is up and enforces", "1 rules loaded, 1 in force", "GPTBot",
                  "Today 2 crawlers and other machines sent 2 requests.", "Evil\\x1b[2J"):  # fmt: skip
        assert words in told, told
    assert "\x1b" not in told


def test_json_is_what_the_desk_says(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--at", serve()]) == 0
    found = orjson.loads(capsys.readouterr().out)
    assert found["requests"] == 2
    assert found["crawlers"][1]["name"] == "GPTBot"


def test_broken_rules_are_told_and_returned(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--at", serve(trouble=("a.yaml:1:1: wrong\x1b[31m",))]) == 1
    told = capsys.readouterr().out
    assert "a.yaml:1:1: wrong\\x1b[31m" in told
    assert main(["status", "--at", serve(mode="observe")]) == 0
    assert "observes: nobody is refused" in capsys.readouterr().out


def test_a_password_comes_from_the_environment(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = serve("sesame")
    assert main(["status", "--at", at]) == 1
    assert "put it into STAGEDOOR_DESK_PASSWORD" in capsys.readouterr().err
    monkeypatch.setenv("STAGEDOOR_DESK_PASSWORD", "sesame")
    assert main(["status", "--at", at]) == 0


def test_what_is_no_desk_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    alone = Serving("127.0.0.1", 0, make_wsgi_app(CollectorRegistry()))
    try:
        assert main(["status", "--at", f"127.0.0.1:{alone.port}"]) == 1
        assert "is no desk" in capsys.readouterr().err
    finally:
        alone.close()
    assert main(["status", "--at", f"127.0.0.1:{alone.port}"]) == 1
    assert "is the guard running?" in capsys.readouterr().err
    assert main(["status", "--at", "nowhere:x"]) == 1
    assert "--at nowhere:x" in capsys.readouterr().err


def test_top_wants_a_terminal(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["top", "--at", serve()]) == 1
    assert "stagedoor status" in capsys.readouterr().err


def test_a_figure_and_its_unit_are_readable_and_nothing_commands_the_terminal() -> None:
    assert _safe("71.1\N{NO-BREAK SPACE}kB") == "71.1 kB"
    assert _safe("1\N{NARROW NO-BREAK SPACE}234 requêtes") == "1 234 requêtes"
    assert _safe("a\x1b[2Jb") == r"a\x1b[2Jb"
