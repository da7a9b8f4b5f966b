"""What playlists name, of several guards."""

from __future__ import annotations

from typing import Any

import orjson

from stagedoor.resources.listings import Listed
from stagedoor.store.shared_tracks import SharedTracks
from stagedoor.store.tracks import Tracks


class Site:
    """Guards whose operations reach each other at once, as JSON."""

    def __init__(self, count: int = 2) -> None:
        self.guards = [Tracks() for _ in range(count)]
        self.said: list[Any] = []
        shared = [
            SharedTracks(
                tracks, lambda at, *said, number=number: self.say(number, said), lambda: 1.0
            )
            for number, tracks in enumerate(self.guards)
        ]
        for tracks, listener in zip(self.guards, shared, strict=True):
            tracks.listener = listener
        self.shared = shared

    def say(self, number: int, said: tuple[Any, ...]) -> None:
        for operation in orjson.loads(orjson.dumps(said)):
            self.said.append(operation)
            for other, shared in enumerate(self.shared):
                if other != number:
                    shared.carry_out(operation)


def playlist(tracks: Tracks, count: int, last: str = "ended") -> None:
    for number in range(count):
        tracks.learn("/set.m3u8", Listed(f"/x{number:03}.ts", "segment", 10.0, number * 10.0))
    tracks.learn("/set.m3u8", Listed("", last))  # type: ignore[arg-type]


def test_segments_are_known_where_their_playlist_never_passed() -> None:
    site = Site()
    first, second = site.guards
    playlist(first, 6)
    for number in range(6):
        assert second.place(f"/x{number:03}.ts") == first.place(f"/x{number:03}.ts")
    assert second.place("/x003.ts").track == "/set.m3u8"
    assert second.place("/x003.ts").length == 60.0


def test_each_thing_is_said_once_by_whoever_learned_it_first() -> None:
    site = Site()
    first, second = site.guards
    playlist(first, 6)
    said = len(site.said)
    playlist(first, 6)
    playlist(second, 6)
    assert len(site.said) == said
    playlist(second, 7)  # one more
    assert first.place("/x006.ts").offset == 60.0


def test_a_live_playlist_is_live_elsewhere_until_it_ends() -> None:
    site = Site()
    first, second = site.guards
    playlist(first, 3, "live")
    assert second.place("/x000.ts").kind == "live"
    playlist(first, 3, "ended")
    assert second.place("/x000.ts").kind == "segment"
    playlist(second, 3, "live")
    assert first.place("/x000.ts").kind == "live"


def test_streams_without_an_end_variants_and_odd_paths() -> None:
    site = Site()
    first, second = site.guards
    odd = "/\udce9t\xe9.aac"
    first.live(odd)
    first.live(odd)
    assert second.is_live(odd)
    assert len(site.said) == 1
    second.not_live(odd)
    second.not_live(odd)
    assert not first.is_live(odd)
    assert len(site.said) == 2
    first.learn("/all.m3u8", Listed("/low.m3u8", "variant"))
    second.learn("/low.m3u8", Listed("/l1.ts", "segment", 4.0))
    assert first.place("/l1.ts").track == second.place("/l1.ts").track == "/all.m3u8"
