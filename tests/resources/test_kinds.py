"""What is asked for: by path, by the stance, by the response's type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.model.facts import KINDS, Resource
from stagedoor.model.globs import Globs
from stagedoor.resources.kinds import classify, endings, reclassify
from stagedoor.resources.paths import normalise


@pytest.mark.parametrize(
    ("kind", "paths"),
    [
        ("audio", "/a.mp3 /a.flac /a.ogg /a.oga /a.opus /a.wav /a.m4a /a.aac /a.weba /music/live/a.mp3"),
        ("audio", "/a.ts /a.m4s /a.mp4 /a.webm /rest/stream.view /rest/stream /rest/download.view"),
        ("audio", "/a.mp3/ /a.mp3; /a.mp3;jsessionid=1 /a.mp3. /a.html;x.mp3"),
        ("playlist", "/a.m3u8 /a.m3u /a.pls /a.xspf /a.mpd /rest/hls.m3u8 /rest/hls.view /rest/hls"),
        ("feed", "/feed /feed/ /feed.xml /rss /rss.xml /podcast /blog/feed /index.xml /a.rss /feed.json /atom.xml"),
        ("download", "/album.zip /album.tar.gz /album.torrent /a.rar /a.7z"),
        ("page", "/ /about /music /music/ /a.html /a.php /tour/2026"),
        ("image", "/a.jpg /a.png /a.webp /favicon.ico /rest/getCoverArt.view"),
        ("asset", "/a.css /a.js /a.woff2 /a.json /lyrics.lrc /a.vtt"),
        ("signal", "/robots.txt /ai.txt /llms.txt /trust.txt /license.xml /.well-known/tdmrep.json /.well-known/security.txt"),
        ("api", "/rest/ping.view /rest/getAlbumList2 /api/songs /api/"),
        ("other", "/a.xyz /a.pdf"),
    ],
)  # fmt: skip
def test_a_path_names_a_kind_of_resource(kind: str, paths: str) -> None:
    assert {path: classify(path).kind for path in paths.split()} == dict.fromkeys(
        paths.split(), kind
    )


@pytest.mark.parametrize(
    "path",
    [
        "/music/robots.txt",
        "/robots.txt.mp3",
        "/robots.txt/a.mp3",
        "/.well-known/a.mp3",
        "/.well-known/..;/music/a.mp3",
        "/x/.well-known/a",
    ],
)
def test_what_only_looks_like_a_signal_is_none(path: str) -> None:
    assert classify(path).kind != "signal"


@pytest.mark.parametrize(
    ("target", "signal"),
    [
        ("/robots.txt?x=.mp3", True),
        ("/.well-known/webfinger?resource=acct:a@example.org", True),
        ("http://music.example/robots.txt", True),
        ("//robots.txt", False),
        ("/./robots.txt", False),
        ("/%72obots.txt", False),
        ("/robots.txt#", False),
        ("/robots.txt;x", False),
        ("/robots.txt?a/b", False),
        ("/.well-known/x/../y", False),
        ("/.well-known/..", False),
    ],
)
def test_only_a_literal_signal_is_one(target: str, signal: bool) -> None:
    assert (classify(normalise(target), None, target).kind == "signal") is signal


@pytest.mark.parametrize(
    "path", ["/listen/42", "/listen/song", "/listen/song.bin", "/listen/album.zip"]
)
def test_what_the_stance_calls_audio_is_audio(path: str) -> None:
    # "/listen/*" is the shipped stance's own example: it is for names that say nothing.
    found = classify(path, Globs(["/listen/*"]))
    assert (found.kind, found.known_by) == ("audio", "stance")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/music/cover.jpg", "image"),
        ("/music/index.html", "page"),
        ("/music/style.css", "asset"),
        ("/music/set.m3u8", "playlist"),
        ("/music/feed.xml", "feed"),
    ],
)
def test_a_name_that_says_what_it_is_counts_more_than_its_folder(path: str, kind: str) -> None:
    assert classify(path, Globs(["/music/**"])).kind == kind


def test_a_signal_stays_one_whatever_the_stance_calls_audio() -> None:
    assert classify("/robots.txt", Globs(["/**"])).kind == "signal"


def test_what_lies_elsewhere_is_not_touched_by_the_stance() -> None:
    assert classify("/other/song.bin", Globs(["/music/**"])) == Resource("other", "/other/song.bin")


@pytest.mark.parametrize(
    ("kind", "content_type", "becomes"),
    [
        ("page", "audio/mpeg", "audio"),
        ("page", "AUDIO/MPEG; charset=x", "audio"),
        ("page", " video/mp4", "audio"),
        ("api", "application/ogg", "audio"),
        ("other", "audio/x-mpegurl", "playlist"),
        ("page", "application/vnd.apple.mpegurl", "playlist"),
        ("page", "application/rss+xml", "feed"),
        ("page", "image/png", "image"),
        ("image", "audio/mpeg", "audio"),
        ("feed", "audio/mpeg", "audio"),
        ("asset", "audio/mpeg", "audio"),
        ("page", "text/html", "page"),
        ("page", "", "page"),
        ("page", "audio", "page"),
        ("page", "text/audio/", "page"),
        ("page", "application/octet-stream", "page"),
    ],
)
def test_the_responses_type_makes_it_more_precise(
    kind: str, content_type: str, becomes: str
) -> None:
    found = reclassify(Resource(kind, "/x"), content_type)  # type: ignore[arg-type]
    assert found.kind == becomes
    assert (found.known_by == "type") is (becomes != kind)


@pytest.mark.parametrize("kind", ["audio", "playlist", "download"])
@pytest.mark.parametrize(
    "content_type", ["text/html", "image/png", "application/rss+xml", "nonsense"]
)
def test_an_origin_that_mislabels_does_not_open_the_door(kind: str, content_type: str) -> None:
    resource = Resource(kind, "/x")  # type: ignore[arg-type]
    assert reclassify(resource, content_type) is resource


def test_a_signal_whose_type_is_a_recordings_is_a_recording() -> None:
    signal = classify("/robots.txt")
    assert reclassify(signal, "text/html") is signal
    assert reclassify(signal, "image/png") is signal
    assert reclassify(signal, "audio/mpeg").kind == "audio"


@pytest.mark.parametrize("path", ["/a.mp3.bak", "/a.mp3~", "/a.mp3.1", "/a.flac.old.1", "/a.mp3/x"])
def test_a_copy_and_what_lies_behind_a_recording_are_recordings(path: str) -> None:
    assert classify(path).kind == "audio"


def test_the_response_changes_nothing_where_it_only_agrees() -> None:
    image = classify("/a.png")
    assert reclassify(image, "image/png") is image


@given(st.text(max_size=60), st.text(max_size=30))
def test_nothing_raises_and_every_kind_is_known(target: str, content_type: str) -> None:
    found = classify(normalise(target), Globs(["/a/**"]))
    assert found.kind in KINDS
    assert reclassify(found, content_type).kind in KINDS


def test_the_endings_of_a_kind() -> None:
    assert "mp3" in endings("audio")
    assert endings("playlist")[0] == "m3u"
    assert endings("signal") == ()


@pytest.mark.parametrize(
    ("known", "content_type", "kind"),
    [
        ("page", "image/png", "image"),
        ("page", "audio/mpeg", "audio"),
        ("signal", "text/html", "signal"),
        ("signal", "audio/mpeg", "audio"),
        ("playlist", "application/zip", "download"),
        ("download", "application/vnd.apple.mpegurl", "download"),
        ("download", "text/html", "download"),
        ("audio", "text/html", "audio"),
        ("page", "", "page"),
    ],
)
def test_a_type_only_ever_makes_it_stricter(known: str, content_type: str, kind: str) -> None:
    resource = Resource(known, "/x")  # type: ignore[arg-type]
    found = reclassify(resource, content_type)
    assert found.kind == kind
    assert (found is resource) is (kind == known)
