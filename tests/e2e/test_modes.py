"""Observe mode refuses nobody; `on_error` says what happens when the guard itself fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import guarding
from .clients import FIREFOX, GPTBOT, LIBRARY, connect, curl, read_head, request
from .conftest import StartGuard
from .guarding import Guard
from .programs import PATIENCE
from .rawsite import RawSite, Visit
from .site import Site


def observing(how: str, origin: Site, rules: Path, start_guard: StartGuard) -> Guard:
    if how == "option":
        return start_guard(origin.url, "--set", "guard_mode=observe")
    (rules / "stance.yaml").write_text("mode: observe\n")
    return start_guard(origin.url, "--set", f"guard_rules={rules}")


@pytest.mark.parametrize("how", ["option", "stance"])
def test_observe_mode_refuses_nobody(
    how: str, origin: Site, rules: Path, start_guard: StartGuard
) -> None:
    guard = observing(how, origin, rules, start_guard)
    recording = origin.file("/music/tone.mp3")
    for agent, path in (
        (GPTBOT, "/music/tone.mp3"),
        (LIBRARY, "/listen/tone"),
        (FIREFOX, "/listen/tone"),
    ):
        answer = curl(f"{guard.url}{path}", agent=agent)
        assert (answer.status, answer.body) == (200, recording)
    counts = guard.counts()
    assert counts("requests_total", verdict="would-block") == 2
    assert counts("requests_total", verdict="block") == 0
    assert counts("requests_total", verdict="allow") == 1
    assert counts("blocks_total") == 0
    assert counts("audio_requests_refused_total") == 0
    assert counts("audio_bytes_total") == 3 * len(recording)
    assert counts("enforcing") == 0
    told = [(line["verdict"], line["rule"], line["status"]) for line in guard.decisions(count=2)]
    assert told == [
        ("would-block", "ai-training-off", None),
        ("would-block", "libraries-off", None),
    ]
    guard.says("would refuse GPTBot")
    assert "mode     observe (refusals are only written down)" in guard.output


FAULTS = {
    "always": "step = order.enter",
    "once the type is known": "step = order.decide_again",
}
_BREAK = """
from stagedoor.engine import order

{fault}

def broken(*_, **__):
    raise RuntimeError("broken on purpose")

setattr(order, step.__name__, broken)
"""


def script(folder: Path, fault: str) -> list[str]:
    """mitmdump's words for a second script that makes the policy raise."""
    path = folder / "broken.py"
    path.write_text(_BREAK.format(fault=FAULTS[fault]))
    return ["-s", str(path)]


@pytest.fixture(scope="module")
def broken(origin: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    """A guard that cannot decide anything."""
    folder = tmp_path_factory.mktemp("broken")
    with guarding.running(folder, origin.url, *script(folder, "always")) as found:
        yield found


@pytest.mark.parametrize("agent", [FIREFOX, GPTBOT], ids=["a person", "a crawler"])
def test_a_fault_while_deciding(agent: str, broken: Guard, origin: Site) -> None:
    """As shipped: open for pages, closed for recordings, for every client."""
    before = broken.counts()
    for path in ("/index.html", "/robots.txt"):
        answer = curl(f"{broken.url}{path}", agent=agent)
        assert (answer.status, answer.body) == (200, origin.file(path))
    for path in ("/music/tone.mp3", "/hls/index.m3u8"):
        answer = curl(f"{broken.url}{path}?fault", agent=agent)
        assert answer.status == 503
        assert answer.headers["retry-after"]
        assert answer.type.startswith("text/html" if agent == FIREFOX else "text/plain")
        assert origin.file(path)[:16] not in answer.body
    assert origin.never_heard("?fault", broken.url)
    after = broken.counts()
    for outcome, more in (("open", 3), ("closed", 2)):  # never_heard asks for a page once
        labels = {"step": "request", "outcome": outcome}
        assert after("errors_total", **labels) - before("errors_total", **labels) == more
    broken.says("broken on purpose")


def test_a_fault_passes_nothing_forged_on(broken: Guard, origin: Site) -> None:
    """Let in undecided is still let in through the door."""
    lies = ["-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Real-IP: 203.0.113.9"]
    answer = curl(f"{broken.url}/index.html?undecided", *lies)
    heard = origin.hears("index.html?undecided")[0]
    assert "203.0.113.9" not in heard["forwarded_for"] + heard["real_ip"]
    assert answer.headers["alt-svc"] is None


def test_a_fault_holds_no_stream_back(tmp_path: Path, start_guard: StartGuard) -> None:
    """Let in undecided is streamed as well: a radio would fill the memory and never be heard."""

    def radio(visit: Visit) -> None:
        visit.answer("audio/mpeg", body=bytes(100_000))
        visit.hung_up_on()

    with RawSite(radio) as site:
        guard = start_guard(site.url, *script(tmp_path, "always"))
        with connect(guard.url) as wire:
            wire.sendall(request("/live"))
            wire.settimeout(PATIENCE)
            head, _ = read_head(wire)
    assert head.startswith("HTTP/1.1 200 ")


def test_a_fault_once_the_site_has_answered(
    origin: Site, tmp_path: Path, start_guard: StartGuard
) -> None:
    """The answer's type says that it is audio, and then the decision fails: closed, as for audio."""
    guard = start_guard(origin.url, *script(tmp_path, "once the type is known"))
    assert curl(f"{guard.url}/index.html").body == origin.served("/index.html")
    answer = curl(f"{guard.url}/listen/tone")
    assert guard.counts()("errors_total", step="response") == 1
    assert answer.status == 503
    assert origin.file("/listen/tone")[:16] not in answer.body


def test_a_fault_under_another_stance(
    origin: Site, rules: Path, tmp_path: Path, start_guard: StartGuard
) -> None:
    (rules / "stance.yaml").write_text("on_error: {pages: closed, audio: open}\n")
    guard = start_guard(origin.url, *script(tmp_path, "always"), "--set", f"guard_rules={rules}")
    assert curl(f"{guard.url}/index.html").status == 503
    answer = curl(f"{guard.url}/music/tone.mp3")
    assert (answer.status, answer.body) == (200, origin.file("/music/tone.mp3"))


SINK = """
from stagedoor.record import decision_log, terminal

def fail(self, event):
    raise RuntimeError("broken on purpose")

terminal.Terminal.record = fail
decision_log.Decisions.record = fail
"""


def test_a_recorder_that_fails_fails_no_request(
    origin: Site, tmp_path: Path, start_guard: StartGuard
) -> None:
    sinks = tmp_path / "sinks.py"
    sinks.write_text(SINK)
    guard = start_guard(origin.url, "-s", str(sinks))
    assert curl(f"{guard.url}/music/tone.mp3").body == origin.file("/music/tone.mp3")
    assert curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status == 403
    assert guard.counts()("errors_total", step="record", outcome="unrecorded") == 4
