"""All header-borne signals together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals import headers
from stagedoor.signals.meaning import Said, resolve
from stagedoor.signals.standards import robots_tag, rsl, tdmrep


def test_every_standard_is_read() -> None:
    fields = [
        ("Content-Type", "audio/mpeg"),
        *tdmrep.write_headers("no", policy="https://ana.example/policy.json"),
        *robots_tag.write(Said(train="no"), agents=["*", "GPTBot"]),
        ("x-robots-tag", "bingbot: noindex"),
        rsl.write_header("https://ana.example/license.xml"),
    ]
    found = headers.read(fields)
    assert [(s.standard, s.agent, s.said) for s in found] == [
        ("tdmrep", "*", Said(train="no")),
        ("robots-tag", "*", Said(train="no")),
        ("robots-tag", "GPTBot", Said(train="no")),
        ("robots-tag", "bingbot", Said(search="no")),
        ("rsl", "*", Said()),
    ]
    assert {statement.where for statement in found} == {"header"}
    assert resolve(found, "train").answer == "no"


def test_content_signals_are_read_as_a_header_too() -> None:
    fields = [("content-signal", "search=yes"), ("Content-Signal", "ai-train=no")]
    (found,) = headers.read(fields)
    assert (found.standard, found.where) == ("content-signal", "header")
    assert found.said == Said(train="no", search="yes")


def test_a_response_without_signals_says_nothing() -> None:
    assert headers.read([("Content-Type", "audio/mpeg"), ("Link", "</a>; rel=next")]) == ()


names = st.sampled_from(["Link", "link", "X-Robots-Tag", "TDM-Reservation", "tdm-policy", "X"])


@given(st.lists(st.tuples(names, st.text())))
def test_no_header_does_harm(fields: list[tuple[str, str]]) -> None:
    headers.read(fields)
