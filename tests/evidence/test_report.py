"""The report: self-contained, nothing a visitor sent is markup in it, and its figures are fair."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from ledgers import OCTOBER, visit
from stagedoor.evidence.account import Account, Publications
from stagedoor.evidence.entries import DAY, Limits, Notice, Refusal, Taking, runs
from stagedoor.evidence.report import Extract, page
from stagedoor.evidence.verification import Findings
from stagedoor.evidence.wording import size, spell

NASTY = "<script>alert('x')</script><img src=//evil.example/x>\"'&"
EXTRACT = Extract(OCTOBER, 1, 9, "0" * 64, "f" * 64, 4, "Stagedoor")


def body(entry: Notice | Taking | Refusal) -> dict[str, Any]:
    return {**entry.body(), "kind": entry.kind}


def account() -> Account:
    found = Account("GPTBot", OCTOBER, OCTOBER + 10 * DAY)
    rows: list[Notice | Taking | Refusal] = [
        Notice(visit(OCTOBER + 1, "/robots.txt", proof="verified"), ("aa" * 32,)),
        Taking(visit(OCTOBER + DAY, proof="verified"), 200, 5_000_000, against=True),
        Taking(visit(OCTOBER + DAY, NASTY, proof="spoofed"), 200, 70_000_000),
        Refusal(visit(OCTOBER + 2 * DAY, NASTY), 403, NASTY),
    ]
    for seq, row in enumerate(rows, 1):
        found.add(seq, body(row), {"why": NASTY, "agent": NASTY, "address": NASTY})
    return found


def publications() -> Publications:
    found = Publications()
    for at, of in ((1, "aa" * 32), (2, "bb" * 32), (3, "")):
        found.add({"kind": "publication", "at": OCTOBER + at * DAY, "where": "/robots.txt",
                   "standard": NASTY, "text": of})  # fmt: skip
    return found


class Reader(HTMLParser):
    """Collects the elements, and every attribute that could load something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in {"meta", "br", "line", "rect"}:
            self.open.append(tag)
        self.loads += [
            str(value) for name, value in attrs if name in {"src", "href", "srcset", "data"}
        ]
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"line", "rect"}:
            assert self.open.pop() == tag


def read(html: str) -> Reader:
    found = Reader()
    found.feed(html)
    assert found.open == []
    return found


def test_it_loads_nothing_runs_nothing_and_takes_nothing_for_markup() -> None:
    found = account()
    found.published = publications().intervals()
    html = page(found, {"aa" * 32: NASTY.encode(), "bb" * 32: b"\xff" * 9000}, Findings(), EXTRACT)
    reader = read(html)
    assert not reader.tags & {"script", "img", "link", "iframe", "object", "form"}
    assert reader.loads == ["#identity"]
    assert "url(" not in html
    assert "@import" not in html
    assert "&lt;script&gt;" in html


def test_the_site_is_named_by_its_own_address_and_by_no_visitor() -> None:
    found = account()
    found.hosts["evil.example"] += 1000
    html = page(found, {}, Findings(), replace(EXTRACT, site="https://label.example"))
    read(html)
    head = html.partition("</header>")[0]
    assert "Evidence from the ledger of https://label.example</p>" in head
    assert "evil.example" not in head
    assert "as the visitors wrote them: <code>evil.example</code>" in html
    head = page(found, {}, Findings(), EXTRACT).partition("</header>")[0]
    assert "Evidence from the ledger of this site</p>" in head
    assert "example" not in head


def test_the_large_figures_are_of_those_who_proved_it() -> None:
    html = page(account(), {}, Findings(), EXTRACT)
    boxes = re.findall(r"<li class=\"\w+\"><b>(.*?)</b>.*?<i>(.*?) by all", html)
    assert boxes == [("1", "1"), ("1", "1"), ("5.0 MB", "5.0 MB"), ("0", "1")]


def test_an_account_of_nothing_is_a_page_too() -> None:
    html = page(Account("GPTBot", OCTOBER, OCTOBER), {}, Findings(), EXTRACT)
    read(html)
    assert "No client of this name came in that time." in html


def test_texts_are_in_force_until_the_next_or_until_they_are_withdrawn() -> None:
    days = [(one.text[:2], one.since, one.until) for one in publications().intervals()]
    assert days == [
        ("aa", OCTOBER + DAY, OCTOBER + 2 * DAY),
        ("bb", OCTOBER + 2 * DAY, OCTOBER + 3 * DAY),
    ]


@pytest.mark.parametrize(("unclean", "end"), [(None, 5), (3, 3)])
def test_a_guard_that_does_not_run_publishes_nothing(unclean: int | None, end: int) -> None:
    found = Publications()
    found.add({"kind": "publication", "at": 1, "where": "/", "standard": "", "text": "aa"})
    found.add({"kind": "start", "at": 5, "unclean_after": unclean})
    found.add({"kind": "publication", "at": 6, "where": "/", "standard": "", "text": "aa"})
    assert [(one.since, one.until) for one in found.intervals()] == [(1, end), (6, None)]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (5_250_000, "5.2 MB"), (4 * 10**12, "4.0 TB")],
)
def test_sizes(count: int, shown: str) -> None:
    assert size(count) == shown


@pytest.mark.parametrize(
    ("milliseconds", "shown"),
    [(0, "less than a second"), (61_000, "1 min 1 s"), (90_061_000, "1 d 1 h"), (3_600_000, "1 h")],
)
def test_durations(milliseconds: int, shown: str) -> None:
    assert spell(milliseconds) == shown


def test_numbers_become_ranges() -> None:
    assert runs([3, 4, 5, 9]) == [(3, 5), (9, 9)]
    assert runs([]) == []
    assert Limits().keep > Limits().visitor > Limits().address
