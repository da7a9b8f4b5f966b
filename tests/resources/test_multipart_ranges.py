"""Several ranges in one response: which bytes of the file have gone out."""

from __future__ import annotations

import pytest

from stagedoor.resources.multipart_ranges import MOST, Parts, asked_parts


def part(start: int, size: int, whole: str = "9000") -> bytes:
    return (
        f"\r\n--b\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes {start}-{start + size - 1}/{whole}\r\n\r\n".encode()
        + b"\xff" * size
    )


END = b"\r\n--b--\r\n"


def taken(data: bytes, piece: int = 1 << 20) -> tuple[list[tuple[int, int]], int]:
    parts = Parts()
    found: list[tuple[int, int]] = []
    for at in range(0, len(data), piece):
        parts.feed(data[at : at + piece])
        found += parts.taken()
    joined: list[tuple[int, int]] = []
    for begin, end in found:
        if joined and joined[-1][1] == begin:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((begin, end))
    return joined, parts.size


@pytest.mark.parametrize("piece", [1, 10, 333, 1 << 20])
def test_each_part_is_a_range_of_the_file(piece: int) -> None:
    data = part(0, 1000)[2:] + part(5000, 500) + END
    assert taken(data, piece) == ([(0, 1000), (5000, 5500)], 9000)


def test_a_size_that_is_not_known_is_none() -> None:
    assert taken(part(0, 1000, "*") + END) == ([(0, 1000)], 0)


def test_what_looks_like_a_head_within_the_sound_is_none() -> None:
    inside = part(7000, 10)
    outer = part(0, len(inside))
    data = outer[: -len(inside)] + inside + END
    assert taken(data) == ([(0, len(inside))], 9000)


def test_a_part_that_breaks_off_counts_as_far_as_it_came() -> None:
    assert taken(part(100, 1000)[:-300]) == ([(100, 800)], 9000)
    assert taken(part(100, 1000).partition(b"\r\n\r\n")[0]) == ([], 9000)


def test_an_empty_or_backward_range_counts_nothing() -> None:
    backward = b"\r\n--b\r\nContent-Range: bytes 9-5/9000\r\n\r\nxyz"
    assert taken(backward + part(50, 10)) == ([(50, 60)], 9000)


def test_no_more_parts_are_noted_than_the_bound() -> None:
    data = b"".join(part(number * 8, 1) for number in range(MOST + 50)) + END
    parts = Parts()
    parts.feed(data)
    found = parts.taken()
    assert len(found) == MOST
    assert found[-1] == ((MOST - 1) * 8, (MOST + 49) * 8 + 1)


def test_parts_that_touch_each_other_are_one() -> None:
    assert taken(part(0, 500) + part(500, 500) + END)[0] == [(0, 1000)]


@pytest.mark.parametrize(
    ("asked", "parts"),
    [
        ("bytes=0-9", [(0, 10)]),
        ("bytes=90-", [(90, 100)]),
        ("bytes=-10", [(90, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("Bytes = 5 - 9 , 0-0", [(0, 1), (5, 10)]),
        ("bytes=0-49,25-74", [(0, 75)]),
        ("bytes=50-99,0-0", [(0, 1), (50, 100)]),
        ("bytes=200-300", []),
        ("bytes=9-5", []),
        ("bytes=-", []),
        ("bytes=a-b", []),
        ("bytes=0-9,x", []),
        ("seconds=0-9", []),
        ("bytes", []),
        ("", []),
    ],
)
def test_what_a_range_asks_for(asked: str, parts: list[tuple[int, int]]) -> None:
    assert asked_parts(asked, 100) == parts


def test_very_many_ranges_are_few() -> None:
    found = asked_parts("bytes=" + ",".join(f"{n}-{n}" for n in range(0, 2000, 2)), 2000)
    assert len(found) == 32
    assert found[-1] == (62, 1999)
