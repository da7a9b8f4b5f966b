"""The report: self-contained, nothing a visitor sent is markup in it, and its figures are fair."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ledgers import OCTOBER, visit
from reports import EXTRACT, NASTY, account, body, everything, page, publications
from stagedoor.evidence import wording
from stagedoor.evidence.account import Account, InForceFrom, Publications
from stagedoor.evidence.entries import DAY, Limits, Notice, Taking, runs
from stagedoor.evidence.joint_report import Part, joint_page
from stagedoor.evidence.report_texts import REPORT_TEXTS
from stagedoor.evidence.verification import Findings
from stagedoor.evidence.wording import ENGLISH, TimeStamp, Wording, size
from stagedoor.model.facts import KINDS, PROOFS
from stagedoor.model.languages import LANGUAGES, Language


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
    assert boxes == [("1", "1"), ("1", "1"), ("5.0\xa0MB", "5.0\xa0MB"), ("0", "1")]


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


def test_numbers_become_ranges() -> None:
    assert runs([3, 4, 5, 9]) == [(3, 5), (9, 9)]
    assert runs([]) == []
    assert Limits().keep > Limits().visitor > Limits().address


def visible(html: str) -> str:
    """What is read, without styles; texts that are the ledger's own are left out."""
    body = html.partition("<body>")[2]
    return " ".join(re.sub(r"<pre>.*?</pre>|<code[^>]*>.*?</code>|<[^>]+>", " ", body).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_is_whole_in_every_language(language: Language) -> None:
    html = everything(language)
    read(html)
    assert f'<html lang="{language}">' in html
    assert "{" not in visible(html)
    once = {"en": "once", "de": "1 Mal", "fr": "1 fois", "es": "1 vez"}[language]
    assert f"<dd>{once}</dd>" in html


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_nothing_is_left_in_english(language: Language) -> None:
    text = visible(everything(language))
    assert not re.findall(r"\b(?:the|were|not|which|taken|notices|refused|by|and)\b", text)
    assert "12.345" in text or "12 345" in text
    assert "2026-10-01" not in text


def test_every_text_of_the_report_is_used() -> None:
    used: set[str] = set()

    class Seen(Mapping[str, str]):
        def __getitem__(self, key: str) -> str:
            used.add(key)
            return REPORT_TEXTS["en"][key]

        def __iter__(self) -> Iterator[str]:
            return iter(REPORT_TEXTS["en"])

        def __len__(self) -> int:
            return len(REPORT_TEXTS["en"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wording, "REPORT_TEXTS", {"en": Seen()})
        everything("en")
        page(Account("GPTBot", OCTOBER, OCTOBER), {}, Findings(), EXTRACT)
        one_taken = account()
        one_taken.published = publications().intervals()
        late = Notice(visit(OCTOBER + 5, proof="unverified"), ())
        for seq in range(60):
            one_taken.add(seq, body(replace(late, visit=replace(late.visit, client="GPTBot"))), {})
        one_taken.add(99, body(Taking(visit(OCTOBER + DAY), 200, 5, against=True)), {})
        stamp = TimeStamp(OCTOBER, "tsa.example", checked=False)
        page(one_taken, {}, Findings(), replace(EXTRACT, held=2, counting=1, timestamp=stamp))
        parts = [Part("1-a", one_taken), Part("2-b")]
        joint_page(one_taken, parts, EXTRACT, ENGLISH)
        noticed = Account("GPTBot", OCTOBER, OCTOBER + 10 * DAY)
        noticed.add(1, body(late), {})
        open_end = InForceFrom("/robots.txt", "RFC 9309", "aa" * 32, OCTOBER, None)
        ended = replace(open_end, until=OCTOBER + 1)
        noticed.published = [open_end, *([ended] * 7)]
        noticed.published += [replace(open_end, where=f"/{number}") for number in range(9)]
        page(noticed, {}, Findings(), EXTRACT)
    rest = set(REPORT_TEXTS["en"]) - used
    assert {key for key in rest if not key.startswith(("kind.", "who."))} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_text_with_the_same_values(language: Language) -> None:
    def values(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None} - {
            "n"
        }

    def tags(text: str) -> list[str]:
        return re.findall(r"<[^>]+>", text)

    texts, english = REPORT_TEXTS[language], REPORT_TEXTS["en"]
    assert list(texts) == list(english), "in the same order, so that they can be read side by side"
    for key, text in texts.items():
        assert text.strip(), key
        assert values(text) == values(english[key]), key
        assert sorted(tags(text)) == sorted(tags(english[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_and_every_name_has_a_text(language: Language) -> None:
    said = Wording(language)
    assert all(said.say(f"kind.{kind}") for kind in KINDS)
    for proof in PROOFS:
        assert "GPTBot" in said.who("GPTBot", proof)
        assert said.who("unknown", proof) != said.who("anonymous", proof)
