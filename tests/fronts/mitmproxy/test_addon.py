"""The Guard: mitmproxy's hooks, in the order a request meets them."""

from __future__ import annotations

import pytest
from mitmproxy import connection
from mitmproxy.flow import Error
from mitmproxy.proxy.server_hooks import ServerConnectionHookData
from mitmproxy.test import tflow

from flows import Broken, OpenGuard, answered, flow
from making import FIREFOX, GPTBOT, OVERCAST

EVERYBODY = "- {id: all, title: All, when: {resource: audio}, then: block}"
PLAYERS = """
    group: Players
    reviewed: 2026-11-29
    clients: [{name: VLC, token: VLC, purpose: music-player}]
    """

# -- a request comes in ----------------------------------------------------------------------------


def test_a_refused_crawler_is_answered_in_the_sites_place(opened: OpenGuard) -> None:
    found = opened().enter(flow("/music/a.mp3", GPTBOT))
    assert found.response is not None
    assert found.response.status_code == 403
    assert "mailto:us@example.org" in (found.response.get_text() or "")
    assert not found.request.stream  # mitmproxy would go to the site if it were


def test_what_is_recorded_of_a_refusal_is_the_status_that_went_out(opened: OpenGuard) -> None:
    """A player hears an announcement, and a browser that asks whether it may ask hears yes."""
    fixture = opened(
        {
            "stance.yaml": "announcement: yes",
            "10-all.yaml": EVERYBODY,
            "clients/players.yaml": PLAYERS,
        }
    )
    fixture.enter(flow("/a.mp3", "VLC/3.0.21 LibVLC/3.0.21"))
    fixture.enter(flow("/a.mp3", FIREFOX))
    asks = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    fixture.enter(flow("/a.mp3", FIREFOX, "OPTIONS", headers=asks))
    late = fixture.enter(flow("/listen", FIREFOX))
    answered(late, "audio/mpeg")
    fixture.guard.responseheaders(late)
    found = fixture.recorded
    assert [(one.status, one.verdict.status) for one in found.events] == [
        (200, 403), (403, 403), (204, 403), (403, 403),
    ]  # fmt: skip
    assert found.verdicts == ["block"] * 4


def test_a_listener_is_passed_on_and_streamed(opened: OpenGuard) -> None:
    found = opened().enter(flow("/music/a.mp3", OVERCAST))
    assert found.response is None
    assert found.request.stream is True
    assert found.request.headers["X-Forwarded-For"] == "198.51.100.7"


def test_observe_mode_refuses_nobody(opened: OpenGuard) -> None:
    fixture = opened(guard_mode="observe")
    found = fixture.enter(flow("/music/a.mp3", GPTBOT))
    assert found.response is None
    answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert fixture.recorded.verdicts == ["would-block"]


def test_the_stances_mode_counts_where_no_option_is_set(opened: OpenGuard) -> None:
    fixture = opened({"stance.yaml": "mode: observe"})
    assert fixture.enter(flow("/a.mp3", GPTBOT)).response is None
    assert fixture.value("enforcing") == 0


def test_signal_files_are_passed_on_to_whoever_asks(opened: OpenGuard) -> None:
    fixture = opened({"10-all.yaml": "- {id: all, title: All, then: block}"})
    assert fixture.enter(flow("/robots.txt", GPTBOT)).response is None
    assert fixture.enter(flow("/", GPTBOT)).response is not None


def test_a_head_request_is_refused_without_a_body(opened: OpenGuard) -> None:
    found = opened().enter(flow("/a.mp3", GPTBOT, "HEAD"))
    assert found.response is not None
    assert (found.response.status_code, found.response.raw_content) == (403, b"")


def test_a_request_that_mitmproxy_has_refused_already_is_left_alone(opened: OpenGuard) -> None:
    fixture = opened()
    found = flow("/a.mp3", GPTBOT)
    found.error = Error("invalid")
    fixture.enter(found)
    assert found.response is None
    assert fixture.recorded.events == []


def test_nobody_may_use_the_guard_as_a_forward_proxy(opened: OpenGuard) -> None:
    found = opened().enter(flow("/", FIREFOX, mode="regular"))
    assert found.error is not None
    assert found.response is None


@pytest.mark.parametrize("length", ["0", "1073741824", "nonsense", "-1", "\xb2"])
def test_a_refused_upload_is_answered_and_never_passed(opened: OpenGuard, length: str) -> None:
    found = opened().enter(flow("/a.mp3", GPTBOT, "POST", headers={"Content-Length": length}))
    assert found.response is not None
    assert not found.request.stream


# -- the response comes in -------------------------------------------------------------------------


