"""Segments belong to their track, episodes to their feed: learned from what listings name."""

from __future__ import annotations

from stagedoor.resources.listings import Listed
from stagedoor.store.tracks import Tracks


def a_track(tracks: Tracks, listing: str, names: list[str], each: float = 10) -> None:
    for place, name in enumerate(names):
        tracks.learn(listing, Listed(name, "segment", each, place * each))


def test_segments_of_all_variants_are_one_track() -> None:
    tracks = Tracks()
    for variant in ("/a/v0/index.m3u8", "/a/v1/index.m3u8"):
        tracks.learn("/a/master.m3u8", Listed(variant, "variant"))
        folder = variant.rpartition("/")[0]
        a_track(tracks, variant, [f"{folder}/{n}.ts" for n in range(6)])
    places = [tracks.place(f"/a/v{v}/{n}.ts") for v in (0, 1) for n in range(6)]
    assert {place.track for place in places} == {"/a/master.m3u8"}
    assert {place.kind for place in places} == {"segment"}
    assert [place.offset for place in places[:6]] == [0, 10, 20, 30, 40, 50]
    assert places[0].length == 60
    assert all(place.listed for place in places)


def test_a_segment_that_nobody_listed_is_joined_by_its_name() -> None:
    tracks = Tracks()
    assert tracks.place("/set/seg-01.ts").track == tracks.place("/set/seg-17.ts").track
    assert tracks.place("/set/seg-01.ts").track != tracks.place("/other/seg-01.ts").track
    assert not tracks.place("/set/seg-01.ts").listed
    a_track(tracks, "/set/index.m3u8", ["/set/seg-00.ts"])
    # One that came later than the playlist still belongs to it.
    place = tracks.place("/set/seg-17.ts")
    assert (place.track, place.listed) == ("/set/index.m3u8", False)


def test_pieces_of_several_tracks_in_one_folder_are_not_one_track() -> None:
    tracks = Tracks()
    for one, other in (
        ("7-003.ts", "8-003.ts"),
        ("t7_1.m4s", "t8_1.m4s"),
        ("7/s-1.ts", "8/s-1.ts"),
    ):
        assert tracks.place(f"/hls/{one}").track != tracks.place(f"/hls/{other}").track
    for one, other in (
        ("7-003.ts", "7-004.ts"),
        ("t7_1.m4s", "t7_2.m4s"),
        ("seg-1-v1-a1.ts", "seg-2-v1-a1.ts"),
        ("1_128k.ts", "2_128k.ts"),
    ):
        assert tracks.place(f"/hls/{one}").track == tracks.place(f"/hls/{other}").track


def test_a_whole_file_is_a_track_of_its_own() -> None:
    place = Tracks().place("/music/01 - a.mp3")
    assert (place.track, place.kind, place.collection) == ("/music/01 - a.mp3", "recording", "")


def test_an_episode_belongs_to_its_feed() -> None:
    tracks = Tracks()
    tracks.learn("/feed.xml", Listed("/e/1.mp3", "episode", 1800))
    place = tracks.place("/e/1.mp3")
    assert (place.track, place.kind, place.collection) == ("/e/1.mp3", "episode", "/feed.xml")
    assert place.seconds == 1800
    # That it also stands on a list of songs does not make it less of one.
    tracks.learn("/all.m3u", Listed("/e/1.mp3", "recording"))
    assert tracks.place("/e/1.mp3").kind == "episode"


def test_one_file_in_ranges_is_as_long_as_all_of_them() -> None:
    tracks = Tracks()
    for place in range(6):
        tracks.learn("/a.m3u8", Listed("/a.ts", "segment", 10, place * 10, again=place > 0))
    assert (tracks.place("/a.ts").seconds, tracks.place("/a.ts").length) == (60, 60)
    for place in range(6):  # the playlist is fetched again
        tracks.learn("/a.m3u8", Listed("/a.ts", "segment", 10, place * 10, again=place > 0))
    assert tracks.place("/a.ts").seconds == 60


def test_a_playlist_that_goes_on_is_live_until_it_ends() -> None:
    tracks = Tracks()
    a_track(tracks, "/live.m3u8", ["/live-1.ts", "/live-2.ts"])
    tracks.learn("/live.m3u8", Listed("", "live"))
    assert tracks.place("/live-2.ts").kind == "live"
    a_track(tracks, "/live.m3u8", ["/live-2.ts", "/live-3.ts"])
    tracks.learn("/live.m3u8", Listed("", "ended"))
    assert {tracks.place(f"/live-{n}.ts").kind for n in (1, 2, 3)} == {"segment"}


def test_what_was_not_looked_for_longest_is_forgotten() -> None:
    tracks = Tracks(100)
    a_track(tracks, "/a.m3u8", ["/a/1.ts"])
    for number in range(1000):
        tracks.place("/a/1.ts")
        tracks.learn(f"/{number}.m3u8", Listed(f"/{number}.mp3", "recording"))
        tracks.learn(f"/{number}.m3u8", Listed(f"/v{number}.m3u8", "variant"))
    assert len(tracks) <= 200
    assert tracks.place("/a/1.ts").listed
    assert not tracks.place("/3.mp3").listed
    tracks.learn("/x", Listed("/" + "x" * 1000, "segment"))
    assert not tracks.listed("/" + "x" * 1000)
