"""DASH manifests by hand: what templates, lists and bases name, with seconds and offsets."""

from __future__ import annotations

import pytest

from stagedoor.resources.dash_manifests import Named, manifest


def read(inside: str, whole: str = "PT10S", period: str = "") -> list[Named]:
    """What is named by one set of one period."""
    return list(
        manifest(
            f'<MPD mediaPresentationDuration="{whole}"><Period {period}><AdaptationSet>{inside}'
            "</AdaptationSet></Period></MPD>".encode()
        )
    )


ONE = '<Representation id="a" bandwidth="96000"/>'


def test_a_template_with_a_duration_counts_up() -> None:
    template = '<SegmentTemplate timescale="10" duration="40" startNumber="5" initialization="$RepresentationID$-init.mp4" media="$RepresentationID$-$Number%03d$-$Bandwidth$.m4s"/>'
    assert read(template + ONE) == [
        ("a-init.mp4", "key", 0.0, 0.0),
        ("a-005-96000.m4s", "segment", 4.0, 0.0),
        ("a-006-96000.m4s", "segment", 4.0, 4.0),
        ("a-007-96000.m4s", "segment", 2.0, 8.0),
    ]


def test_a_template_with_a_timeline_says_each_time() -> None:
    timeline = '<SegmentTimeline><S t="100" d="40" r="1"/><S d="20"/></SegmentTimeline>'
    template = f'<SegmentTemplate timescale="10" media="$Time$$$.m4s">{timeline}</SegmentTemplate>'
    assert read(template + ONE) == [
        ("100$.m4s", "segment", 4.0, 0.0),
        ("140$.m4s", "segment", 4.0, 4.0),
        ("180$.m4s", "segment", 2.0, 8.0),
    ]


@pytest.mark.parametrize(
    ("timeline", "count"),
    [
        ('<S d="20" r="-1"/>', 5),  # to the end of the period
        ('<S d="0" r="-1"/>', 0),
        ('<S d="0"/>', 0),
        ('<S d="20" r="many"/>', 1),
        ('<S d="1" r="100000"/>', 4000),
        ('<S d="1" r="3000"/><S d="1" r="3000"/>', 4000),
        ("", 0),
    ],
)
def test_repetitions_are_bounded(timeline: str, count: int) -> None:
    template = f'<SegmentTemplate timescale="10" media="$Number$.m4s"><SegmentTimeline>{timeline}</SegmentTimeline></SegmentTemplate>'
    assert len(read(template.replace('"10"', '"10"') + ONE)) == count


@pytest.mark.parametrize("attributes", ['duration="0"', "", 'duration="x"', 'duration="-5"'])
def test_a_template_that_says_no_duration_names_only_its_start(attributes: str) -> None:
    template = f'<SegmentTemplate {attributes} initialization="i.mp4" media="$Number$.m4s"/>'
    assert read(template + ONE) == [("i.mp4", "key", 0.0, 0.0)]


def test_a_template_without_media_or_without_a_length_names_nothing() -> None:
    assert read('<SegmentTemplate duration="4" initialization="i.mp4"/>' + ONE) == [
        ("i.mp4", "key", 0.0, 0.0)
    ]
    assert read('<SegmentTemplate duration="4" media="$Number$.m4s"/>' + ONE, whole="") == []


def test_a_clock_of_nought_ticks_is_taken_for_one() -> None:
    template = '<SegmentTemplate timescale="0" duration="5" media="$Number$.m4s"/>'
    assert [seconds for _, _, seconds, _ in read(template + ONE)] == [5.0, 5.0]


def test_a_list_names_each_segment() -> None:
    urls = (
        '<Initialization sourceURL="i.mp4"/><SegmentURL media="1.m4s"/><SegmentURL media="2.m4s"/>'
    )
    assert read(f'<SegmentList timescale="1" duration="5">{urls}</SegmentList>' + ONE) == [
        ("i.mp4", "key", 0.0, 0.0),
        ("1.m4s", "segment", 5.0, 0.0),
        ("2.m4s", "segment", 5.0, 5.0),
    ]


def test_a_list_of_ranges_is_one_file() -> None:
    urls = '<Initialization range="0-99"/><SegmentURL mediaRange="100-999"/>'
    base = "<BaseURL>/a/whole.mp4</BaseURL>"
    listed = f'{base}<SegmentList duration="5">{urls}</SegmentList>'
    assert read(listed + ONE) == [("/a/whole.mp4", "segment", 10.0, 0.0)]


def test_bases_stand_on_every_level_and_go_together() -> None:
    inside = '<BaseURL>b/</BaseURL><Representation id="1"><BaseURL> c.mp4 </BaseURL></Representation><Representation id="2"><BaseURL/></Representation>'
    text = f'<MPD mediaPresentationDuration="PT10S"><BaseURL>/a/</BaseURL><Period><AdaptationSet>{inside}</AdaptationSet></Period></MPD>'
    assert list(manifest(text.encode())) == [
        ("/a/b/c.mp4", "segment", 10.0, 0.0),
        ("/a/b/", "segment", 10.0, 0.0),
    ]


def test_a_representation_without_any_of_these_names_nothing() -> None:
    assert read(ONE) == []


def test_periods_follow_each_other() -> None:
    period = "<Period {}><AdaptationSet><BaseURL>{}.mp4</BaseURL><Representation/></AdaptationSet></Period>"
    text = period.format('duration="PT4S"', "one") + "<!-- -->" + period.format("", "two")
    assert list(manifest(f'<MPD mediaPresentationDuration="PT10S">{text}</MPD>'.encode())) == [
        ("one.mp4", "segment", 4.0, 0.0),
        ("two.mp4", "segment", 6.0, 4.0),
    ]


def test_more_representations_than_anybody_has_are_not_read() -> None:
    many = "<BaseURL>a.mp4</BaseURL>" + "<Representation/>" * 100
    assert len(read(many)) == 32


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"no manifest", b"<", b"<!-- only -->", b"<MPD"]
)
def test_what_is_no_manifest_names_nothing(data: bytes) -> None:
    assert list(manifest(data)) == []
