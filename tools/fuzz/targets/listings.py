"""Playlists, feeds and DASH manifests: resources/listings.py, store/tracks.py."""

from __future__ import annotations

from stagedoor.resources.listings import MOST_NAMED, Listed, Reader
from stagedoor.store.tracks import Tracks

SEEDS = (
    b"\x40#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv0.m3u8\n#EXT-X-TARGETDURATION:9\n#EXTINF:9.5,\n1.ts\n",
    b'\x09#EXT-X-TARGETDURATION:9\n#EXT-X-KEY:METHOD=AES-128,URI="/k?a"\n#EXT-X-BYTERANGE:9@0\n#EXTINF:1\na.ts\n',
    b"\x07[playlist]\nFile1=/a.mp3\nLength1=9\n", b"\x05[Reference]\nRef1=http://a.example/a.mp3\n",
    b'\x20<rss><item><enclosure url="/a.mp3" type="audio/mpeg"/><itunes:duration>1:2:3</itunes:duration></item>',
    b"\x11<playlist><trackList><track><location>/a&amp;b.mp3</location><duration>9</duration></track>",
    b'\x30<MPD mediaPresentationDuration="PT30S"><Period><AdaptationSet><SegmentTemplate timescale="10" '
    b'duration="50" media="$RepresentationID$-$Number%05d$.m4s" initialization="i.mp4"/>'
    b'<Representation id="0"/></AdaptationSet></Period></MPD>',
    b'\x31<MPD><Period><AdaptationSet><Representation><SegmentTemplate media="$Time$.m4s"><SegmentTimeline>'
    b'<S t="0" d="5" r="-1"/></SegmentTimeline></SegmentTemplate></Representation></AdaptationSet></Period></MPD>',
)  # fmt: skip
HOSTS = frozenset({"a.example"})
_WEEK = 7 * 24 * 3600


def read(data: bytes, step: int) -> list[Listed]:
    """What is named, where `data` comes in pieces of `step` bytes."""
    found: list[Listed] = []
    reader = Reader("/set/index", HOSTS, found.append)
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step])
    reader.end()
    return found


def check(data: bytes) -> None:
    """Bounded, the same in whatever pieces, and paths of this site alone."""
    step, body = (data[:1] or b"\x01")[0] or 1, data[1:]
    found = read(body, step)
    assert found == read(body, 1 << 20)
    assert len(found) <= MOST_NAMED + 1
    tracks = Tracks(50)
    for one in found:
        assert one.key.startswith("/") or one.kind in {"live", "ended"}
        assert 0 <= one.seconds < _WEEK
        tracks.learn("/set/index", one)
        assert tracks.place(one.key).seconds >= 0
    assert len(tracks) <= 100
