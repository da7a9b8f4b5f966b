"""What becomes of sound on its way through the guard: which of it counts, and as what."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

import pytest
from mitmproxy import http

from flows import GuardFixture, OpenGuard, answered, flow
from making import OVERCAST
from recordings import LENGTH, recording
from stagedoor.model.sound import SoundSent

CURL = "curl/8.5.0"


class Listening:
    """A guard, and all that was reported of sound."""

    def __init__(self, fixture: GuardFixture) -> None:
        self.fixture, self.sent = fixture, list[SoundSent]()
        reports = fixture.guard.service.sound
        counted = reports.sounded

        def sounded(transaction: object, sent: SoundSent) -> None:
            self.sent.append(sent)
            counted(transaction, sent)  # type: ignore[arg-type]

        reports.sounded = sounded  # type: ignore[method-assign]

    def get(
        self,
        target: str,
        body: bytes,
        content_type: str = "audio/mpeg",
        status: int = 200,
        method: str = "GET",
        end: bool = True,
        agent: str = OVERCAST,
        **headers: str,
    ) -> http.HTTPFlow:
        """One request, answered by the site; what goes out is what the site has sent."""
        found = self.fixture.enter(flow(target, agent, method))
        if found.response is not None:
            return found
        answered(found, content_type, status, **headers)
        self.fixture.guard.responseheaders(found)
        assert found.response is not None
        if found.response.status_code == 429:
            return found
        stream = found.response.stream
        if callable(stream):
            out = b""
            for at in range(0, len(body), 20_000):
                out += _joined(stream(body[at : at + 20_000]))
            assert out == body
            if end:
                _joined(stream(b""))
        if end:
            self.fixture.guard.response(found)
        return found


def _joined(out: Iterable[bytes] | bytes) -> bytes:
    return out if isinstance(out, bytes) else b"".join(out)


@pytest.fixture
def listening(opened: OpenGuard) -> Listening:
    return Listening(opened())


def test_a_recording_counts_with_its_seconds(listening: Listening) -> None:
    data = recording("cbr.mp3")
    listening.get("/a.mp3", data, content_length=str(len(data)))
    assert sum(one.seconds for one in listening.sent) == pytest.approx(LENGTH, rel=0.02)
    assert (listening.sent[0].track, listening.sent[0].kind) == ("/a.mp3", "recording")
    assert listening.fixture.value("audio_seconds_total", purpose="podcast-app") == pytest.approx(
        LENGTH, rel=0.02
    )
    assert listening.fixture.value("audio_bytes_total", purpose="podcast-app") == len(data)


@pytest.mark.parametrize(
    ("status", "method", "content_type"),
    [
        (404, "GET", "text/html"),
        (404, "GET", "audio/mpeg"),
        (200, "HEAD", "audio/mpeg"),
        (304, "GET", "audio/mpeg"),
        (416, "GET", "audio/mpeg"),
        (500, "GET", "audio/mpeg"),
        (302, "GET", "audio/mpeg"),
    ],
)
def test_what_is_missing_or_only_a_head_counts_nothing(
    status: int, method: str, content_type: str, listening: Listening
) -> None:
    body = recording("cbr.mp3") if method == "GET" else b""
    listening.get("/a.mp3", body, content_type, status, method, content_length=str(len(body)))
    assert listening.sent == []
    assert listening.fixture.value("audio_bytes_total", purpose="podcast-app") == 0


def test_a_page_under_a_recordings_name_is_no_sound(listening: Listening) -> None:
    listening.get("/a.mp3", b"<!doctype html><title>x</title>" + bytes(90_000), "text/html")
    assert listening.sent == []


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_segments_belong_to_their_track(coding: str, listening: Listening) -> None:
    master = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0/index.m3u8\n"
    variant = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n" + b"".join(
        b"#EXTINF:10,\n%d.bin\n" % number for number in range(6)
    )
    for path, text in (
        ("/a/master.m3u8", master),
        ("/a/v0/index.m3u8", variant + b"#EXT-X-ENDLIST\n"),
    ):
        body = gzip.compress(text) if coding else text
        listening.get(path, body, "application/vnd.apple.mpegurl", content_encoding=coding)
    for number in range(6):
        found = listening.get(
            f"/a/v0/{number}.bin", bytes(1000), "application/octet-stream", content_length="1000"
        )
        assert found.response is not None
    assert {one.track for one in listening.sent} == {"/a/master.m3u8"}
    assert {one.kind for one in listening.sent} == {"segment"}
    assert sum(one.seconds for one in listening.sent) == pytest.approx(60)


def test_a_segment_without_a_name_is_guarded_once_its_playlist_has_passed(
    opened: OpenGuard,
) -> None:
    fixture = opened({"10-no.yaml": "- {id: no, title: No, when: {resource: audio}, then: block}"})
    listening = Listening(fixture)
    assert listening.get("/k/1", bytes(40), "application/octet-stream").response.status_code == 200  # type: ignore[union-attr] # fmt: skip
    text = b'#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="/k/1"\n#EXTINF:9,\n/s/1.jpg\n'
    listening.get("/a.m3u8", text, "application/vnd.apple.mpegurl")
    for path in ("/k/1", "/s/1.jpg"):
        assert listening.get(path, b"", "image/jpeg").response.status_code == 403, path  # type: ignore[union-attr] # fmt: skip


def test_an_episode_belongs_to_its_feed(listening: Listening) -> None:
    feed = b'<rss><channel><item><enclosure url="http://music.example/e/1.mp3" type="audio/mpeg"/>'
    feed += b"<itunes:duration>30</itunes:duration></item></channel></rss>"
    listening.get("/feed.xml", feed, "application/rss+xml")
    data = recording("cbr.mp3")
    listening.get("/e/1.mp3?source=app", data, content_length=str(len(data)))
    assert {(one.kind, one.collection) for one in listening.sent} == {("episode", "/feed.xml")}


def test_a_broken_listing_goes_out_all_the_same(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("stagedoor.resources.listings.Reader.feed", fails)
    listening.get("/a.m3u", b"#EXTM3U\na.mp3\n", "audio/mpegurl")
    assert listening.fixture.value("errors_total", step="listing", outcome="unrecorded") == 1
    assert "could not be read" in caplog.text


def test_a_program_that_hands_out_recordings_has_many_tracks(listening: Listening) -> None:
    data = recording("cbr.mp3")
    for number in (1, 2, 1):
        listening.get(f"/rest/stream?id={number}&t=secret", data, content_length=str(len(data)))
    assert {one.track for one in listening.sent} == {"/rest/stream?id=1", "/rest/stream?id=2"}


# -- live ---------------------------------------------------------------------------------------

LIVE = {
    "90-free.yaml": "",
    "36-live.yaml": """
        - id: full
          title: Full
          when: {resource.form: live, behaviour.live_streams: {at_least: 2}}
          then: {throttle: {retry_after: 1m}}
        - id: hours
          title: Hours
          when: {resource.form: live, behaviour.on_air: {over: 1h}}
          then: log
        """,
}


def test_open_streams_have_a_bound(opened: OpenGuard) -> None:
    listening = Listening(opened(LIVE))
    first, second = (
        listening.get("/live", bytes(4000), end=False, icy_name="Radio") for _ in range(2)
    )
    third = listening.get("/live", bytes(4000), icy_name="Radio")
    assert third.response is not None
    assert third.response.status_code == 429
    assert third.response.headers["retry-after"] == "60"
    assert {one.kind for one in listening.sent} == {"live"}
    # A recording is none of it, and where one stream has ended there is room.
    assert listening.get("/a.mp3", bytes(40)).response.status_code == 200  # type: ignore[union-attr] # fmt: skip
    listening.fixture.guard.error(first)
    assert listening.get("/live", bytes(4000), icy_name="Radio").response.status_code == 200  # type: ignore[union-attr] # fmt: skip
    listening.fixture.guard.response(second)


def test_who_holds_a_stream_for_hours_is_named(
    opened: OpenGuard, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("stagedoor.fronts.decision_point.time.monotonic", lambda: now[0])
    listening = Listening(opened(LIVE))
    listening.get("/live", bytes(4000), agent=CURL, icy_name="Radio", end=False)
    now[0] += 3700
    listening.get("/live", bytes(4000), agent=CURL, icy_name="Radio", end=False)
    assert listening.fixture.recorded.verdicts == ["allow", "log"]
    assert listening.fixture.recorded.events[-1].verdict.rule == "hours"
