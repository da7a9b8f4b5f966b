"""Who hears the announcement, and who never does."""

from __future__ import annotations

import pytest

from making import REFUSED, asks
from stagedoor.config.stance import Artist
from stagedoor.fronts import announcement
from stagedoor.fronts.refusals import Answer, refuse
from stagedoor.model.actions import LICENSE
from stagedoor.model.facts import PURPOSES, Client, Kind, Request, Resource, Verdict

PLAYER = Client("VLC", "VideoLAN", "music-player")


def refused(
    request: Request | None = None,
    client: Client = PLAYER,
    kind: Kind = "audio",
    verdict: Verdict = REFUSED,
    *,
    announced: bool = True,
) -> Answer:
    request = request or asks("VLC/3.0.21", "/music/a.mp3")
    resource = Resource(kind, request.path)
    return refuse(request, client, resource, verdict, Artist(), "K7Q29FXM", announced=announced)


def is_announced(answer: Answer) -> bool:
    return answer.status == 200


def test_it_is_sound_that_no_cache_keeps() -> None:
    answer = refused()
    fields = dict(answer.headers)
    assert answer.status == 200
    assert fields[b"Content-Type"] == b"audio/mpeg"
    assert fields[b"Cache-Control"] == b"no-store"
    assert fields[b"X-Request-Id"] == b"K7Q29FXM"
    assert int(fields[b"Content-Length"]) == len(answer.body) == len(announcement.sound())
    assert b"Retry-After" not in fields
    head = refused(asks("VLC/3.0.21", "/music/a.mp3", method="HEAD"))
    assert (head.status, head.body, head.headers) == (200, b"", answer.headers)


def test_it_is_off_unless_wanted() -> None:
    assert refused(announced=False).status == 403


@pytest.mark.parametrize("purpose", PURPOSES)
def test_only_those_hear_it_that_play_at_once(purpose: str) -> None:
    found = refused(client=Client("Somebody", "", purpose))  # type: ignore[arg-type]
    assert is_announced(found) == (purpose in {"music-player", "cast-device"})


def test_a_player_that_is_none_does_not_hear_it() -> None:
    assert not is_announced(refused(client=Client("VLC", "", "music-player", "spoofed")))


@pytest.mark.parametrize("kind", ["page", "playlist", "feed", "image", "download", "api", "other"])
def test_it_stands_for_a_recording_and_for_nothing_else(kind: Kind) -> None:
    assert not is_announced(refused(kind=kind))


@pytest.mark.parametrize(
    ("wanted", "whole"),
    [
        ("bytes=0-", True), ("Bytes = 0-", True), ("bytes=5000-", False), ("bytes=0-1", False),
        ("bytes=-500", False), ("bytes=0-,7-9", False),
    ],
)  # fmt: skip
def test_it_replaces_no_part_of_a_recording(wanted: str, whole: bool) -> None:
    request = asks("VLC/3.0.21", "/music/a.mp3", range=wanted)
    assert is_announced(refused(request)) == whole


@pytest.mark.parametrize("path", ["/hls/a-00007.ts", "/hls/seg-3.m4s"])
def test_it_replaces_no_piece_of_a_playlist(path: str) -> None:
    assert not is_announced(refused(asks("VLC/3.0.21", path)))


def test_who_posts_does_not_hear_it() -> None:
    assert not is_announced(refused(asks("VLC/3.0.21", "/music/a.mp3", method="POST")))


def test_a_request_for_a_licence_stays_one() -> None:
    verdict = Verdict(LICENSE, "x", "X", status=402)
    assert refused(verdict=verdict).status == 402
