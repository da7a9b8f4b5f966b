"""Who sends people, as their requests have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from making import ROOT
from shippedpolicy import shipped_policy
from stagedoor.config.yamltext import Source, parse
from stagedoor.identify.referrers import Referrers, read_referrers
from stagedoor.model.errors import Problem
from stagedoor.model.facts import Request


def shipped() -> Referrers:
    text = (ROOT / "rules" / "referrers.yaml").read_bytes()
    return read_it(text)


def read_it(text: bytes, problems: list[Problem] | None = None) -> Referrers:
    found: list[Problem] = [] if problems is None else problems
    referrers = read_referrers(parse(Source("referrers.yaml", text), found), found)
    assert problems is not None or not found
    return referrers


SHIPPED = shipped()


def came(referrer: str = "", target: str = "/", *more: tuple[str, str]) -> str:
    headers = ((("Referer", referrer),) if referrer else ()) + more
    found = SHIPPED.of(Request("GET", "music.example", "/", target, "Firefox", headers))
    return found.name if found else ""


@pytest.mark.parametrize(
    ("referrer", "service"),
    [
        ("https://chatgpt.com/", "ChatGPT"),
        ("https://www.perplexity.ai/search?q=ghost+light", "Perplexity"),
        ("https://www.google.com/", "Google"),
        ("https://www.google.co.uk/", "Google"),
        ("https://google.de/", "Google"),
        ("https://gemini.google.com/app", "Gemini"),
        ("https://yandex.com.tr/", "Yandex"),
        ("https://CLAUDE.AI/chat/1", "Claude"),
        ("https://music.example/albums", ""),
        ("https://google.evil-site.example/", ""),
        ("https://google.evil.example.com/", ""),
        ("https://notchatgpt.com/", ""),
        ("https://chatgpt.com.evil.example/", ""),
        ("http://[broken", ""),
        ("no address at all", ""),
        ("", ""),
    ],
)
def test_the_host_of_the_referer_names_the_service(referrer: str, service: str) -> None:
    assert came(referrer) == service


def test_a_mark_counts_where_the_referer_is_kept_back() -> None:
    assert came("", "/albums?utm_source=chatgpt.com&x=1") == "ChatGPT"
    assert came("", "/albums?utm_source=newsletter") == ""
    assert came("", "/albums?utm_source=") == ""


def test_what_is_fetched_ahead_is_no_visit() -> None:
    assert came("https://chatgpt.com/", "/", ("Sec-Purpose", "prefetch;prerender")) == ""


def test_two_services_cannot_have_one_host() -> None:
    problems: list[Problem] = []
    one = "{name: %s, operator: A, trade: search, hosts: [a.example], source: s}"
    text = f"reviewed: 2026-11-29\nservices: [{one % 'A'}, {one % 'B'}]\n"
    read_it(text.encode(), problems)
    assert "a.example" in problems[0].message


def test_a_host_is_a_host() -> None:
    problems: list[Problem] = []
    text = (
        "reviewed: 2026-11-29\n"
        "services: [{name: A, operator: A, trade: search, hosts: ['https://a.example/'], source: s}]\n"
    )
    read_it(text.encode(), problems)
    assert len(problems) == 1


def test_every_operator_is_the_catalogues_where_it_has_crawlers(tmp_path: Path) -> None:

    known = {name.lower() for name in shipped_policy().catalogue.operators}
    named = {service.operator for service in SHIPPED.by_host.values()}
    assert {"OpenAI", "Anthropic", "Google", "Microsoft", "Perplexity"} <= named
    assert {o for o in named if o.lower() in known} >= {"OpenAI", "Mistral AI", "xAI", "Meta"}
