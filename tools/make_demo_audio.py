"""Make the demo site's music: three short pieces, synthesised here and encoded by ffmpeg.

Usage: ``python tools/make_demo_audio.py [--site DIR]`` (about 15 s; needs ffmpeg on PATH).

The pieces are our own work and are given away under CC0, so the repository can ship audio
without anybody else's rights in it. Output is repeatable: one seeded generator per piece,
and ffmpeg's bitexact flags (which also fix the Ogg serial number, otherwise random). A
different ffmpeg build may still encode to other bytes.

Signals are lists of floats in about -1..1 at ``RATE`` samples a second; times are seconds;
pitches are MIDI note numbers (69 = A4 = 440 Hz). Writes ``music/*`` below the site and puts
the new MP3 sizes into ``feed.xml``. Exits with a message if ffmpeg is missing or fails.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
import wave
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

RATE = 32_000  # a rate that MP3 (MPEG-1), AAC and Vorbis all know; keeps the FLACs small
STEP = 16  # samples are rounded to 12 of 16 bits (as an SP-1200 did): halves the FLACs
ARTIST = "The Understudies"
ALBUM = "Ghost Light"
SITE = Path(__file__).resolve().parents[1] / "addons" / "stagedoor" / "demo" / "site"

type Signal = list[float]


@dataclass(slots=True)
class Mix:
    """A stereo piece in the making: two signals of ``seconds`` and the piece's own dice."""

    seconds: float
    rng: random.Random
    left: Signal = field(init=False)
    right: Signal = field(init=False)

    def __post_init__(self) -> None:
        """Start from silence."""
        self.left = [0.0] * int(self.seconds * RATE)
        self.right = list(self.left)

    def add(self, sound: Signal, at: float, gain: float = 1.0, pan: float = 0.0) -> None:
        """Mix ``sound`` in at ``at`` seconds; ``pan`` is -1 (left) to 1; the overhang is cut."""
        start = int(at * RATE)
        angle = (pan + 1) * math.pi / 4  # constant power, so panning does not change loudness
        to_left, to_right = gain * math.cos(angle), gain * math.sin(angle)
        for i, value in enumerate(sound[: len(self.left) - start], start):
            self.left[i] += value * to_left
            self.right[i] += value * to_right


def hertz(note: float) -> float:
    """The frequency of a MIDI note, equal temperament."""
    return 440.0 * math.exp2((note - 69) / 12)


def lowpass(sound: Signal, cutoff: float) -> Signal:
    """One-pole low-pass at ``cutoff`` hertz."""
    keep = math.exp(-2 * math.pi * cutoff / RATE)
    state, out = 0.0, []
    for value in sound:
        state = value + keep * (state - value)
        out.append(state)
    return out


def decay(sound: Signal, seconds: float) -> Signal:
    """``sound`` falling to a thousandth of itself over ``seconds``."""
    step, level, out = 10 ** (-3 / (seconds * RATE)), 1.0, []
    for value in sound:
        out.append(value * level)
        level *= step
    return out


# --- instruments ---------------------------------------------------------------------------


def pluck(note: float, seconds: float, rng: random.Random, tone: float = 2400.0) -> Signal:
    """A plucked string (Karplus-Strong): noise goes round a delay line that averages it.

    ``tone`` is the pick's brightness in hertz. The all-pass supplies the fraction of a sample
    that a whole-sample delay cannot, without which high notes are audibly out of tune.
    """
    period = RATE / hertz(note) - 0.5  # the two-point average itself delays half a sample
    whole = int(period - 0.1)  # keeps the fraction in 0.1..1.1, where the all-pass is stable
    fraction = period - whole
    coefficient = (1 - fraction) / (1 + fraction)
    line = lowpass([rng.uniform(-1, 1) for _ in range(whole)], tone)
    middle = math.fsum(line) / whole  # the loop never loses an offset, so start without one
    loudest = max(abs(value - middle) for value in line)
    line = [(value - middle) / loudest for value in line]
    loss = 10 ** (-3 / (hertz(note) * 3.2))  # the string rings for about 3 s
    last, averaged, out = line[-1], 0.0, 0.0
    sound: Signal = []
    for i in range(int(seconds * RATE)):
        spot = i % whole
        value = line[spot]
        before, averaged = averaged, 0.5 * loss * (value + last)
        out = coefficient * averaged + before - coefficient * out
        line[spot], last = out, value
        sound.append(value)
    return sound


