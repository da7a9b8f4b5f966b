"""RSL: what leads to a licence document."""

from __future__ import annotations

import pytest

from stagedoor.signals.meaning import Said, Use
from stagedoor.signals.standard import Merge, Message
from stagedoor.signals.standards import rsl

LICENCE = "https://ana.example/license.xml"


def test_pointers_are_written_and_read() -> None:
    name, value = rsl.write_header(LICENCE)
    assert (name, value) == ("Link", f'<{LICENCE}>; rel="license"; type="application/rsl+xml"')
    assert list(rsl.licences([(name, value)])) == [LICENCE]
    assert rsl.write_robots(LICENCE) == f"License: {LICENCE}"
    assert rsl.read_robots_value(f" {LICENCE} ") == LICENCE
    assert rsl.read_robots_value("/license.xml") == ""
    for write in (rsl.write_header, rsl.write_robots, rsl.write_link):
        with pytest.raises(ValueError, match="absolute URL"):
            write("/license.xml")


def test_only_licences_of_the_resource_itself_are_taken() -> None:
    fields = [
        ("Link", '</style.css>; rel=preload, </a>; rel="license"; type="application/rsl+xml"'),
        ("link", '</b>; rel="LICENSE next"; type="Application/RSL+XML;v=1"'),
        ("Link", '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'),
        ("Link", '</c>; rel="license"; type="application/rsl+xml"; anchor="/other"'),
        ("X-Link", '</d>; rel="license"; type="application/rsl+xml"'),
    ]
    assert list(rsl.licences(fields)) == ["/a", "/b"]
    assert [(s.said, s.where, s.text) for s in rsl.read_headers(fields)] == [
        (Said(), "header", '</a>; rel="license"; type="application/rsl+xml"'),
        (Said(), "header", '</b>; rel="license"; type="application/rsl+xml"'),
    ]


def test_a_licence_that_the_site_names_stays_the_only_one() -> None:
    header = rsl.STANDARD.header
    assert header is not None
    assert header.write is not None
    assert header.stricter is not None
    ours = header.write(Message(Said("no"), licence=LICENCE))
    assert ours == (rsl.write_header(LICENCE),)
    assert header.write(Message(Said("no"))) == ()
    theirs = (("Link", '</own.xml>; rel="license"; type="application/rsl+xml"'),)
    assert header.stricter(theirs, ours) == Merge()
    other = (("Link", '</licence.html>; rel="license"'),)
    assert header.stricter(other, ours) == Merge(add=ours)


@pytest.mark.parametrize(
    ("use", "token"),
    [("train", "ai-train"), ("input", "ai-input"), ("search", "search ai-index")],
)
def test_advice_names_the_word_that_refuses(use: Use, token: str) -> None:
    assert rsl.STANDARD.refusal(use) == f'<prohibits type="usage">{token}</prohibits>'
