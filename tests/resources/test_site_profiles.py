"""Site profiles: the shipped ones hold what their cases say, and none opens a recording."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from making import document
from shippedpolicy import shipped_policy
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.model.facts import Resource
from stagedoor.resources.kinds import STRICTEST, classify
from stagedoor.resources.paths import normalise
from stagedoor.resources.site_profiles import (
    PathCase,
    Profile,
    ProfileFile,
    compiled,
    proposed,
    read_profiles,
)

FILES: Mapping[str, ProfileFile] = shipped_policy().profiles
CASES = [(name, case) for name, file in FILES.items() for case in file.cases]


def asked(profile: Profile | None, target: str) -> Resource:
    return classify(normalise(target), None, target, profile)


def test_all_that_were_promised_are_there() -> None:
    wanted = {"subsonic", "navidrome", "funkwhale", "jellyfin", "azuracast", "castopod", "faircamp"}
    assert wanted | {"wordpress"} <= set(FILES)
    assert all(len(file.cases) >= 4 for file in FILES.values())


@pytest.mark.parametrize(
    ("name", "case"), CASES, ids=[f"{name} {case.get[:40]}" for name, case in CASES]
)
def test_cases_of_the_shipped_ones(name: str, case: PathCase) -> None:
    found = asked(compiled(FILES[name]), case.get)
    assert (found.kind, found.form, found.track) == (case.kind, case.form or "", case.track)


@pytest.mark.parametrize("name", FILES)
def test_none_makes_a_recording_less_of_one(name: str) -> None:
    profile = compiled(FILES[name])
    folders = ("/rest", "/api", "/share", "/Items", "/wp-json", "/feed", "/media/attachments", "")
    for folder in folders:
        for ending in ("mp3", "flac", "m3u8", "zip"):
            target = f"{folder}/x/a.{ending}"
            found, plain = asked(profile, target), asked(None, target)
            assert STRICTEST.get(found.kind, 9) <= STRICTEST.get(plain.kind, 9), target


@pytest.mark.parametrize(
    "target",
    [
        "/music/a.mp3?download_file=812&order=wc_order_x1",
        "/wp-content/uploads/2026/a.flac?eddfile=1",
        "/x/%2e%2e/?download_file=1&order=2",
        "/music/a.mp3;/?download_file=1&order=2",
        "/wp-content/uploads/woocommerce_uploads/%2e%2e%2fa.mp3",
    ],
)
def test_nobody_makes_a_purchase_of_a_recording(target: str) -> None:
    """What is bought is counted apart, so an address must not be able to claim it."""
    assert asked(compiled(FILES["wordpress"]), target).form != "bought"


def test_a_stance_chooses_one() -> None:
    found = rule_folder.sources()
    stance = document("site: {profile: navidrome}\n", "stance.yaml").source
    policy = rule_folder.build([one for one in found if one.inside != "stance.yaml"] + [stance])
    assert policy.classify("/share/s/x9", "/share/s/x9").track == "/shared/x9"
    assert shipped_policy().classify("/share/s/x9", "/share/s/x9").kind == "page"


def test_a_name_that_nobody_has_is_a_mistake() -> None:
    found = [one for one in rule_folder.sources() if one.inside != "stance.yaml"]
    stance = document("site: {profile: navidrom}\n", "stance.yaml").source
    with pytest.raises(ConfigError, match=r'no site profile "navidrom".*did you mean "navidrome"'):
        rule_folder.build([*found, stance])


def test_mistakes_have_their_place() -> None:
    text = (
        "name: a\ntitle: A\nsource: x\nreviewed: 2026-11-29\npaths:\n  - {path: rest, kind: song}\n"
    )
    problems: list[Problem] = []
    assert read_profiles([document(text, "profiles/a.yaml")], problems) == {}
    assert len(problems) == 2
    assert {problem.location.line for problem in problems} == {6}


@pytest.mark.parametrize(
    ("fields", "body", "name"),
    [
        ([], '<link rel="stylesheet" href="/wp-content/themes/x.css">', "wordpress"),
        (
            [("Link", '<https://music.example.org/wp-json/>; rel="https://api.w.org/"')],
            "",
            "wordpress",
        ),
        ([], '<meta name="generator" content="Faircamp 1.1.1">', "faircamp"),
        ([], "<title>a plain page</title>", ""),
    ],
)
def test_the_front_page_shows_it(fields: list[tuple[str, str]], body: str, name: str) -> None:
    assert proposed({"/": (fields, body)}, FILES) == name


def test_the_one_with_most_signs_is_proposed() -> None:
    ping = '<subsonic-response xmlns="x" status="failed" version="1.16.1" type="navidrome"/>'
    answers: dict[str, tuple[list[tuple[str, str]], str]]
    answers = {"/rest/ping.view": ([], ping), "/app/": ([], "<title>Navidrome</title>")}
    assert proposed(answers, FILES) == "navidrome"
    assert (
        proposed({"/rest/ping.view": ([], ping.replace("navidrome", "gonic"))}, FILES) == "subsonic"
    )


OWN = """
name: own
title: Own
source: x
reviewed: 2026-11-29
paths:
  - {path: /radio/*, kind: playlist, form: live}
  - {path: /plain/*, kind: page}
  - {path: "/song/{id}", kind: audio, track: "/song/{id}/{disc}", query: [play]}
"""


def own() -> Profile:
    problems: list[Problem] = []
    found = read_profiles([document("", "profiles/none.yaml"), document(OWN, "profiles/own.yaml")], problems)  # fmt: skip
    assert problems == []
    assert list(found) == ["own"]
    return compiled(found["own"])


def test_a_profile_makes_a_recording_live_and_never_less_of_one() -> None:
    found = asked(own(), "/radio/live.mp3")
    assert (found.kind, found.form) == ("audio", "live")
    assert (asked(own(), "/radio/8000").kind, asked(own(), "/radio/8000").form) == (
        "playlist",
        "live",
    )
    assert asked(own(), "/plain/a.mp3").kind == "audio"
    assert asked(own(), "/plain/a").kind == "page"


@pytest.mark.parametrize(
    ("target", "kind", "track"),
    [
        ("/song/7?play=1&Disc=2", "audio", "/song/7/2"),
        ("/song/7?play=1", "audio", ""),  # a part is missing: its path is its name
        ("/song/7?play=1&disc=", "audio", ""),
        ("/song/7?disc=2", "page", ""),
        ("/song/7", "page", ""),
    ],
)
def test_a_track_is_named_by_all_its_parts_or_not_at_all(
    target: str, kind: str, track: str
) -> None:
    found = asked(own(), target)
    assert (found.kind, found.track) == (kind, track)