def swell(note: float, seconds: float, rng: random.Random) -> Signal:
    """One voice of a pad: two detuned tones whose overtones open and close again."""
    length = int(seconds * RATE)
    sound = [0.0] * length
    for cents in (-5.0, 4.0):
        base = 2 * math.pi * hertz(note + cents / 100) / RATE
        for overtone in range(1, 7):
            start = rng.uniform(0, 2 * math.pi)
            for i in range(length):
                arc = math.sin(math.pi * i / length)
                level = arc ** (0.6 + 0.5 * overtone) / overtone**1.3
                sound[i] += level * math.sin(start + base * overtone * i)
    return sound


def bell(note: float, seconds: float) -> Signal:
    """A soft bell: a sine whose phase another sine at 3.5 times the pitch bends, then fades."""
    base = 2 * math.pi * hertz(note) / RATE
    length = int(seconds * RATE)
    bend = decay([1.6 * math.sin(3.5 * base * i) for i in range(length)], seconds / 3)
    return decay([math.sin(base * i + bend[i]) for i in range(length)], seconds)


def bass(note: float, seconds: float) -> Signal:
    """A round bass note: a sine with a little of its octave, soft at both ends."""
    base = 2 * math.pi * hertz(note) / RATE
    length = int(seconds * RATE)
    edge = 0.01 * RATE  # 10 ms ramps: none would click
    return [
        min(1.0, i / edge, (length - i) / edge)
        * (math.sin(base * i) + 0.35 * math.sin(2 * base * i) + 0.12 * math.sin(3 * base * i))
        for i in range(length)
    ]


def kick() -> Signal:
    """A bass drum: a sine falling from 150 Hz to 48 Hz."""
    phase, out = 0.0, []
    for i in range(int(0.3 * RATE)):
        phase += 2 * math.pi * (48 + 102 * math.exp(-i / RATE / 0.028)) / RATE
        out.append(math.sin(phase))
    return decay(out, 0.32)


def snare(rng: random.Random) -> Signal:
    """A brushed snare: dulled noise over a short 190 Hz body."""
    length = int(0.22 * RATE)
    noise = lowpass([rng.uniform(-1, 1) for _ in range(length)], 5200)
    body = decay([math.sin(2 * math.pi * 190 * i / RATE) for i in range(length)], 0.12)
    return [a + 0.6 * b for a, b in zip(decay(noise, 0.2), body, strict=True)]


def hat(rng: random.Random, seconds: float = 0.05) -> Signal:
    """A closed hi-hat: noise without its lows."""
    noise = [rng.uniform(-1, 1) for _ in range(int(seconds * RATE))]
    return decay([a - b for a, b in zip(noise, lowpass(noise, 5000), strict=True)], seconds)


# --- the room and the tape -----------------------------------------------------------------


def reverb(sound: Signal, stretch: float) -> Signal:
    """The wet signal of a small hall (Schroeder: four combs, then two all-passes)."""
    wet = [0.0] * len(sound)
    for milliseconds in (29.7, 37.1, 41.1, 43.7):  # Schroeder's mutually prime delays
        size = int(milliseconds * stretch * RATE / 1000)
        line, dull = [0.0] * size, 0.0
        for i, value in enumerate(sound):
            echo = line[i % size]
            dull = 0.6 * echo + 0.4 * dull  # walls swallow the highs first
            line[i % size] = value + 0.8 * dull
            wet[i] += 0.25 * echo
    for milliseconds in (5.0, 1.7):
        size = int(milliseconds * stretch * RATE / 1000)
        line = [0.0] * size
        for i, value in enumerate(wet):
            held = line[i % size]
            line[i % size] = value + 0.7 * held
            wet[i] = held - 0.7 * line[i % size]
    return wet


def master(mix: Mix, room: float, fade: float, top: float) -> list[Signal]:
    """Left and right with ``room`` parts of reverb, a ``fade`` in seconds, highest peak ``top``."""
    sides = []
    for sound, stretch in ((mix.left, 1.0), (mix.right, 1.07)):  # unequal halls sound wide
        wet = reverb(sound, stretch)
        sides.append([a + room * b for a, b in zip(sound, wet, strict=True)])
    peak = max(abs(value) for side in sides for value in side)
    total, tail = len(mix.left), fade * RATE
    return [
        [top * v / peak * min(1.0, (total - i) / tail) for i, v in enumerate(side)]
        for side in sides
    ]


