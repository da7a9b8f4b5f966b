"""DASH manifests (ISO/IEC 23009-1): the segments of each representation, by template, list or base.

A template with numbers is one name for all of them (`/a/seg-*.m4s`), as `track_keys` writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import urljoin

from lxml import etree

Named = tuple[str, Literal["segment", "key"], float, float]
"""A URI, what it is, its seconds, and where in the track it begins."""
_MOST_SEGMENTS: Final = 4_000
"""Segments of one representation."""
_MOST_REPRESENTATIONS: Final = 32
_FIELD = re.compile(r"\$(RepresentationID|Number|Time|Bandwidth|SubNumber)?(?:%0(\d{1,2})d)?\$")
_DURATION = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?", re.ASCII)


def seconds_of(text: str) -> float:
    """A duration of XML Schema (`PT1H2M3.5S`), in seconds; 0 where it is none."""
    found = _DURATION.fullmatch(text.strip()[:64])
    if found is None:
        return 0.0
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def manifest(data: bytes) -> Iterator[Named]:
    """All that a manifest names."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return
    if root is None:
        return
    whole = seconds_of(root.get("mediaPresentationDuration") or "")
    begin = 0.0
    for period in _children(root, "Period"):
        length = seconds_of(period.get("duration") or "") or max(0.0, whole - begin)
        representations = 0
        for adaptation in _children(period, "AdaptationSet"):
            for representation in _children(adaptation, "Representation"):
                representations += 1
                if representations <= _MOST_REPRESENTATIONS:
                    chain = [root, period, adaptation, representation]
                    yield from _representation(chain, begin, length)
        begin += length


def _children(node: etree._Element, name: str) -> Iterator[etree._Element]:
    for child in node:
        if isinstance(child.tag, str) and child.tag.rpartition("}")[2] == name:
            yield child


def _inherited(chain: list[etree._Element], name: str) -> list[etree._Element]:
    """The elements of that name, the innermost first."""
    return [child for node in reversed(chain) for child in _children(node, name)]


def _attribute(nodes: list[etree._Element], name: str) -> str:
    return next((value for node in nodes if (value := node.get(name))), "")


def _representation(chain: list[etree._Element], begin: float, length: float) -> Iterator[Named]:
    base = ""
    for node in chain:
        own = next(_children(node, "BaseURL"), None)
        if own is not None and own.text:
            base = urljoin(base, own.text.strip())
    fields = {
        "RepresentationID": chain[-1].get("id") or "",
        "Bandwidth": chain[-1].get("bandwidth") or "",
    }
    templates, lists = _inherited(chain, "SegmentTemplate"), _inherited(chain, "SegmentList")
    if templates:
        start = _attribute(templates, "initialization")
        if start:
            yield urljoin(base, _filled(start, fields)), "key", 0.0, begin
        media = _attribute(templates, "media")
        if media:
            for number, time, seconds, offset in _timeline(templates, length):
                own = fields | {"Number": str(number), "Time": str(time)}
                yield urljoin(base, _filled(media, own)), "segment", seconds, begin + offset
    elif lists:
        heads = [one for node in lists for one in _children(node, "Initialization")]
        for uri in filter(None, (head.get("sourceURL") for head in heads[:1])):
            yield urljoin(base, uri), "key", 0.0, begin
        urls = [one for node in lists for one in _children(node, "SegmentURL")][:_MOST_SEGMENTS]
        if base and any(not url.get("media") for url in urls):
            yield base, "segment", length, begin  # one file, in ranges
        for url, (_, _, seconds, offset) in zip(urls, _timeline(lists, length), strict=False):
            if uri := url.get("media"):
                yield urljoin(base, uri), "segment", seconds, begin + offset
    elif base:
        yield base, "segment", length, begin


def _filled(template: str, fields: dict[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if not found[1]:
            return "$"
        text = fields.get(found[1], "0")
        return text.zfill(int(found[2])) if found[2] else text

    return _FIELD.sub(value, template)


def _ratio(number: str, scale: str) -> float:
    try:
        return float(number[:24]) / float(scale[:24])
    except (ValueError, ZeroDivisionError):
        return 0.0


def _timeline(
    templates: list[etree._Element], length: float
) -> Iterator[tuple[int, int, float, float]]:
    """Number, time, seconds and offset of each segment."""
    scale = int(_ratio(_attribute(templates, "timescale") or "1", "1")) or 1
    first = int(_ratio(_attribute(templates, "startNumber") or "1", "1"))
    timeline = next((one for node in templates for one in _children(node, "SegmentTimeline")), None)
    if timeline is None:
        each = int(_ratio(_attribute(templates, "duration"), "1"))
        if each <= 0:
            return
        count = min(_MOST_SEGMENTS, int(-(-length * scale // each))) if length else 0
        for place in range(count):
            left = min(each / scale, length - place * each / scale)
            yield first + place, place * each, left, place * each / scale
        return
    number, time, begin = first, 0, None
    for entry in _children(timeline, "S"):
        time = int(_ratio(entry.get("t") or str(time), "1"))
        begin = time if begin is None else begin
        ticks = int(_ratio(entry.get("d") or "0", "1"))
        again = int(_ratio(entry.get("r") or "0", "1"))
        if again < 0:
            again = int((length * scale - (time - begin)) // ticks) - 1 if ticks > 0 else 0
        for _ in range(min(again, _MOST_SEGMENTS) + 1):
            if ticks <= 0 or number - first >= _MOST_SEGMENTS:
                return
            yield number, time, ticks / scale, (time - begin) / scale
            number, time = number + 1, time + ticks
