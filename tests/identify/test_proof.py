"""Verified, spoofed or neither: every combination of what lists, names and signatures say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product

import pytest

from stagedoor.identify.proof import DAY, FAILED, PENDING, Evidence, Names, Signed, prove
from stagedoor.identify.ranges import Membership

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
FETCHED = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()
ADDRESS = "20.171.207.5"
"""An address on the Internet: of one that is not there, more is known."""


@dataclass(frozen=True)
class Ways:
    ranges: tuple[str, ...] = ()
    rdns: tuple[str, ...] = ()
    web_bot_auth: str = ""


NO_WAYS = Ways()


@dataclass(frozen=True)
class Claim:
    name: str = "Examplebot"
    operator: str = "OpenAI"
    proof: Ways = NO_WAYS


LIST = Claim(proof=Ways(ranges=("https://openai.com/gptbot.json",)))
NAME = Claim(proof=Ways(rdns=("crawl.example", "bots.example")))
BOTH = Claim(proof=Ways(ranges=LIST.proof.ranges, rdns=NAME.proof.rdns))
SIGNING = Claim(proof=Ways(web_bot_auth="https://chatgpt.com"))
ALL = Claim(
    proof=Ways(ranges=LIST.proof.ranges, rdns=NAME.proof.rdns, web_bot_auth="https://chatgpt.com")
)

INSIDE = Membership("20.171.207.0/24", FETCHED, 133)
OUTSIDE = Membership("", FETCHED, 133)
STALE = Membership("", NOW - 82 * DAY, 21)
UNKNOWN = Membership(missing=LIST.proof.ranges)

CONFIRMED = Names("known", confirmed=("a-1.crawl.example",))
OTHER = Names("known", confirmed=("host.hoster.example",))
LYING = Names("known", denied=("a-1.crawl.example",))
NAMELESS = Names("known")
UNDECIDED = Names("known", undecided=("a-1.crawl.example",))


def proof(claim: Claim, evidence: Evidence, address: str = ADDRESS) -> str:
    return prove(claim, address, evidence)[0]


def why(claim: Claim, evidence: Evidence, address: str = ADDRESS) -> str:
    return prove(claim, address, evidence)[1]


LISTS = {"inside": INSIDE, "outside": OUTSIDE, "stale": STALE, "unknown": UNKNOWN}
NAMES = {
    "confirmed": CONFIRMED,
    "other": OTHER,
    "lying": LYING,
    "nameless": NAMELESS,
    "undecided": UNDECIDED,
    "pending": PENDING,
    "failed": FAILED,
}


@pytest.mark.parametrize(
    ("lists", "expected"),
    [("inside", "verified"), ("outside", "spoofed"), ("stale", "unverified"), ("unknown", "unverified")],
)  # fmt: skip
def test_lists_alone(lists: str, expected: str) -> None:
    assert proof(LIST, Evidence(NOW, LISTS[lists])) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [("confirmed", "verified"), ("other", "spoofed"), ("lying", "spoofed"), ("nameless", "spoofed"),
     ("undecided", "unverified"), ("pending", "unverified"), ("failed", "unverified")],
)  # fmt: skip
def test_names_alone(names: str, expected: str) -> None:
    assert proof(NAME, Evidence(NOW, names=NAMES[names])) == expected


@pytest.mark.parametrize(("lists", "names"), product(LISTS, NAMES))
def test_lists_and_names_together(lists: str, names: str) -> None:
    found = proof(BOTH, Evidence(NOW, LISTS[lists], NAMES[names]))
    if lists == "inside" or names == "confirmed":
        assert found == "verified"
    elif names in {"other", "lying", "nameless"} or (lists == "outside" and names != "pending"):
        assert found == "spoofed"
    else:
        assert found == "unverified"


@pytest.mark.parametrize(("lists", "names"), product(LISTS, NAMES))
def test_a_good_signature_outweighs_everything(lists: str, names: str) -> None:
    evidence = Evidence(NOW, LISTS[lists], NAMES[names], "verified", "https://chatgpt.com/")
    assert proof(ALL, evidence) == "verified"


@pytest.mark.parametrize(
    ("signed", "signer", "expected"),
    [
        ("verified", "https://chatgpt.com", ("verified", "signed with a key of https://chatgpt.com")),
        ("verified", "https://other.example", ("unverified", "signed by https://other.example, which does not speak for this claim")),
        ("invalid", "https://chatgpt.com", ("unverified", "its signature does not hold")),
        ("unverified", "https://chatgpt.com", ("unverified", "its signature could not be checked yet")),
        ("none", "", ("unverified", "the request is not signed")),
    ],
)  # fmt: skip
def test_signatures_alone(signed: Signed, signer: str, expected: tuple[str, str]) -> None:
    assert prove(SIGNING, ADDRESS, Evidence(NOW, signed=signed, signer=signer)) == expected


def test_somebody_elses_signature_proves_nothing_for_a_claim_without_one() -> None:
    evidence = Evidence(NOW, OUTSIDE, signed="verified", signer="https://evil.example")
    assert proof(LIST, evidence) == "spoofed"
    assert (
        proof(
            replace(LIST, proof=Ways(ranges=("x",), web_bot_auth="")), replace(evidence, signer="")
        )
        == "spoofed"
    )


def test_a_claim_that_nobody_can_prove_says_so() -> None:
    assert prove(Claim(operator="ByteDance"), ADDRESS, Evidence(NOW)) == (
        "unverified",
        "ByteDance's operator publishes no way to prove it",
    )


def test_without_an_address_only_a_signature_proves() -> None:
    assert prove(ALL, "", Evidence(NOW, OUTSIDE, OTHER)) == (
        "unverified",
        "the client's address is not known",
    )
    assert (
        proof(ALL, Evidence(NOW, signed="verified", signer="https://chatgpt.com"), "") == "verified"
    )


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        (LIST, Evidence(NOW, OUTSIDE), "not in OpenAI's list of 2026-11-20 (133 networks)"),
        (LIST, Evidence(NOW, replace(OUTSIDE, networks=1)), "not in OpenAI's list of 2026-11-20 (1 network)"),
        (LIST, Evidence(NOW, INSIDE), "in 20.171.207.0/24 of OpenAI's list of 2026-11-20"),
        (LIST, Evidence(NOW, STALE), "not in OpenAI's list of 2026-09-02 (21 networks), which is too old to be sure: run stagedoor update"),
        (LIST, Evidence(NOW, UNKNOWN), "OpenAI's list is not at hand (openai.com/gptbot.json): run stagedoor update"),
        (NAME, Evidence(NOW, names=CONFIRMED), "its name a-1.crawl.example leads back to it"),
        (NAME, Evidence(NOW, names=OTHER), "its name is host.hoster.example, not one under crawl.example, bots.example"),
        (NAME, Evidence(NOW, names=LYING), "it calls itself a-1.crawl.example, and that name does not lead back to it"),
        (NAME, Evidence(NOW, names=NAMELESS), "it has no name, and should have one under crawl.example, bots.example"),
        (NAME, Evidence(NOW, names=UNDECIDED), "its name a-1.crawl.example could not be looked up"),
        (NAME, Evidence(NOW, names=PENDING), "its name is still being looked up"),
        (NAME, Evidence(NOW, names=FAILED), "its name could not be looked up"),
        (BOTH, Evidence(NOW, OUTSIDE, OTHER), "not in OpenAI's list of 2026-11-20 (133 networks); its name is host.hoster.example, not one under crawl.example, bots.example"),
        (replace(LIST, operator="Hass"), Evidence(NOW, OUTSIDE), "not in Hass' list of 2026-11-20 (133 networks)"),
    ],
)  # fmt: skip
def test_the_reason_is_a_sentence(claim: Claim, evidence: Evidence, expected: str) -> None:
    assert why(claim, evidence) == expected


# -- dates -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, "spoofed"),
        (13.9, "spoofed"),
        (14.1, "unverified"),
        (-0.9, "spoofed"),
        (-1.1, "unverified"),
    ],
)
def test_not_in_the_list_counts_while_the_list_is_fresh(days: float, expected: str) -> None:
    assert proof(LIST, Evidence(NOW, replace(OUTSIDE, as_of=NOW - days * DAY))) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(364, "verified"), (366, "unverified"), (-2, "unverified")]
)
def test_in_the_list_counts_for_a_year(days: float, expected: str) -> None:
    evidence = Evidence(NOW, replace(INSIDE, as_of=NOW - days * DAY))
    assert proof(LIST, evidence) == expected
    assert ("too old to be a proof" in why(LIST, evidence)) == (expected == "unverified")


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "192.168.1.9", "198.51.100.7", "fd00::1", "2001:db8::1"]
)
def test_an_address_that_is_not_on_the_internet_proves_and_contradicts_nothing(
    address: str,
) -> None:
    # Behind a proxy that is not trusted, Googlebot comes from there as well.
    found, reason = prove(LIST, address, Evidence(NOW, OUTSIDE))
    assert found == "unverified"
    assert "is a proxy in front that is not trusted?" in reason


# -- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "crawl.example.evil.example",
        "evilcrawl.example",
        "crawl.example-evil.example",
        "xcrawl.example",
        "example",
    ],
)
def test_a_name_that_only_looks_like_the_operators_is_another(name: str) -> None:
    assert proof(NAME, Evidence(NOW, names=Names("known", (name,)))) == "spoofed"


@pytest.mark.parametrize("suffix", ["Crawl.Example", ".crawl.example", "crawl.example."])
@pytest.mark.parametrize("name", ["crawl.example", "a.b.crawl.example"])
def test_suffixes_count_however_they_are_written(suffix: str, name: str) -> None:
    claim = Claim(proof=Ways(rdns=(suffix,)))
    assert proof(claim, Evidence(NOW, names=Names("known", (name,)))) == "verified"


def test_one_good_name_among_many_is_enough() -> None:
    names = Names("known", ("x.example", "a.crawl.example"), ("b.crawl.example",), ("y.example",))
    assert proof(NAME, Evidence(NOW, names=names)) == "verified"


def test_a_strangers_dead_name_server_does_not_keep_a_claim_open() -> None:
    assert (
        proof(NAME, Evidence(NOW, names=Names("known", undecided=("a.evil.example",)))) == "spoofed"
    )


def test_names_that_customers_share_neither_prove_nor_contradict() -> None:
    names = Names("known", ("1-2-3-4.gae.googleusercontent.com",))
    assert proof(BOTH, Evidence(NOW, STALE, names)) == "unverified"
    assert proof(BOTH, Evidence(NOW, OUTSIDE, names)) == "spoofed"
    assert proof(BOTH, Evidence(NOW, INSIDE, names)) == "verified"
    assert proof(NAME, Evidence(NOW, names=names)) == "spoofed"
    lying = Names("known", denied=("1-2-3-4.gae.googleusercontent.com",))
    assert proof(BOTH, Evidence(NOW, STALE, lying)) == "spoofed"


def test_an_edges_own_address_says_nothing_about_its_visitors() -> None:
    evidence = Evidence(NOW, OUTSIDE, OTHER, between="Cloudflare", edge=True)
    assert proof(BOTH, evidence) == "unverified"
    assert why(BOTH, evidence) == (
        f"the request came through Cloudflare, and {ADDRESS} may be its address, not the client's"
    )
    assert proof(BOTH, replace(evidence, ranges=INSIDE)) == "unverified"
    signed = replace(evidence, signed="verified", signer="https://chatgpt.com")
    assert proof(ALL, signed) == "verified"


def test_behind_an_intermediary_a_claim_is_never_spoofed_but_may_be_proven() -> None:
    evidence = Evidence(NOW, OUTSIDE, OTHER, between="Fastly")
    assert proof(BOTH, evidence) == "unverified"
    reasons = why(BOTH, evidence).split("; ")
    assert len(reasons) == 3
    assert reasons[-1].startswith("the request came through Fastly")
    assert proof(BOTH, replace(evidence, ranges=INSIDE)) == "verified"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (ADDRESS, "spoofed"),
        ("192.168.1.7", "unverified"),
        ("127.0.0.1", "unverified"),
        ("no address", "spoofed"),
    ],
)
def test_only_an_address_on_the_internet_speaks_against_a_claim(
    address: str, expected: str
) -> None:
    assert proof(LIST, Evidence(NOW, OUTSIDE), address) == expected