# --- the pieces ----------------------------------------------------------------------------


def house_lights(rng: random.Random) -> list[Signal]:
    """Plucked strings in six-eight: D minor, B flat, F, C, and home to D major."""
    mix, eighth = Mix(6.5, rng), 0.205
    bars = (
        ((50, 57, 62, 65, 64, 57), ((0, 69), (3, 72))),
        ((46, 53, 58, 62, 65, 58), ((0, 74), (4, 70))),
        ((45, 53, 57, 60, 65, 60), ((0, 72), (3, 69))),
        ((48, 55, 60, 64, 67, 62), ((0, 67), (2, 69), (4, 72))),
    )
    for number, (chord, tune) in enumerate(bars):
        for step, note in enumerate(chord):
            at = (number * 6 + step) * eighth + rng.uniform(0, 0.008)  # hands are not clocks
            mix.add(pluck(note, 2.0, rng, 1900), at, 0.62 if step else 0.9, -0.2)
        for step, note in tune:
            mix.add(pluck(note, 2.0, rng, 3400), (number * 6 + step) * eighth, 0.75, 0.2)
    for order, note in enumerate((38, 50, 57, 62, 66, 69, 74)):  # the last chord, strummed
        mix.add(pluck(note, 2.0, rng, 2400), 24 * eighth + 0.045 * order, 0.7, order / 10 - 0.3)
    return master(mix, 0.28, 1.0, 0.55)


def ghost_light(rng: random.Random) -> list[Signal]:
    """A slow pad over three chords, with a few bells: the stage when everyone has gone."""
    mix = Mix(7.0, rng)
    chords = ((0.0, (39, 58, 62, 65, 67)), (2.0, (36, 55, 58, 63, 65)), (4.0, (44, 56, 60, 63, 70)))
    for at, chord in chords:
        for voice, note in enumerate(chord):
            mix.add(swell(note, 3.0, rng), at, 0.3 if voice else 0.34, voice * 0.2 - 0.4)
    bells = ((0.8, 82), (1.3, 77), (2.8, 79), (3.3, 75), (4.7, 84), (5.1, 79), (5.5, 82))
    for at, note in bells:
        mix.add(bell(note, 2.4), at, 0.42, rng.uniform(-0.5, 0.5))
    return master(mix, 0.7, 1.6, 0.48)


def load_out(rng: random.Random) -> list[Signal]:
    """Two swung bars in E minor: drums, bass and a plucked riff; then the van door shuts."""
    mix, beat = Mix(5.5, rng), 0.54
    for bar in (0.0, 4.0):
        for at in (0.0, 1.67, 2.0):
            mix.add(kick(), (bar + at) * beat, 0.95)
        for at in (1.0, 3.0):
            mix.add(snare(rng), (bar + at) * beat, 0.6, 0.1)
        for at in (0.0, 0.67, 1.0, 1.67, 2.0, 2.67, 3.0, 3.67):  # swing: two to one
            mix.add(hat(rng), (bar + at) * beat, 0.28 if at % 1 else 0.16, 0.15)
        low = ((0, 40, 1.0), (1.67, 40, 0.3), (2, 43, 0.9), (3, 45, 0.6), (3.67, 46, 0.3))
        for at, note, length in low:
            mix.add(bass(note, length * beat), (bar + at) * beat, 0.3)
    riff = ((0, 76), (0.67, 79), (1.67, 74), (2.0, 76), (3.0, 71), (3.67, 74))
    answer = ((4.0, 76), (4.67, 79), (5.67, 81), (6.0, 83), (6.67, 81), (7.0, 79), (7.67, 78))
    for at, note in riff + answer:
        mix.add(pluck(note, 1.2, rng, 3000), at * beat, 0.8, -0.25)
        mix.add(pluck(note - 12, 1.2, rng, 1800), at * beat, 0.6, 0.25)
    for order, note in enumerate((40, 52, 59, 64, 67, 71, 78)):
        mix.add(pluck(note, 1.3, rng, 2400), 8 * beat + 0.012 * order, 0.5, order / 10 - 0.3)
    mix.add(kick(), 8 * beat, 0.95)
    return master(mix, 0.16, 0.8, 0.7)


# --- encoding ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Track:
    """A piece: its file stem, its title, what plays it, and the endings it is encoded to."""

    slug: str
    title: str
    play: Callable[[random.Random], list[Signal]]
    endings: tuple[str, ...] = ("mp3", "flac")


