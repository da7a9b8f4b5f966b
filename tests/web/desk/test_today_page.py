"""Pages are made of strangers' words: whatever these are, they stay text, and the page stays small."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import orjson
import pytest

from making import TRAINING_OFF, asks, event, judgement, policy
from stagedoor.engine.cases import run_cases
from stagedoor.model.events import Decided, Withheld
from stagedoor.model.facts import Mode
from stagedoor.record.daily import Day
from stagedoor.web.desk import mode_panel, today_page
from stagedoor.web.desk.chart import top
from stagedoor.web.desk.refusal_page import why_page
from stagedoor.web.desk.rulebook import rules_page
from stagedoor.web.desk.status_json import status
from stagedoor.web.desk.view import Outlook

NASTY = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "'-alert(1)-'", "</table>",
    "\x1b[2J\x1b]0;taken\x07", "\u202e\u2066", "\xff\xfe\x00", "&lt;b&gt;", "{token}", "%s%n",
    "<!--", "]]>", "javascript:alert(1)", "\ud800", "a" * 8000,
)  # fmt: skip
POLICY = policy({"20-ai.yaml": TRAINING_OFF})


def outlook(mode: Mode = "enforce", trouble: tuple[str, ...] = ()) -> Outlook:
    return Outlook(POLICY, mode, Path("/var/lib/<b>stagedoor"), "0.1", trouble)


def hostile(number: int, chance: random.Random) -> Decided:
    """One of many decisions about clients that mean it, each with words of its own."""
    words = "".join(chance.choices(NASTY, k=3)) + str(number)
    request = asks(f"GPTBot/1.2 {words}", f"/music/{words}.mp3")
    client, resource, verdict = judgement(POLICY, request)
    assert verdict.refused
    return replace(event(), request=request, client=client, resource=resource, verdict=verdict,
                   id=f"ID{number:06d}", at=0)  # fmt: skip


class Reader(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names |= {name for name, _ in attrs}
        self.links |= {str(value) for name, value in attrs if name in {"href", "src", "action"}}


@pytest.fixture(scope="module")
def day() -> Day:
    """Ten thousand of them have come."""
    found, chance = Day(), random.Random(7)
    for number in range(10_000):
        found.record(replace(hostile(number, chance), at=found.since))
    return found


def test_ten_thousand_hostile_clients_make_one_row_and_a_small_page(day: Day) -> None:
    today = day.look()
    assert today.requests == today.refused == 10_000
    assert [row.client.name for row in today.rows] == ["GPTBot"]
    text = str(today_page.today_page(today, outlook(), "TOKEN"))
    assert len(text) < 60_000
    assert len(orjson.dumps(status(today, outlook()))) < 10_000


@pytest.mark.parametrize("mode", ["enforce", "observe"])
def test_strangers_words_stay_text(day: Day, mode: Mode) -> None:
    today = day.look()
    look = outlook(mode, ("<script>in a mistake</script>",))
    count, _ = run_cases(POLICY)
    texts = [
        str(today_page.today_page(today, look, "TOKEN")),
        str(rules_page(look, today.rules, (count, ["<img src=x> fails"]))),
        str(today_page.missed(look.state, "<b>")),
        *(str(why_page(one, look)) for one in today.refusals),
    ]
    for text in texts:
        seen = Reader(text)
        assert not {"img", "iframe", "b>", "object"} & set(seen.tags)
        assert seen.tags.count("script") <= 1
        assert not [name for name in seen.names if name.startswith("on") or name == "style"]
        assert not [one for one in seen.links if one.startswith("javascript:")]
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text
        )


def test_a_link_that_is_none_is_no_link() -> None:
    day = Day()
    client = replace(event().client, docs="javascript:alert(1)")
    day.record(event(at=day.since, client=client))
    assert "javascript:" not in str(today_page.today_page(day.look(), outlook(), "T"))


def test_what_is_wrong_with_the_rules_is_seen_at_once() -> None:
    text = str(today_page.today_page(Day().look(), outlook(trouble=("a.yaml:1:1: wrong",)), "T"))
    assert "The rules on disk have mistakes" in text
    assert "a.yaml:1:1: wrong" in str(
        rules_page(outlook(trouble=("a.yaml:1:1: wrong",)), {}, (0, []))
    )


def test_why_tells_rule_condition_and_what_was_there() -> None:
    request = asks("GPTBot/1.2", "/music/a.mp3")
    client, resource, verdict = judgement(POLICY, request)
    told = str(why_page(replace(event(), request=request, client=client, resource=resource,
                                verdict=verdict, id="K7Q29FXM"), outlook()))  # fmt: skip
    for word in ("Why K7Q29FXM was refused", "ai-training-off", "stance.ai.train: no", "decides",
                 "client.purpose: ai-training", "20-ai.yaml"):  # fmt: skip
        assert word in told, word


def test_four_figures_and_the_groups_behind_them() -> None:
    day = Day(lambda: 1_795_000_000.0)
    for number in range(3):
        day.record(replace(event(at=day.since), id=f"ID{number:06d}"))
    day.withheld(Withheld("ai-training", 1_000, 5_400.0))
    look = outlook()
    today = day.look()
    assert [(g.client.name, g.count, g.request) for g in today.groups] == [
        ("GPTBot", 3, "ID000002")
    ]
    text = str(today_page.fragments(today, look, "T")["figures"])
    figures = re.findall(r'class="large">([^<]+)<', text)
    assert figures == ["0", "3", "1.5 h", "0"]
    assert "requests, of one program" in text
    assert "ID000002" in str(today_page.fragments(today, look, "T")["refusals"])


def test_less_than_an_hour_is_said_in_minutes() -> None:
    day = Day(lambda: 1_795_000_000.0)
    day.withheld(Withheld("ai-training", 1_000, 350.0))
    assert "6 min" in str(today_page.fragments(day.look(), outlook(), "T")["figures"])


def test_the_chart_of_days_has_an_axis_and_a_table() -> None:
    day = Day(lambda: 1_795_000_000.0)
    days = {f"2026-11-{n}": (0, 0, 0) for n in range(23, 28)}
    days |= {"2026-11-28": (30, 10, 60), "2026-11-29": (1, 0, 1)}
    text = str(today_page.today_page(day.look(), outlook(), "T", days, kept=False))
    assert re.findall(r'class="beside"[^>]*>([^<]+)<', text) == ["0", "25", "50", "75", "100"]
    assert "11/28: Listeners 60, Machines, let in 20, Refused 10" in text
    assert 'aria-current="true">' in text
    assert "start the guard with --state DIR" in text
    assert 'id="chart"' not in text, "events must not put today's hours into it"


@pytest.mark.parametrize(
    ("most", "high"),
    [(0, 4), (3, 4), (5, 10), (11, 20), (39, 40), (41, 100), (999, 1000), (1001, 2000)],
)
def test_the_axis_ends_at_a_round_number(most: int, high: int) -> None:
    assert top(most) == high


def test_while_nobody_is_refused_every_page_says_so() -> None:
    day = Day()
    assert 'class="banner"' in str(today_page.today_page(day.look(), outlook("observe"), "T"))
    assert 'class="banner"' in str(rules_page(outlook("observe"), {}, (0, []), "T"))
    assert 'class="banner"' not in str(today_page.today_page(day.look(), outlook(), "T"))


def test_observing_is_asked_about_and_enforcing_is_not() -> None:
    enforcing = str(mode_panel.panel(outlook(), "T"))
    assert 'method="get" action="/mode"' in enforcing
    assert "value=" not in enforcing
    assert 'value="enforce"' in str(mode_panel.panel(outlook("observe"), "T"))
    assert 'value="observe"' in str(mode_panel.ask_page(outlook(), "T"))


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0 min"), (0.2, "1 s"), (42.0, "42 s"), (90.0, "2 min"), (5400.0, "1.5 h"), (90_000.0, "25 h")],
)  # fmt: skip
def test_sound_that_was_kept_back_is_not_shown_as_nothing(seconds: float, shown: str) -> None:
    assert today_page._kept(seconds) == shown
