"""Counts of today: right, bounded, and nothing of people."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from making import FIREFOX, REFUSED, asks, event
from stagedoor.evidence.entries import Visit
from stagedoor.model.events import Decided, Referred, Swept
from stagedoor.model.facts import ANONYMOUS, UNKNOWN, Client, Proof, Resource, Verdict
from stagedoor.model.heard import Sweep
from stagedoor.record import backfill
from stagedoor.record.daily import MINUTES, MOST_ROWS, Day
from stagedoor.record.distinct import Distinct
from stagedoor.record.ledger.recorder import Ledger
from stagedoor.record.ledger.subscriber import LedgerRecorder
from stagedoor.record.refused_today import MOST_TEXT, REFUSALS
from stagedoor.record.today import Hour, Past, Row
from stagedoor.web.desk.sentences import sentences, since

NOON = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))
PERSON = Client("Firefox", "Mozilla", "browser")
SEO = Client("AhrefsBot", "Ahrefs", "seo")
ALLOWED = Verdict("allow")


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, at: float = NOON) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


def came(
    at: float = NOON, client: Client | None = None, verdict: Verdict = REFUSED, **more: object
) -> Decided:
    """One decision."""
    base = event(at=at, verdict=verdict) if client is None else event(
        at=at, client=client, verdict=verdict
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def test_every_request_is_counted_once_where_it_belongs() -> None:
    day = Day(Clock())
    day.record(came())
    day.record(came(against=True))
    day.record(came(client=SEO, verdict=ALLOWED))
    day.record(came(client=PERSON, verdict=ALLOWED))
    day.record(came(verdict=Verdict("log", "ai-training-off", would="block")))
    day.notice(came())
    day.taking(came(client=SEO, verdict=ALLOWED), 5000, against=True)
    today = day.look()
    assert (today.requests, today.knocks, today.people) == (5, 4, 1)
    assert (today.refused, today.would, today.people_refused) == (2, 1, 0)
    gptbot, seo = today.rows
    assert (gptbot.knocks, gptbot.refused, gptbot.would, gptbot.told) == (3, 2, 1, 1)
    assert (gptbot.against, gptbot.track_requests, gptbot.tracks) == (1, 1, 1)
    assert (seo.taken, seo.taken_against, seo.bytes, seo.recordings) == (1, 1, 5000, 1)
    assert sum(hour.machines for hour in today.hours) == today.hours[12].machines == 4
    assert today.hours[12].people == 1
    assert today.rules == {"ai-training-off": 3}
    assert len(today.refusals) == 3


def test_what_was_looked_at_does_not_change_any_more() -> None:
    day = Day(Clock())
    day.record(came())
    before = day.look()
    day.record(came())
    assert before.rows[0].knocks == 1
    assert before.rows[0].hours[12] == 1
    assert day.look().version > before.version


def test_a_costume_is_not_the_crawler() -> None:
    day = Day(Clock())
    day.record(came())
    day.record(came(client=Client("GPTBot", "OpenAI", "ai-training", "spoofed")))
    assert [row.knocks for row in day.look().rows] == [1, 1]


def test_at_midnight_everything_begins_anew() -> None:
    clock = Clock()
    day = Day(clock)
    day.record(came())
    clock.at += 13 * 3600
    assert day.look().requests == 0
    assert day.look().date == "2026-11-24"
    day.record(came(at=clock.at))
    day.record(came(at=NOON))  # it ended only now
    day.taking(came(at=NOON), 7, against=False)
    today = day.look()
    assert today.requests == 1
    assert today.hours[1].machines == 1
    assert since(today) == "Counted since midnight."


def test_who_is_here_now_is_forgotten_after_minutes() -> None:
    clock = Clock()
    day = Day(clock)
    day.record(came())
    assert day.look().now == {("GPTBot", "unverified"): 1}
    clock.at += 60 * MINUTES
    assert day.look().now == {}
    assert day.look().rows[0].knocks == 1


def test_it_is_bounded_whatever_comes() -> None:
    day = Day(Clock())
    for number in range(MOST_ROWS + 50):
        day.record(came(client=Client(f"n{number}", "", "robot")))
    huge = asks("a" * 100_000, "/" + "p" * 100_000, cookie="secret" * 1000)
    for _ in range(REFUSALS + 5):
        day.record(came(request=huge))
    today = day.look()
    assert len(today.rows) == MOST_ROWS
    assert today.requests == MOST_ROWS + 50 + REFUSALS + 5
    assert len(today.refusals) == REFUSALS
    kept = today.refusals[0].request
    assert len(kept.path) == MOST_TEXT
    assert len(kept.agent) < 1000
    assert kept.headers == ()


def test_of_people_only_how_many_is_kept() -> None:
    day = Day(Clock())
    day.record(came(client=PERSON, verdict=ALLOWED, request=asks(FIREFOX, "/private")))
    today = day.look()
    assert today.rows == ()
    assert today.refusals == ()
    assert dict(today.people_now) == {"browser": 1}
    assert "private" not in repr(today)


@pytest.mark.parametrize(
    ("proof", "who"),
    [
        ("verified", "GPTBot"),
        ("unverified", "A client that calls itself GPTBot"),
        ("spoofed", "A client that falsely calls itself GPTBot"),
    ],
)
def test_only_what_is_proven_is_said_of_the_operator(proof: Proof, who: str) -> None:
    day = Day(Clock())
    gptbot = Client("GPTBot", "OpenAI", "ai-training", proof)
    for number in (1, 2, 1):
        day.record(
            came(client=gptbot, against=True, request=asks("GPTBot", f"/music/{number}.mp3"))
        )
    told = f"{who} received your no and still asked for 2 tracks (3 requests)."
    assert told in sentences(day.look())


def test_who_says_no_name_is_called_by_none() -> None:
    for client, words in ((ANONYMOUS, "that gives no name"), (UNKNOWN, "of unknown name")):
        day = Day(Clock())
        day.record(came(client=client, against=True))
        assert any(text.startswith(f"A client {words}") for text in sentences(day.look()))


def test_who_sends_people_is_said_beside_what_the_same_operator_took() -> None:
    day = Day(Clock())
    proven = Client("GPTBot", "OpenAI", "ai-training", "verified")
    for number in range(400):
        found = came(client=proven, verdict=ALLOWED, request=asks("GPTBot", f"/m/{number}.mp3"))
        day.taking(found, 10, against=False)
    for service, operator in (("ChatGPT", "OpenAI"), ("Google", "Google"), ("ChatGPT", "OpenAI")):
        day.handlers()[Referred](Referred(service, operator, NOON))
    day.record(came(client=PERSON, verdict=ALLOWED))
    told = sentences(day.look())
    assert "Assistants and search engines sent you 3 visits: ChatGPT 2, Google 1." in told
    assert "OpenAI took 400 recordings, and sent you 2 visits." in told
    assert day.look().referrals == {("ChatGPT", "OpenAI"): 2, ("Google", "Google"): 1}


def test_a_costume_took_nothing_for_the_operator() -> None:
    day = Day(Clock())
    day.taking(
        came(client=Client("GPTBot", "OpenAI", "ai-training"), verdict=ALLOWED), 1, against=False
    )
    day.referral(Referred("ChatGPT", "OpenAI", NOON))
    assert not any("OpenAI took" in text for text in sentences(day.look()))


def test_a_thousand_requests_for_one_recording_are_one_recording() -> None:
    day = Day(Clock())
    for _ in range(1000):
        day.record(came(against=True))
        day.taking(came(client=SEO, verdict=ALLOWED), 10, against=False)
    gptbot, seo = sorted(day.look().rows, key=lambda row: row.client.name, reverse=True)
    assert (gptbot.track_requests, gptbot.tracks, gptbot.more) == (1000, 1, False)
    assert (seo.recordings, seo.different) == (1000, 1)
    told = sentences(day.look())
    assert "Machines took one recording (1,000 requests, 10.0\N{NO-BREAK SPACE}kB)." in told


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([], ["Nobody has come yet today."]),
        ([came(client=PERSON, verdict=ALLOWED)],
         ["Only listeners and readers have come today.", "Listeners and readers came once."]),
        ([came(client=SEO, verdict=ALLOWED)],
         ["Today one crawler or other machine sent one request.", "None of that was refused."]),
        ([came(against=True), came(against=True), came(client=SEO, verdict=ALLOWED),
          came(client=PERSON)],
         ["Today 2 crawlers and other machines sent 3 requests.", "2 of them were refused.",
          "A client that calls itself GPTBot received your no and still asked for one track (2 requests).", "Listeners and readers came once.",
          "One of those requests was refused."]),
        ([came(against=True, resource=Resource("page", "/"))],
         ["Today one crawler or other machine sent one request.", "One of them was refused."]),
    ],
)  # fmt: skip
def test_the_day_in_sentences(events: list[Decided], told: list[str]) -> None:
    day = Day(Clock())
    for one in events:
        day.record(one)
    assert list(sentences(day.look())) == told


def visit(at: float, client: str = "GPTBot", resource: str = "audio") -> Visit:
    return Visit(
        int(at * 1000), client, "X", "ai-training", "unverified", "GET", "h", "/a", resource
    )


def test_the_ledger_of_today_is_added_and_yesterday_is_not(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, lambda _count: None)
    for at in (NOON - 86_400, NOON - 3600, NOON - 60):
        ledger.notice(visit(at, resource="signal"), ("ab" * 32,))
        ledger.refusal(visit(at), status=403, rule="r")
        ledger.taking(visit(at, "AhrefsBot"), status=200, size=9, against=True)
    ledger.refusal(visit(NOON + 1), status=403, rule="r")  # this day counts it by itself
    ledger.close()
    day = Day(Clock())
    assert backfill.fill(day, tmp_path)
    rows = {row.client.name: row for row in day.look().rows}
    assert (rows["GPTBot"].knocks, rows["GPTBot"].refused, rows["GPTBot"].told) == (4, 2, 2)
    seo = rows["AhrefsBot"]
    assert (seo.knocks, seo.taken, seo.taken_against, seo.recorded) == (2, 2, 2, 18)
    assert (seo.recordings, seo.different, seo.track_requests, seo.tracks) == (2, 1, 2, 1)
    today = day.look()
    assert today.hours[11].machines == 6
    assert today.hours[11].refused == today.refused == 2
    assert (today.requests, today.refused, today.from_ledger) == (6, 2, True)
    assert "from the ledger" in since(today)


def test_a_restart_changes_nothing_that_the_desk_shows_of_refusals(tmp_path: Path) -> None:
    """What one guard counted is what the next one shows: by the hour, against, different ones."""
    at = time.time() - 1
    before = Day(lambda: at)
    ledger = Ledger(tmp_path, lambda _count: None)
    hub = LedgerRecorder(ledger).handlers()[Decided]
    for number in range(100):
        request = asks("GPTBot", f"/music/{number % 50}.mp3", address="198.51.100.7")
        one = came(at, against=number >= 10, request=request)
        before.record(one)
        hub(one)
    person = came(at, client=PERSON, request=asks(FIREFOX, "/x", address="198.51.100.8"))
    before.record(person)
    hub(person)
    ledger.close()
    after = Day(lambda: time.time() + 1)
    if time.localtime(at).tm_yday != time.localtime(after.since).tm_yday:
        pytest.skip("it is midnight")
    assert backfill.fill(after, tmp_path)
    was, now = before.look(), after.look()
    assert now.hours == was.hours
    for name in ("requests", "refused", "knocks", "people", "people_refused"):
        assert getattr(now, name) == getattr(was, name), name
    (old,), (new,) = was.rows, now.rows
    for name in ("knocks", "refused", "against", "track_requests", "tracks", "hours"):
        assert getattr(new, name) == getattr(old, name), name
    # Forty of them were only counted: which recordings they asked for is not known.
    assert (old.more, new.more) == (False, True)
    assert any("still asked for at least 50 tracks (90 requests)" in one for one in sentences(now))


def test_takers_of_today_are_there_after_a_restart(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, lambda _count: None)
    for number, (address, at) in enumerate(
        [("203.0.113.9", NOON - 90), ("203.0.113.9", NOON - 60), ("192.0.2.7", NOON - 50)]
    ):
        one = replace(visit(at, "Firefox"), purpose="browser", address=address)
        sweep = Sweep("household", 30 + number, 4.0 + number)
        ledger.taking(one, status=200, size=9, sweep=sweep)
    yesterday = replace(visit(NOON - 86_400, "Firefox"), purpose="browser", address="9.9.9.9")
    ledger.taking(yesterday, status=200, size=9, sweep=Sweep("household", 100, 5.0))
    ledger.close()
    day = Day(Clock())
    assert backfill.fill(day, tmp_path)
    found = day.look().takers
    assert [(one.network, one.recordings, one.seconds, one.client.name) for one in found] == [
        ("192.0.2.0/24", 32, 6.0, "Firefox"),
        ("203.0.113.0/24", 31, 5.0, "Firefox"),
    ]
    assert day.counts() == (0, 2)
    assert "203.0.113.9" not in str(day.look())
    # One that goes on is the same.
    request = replace(asks(FIREFOX, "/a.mp3"), address="203.0.113.9")
    went_on = came(NOON + 5, client=PERSON, request=request)
    went_on = replace(
        went_on, client=Client("Firefox", "", "browser"), sweep=Sweep("household", 60, 9.0)
    )
    day.sweep(Swept(went_on, stopped=True, new=True))
    assert [one.recordings for one in day.look().takers] == [60, 32]
    assert day.counts()[1] == 2
    assert not backfill.fill(Day(Clock()), tmp_path / "none")


def test_a_taker_that_went_on_before_the_ledger_was_read_is_one(tmp_path: Path) -> None:
    day = Day(Clock())
    request = replace(asks(FIREFOX, "/a.mp3"), address="203.0.113.9")
    client, sweep = Client("Firefox", "", "browser"), Sweep("household", 60, 9.0)
    first = replace(came(NOON, client=client, request=request), sweep=sweep)
    day.sweep(Swept(first, stopped=False, new=True))
    ledger = Ledger(tmp_path, lambda _count: None)
    one = replace(visit(NOON - 60, "Firefox"), purpose="browser", address="203.0.113.9")
    ledger.taking(one, status=200, size=9, sweep=Sweep("household", 30, 4.0))
    ledger.close()
    assert backfill.fill(day, tmp_path)
    assert [one.recordings for one in day.look().takers] == [60]
    assert day.counts()[1] == 1


def test_what_people_were_refused_is_no_machine_s(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, lambda _count: None)
    one = replace(visit(NOON - 60, "Firefox"), purpose="browser")
    ledger.refusal(one, status=403, rule="r")
    ledger.close()
    day = Day(Clock())
    assert backfill.fill(day, tmp_path)
    today = day.look()
    assert (today.rows, today.people, today.people_refused, today.knocks) == ((), 1, 1, 0)
    assert today.hours[11] == Hour(machines=0, refused=1, people=1)


def test_a_ledger_that_is_long_or_none_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Day(Clock())
    assert not backfill.fill(day, tmp_path)
    ledger = Ledger(tmp_path, lambda _count: None)
    for _ in range(20):
        ledger.refusal(visit(NOON - 60), status=403, rule="r")
    ledger.close()
    monkeypatch.setattr(backfill, "MOST_ENTRIES", 10)
    assert not backfill.fill(day, tmp_path)
    assert day.look().rows == ()
    assert "since the guard started" in since(day.look())


def test_a_ledger_of_another_day_is_not_added() -> None:
    day = Day(Clock())
    past = Past({("AhrefsBot", "unverified"): Row(SEO, knocks=3)})
    day.add(past, Distinct(), NOON)
    assert day.look().rows == ()
