"""Recordings get numbers, and portions are counted as parts of the whole."""

from __future__ import annotations

import pytest

from stagedoor.engine.catalogued import MOST_NUMBERED, Catalogued, parts, place
from stagedoor.model.heard import PARTS
from stagedoor.model.sound import PORTION, SoundSent

ALL = (1 << PARTS) - 1
FIRST_QUARTER = (1 << PARTS // 4) - 1


def test_a_recording_keeps_its_number() -> None:
    catalogue = Catalogued()
    assert [catalogue.number(name) for name in ("/a.mp3", "/b.mp3", "/a.mp3")] == [0, 1, 0]
    assert catalogue.known("/b.mp3") == 1
    assert catalogue.known("/never-begun.mp3") == -1


def test_a_small_catalogue_counts_as_twenty_so_that_one_song_is_no_large_share() -> None:
    catalogue = Catalogued()
    for number in range(20):
        catalogue.number(f"/{number}.mp3")
        assert catalogue.size == 20
    catalogue.number("/one more.mp3")
    assert catalogue.size == 21


def test_recordings_beyond_the_bound_are_known_by_a_hash() -> None:
    catalogue = Catalogued()
    for number in range(MOST_NUMBERED):
        catalogue.number(f"/{number}.mp3")
    one, other = catalogue.number("/one.mp3"), catalogue.number("/other.mp3")
    assert MOST_NUMBERED <= one != other >= MOST_NUMBERED
    assert catalogue.number("/one.mp3") == catalogue.known("/one.mp3") == one
    assert catalogue.known("/0.mp3") == 0
    assert catalogue.size == MOST_NUMBERED


def portion(start: int, end: int, size: int = 0, **more: object) -> SoundSent:
    """A portion of a file: 100 bytes are a second."""
    facts = {"track": "/a.mp3", "kind": "recording", "seconds": (end - start) / 100} | more
    return SoundSent(start=start, end=end, size=size, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sent", "bits", "seconds"),
    [
        # The track's length is known: by the seconds.
        (portion(0, 2500, length=100.0), FIRST_QUARTER, 100.0),
        # Only the file's size is known: by the bytes, and the length follows from them.
        (portion(0, 2500, 10_000), FIRST_QUARTER, 100.0),
        (portion(0, 2500, 10_000, resource="/a.mp3"), FIRST_QUARTER, 100.0),
        # Nothing is known of the sound, and the length is what a playlist said.
        (portion(0, 2500, 10_000, seconds=0.0, length=100.0), FIRST_QUARTER, 100.0),
        # A portion without a byte has no length of its own.
        (portion(0, 0, 10_000), 0, 0.0),
        # Its end shows how large it was.
        (portion(9000, 10_000, last=True, complete=True, offset=90.0), ALL, 100.0),
        # Nothing is known: one part for each portion, in turn.
        (portion(2 * PORTION, 2 * PORTION + 100), 1 << 2, PARTS * 1.0),
        (portion(PARTS * PORTION, PARTS * PORTION + 100), 1, PARTS * 1.0),
    ],
)
def test_a_portion_is_so_many_parts(sent: SoundSent, bits: int, seconds: float) -> None:
    found, length = parts(sent)
    assert found == bits
    assert length == pytest.approx(seconds)


def test_a_segment_of_unknown_place_is_one_part_and_always_the_same() -> None:
    segments = [portion(0, 1000, 1000, resource=f"/a/{number}.ts") for number in range(200)]
    found = [parts(segment) for segment in segments]
    assert {bits.bit_count() for bits, _ in found} == {1}
    assert {length for _, length in found} == {10.0 * PARTS}
    assert found == [parts(segment) for segment in segments]
    touched = 0
    for bits, _ in found:
        touched |= bits
    assert touched.bit_count() > PARTS * 0.8


@pytest.mark.parametrize(
    ("track", "number"),
    [
        ("/album/07 Load-in.mp3", 7),
        ("/album/track12.flac", 12),
        ("/album/12", 12),
        ("/album/Load-in.mp3", None),
        ("/2024/Load-in.mp3", None),
        ("/album/Load-in.mp3" * 40 + "/3.mp3", 3),
    ],
)
def test_the_place_of_a_recording_is_the_first_number_in_its_name(
    track: str, number: int | None
) -> None:
    found = place(track)
    assert (found[1] if found else None) == number


def test_places_in_one_folder_have_the_folder_in_common() -> None:
    one, two, other = (place(f"/{name}") for name in ("a/1.mp3", "a/2.mp3", "b/1.mp3"))
    assert one is not None
    assert two is not None
    assert other is not None
    assert one[0] == two[0] != other[0]
