"""What one crawler hears about one resource: each protocol by its own rule."""

from __future__ import annotations

from typing import Any

import pytest

from sitefacts import HTML, answer, audited
from stagedoor.signals.meaning import USES, Said, Statement

AUDIO = answer("/music/a.mp3", b"", ("Content-Type", "audio/mpeg"))
RSL = (
    '<rsl xmlns="https://rslstandard.org/rsl"><content url="/"><license>'
    '<{} type="usage">ai-train</{}></license></content></rsl>'
)


def answers(agent: str = "*", **facts: Any) -> list[str]:
    """For page and recordings: `nny` for no, no, yes; `-` for nothing."""
    return [
        "".join((one.resolved(use).answer or "-")[0] for use in USES)
        for one in audited(agent, **facts).heard
    ]


def test_nothing_said_is_nothing_heard() -> None:
    assert answers(recordings=(AUDIO,)) == ["---", "---"]


@pytest.mark.parametrize(
    ("agent", "heard"),
    [("*", "nnn"), ("Unheard-Of", "nnn"), ("GPTBot", "---"), ("ccbot", "n--")],
)
def test_disallow_is_a_no_to_what_a_crawler_comes_for(agent: str, heard: str) -> None:
    robots = (
        "User-agent: *\nDisallow: /\nUser-agent: GPTBot\nAllow: /\nUser-agent: CCBot\nDisallow: /\n"
    )
    assert answers(agent, robots=robots) == [heard]


def test_the_longest_path_counts() -> None:
    robots = (
        "User-agent: *\nAllow: /\nContent-Usage: train-ai=n\nContent-Usage: /music/ train-ai=y\n"
    )
    assert answers(robots=robots, recordings=(AUDIO,)) == ["n--", "y--"]


def test_a_crawler_that_is_named_does_not_hear_everybodys_lines() -> None:
    robots = (
        "User-agent: *\nAllow: /\nContent-Signal: ai-train=no\nUser-agent: GPTBot\nAllow: /press/\n"
    )
    assert answers("*", robots=robots) == ["n--"]
    assert answers("GPTBot", robots=robots) == ["---"]


@pytest.mark.parametrize(
    ("file", "header", "tag", "heard"),
    [
        (1, None, None, "n--"),
        (0, None, None, "y--"),
        (1, 0, None, "y--"),
        (0, 1, None, "n--"),
        (1, 0, 1, "n--"),
        (1, 1, 0, "y--"),
        (None, None, 1, "n--"),
    ],
)
def test_tdmrep_is_settled_nearest_first(
    file: int | None, header: int | None, tag: int | None, heard: str
) -> None:
    body = "" if tag is None else f'<meta name="tdm-reservation" content="{tag}">'
    fields = () if header is None else (("tdm-reservation", str(header)),)
    tdmrep = (
        {}
        if file is None
        else {"/.well-known/tdmrep.json": f'[{{"location":"/","tdm-reservation":{file}}}]'}
    )
    assert answers(page=answer("/", body, HTML, *fields), files=tdmrep) == [heard]


def test_rules_for_one_crawler_are_heard_by_that_one() -> None:
    page = answer("/", "", HTML, ("X-Robots-Tag", "GPTBot: noai"))
    assert answers("*", page=page) == ["---"]
    assert answers("gptbot", page=page) == ["n--"]
    assert answers("CCBot", page=page) == ["---"]


def test_in_ai_txt_a_group_of_ones_own_takes_the_place() -> None:
    files = {"/ai.txt": "User-Agent: *\nDisallow: *.mp3\nUser-Agent: GPTBot\nAllow: *.mp3\n"}
    facts = {"files": files, "recordings": (AUDIO,)}
    assert answers("*", **facts) == ["---", "n--"]
    assert answers("GPTBot", **facts) == ["---", "y--"]


