"""What the door counts besides the verdicts: what was kept back, handed out, added, waited for."""

from __future__ import annotations

from flows import OpenGuard, answered, flow
from making import FIREFOX, GPTBOT
from stagedoor.store.memory import MemoryStore

TOLD = {"stance.yaml": "ai: {train: no}\nartist: {name: Us, contact: 'mailto:us@example.org'}"}
MEGABYTE = "1000000"


def test_bytes_withheld_are_known_once_the_file_was_handed_out(opened: OpenGuard) -> None:
    fixture = opened()
    fixture.enter(flow("/music/a.mp3", GPTBOT))
    assert fixture.value("audio_bytes_withheld_total", purpose="ai-training") == 0
    found = fixture.enter(flow("/music/a.mp3", FIREFOX))
    answered(found, "audio/mpeg", content_length=MEGABYTE)
    fixture.guard.responseheaders(found)
    for again in (
        flow("/music/a.mp3?x=1", GPTBOT),
        flow("/music/a.mp3", GPTBOT, headers={"Range": "bytes=0-1"}),
        flow("/music/a.mp3", GPTBOT, "HEAD"),
        flow("/music/b.mp3", GPTBOT),
    ):
        assert fixture.enter(again).response
    assert fixture.value("audio_bytes_withheld_total", purpose="ai-training") == 1_000_000
    assert fixture.value("audio_requests_refused_total", purpose="ai-training") == 5


def test_a_response_refused_for_its_type_says_itself_how_large_it_is(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/live", "What-Is-This/1.0"))
    answered(found, "audio/mpeg", content_length=MEGABYTE)
    fixture.guard.responseheaders(found)
    assert fixture.value("audio_bytes_withheld_total", purpose="unknown") == 1_000_000


def test_streams_are_counted_while_they_last(opened: OpenGuard) -> None:
    fixture = opened()
    for end in (fixture.guard.response, fixture.guard.error):
        found = fixture.enter(flow("/music/a.mp3", FIREFOX))
        answered(found, "audio/mpeg", content_length=MEGABYTE)
        fixture.guard.responseheaders(found)
        assert fixture.value("audio_streams", purpose="browser") == 1
        end(found)
        assert fixture.value("audio_streams", purpose="browser") == 0
        end(found)
        assert fixture.value("audio_streams", purpose="browser") == 0


def test_what_is_handed_out_against_what_was_said(opened: OpenGuard) -> None:
    """In observe mode nobody is refused: it is taken, and counted as taken."""
    fixture = opened(TOLD | {"stance.yaml": TOLD["stance.yaml"] + "\nmode: observe"})
    fixture.guard.service.store = MemoryStore(100)
    for status in (200, 404):
        found = fixture.enter(flow("/music/a.mp3", GPTBOT))
        answered(found, "audio/mpeg", status)
        fixture.guard.responseheaders(found)
        fixture.guard.response(found)  # the headers told it
    assert (
        fixture.value(
            "audio_taken_total", crawler="GPTBot", proof="unverified", purpose="ai-training"
        )
        == 1
    )
    assert (
        fixture.value("taken_against_total", crawler="GPTBot", proof="unverified", resource="audio")
        == 0
    )
    found = fixture.enter(flow("/music/a.mp3", GPTBOT))
    answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert (
        fixture.value("taken_against_total", crawler="GPTBot", proof="unverified", resource="audio")
        == 1
    )
    assert (
        fixture.value(
            "audio_taken_total", crawler="GPTBot", proof="unverified", purpose="ai-training"
        )
        == 2
    )


def test_people_are_not_counted_by_name(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/music/a.mp3", FIREFOX))
    answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    (family,) = [f for f in fixture.metrics.registry.collect() if f.name == "stagedoor_audio_taken"]
    assert family.samples == []


def test_every_request_adds_once(opened: OpenGuard) -> None:
    fixture = opened()
    fixture.enter(flow("/music/a.mp3", GPTBOT))
    assert fixture.value("added_seconds_count") == 1
    found = fixture.enter(flow("/", FIREFOX))
    assert fixture.value("added_seconds_count") == 1
    answered(found)
    fixture.guard.responseheaders(found)
    assert fixture.value("added_seconds_count") == 2
    assert 0 < fixture.value("decision_seconds_sum") < fixture.value("added_seconds_sum")
    assert fixture.value("upstream_first_byte_seconds_count") == 1
    assert fixture.value("upstream_responses_total", status="2xx") == 1


def test_what_the_stance_says_in_headers_is_told(opened: OpenGuard) -> None:
    fixture = opened(TOLD)
    assert fixture.value("signals_said") > 0
    silent = "publish: {content_usage: no, tdmrep: no, rsl: no, noai: no}"
    fixture = opened({"stance.yaml": silent})
    assert fixture.value("rules_loaded") > 0
    assert fixture.value("signals_said") == 0
