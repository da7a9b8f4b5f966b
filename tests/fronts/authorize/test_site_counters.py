"""Several sites behind one counter: real questions, real log lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

import severalsites
from counters import Counting, counting
from flows import SMALL_RULES, lay_shipped
from making import FIREFOX, GPTBOT
from stagedoor.fronts.authorize.site_counters import SiteCounters


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counting]:
    folder = tmp_path_factory.mktemp("counter")
    with pytest.MonkeyPatch.context() as patch:
        lay_shipped(folder, SMALL_RULES, patch)
        rules = severalsites.write(folder / "rules")
        with counting(rules, state=folder / "state") as found:
            yield found


def sites(several: Counting) -> SiteCounters:
    found = several.running.sites
    assert found is not None
    return found


def status(several: Counting, host: str, agent: str = GPTBOT, **more: str) -> int:
    return several.asked("/music/a.mp3", agent, X_Forwarded_Host=host, **more).status


def test_a_question_is_answered_by_the_site_that_the_front_names(several: Counting) -> None:
    refused = several.asked("/music/a.mp3", GPTBOT, X_Forwarded_Host="anna.example")
    assert (refused.status, b"Anna has a policy" in refused.body) == (403, True)
    assert status(several, "BERTA.example.:443") == 200
    assert status(several, "www.berta.example") == 200


def test_a_question_without_such_a_header_is_about_its_own_host(several: Counting) -> None:
    asked = {"X_Forwarded_Method": "GET", "X_Forwarded_Uri": "/music/a.mp3", "User_Agent": GPTBOT}
    assert several.get("/authorize", Host="anna.example", **asked).status == 403
    by_path = several.get("/authorize/music/a.mp3", Host="berta.example", User_Agent=GPTBOT)
    assert by_path.status == 200
    # By its path: what is in such a header is the visitor's.
    by_path = several.get(
        "/authorize/music/a.mp3",
        Host="anna.example",
        X_Forwarded_Host="berta.example",
        User_Agent=GPTBOT,
    )
    assert by_path.status == 403


def test_a_name_that_is_no_sites_is_421_and_counted(several: Counting) -> None:
    before = several.sample("malformed_total", fault="unknown-host")
    assert status(several, "nobody.example") == 421
    nginx = several.asked(
        "/music/a.mp3", FIREFOX, path="/nginx", X_Forwarded_Host="anna.example.evil.example"
    )
    assert nginx.status == 403
    whole = several.get("/refusal", X_Stagedoor_Refusal=nginx.headers["x-stagedoor-refusal"])
    assert (whole.status, whole.body) == (421, b"There is no site of this name here.\n")
    assert several.sample("malformed_total", fault="unknown-host") == before + 2


def test_nginx_fetches_the_refusal_of_the_site_that_has_made_it(several: Counting) -> None:
    asked = several.asked("/music/a.mp3", GPTBOT, path="/nginx", X_Forwarded_Host="anna.example")
    whole = several.get("/refusal", X_Stagedoor_Refusal=asked.headers["x-stagedoor-refusal"])
    assert b"Anna has a policy" in whole.body
    assert several.get("/refusal", X_Stagedoor_Refusal="LONG-AGO").status == 403


def test_what_is_kept_for_one_site_is_never_given_to_another(several: Counting) -> None:
    """The same head but for the host, again and again: from memory, and each time that site's own."""
    for _ in range(3):
        assert status(several, "anna.example") == 403
        assert status(several, "berta.example") == 200
    heads = several.do(lambda: dict(sites(several)._heads))
    assert {found.service.suite.site for found in heads.values()} == {"anna", "berta"}


def test_signal_files_are_each_sites_own(several: Counting) -> None:
    for host, name in (("anna.example", b"Anna"), ("berta.example", b"Berta")):
        told = several.get("/signal/robots.txt", Host=host, User_Agent=GPTBOT)
        # What the site itself has is not at hand: nobody listens there.
        assert told.status == 503, name
    assert several.get("/signal/robots.txt", Host="x.example", User_Agent=GPTBOT).status == 421


def test_the_healthy_and_strangers_are_as_ever(several: Counting) -> None:
    assert several.get("/healthy").status == 200
    assert several.do(lambda: sites(several).believes("127.0.0.1"))
    assert not several.do(lambda: sites(several).believes("198.51.100.7"))
    ask = several.do(
        lambda: sites(several).ask(
            "GET", b"/authorize", [(b"Host", b"x.example")], "198.51.100.7", b"head"
        )
    )
    assert getattr(ask, "status", 0) == 403


def line(host: str, path: str) -> bytes:
    found = {
        "stagedoor": 1, "address": "198.51.100.9", "method": "GET", "host": host, "target": path,
        "agent": GPTBOT, "status": 200, "size": 1000, "seconds": 0.1, "verdict": "",
    }  # fmt: skip
    return json.dumps(found).encode()


def test_a_log_line_is_read_for_the_site_that_it_names(several: Counting) -> None:
    def lines() -> list[int]:
        each = sites(several).each
        return [each["anna"].reports.lines, each["berta"].reports.lines]

    before = several.do(lines)
    several.do(lambda: sites(several).line(line("ANNA.example", "/music/b.mp3")))
    several.do(lambda: sites(several).line(line("nobody.example", "/music/b.mp3")))
    assert several.do(lines) == [before[0] + 1, before[1]]
    shared = several.running.reports
    unread = several.do(lambda: shared.unread)
    several.do(lambda: sites(several).line(b"rubbish"))
    several.do(lambda: sites(several).line(b'{"stagedoor": 1}'))
    assert several.do(lambda: shared.unread) == unread + 2
