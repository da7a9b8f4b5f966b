"""The scripts of `tools.measure_listening` over HTTP, through a real guard whose clock is set for each
request: an hour of a family takes seconds, and nothing of it depends on how fast this machine is.
"""

from __future__ import annotations

import http.client
import os
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools import measure_listening as scripts
from tools.measure_listening import Ask

from .grounds import Grounds, opened
from .recordings import SONGS, Recordings
from .runs import Got, Outcome, settle

Script = Callable[[], Iterator[Ask]]
BEGIN = 100_000.0
"""Seconds of the guard's clock when all begin."""
HOURS = 2
WORD = "by the clock"
"""The front of these outcomes, and what chooses them all."""
SCRIPTS: dict[str, Script] = {
    name: scripts.LISTENERS[name]
    for name in (
        "DJ, 60 × 10 s",
        "DJ, 60 × 5 s",
        "family of four, an hour",
        "family of four, one browser",
        "class of 30, one album",
        "20 strangers at an airport",
        "phone that moves",
        "fan takes an album of 12",
        "subscriber to 300 episodes",
        "two hours of HLS",
        "the whole catalogue in a day",
        "200 fans in one /24, new album",
    )
}
TAKERS: dict[str, Script] = {
    name: scripts.TAKERS[name]
    for name in (
        "one that sleeps 20 to 60 s",
        "one address, another agent each time",
        "20 addresses of one /24, 2 s apart",
    )
}


@dataclass
class _Played:
    """One script under way. Its addresses are its own; who shares a /24 in it shares one here."""

    name: str
    number: int
    asked: int = 0
    had: int = 0
    failed: list[str] = field(default_factory=list)
    networks: dict[str, str] = field(default_factory=dict)

    def address(self, given: str) -> str:
        """The address that this guard sees."""
        network, _, last = given.rpartition(".")
        new = self.networks.setdefault(network, f"{20 + self.number}.77.{len(self.networks)}")
        return f"{new}.{last}"


class Clock:
    """A file that the guard takes for its clock."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock"
        self.path.write_bytes(struct.pack("d", BEGIN))
        self._file = self.path.open("r+b", buffering=0)

    def set(self, seconds: float) -> None:
        """It is so late now."""
        os.pwrite(self._file.fileno(), struct.pack("d", BEGIN + seconds), 0)


def build(root: Path) -> None:
    """A recording of two hours in HLS, of one segment."""
    folder, segment = root / "hls" / "long", root / "hls" / "000" / "index0.ts"
    folder.mkdir()
    count = HOURS * 360
    for number in range(count):
        os.link(segment, folder / f"{number}.ts")
    lines = "".join(f"#EXTINF:10.0,\n{number}.ts\n" for number in range(count))
    head = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n"
    (folder / "index.m3u8").write_text(f"{head}{lines}#EXT-X-ENDLIST\n")


def play(
    folder: Path,
    recordings: Recordings,
    tell: Callable[[str], None],
    listeners: Mapping[str, Script] = SCRIPTS,
    takers: Mapping[str, Script] = TAKERS,
) -> tuple[list[Outcome], list[Outcome]]:
    """All scripts at once, in the order of their times: listeners, takers."""
    folder.mkdir(parents=True)
    build(recordings.root)
    clock = Clock(folder)
    every = [_Played(name, number) for number, name in enumerate((*listeners, *takers))]
    makers = {**listeners, **takers}
    asks = sorted(((ask.at, one.number, ask) for one in every for ask in makers[one.name]()),
                  key=lambda each: each[:2])  # fmt: skip
    with opened(folder / "guard", recordings, "proxied", clock=clock.path) as grounds:
        wire = http.client.HTTPConnection("127.0.0.1", grounds.guard, timeout=120)
        for count, (at, number, ask) in enumerate(asks):
            if count % 100 == 0:
                tell(f"{WORD}: {count} of {len(asks)} requests")
            clock.set(at)
            _ask(wire, recordings, every[number], ask)
        wire.close()
    return _outcomes(every, grounds)


def _outcomes(every: list[_Played], grounds: Grounds) -> tuple[list[Outcome], list[Outcome]]:
    listening: list[Outcome] = []
    taking: list[Outcome] = []
    for one in every:
        taker = one.name in TAKERS
        said = ", ".join(one.failed[:3])
        ok = taker or not one.failed
        outcome = Outcome(one.name, WORD, Got(ok, one.had, one.asked, said=said))
        settle(outcome, grounds, (f"{network}.0/24" for network in one.networks.values()))
        (taking if taker else listening).append(outcome)
    return listening, taking


def _ask(wire: http.client.HTTPConnection, recordings: Recordings, one: _Played, ask: Ask) -> None:
    fields = {
        **dict(ask.headers),
        "user-agent": ask.agent,
        "x-forwarded-for": one.address(ask.address),
        "x-forwarded-proto": "https",
    }
    if ask.kind == "segment":
        target = f"/hls/long/{ask.resource.rpartition('/')[2]}"
        fields.pop("range", None)
        if not one.asked:
            _get(wire, "/hls/long/index.m3u8", fields)
    else:
        digits = "".join(filter(str.isdigit, ask.track.rpartition("/")[2][:-4]))
        number, episode = int(digits), ask.kind == "episode"
        if episode:
            target = f"/episodes/{number % recordings.episodes:03}.mp3"
        else:
            target = f"/small/{number % SONGS:03}.mp3"
        size = recordings.episode if episode else recordings.small
        first, last = round(size * ask.begin), round(size * ask.end) - 1
        fields["range"] = f"bytes={first}-{'' if ask.end >= 1 else last}"
    status = _get(wire, target, fields)
    one.asked += 1
    if status in {200, 206}:
        one.had += 1
    else:
        one.failed.append(f"{status} for {target} after {ask.at:.0f} s")


def _get(wire: http.client.HTTPConnection, target: str, fields: dict[str, str]) -> int:
    wire.putrequest("GET", target, skip_accept_encoding=True)
    for name, value in fields.items():
        wire.putheader(name, value)
    wire.endheaders()
    answer = wire.getresponse()
    answer.read()
    return answer.status