def test_licences_count_where_they_are_named() -> None:
    url = "https://ana.example/license.xml"
    licences = {url: RSL.format("prohibits", "prohibits")}
    robots = f"License: {url}\nUser-agent: *\nAllow: /\n"
    assert answers(licences=licences) == ["---"]
    assert answers(licences=licences, robots=robots) == ["n--"]
    link = ("Link", '</license.xml>; rel="license"; type="application/rsl+xml"')
    assert answers(licences=licences, recordings=(answer("/a.mp3", b"", link),)) == ["---", "n--"]


def test_any_no_gives_no_and_the_sources_are_named() -> None:
    audio = answer("/a.mp3", b"", ("Content-Usage", "train-ai=y"), ("tdm-reservation", "1"))
    recording = audited(recordings=(audio,)).heard[1]
    resolved = recording.resolved("train")
    assert resolved.answer == "no"
    assert [recording.placed(s).place for s in resolved.decided_by] == ["headers of /a.mp3"]
    assert [s.standard for s in resolved.decided_by] == ["tdmrep"]
    assert [s.standard for s in resolved.against] == ["content-usage"]


def test_a_refusal_speaks_of_itself_when_it_says_noindex() -> None:
    page = answer("/", "", HTML, ("X-Robots-Tag", "noindex, noai"), status=403)
    assert answers(page=page) == ["n--"]
    page = answer("/", "", HTML, ("X-Robots-Tag", "noindex, noai"))
    assert answers(page=page) == ["n-n"]


def test_a_page_that_is_refused_is_not_read() -> None:
    page = answer("/", '<meta name="robots" content="noai">', HTML, status=403)
    assert answers(page=page) == ["---"]


def test_a_robots_txt_that_fails_says_nothing() -> None:
    assert answers(robots=answer("/robots.txt", status=503)) == ["---"]


def test_a_licence_inside_a_recording_is_heard() -> None:
    """RSL 1.0, 4.8; found by `--credentials`, which downloads the recordings."""
    recording = answer("/a.mp3", b"", ("Content-Type", "audio/mpeg"))
    inside = {recording.url: (Statement("rsl", "file", Said("no"), "<rsl:rsl>"),)}
    found = audited(recordings=(recording,), inside=inside)
    page, song = found.heard
    assert page.resolved("train").answer is None
    assert song.resolved("train").answer == "no"
    (row,) = [row for row in found.rows if row.standard == "rsl"]
    assert [placed.place for placed in row.places] == ["the file /a.mp3"]


def test_a_group_with_a_licence_of_its_own_does_not_hear_the_global_one() -> None:
    """RSL 1.0, 4.4.2."""
    everybody, one = "https://ana.example/all.xml", "https://ana.example/one.xml"
    robots = f"License: {everybody}\nUser-agent: GPTBot\nLicense: {one}\nAllow: /\nUser-agent: CCBot\nAllow: /\n"
    licence = (
        '<rsl xmlns="https://rslstandard.org/rsl"><content url=""><license>'
        '<prohibits type="usage">{}</prohibits></license></content></rsl>'
    )
    licences = {everybody: licence.format("ai-train"), one: licence.format("ai-input")}
    for agent, said in (("GPTBot", Said(input="no")), ("CCBot", Said(train="no"))):
        (page,) = audited(agent, robots=robots, licences=licences).heard
        assert [p.statement.said for p in page.heard if p.statement.standard == "rsl"] == [said]


def test_a_header_with_a_reservation_alone_keeps_the_policy_of_the_file() -> None:
    """TDMRep: the properties are merged one by one."""
    path, policy = "/.well-known/tdmrep.json", "https://ana.example/policy.json"
    file = f'[{{"location": "/", "tdm-reservation": 1, "tdm-policy": "{policy}"}}]'
    page = answer("/", "", HTML, ("tdm-reservation", "1"))
    (heard,) = audited(page=page, files={path: file}).heard
    (nearest,) = [p for p in heard.heard if p.place == "headers of /"]
    assert nearest.statement.text == f"tdm-reservation: 1\ntdm-policy: {policy} (in {path})"
    alone = answer("/", "", HTML, ("tdm-policy", policy))
    assert audited(page=alone).heard[0].resolved("train").answer is None
    assert not [p for p in audited(page=alone).heard[0].heard if p.statement.standard == "tdmrep"]