def test_a_response_is_streamed(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/about", FIREFOX))
    response = answered(found)
    fixture.guard.responseheaders(found)
    assert response.stream  # with tags in it
    assert response.status_code == 200
    other = fixture.enter(flow("/cover.jpg", FIREFOX))
    answered(other, "image/jpeg")
    fixture.guard.responseheaders(other)
    assert other.response is not None
    assert other.response.stream is True


def test_audio_is_counted_as_it_runs(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/music/a.mp3", OVERCAST))
    response = answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert callable(response.stream)
    assert [response.stream(chunk) for chunk in (b"abc", b"de", b"")] == [b"abc", b"de", b""]
    assert fixture.value("audio_bytes_total", purpose="podcast-app") == 5


def test_what_only_the_response_shows_to_be_audio_is_refused_then(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/live", "Zorbulon"))
    assert found.response is None
    response = answered(found, "audio/mpeg", icy_name="live")
    fixture.guard.responseheaders(found)
    assert response.status_code == 403
    assert "icy-name" not in response.headers
    assert fixture.recorded.verdicts == ["block"]
    assert fixture.recorded.events[0].resource.known_by == "type"


def test_what_only_the_response_shows_is_only_noted_in_observe_mode(opened: OpenGuard) -> None:
    fixture = opened(guard_mode="observe")
    found = fixture.enter(flow("/live", "Zorbulon"))
    response = answered(found, "audio/mpeg")
    fixture.guard.responseheaders(found)
    assert response.status_code == 200
    assert fixture.recorded.verdicts == ["would-block"]


def test_a_response_does_not_lead_visitors_past_the_door(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/about", FIREFOX))
    response = answered(found, alt_svc='h3=":443"')
    fixture.guard.responseheaders(found)
    assert "alt-svc" not in response.headers


def test_a_refusals_own_headers_are_left_alone(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/a.mp3", GPTBOT))
    assert found.response is not None
    before = found.response.headers.copy()
    fixture.guard.responseheaders(found)  # mitmproxy calls it for answers of ours, too
    assert found.response.headers == before


# -- everything is recorded once -------------------------------------------------------------------


def test_a_refusal_is_recorded_once(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/a.mp3", GPTBOT))
    fixture.guard.responseheaders(found)
    found.error = Error("client left")
    fixture.guard.error(found)
    assert fixture.recorded.verdicts == ["block"]
    assert (
        fixture.value("requests_total", verdict="block", purpose="ai-training", resource="audio")
        == 1
    )
    assert fixture.value("blocks_total", crawler="GPTBot", rule="ai-training-off") == 1


def test_an_admission_is_recorded_once_when_it_is_final(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/about", FIREFOX))
    assert fixture.recorded.events == []
    answered(found)
    fixture.guard.responseheaders(found)
    fixture.guard.responseheaders(found)
    fixture.guard.error(found)
    assert fixture.recorded.verdicts == ["allow"]


def test_a_request_that_the_site_never_answered_is_recorded_all_the_same(opened: OpenGuard) -> None:
    fixture = opened()
    found = fixture.enter(flow("/about", FIREFOX))
    found.error = Error("connection refused")
    fixture.guard.error(found)
    fixture.guard.error(found)
    assert fixture.recorded.verdicts == ["allow"]


def test_an_error_of_a_flow_the_guard_never_saw_is_not_recorded(opened: OpenGuard) -> None:
    fixture = opened()
    fixture.guard.error(flow())
    assert fixture.recorded.events == []


def test_a_sink_that_fails_fails_no_request_and_no_other_sink(opened: OpenGuard) -> None:
    fixture = opened()
    fixture.guard.service.suite.add(Broken())
    found = fixture.enter(flow("/a.mp3", GPTBOT))
    assert found.response is not None
    assert found.response.status_code == 403
    assert fixture.recorded.verdicts == ["block"]
    assert fixture.value("errors_total", step="record", outcome="unrecorded") == 1


def test_websocket_messages_are_forgotten_once_they_have_passed(opened: OpenGuard) -> None:
    fixture = opened()
    found = tflow.twebsocketflow()
    assert found.websocket is not None
    last = found.websocket.messages[-1]
    assert len(found.websocket.messages) > 1
    fixture.guard.websocket_message(found)
    assert found.websocket.messages == [last]


def test_a_site_that_is_down_is_counted_each_time_and_told_now_and_then(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = opened()
    server = connection.Server(address=("localhost", 8000))
    for _ in range(50):
        fixture.guard.server_connect_error(ServerConnectionHookData(server, tflow.tclient_conn()))
    assert fixture.value("upstream_errors_total") == 50
    assert len([line for line in caplog.messages if "does not answer" in line]) == 1


def test_a_proxy_in_front_that_is_not_believed_is_told_of_once(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    fixture = opened()
    for _ in range(5):
        fixture.enter(
            flow("/", FIREFOX, peer="127.0.0.1", headers={"X-Forwarded-For": "198.51.100.7"})
        )
    (line,) = [line for line in caplog.messages if "X-Forwarded-For" in line]
    assert "--set guard_trusted_proxies=127.0.0.1" in line


def test_a_stranger_who_sends_x_forwarded_for_is_no_reason_for_advice(
    opened: OpenGuard, caplog: pytest.LogCaptureFixture
) -> None:
    opened().enter(flow("/", FIREFOX, peer="9.9.9.9", headers={"X-Forwarded-For": "198.51.100.7"}))
    assert not [line for line in caplog.messages if "X-Forwarded-For" in line]


def test_a_trusted_proxys_word_about_the_client_counts(opened: OpenGuard) -> None:
    fixture = opened(guard_trusted_proxies="127.0.0.1")
    fixture.enter(
        flow("/a.mp3", GPTBOT, peer="127.0.0.1", headers={"X-Forwarded-For": "203.0.113.9"})
    )
    assert fixture.recorded.events[0].request.address == "203.0.113.9"


def test_a_site_is_known_by_the_name_that_the_guard_was_given(opened: OpenGuard) -> None:
    """Not by the visitor's: a certificate and a virtual host are for the site's own."""
    server = connection.Server(address=("site.example", 443))
    client = connection.Client(
        peername=("198.51.100.7", 1), sockname=("::", 443), timestamp_start=0
    )
    client.sni = "music.example"
    opened().guard.server_connect(ServerConnectionHookData(server, client))
    assert server.sni == "site.example"