TRACKS = (
    Track("house-lights", "House Lights", house_lights),
    Track("ghost-light", "Ghost Light", ghost_light, ("mp3", "flac", "ogg", "m4a", "opus")),
    Track("load-out", "Load-Out", load_out),
)

# ffmpeg's arguments for each ending. Rates are modest: the files live in a git repository.
CODECS: dict[str, tuple[str, ...]] = {
    "mp3": ("-c:a", "libmp3lame", "-b:a", "80k", "-write_xing", "1", "-id3v2_version", "3"),
    "flac": ("-c:a", "flac", "-compression_level", "12"),
    "ogg": ("-c:a", "libvorbis", "-q:a", "0"),
    "m4a": ("-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart"),
    "opus": ("-c:a", "libopus", "-b:a", "40k"),
}
HLS = ("-c:a", "aac", "-b:a", "48k", "-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod")


def write_wave(path: Path, sides: Sequence[Signal]) -> None:
    """Write left and right as a 16-bit stereo WAVE file."""
    frames = array(
        "h",
        (round(v * 32767 / STEP) * STEP for pair in zip(*sides, strict=True) for v in pair),
    )
    if sys.byteorder == "big":
        frames.byteswap()  # WAVE is little-endian
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(frames.tobytes())


def encode(source: Sequence[str], codec: Sequence[str], tags: dict[str, str], to: Path) -> None:
    """Run ffmpeg from the ``source`` arguments to a file; CalledProcessError if it fails."""
    named = [word for key, value in tags.items() for word in ("-metadata", f"{key}={value}")]
    quiet = ("-hide_banner", "-loglevel", "error", "-nostdin", "-y")
    exact = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")
    subprocess.run(["ffmpeg", *quiet, *source, *exact, *codec, *named, str(to)], check=True)


def make_tracks(music: Path, scratch: Path) -> list[Path]:
    """Play and encode every track into ``music``; return the WAVE files, in order."""
    waves = []
    for number, track in enumerate(TRACKS, 1):
        recording = scratch / f"{track.slug}.wav"
        write_wave(recording, track.play(random.Random(track.slug)))
        waves.append(recording)
        tags = {
            "title": track.title,
            "artist": ARTIST,
            "album": ALBUM,
            "track": f"{number}/{len(TRACKS)}",
            "date": "2025",
            "copyright": "CC0 1.0",
        }
        for ending in track.endings:
            target = music / f"{track.slug}.{ending}"
            encode(("-i", str(recording)), CODECS[ending], tags, target)
    return waves


def make_set(folder: Path, waves: Sequence[Path]) -> None:
    """Write the whole set, one piece after another, as HLS: ``index.m3u8`` and segments."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [word for path in waves for word in ("-i", str(path))]
    joined = ("-filter_complex", f"concat=n={len(waves)}:v=0:a=1")
    names = ("-hls_segment_filename", str(folder / "set-%02d.ts"))
    encode((*inputs, *joined), (*HLS, *names), {}, folder / "index.m3u8")


def update_feed(site: Path) -> None:
    """Put each MP3's size into its enclosure in ``feed.xml``, where clients trust it."""
    feed = site / "feed.xml"
    text = feed.read_text(encoding="utf-8")
    for track in TRACKS:
        size = (site / "music" / f"{track.slug}.mp3").stat().st_size
        text = re.sub(rf'(/{track.slug}\.mp3" length=)"\d*"', rf'\1"{size}"', text)
    feed.write_text(text, encoding="utf-8")


def main() -> None:
    """Make everything, then say how much there is of it."""
    parser = argparse.ArgumentParser(description="Make the demo site's music.")
    parser.add_argument("--site", type=Path, default=SITE, help="the site's folder")
    site: Path = parser.parse_args().site
    if shutil.which("ffmpeg") is None:
        sys.exit("make_demo_audio: ffmpeg is not on PATH; install it (apt install ffmpeg)")
    music = site / "music"
    music.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        try:
            make_set(music / "set", make_tracks(music, Path(scratch)))
        except subprocess.CalledProcessError as error:
            sys.exit(f"make_demo_audio: ffmpeg failed with status {error.returncode}")
    update_feed(site)
    total = sum(path.stat().st_size for path in music.rglob("*") if path.is_file())
    print(f"{music}: {total:,} bytes")


if __name__ == "__main__":
    main()
