"""From the stance, everything that is said: it comes back as it was meant, and no piece too much."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from robots import RobotsParser

from shippedpolicy import shipped_policy
from stagedoor.config.stance import Publish, Stance
from stagedoor.identify.catalogue import Catalogue
from stagedoor.model.facts import Purpose
from stagedoor.publish import publication
from stagedoor.publish.publication import NOTHING, Fields, Published, published, stricter
from stagedoor.signals import headers, licence_documents
from stagedoor.signals.html import head
from stagedoor.signals.meaning import USES, Answer, Said, resolve
from stagedoor.signals.robots import access as robots_txt
from stagedoor.signals.standards import (
    ai_txt,
    content_signal,
    content_usage,
    tdmrep,
    trust_txt,
)
from stagedoor.signals.wanted import writable

ADDRESS = "https://ghostlight.example"
SONG = "/music/a.mp3"
ANSWERS: tuple[Answer, ...] = ("yes", "no")
ALL = [Said(*answers) for answers in product(ANSWERS, repeat=3)]
SHIPPED = Said("no", "no", "yes")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return shipped_policy().catalogue


def stance(said: Said = SHIPPED, /, **publish: str) -> Stance:
    """A stance with a name and an address, and what is switched."""
    return Stance.model_validate(
        {
            "artist": {"name": "Ghost Light", "contact": "mailto:ana@ghostlight.example"},
            "ai": {use: said.about(use) for use in USES},
            "publish": {"address": ADDRESS, "trust_txt": "yes", **publish},
        }
    )


def everything(found: Published) -> dict[str, bytes]:
    """All of it as it goes out, by where it stands."""
    texts = {path: file.text for path, file in found.files.items()}
    texts |= {"headers": found.header_text.encode(), "tags": found.tags.encode()}
    return texts | ({"/robots.txt": found.robots(None).text} if found.merges_robots else {})


def fields(found: Fields) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode("latin-1")) for name, value in found]


@pytest.mark.parametrize("said", ALL, ids=str)
def test_every_stance_comes_back_as_it_was_meant(said: Said, catalogue: Catalogue) -> None:
    found = published(stance(said), catalogue)
    train = Said(train=said.train)
    by_header = headers.read(fields(found.headers))
    by_page = head.read(f"<head>{found.tags}</head>".encode(), url=f"{ADDRESS}/")
    assert {use: resolve(by_header, use).answer for use in USES} == {
        use: said.about(use) for use in USES
    }
    assert resolve(by_page, "train").answer == said.train
    assert not any(resolve((*by_header, *by_page), use).against for use in USES)
    licence = licence_documents.read(found.files["/license.xml"].text, f"{ADDRESS}{SONG}")
    assert licence is not None
    assert licence.said == said
    reservation = tdmrep.read(found.files["/.well-known/tdmrep.json"].text, SONG)
    assert reservation is not None
    assert reservation.said == train
    trust = trust_txt.read(found.files["/trust.txt"].text)
    assert trust is not None
    assert trust.said == train
    assert ("/ai.txt" in found.files) is (said.train == "no")
    if said.train == "no":
        assert [s.said for s in ai_txt.read(found.files["/ai.txt"].text, SONG)] == [train]
    robots = robots_txt.read(found.robots(None).text)
    for token, use in (("GPTBot", "train"), ("ChatGPT-User", "input"), ("Googlebot", "search")):
        allowed = getattr(said, use) == "yes"
        assert robots_txt.allowed(robots, token, SONG) is allowed
        # Content-Usage: where nothing may be fetched, there is nothing to have preferences about.
        usage = content_usage.read_robots(robots, token, SONG)
        assert [statement.said for statement in usage] == ([said] if allowed else [])
        signals = content_signal.WORDS.heard(robots, token, SONG)
        assert [statement.said for statement in signals] == [said]


# A piece, and where and by what it is known; `b""` stands for the file itself.
PIECES: dict[str, tuple[tuple[str, bytes], ...]] = {
    "robots": (("/robots.txt", b""),),
    "content_usage": (("headers", b"content-usage"), ("/robots.txt", b"content-usage")),
    "content_signals": (("/robots.txt", b"content-signal"),),
    "tdmrep": (
        ("headers", b"tdm-"),
        ("tags", b"tdm-"),
        ("/.well-known/tdmrep.json", b""),
        ("/.well-known/tdm-policy.json", b""),
    ),
    "rsl": (
        ("headers", b"license"),
        ("tags", b"license"),
        ("/robots.txt", b"license"),
        ("/license.xml", b""),
    ),
    "noai": (("headers", b"noai"), ("tags", b"noai")),
    "ai_txt": (("/ai.txt", b""),),
    "trust_txt": (("/trust.txt", b""),),
    "tags": (("tags", b"<"),),
}


def test_every_switch_is_tried() -> None:
    assert set(PIECES) == set(Publish.model_fields) - {"address", "about_search"}


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_is_off_appears_nowhere(piece: str, catalogue: Catalogue) -> None:
    before = everything(published(stance(), catalogue))
    after = everything(published(stance(**{piece: "no"}), catalogue))
    for where, mark in PIECES[piece]:
        assert mark in before[where].lower()
        assert where not in after or (mark and mark not in after[where].lower())
    marks = [mark for _, mark in PIECES[piece] if mark not in {b"", b"<"}]
    assert not [w for w, text in after.items() for mark in marks if mark in text.lower()]
    untouched = before.keys() - {where for where, _ in PIECES[piece]} - {"/robots.txt"}
    assert {where: after[where] for where in untouched} == {
        where: before[where] for where in untouched
    }


def test_with_everything_off_nothing_is_said(catalogue: Catalogue) -> None:
    found = published(stance(**dict.fromkeys(PIECES, "no")), catalogue)
    assert not found.merges_robots
    assert (found.headers, found.files, found.tags) == (NOTHING.headers, {}, "")


def test_without_an_address_nothing_leads_there(catalogue: Catalogue) -> None:
    found = published(stance(address=""), catalogue)
    assert "/.well-known/tdm-policy.json" not in found.files
    texts = everything(found)
    assert licence_documents.read(texts.pop("/license.xml"), f"{ADDRESS}{SONG}") is not None
    assert not [where for where, text in texts.items() if b"license" in text.lower()]


@pytest.mark.parametrize(
    "address",
    [
        "https://ana:secret@ghostlight.example",
        "https://b\u00fccher.example",
        "https://ghost light.example",
        'https://ghost"light.example',
        "https://ghost$light.example",
    ],
)
def test_an_address_that_cannot_be_printed_is_a_mistake(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        stance(address=address)


# -- whom robots.txt refuses -----------------------------------------------------------------------

REFUSED: frozenset[Purpose] = frozenset(
    {"ai-training", "ai-input", "audio-harvester", "transcriber"}
)
"""Under the shipped stance."""


def test_robots_txt_refuses_whom_the_stance_refuses_and_nobody_else(catalogue: Catalogue) -> None:
    assert set(get_args(Purpose)) > REFUSED
    merged = published(Stance(), catalogue).robots(None)
    ours, spy = robots_txt.read(merged.text), RobotsParser.from_string(merged.text.decode())
    refused = admitted = 0
    cut = set()
    for signature in catalogue.signatures:
        token = _named(signature.robots_token)
        if not writable(token):
            assert token in merged.left_out or signature.purpose not in REFUSED
            continue
        may = signature.purpose not in REFUSED
        assert robots_txt.allowed(ours, token, SONG) is may, token
        if spy.can_fetch(token if may else _strictly(token), SONG) is not may:
            cut.add(token)
        assert robots_txt.allowed(ours, token, "/.well-known/tdmrep.json"), token
        refused, admitted = refused + (not may), admitted + may
    # pods3-backfill is "pods" to robotspy, and spider.cloud is "spider". Whom that meets is a podcast
    # app, which asks for no robots.txt, and a word for robots without a name. A line with an "s"
    # behind such a character it passes over altogether.
    assert cut == {"Pods", "spider", "img2dataset"}
    assert refused > 200
    assert admitted > 1000


def _strictly(token: str) -> str:
    """A name up to the first character that RFC 9309 has not in it, as robotspy reads it."""
    return re.match(r"[A-Za-z_-]*", token)[0]  # type: ignore[index]


def _named(token: str) -> str:
    """A token as a robots.txt names it: without a version, and without what follows the name."""
    name = token.partition("/")[0] if token.partition("/")[2].strip("0123456789.") == "" else token
    return name.removesuffix(" (")


@pytest.mark.parametrize(
    ("token", "named"),
    [
        ("Rephonic/", "Rephonic"),
        ("YaK/1", "YaK"),
        ("newsai/1.0", "newsai"),
        ("LCC (", "LCC"),
        ("GPTBot", "GPTBot"),
        ("veritone/engine-toolkit", "veritone/engine-toolkit"),
        ("Metacast/1.0 Crawler", "Metacast/1.0 Crawler"),
        ("Hype Machine/", "Hype Machine/"),
        ("/", "/"),
    ],
)
def test_what_follows_a_name_is_taken_off(token: str, named: str, catalogue: Catalogue) -> None:
    [found] = published(stance(), _of(catalogue, token)).wanted.crawlers
    assert found == named


def _of(catalogue: Catalogue, token: str) -> Catalogue:
    """GPTBot alone, by another token."""
    signature = next(s for s in catalogue.signatures if s.name == "GPTBot")
    return Catalogue((replace(signature, robots_token=token),))


def test_no_two_answers_for_one_token(catalogue: Catalogue) -> None:
    told: dict[str, set[str]] = {}
    wanted = published(Stance(), catalogue).wanted
    for token, word in wanted.crawlers.items():
        told.setdefault(token.lower(), set()).add(word)
    assert not {token: words for token, words in told.items() if len(words) > 1}


# -- beside what the site says ---------------------------------------------------------------------

OWN = {said: published(stance(said), Catalogue(())).headers for said in ALL}
VALUES = {
    "Content-Usage": ["train-ai=n", "train-ai=y, search=n", "ai-use=y", "?bad", "x=1", ""],
    "tdm-reservation": ["1", "0", " 1 ", "2", ""],
    "TDM-Policy": ["https://label.example/policy.json"],
    "X-Robots-Tag": ["noai", "noindex, noai", "GPTBot: noai", "all", "bingbot: noarchive"],
    "Link": [
        "</a>; rel=next",
        '<https://label.example/l.xml>; rel="license"; type="application/rsl+xml"',
    ],
    "Content-Type": ["audio/mpeg", "text/html"],
    "Set-Cookie": ["a=1", "b=2"],
}
site_field = st.one_of(
    *(
        st.tuples(st.sampled_from([name, name.lower()]), st.sampled_from(values))
        for name, values in VALUES.items()
    )
)
site_fields = st.lists(site_field, max_size=8).map(
    lambda found: tuple((name.encode(), value.encode()) for name, value in found)
)
some = st.sampled_from([*OWN.values(), NOTHING.headers, *((field,) for field in OWN[ALL[-1]])])
OURS = {b"content-usage", b"tdm-reservation", b"tdm-policy", b"x-robots-tag", b"link"}


def unrelated(found: Fields) -> list[tuple[bytes, bytes]]:
    return [field for field in found if field[0].lower() not in OURS]


@given(site_fields, some)
def test_the_stricter_counts(site: Fields, ours: Fields) -> None:
    together = stricter(site, ours)
    for use in USES:
        answers = [resolve(headers.read(fields(f)), use).answer for f in (site, ours)]
        found = resolve(headers.read(fields(together)), use).answer
        assert (found == "no") is ("no" in answers)
        assert found is not None or answers == [None, None]
    invented = set(together) - {*site, *ours}
    assert {name for name, _ in invented} <= {b"Content-Usage"}


@given(site_fields, some)
def test_unrelated_fields_stay_in_their_order(site: Fields, ours: Fields) -> None:
    together = stricter(site, ours)
    assert unrelated(together) == unrelated(site)
    kept = [field for field in together if field in site]
    assert kept[: len(unrelated(site))] or not unrelated(site)
    for name in (b"x-robots-tag", b"link"):  # other rules and links are never dropped
        theirs = [field for field in site if field[0].lower() == name]
        assert [f for f in together if f[0].lower() == name][: len(theirs)] == theirs


@given(site_fields, some)
def test_said_twice_is_said_once(site: Fields, ours: Fields) -> None:
    once = stricter(site, ours)
    assert stricter(once, ours) == once


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        ((b"Content-Usage", b"search=n"), "train-ai=n, ai-use=n, search=n"),
        ((b"Content-Usage", b"train-ai=y"), "train-ai=n, ai-use=n, search=y"),
        ((b"tdm-reservation", b"0"), "1"),
    ],
)
def test_what_the_site_says_less_strictly_is_replaced(
    site: tuple[bytes, bytes], expected: str
) -> None:
    together = stricter((site,), OWN[SHIPPED])
    assert [v.decode() for n, v in together if n.lower() == site[0].lower()] == [expected]


@pytest.mark.parametrize("reservation", [(), ((b"tdm-reservation", b"2"),)])
def test_a_policy_of_the_sites_stays_with_our_reservation(reservation: Fields) -> None:
    """TDMRep merges its properties one by one: ours is the reservation, theirs the policy."""
    theirs = (b"TDM-Policy", b"https://label.example/policy.json")
    together = stricter((*reservation, theirs), OWN[SHIPPED])
    mining = {field for field in together if field[0].lower().startswith(b"tdm-")}
    assert mining == {theirs, (b"tdm-reservation", b"1")}


@pytest.mark.parametrize(
    ("search", "about", "said"), [("yes", "yes", "yes"), ("yes", "no", None), ("no", "no", "no")]
)
def test_a_yes_to_search_may_stay_unsaid_and_a_no_may_not(
    search: str, about: str, said: str | None, catalogue: Catalogue
) -> None:
    """AIPREF's search=y counts for more than the other words, so an artist may not want to say it."""
    ours = Stance.model_validate(
        {"ai": {"search": search}, "publish": {"address": ADDRESS, "about_search": about}}
    )
    found = published(ours, catalogue)
    for statement in headers.read(fields(found.headers)):
        if statement.standard == "content-usage":
            assert statement.said == Said("no", "no", said)  # type: ignore[arg-type]
    robots = robots_txt.read(found.robots(None).text)
    assert robots_txt.allowed(robots, "Googlebot", "/") is (search == "yes")
    for heard in (content_usage.read_robots, content_signal.WORDS.heard):
        (statement,) = heard(robots, "Someone", "/")
        assert statement.said.search == said
    licence = licence_documents.read(found.files["/license.xml"].text, f"{ADDRESS}{SONG}")
    assert licence
    assert licence.said.search == said
    assert licence.said.train == "no"


def test_what_a_site_says_often_is_merged_once_and_what_is_long_is_not_kept() -> None:
    ours = OWN[SHIPPED]
    usual = ((b"X-Robots-Tag", b"noindex"),)
    publication._merged.cache_clear()
    first = stricter((*usual, (b"ETag", b"1")), ours)
    assert stricter((*usual, (b"ETag", b"2")), ours)[1:] == (
        *first[1:1],
        *(field if field != (b"ETag", b"1") else (b"ETag", b"2") for field in first[1:]),
    )
    assert publication._merged.cache_info().hits == 1
    long = ((b"X-Robots-Tag", b"noindex, " * 200 + b"nofollow"),)
    assert stricter(long, ours) == stricter(long, ours)
    assert publication._merged.cache_info().currsize == 1
