"""Keys of tracks: what names a recording, and what only says how it is sent."""

from __future__ import annotations

import pytest

from stagedoor.resources.track_keys import is_segment, names_a_file, shared_by_pieces, track_key


@pytest.mark.parametrize(
    "query",
    ["id={}", "nr={}", "k={}", "t={}", "{}", "tune=song-{}", "n={}&token=abcdef", "title=No. {}"],
)
def test_recordings_of_one_program_are_told_apart(query: str) -> None:
    """Else a whole catalogue would count as one recording, and nobody could take too much."""
    found = {track_key("/play.php", f"/play.php?{query.format(number)}") for number in range(100)}
    assert len(found) == 100


@pytest.mark.parametrize(
    "query",
    [
        "_={0}", "nocache={0}", "rand=0.{0}37", "token={0}", "start={0}", "maxBitRate={0}", "v={0}",
        "1700000{0:03}", "x1=1700000{0:03}", "h=0123456789abcdef{0:03}", "utm_source=mail{0}",
    ],
)  # fmt: skip
def test_one_recording_stays_one_however_it_is_asked_for(query: str) -> None:
    found = {
        track_key("/play.php", f"/play.php?nr=7&{query.format(number)}") for number in range(100)
    }
    assert found == {"/play.php?nr=7"}
    bare = {track_key("/live", f"/live?{query.format(number)}") for number in range(100)}
    assert bare == {"/live"}


def test_a_file_has_no_query() -> None:
    assert track_key("/a.mp3", "/a.mp3?nr=7") == "/a.mp3"


@pytest.mark.parametrize(
    ("path", "file", "segment"),
    [
        ("/a.mp3", True, False),
        ("/hls/7.ts", True, True),
        ("/dash/7.m4s", True, True),
        ("/play.php", False, False),
        ("/rest/stream.view", False, False),
        ("/live", False, False),
    ],
)
def test_what_a_path_names(path: str, file: bool, segment: bool) -> None:
    assert (names_a_file(path), is_segment(path)) == (file, segment)


@pytest.mark.parametrize(
    ("path", "shared"),
    [
        ("/hls/7-003.ts", "/hls/7-*.ts"),
        ("/hls/song3/seg_12.m4s", "/hls/song3/seg_*.m4s"),
        ("/hls/12.ts", "/hls/*.ts"),
        ("/hls/intro.ts", "/hls/intro.ts"),
    ],
)
def test_pieces_of_a_track_share_all_but_their_number(path: str, shared: str) -> None:
    assert shared_by_pieces(path) == shared
