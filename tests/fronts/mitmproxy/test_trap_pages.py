"""Behind the trap link: a page with recordings, and a note of any client that takes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from mitmproxy import http

from flows import GuardFixture, OpenGuard, flow
from making import FIREFOX, GPTBOT, REQUESTS, TRAINING_OFF, asks, event
from stagedoor.fronts.trap_pages import taken
from stagedoor.load.trap_recordings import FOLDER, LIST
from stagedoor.model.facts import Client

SOUND = b"ID3" + bytes(100)
LISTED = (
    '{"trap recordings of form 1": [{"title": "Salt <Ferry>", "file": "salt-ferry-1.mp3", "sound": []},'
    ' {"title": "Gone", "file": "gone-2.mp3", "sound": []}]}'
)
TRIPPED = """
- {id: trapped, title: Trapped, when: {behaviour.tripped: yes, resource: audio}, then: block}
"""


@pytest.fixture
def front(opened: OpenGuard, tmp_path: Path) -> GuardFixture:
    folder = tmp_path / "state" / FOLDER
    folder.mkdir(parents=True)
    (folder / LIST).write_text(LISTED)
    (folder / "salt-ferry-1.mp3").write_bytes(SOUND)
    files = {"stance.yaml": "traps: yes", "20-ai.yaml": TRAINING_OFF, "35-x.yaml": TRIPPED}
    fixture = opened(files, guard_state=f"{tmp_path}/state")
    fixture.guard.service.open()
    return fixture


def ask(front: GuardFixture, path: str, agent: str = REQUESTS, method: str = "GET") -> http.Response | None:  # fmt: skip
    found = flow(path, agent)
    found.request.method = method
    return front.enter(found).response


def trap(front: GuardFixture) -> str:
    assert front.guard.service.policy is not None
    return front.guard.service.policy.trap


def test_the_page_leads_to_the_recordings(front: GuardFixture) -> None:
    response = ask(front, trap(front))
    assert response is not None
    assert response.status_code == 200
    assert response.headers["x-robots-tag"].startswith("noindex")
    page = response.get_text() or ""
    assert f'<a href="{trap(front)}/salt-ferry-1.mp3" rel="nofollow">Salt &lt;Ferry&gt;</a>' in page


@pytest.mark.parametrize("agent", [REQUESTS, FIREFOX, GPTBOT, ""])
def test_a_recording_goes_to_any_client_and_is_noted(front: GuardFixture, agent: str) -> None:
    ask(front, trap(front), agent)  # from now on its recordings are refused: those of the site
    response = ask(front, f"{trap(front)}/salt-ferry-1.mp3", agent)
    assert response is not None
    assert (response.status_code, response.content) == (200, SOUND)
    assert response.headers["content-type"] == "audio/mpeg"
    assert front.recorded.verdicts[-1] == "log"
    refused = ask(front, "/music/a.mp3", agent)
    assert refused is not None
    assert refused.status_code == 403


def test_what_is_not_there_goes_to_the_site(front: GuardFixture) -> None:
    for path in (
        "/other-3.mp3",
        "/gone-2.mp3",
        "x/salt-ferry-1.mp3",
        "/../seed",
    ):
        assert ask(front, trap(front) + path) is None, path
    assert ask(front, f"{trap(front)}/salt-ferry-1.mp3", method="POST") is None
    head = ask(front, f"{trap(front)}/salt-ferry-1.mp3", method="HEAD")
    assert head is not None
    assert head.content == b""


def test_a_refused_client_is_not_led_there(front: GuardFixture) -> None:
    response = ask(front, trap(front), GPTBOT)
    assert response is not None
    assert response.status_code == 403


def test_without_recordings_the_site_answers(opened: OpenGuard, tmp_path: Path) -> None:
    front = opened({"stance.yaml": "traps: yes"}, guard_state=f"{tmp_path}/state")
    front.guard.service.open()
    assert ask(front, trap(front)) is None


def test_what_may_be_a_person_leaves_no_agent() -> None:
    person = event(client=Client("Firefox", "", "browser"), request=asks(FIREFOX, "/a.mp3"))
    assert taken(person).request.agent == ""
    machine = event(client=Client("Requests", "", "http-library"), request=asks(REQUESTS, "/a.mp3"))
    assert taken(machine) is machine
