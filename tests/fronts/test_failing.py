"""When the guard itself fails: open or closed, as the stance says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows import GuardFixture, OpenGuard, answered, flow
from making import FIREFOX
from stagedoor.model.facts import Client, Request, Resource
from stagedoor.rules.plan import Plan, Steps


class Broken(Plan):
    """Rules with a fault in them."""

    def steps(self, _request: Request, _client: Client, _resource: Resource) -> Steps:
        raise ZeroDivisionError


class Once(Plan):
    """Rules whose fault shows when they are asked again."""

    asked = 0

    def steps(self, request: Request, client: Client, resource: Resource) -> Steps:
        self.asked += 1
        if self.asked > 1:
            raise ZeroDivisionError
        return super().steps(request, client, resource)


def break_(fixture: GuardFixture, plan: type[Plan] = Broken) -> None:
    """Put a fault into the rules."""
    policy = fixture.guard.service.policy
    assert policy is not None
    fixture.guard.service.policy = replace(policy, plan=plan(()))


@pytest.mark.parametrize(
    ("on_error", "target", "closed"),
    [
        ("", "/about", False),
        ("", "/music/a.mp3", True),
        ("", "/set.m3u8", True),
        ("{pages: closed}", "/about", True),
        ("{audio: open}", "/music/a.mp3", False),
        ("{pages: closed, audio: open}", "/about", True),
    ],
)
def test_an_error_opens_or_closes_the_door_as_the_stance_says(
    opened: OpenGuard, on_error: str, target: str, closed: bool
) -> None:
    fixture = opened({"stance.yaml": f"on_error: {on_error}" if on_error else ""})
    break_(fixture)
    found = fixture.enter(flow(target, FIREFOX))
    if closed:
        assert found.response is not None
        assert found.response.status_code == 503
        assert not found.request.stream
    else:
        assert found.response is None
        assert found.request.stream is True
    assert (
        fixture.value("errors_total", step="request", outcome="closed" if closed else "open") == 1
    )


def test_what_the_stance_calls_audio_is_closed_like_audio(opened: OpenGuard) -> None:
    fixture = opened({"stance.yaml": "audio: {paths: ['/listen/**']}"})
    break_(fixture)
    found = fixture.enter(flow("/listen/song.bin", FIREFOX))
    assert found.response is not None
    assert found.response.status_code == 503


def test_a_closed_door_answers_a_head_request_without_a_body(opened: OpenGuard) -> None:
    # mitmproxy sends the body of such a response, and it would be taken for the next one's beginning.
    fixture = opened()
    break_(fixture)
    found = fixture.enter(flow("/music/a.mp3", FIREFOX, "HEAD"))
    assert found.response is not None
    assert found.response.raw_content == b""


def test_what_an_open_door_lets_in_is_streamed_too(opened: OpenGuard) -> None:
    # An endless stream that is not streamed on fills the memory.
    fixture = opened({"stance.yaml": "on_error: {audio: open}"})
    break_(fixture)
    found = fixture.enter(flow("/live.mp3", FIREFOX))
    response = answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert response.stream


def test_an_open_door_does_not_let_a_visitor_pretend_to_come_from_elsewhere(
    opened: OpenGuard,
) -> None:
    fixture = opened()
    break_(fixture)
    found = fixture.enter(flow("/about", FIREFOX, headers={"X-Forwarded-For": "127.0.0.1"}))
    assert found.request.headers.get_all("X-Forwarded-For") != ["127.0.0.1"]


@pytest.mark.parametrize(
    ("on_error", "status"), [("audio: closed", 503), ("audio: open, pages: open", 200)]
)
def test_an_error_at_the_response_opens_or_closes_the_door_too(
    opened: OpenGuard, on_error: str, status: int
) -> None:
    fixture = opened({"stance.yaml": f"on_error: {{{on_error}}}", "crawlers/google.yaml": ""})
    break_(fixture, Once)
    found = fixture.enter(flow("/live", FIREFOX))
    response = answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    outcome = "closed" if status == 503 else "open"
    assert (
        response.status_code,
        fixture.value("errors_total", step="response", outcome=outcome),
    ) == (status, 1)
