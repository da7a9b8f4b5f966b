"""What is kept of what was seen, and what is reported: with a real file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import termpairs
from platformrules import profiles, rules
from stagedoor.audit.responses import Fetched
from stagedoor.model.errors import StagedoorError
from stagedoor.platforms.archive_versions import take_in
from stagedoor.platforms.kept_texts import FILE, History
from stagedoor.platforms.observer import News, Observer
from stagedoor.platforms.page_audit import PageAudit, audit_page, recording_signals
from stagedoor.platforms.platform_report import report

DAY = 86_400
CRAWLERS = {"GPTBot": "train", "ClaudeBot": "train", "Bytespider": "train", "Googlebot": "search"}
TEXT = ["Last updated: 3 March 2024", *termpairs.PLAIN["en"]]


class Seen:
    """An observer with a file of its own, and what it has reported."""

    def __init__(self, folder: Path) -> None:
        self.news: list[News] = []
        self.observer = Observer(profiles(), rules(), History(folder), self.news.append)
        found = profiles().named("soundcloud")
        assert found is not None
        self.profile = found

    def read(self, blocks: list[str], day: int) -> None:
        document = self.profile.file.documents[0]
        self.observer.document(self.profile, document, blocks, day * DAY, "browser")


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[Seen]:
    found = Seen(tmp_path)
    yield found
    found.observer.history.close()


def test_the_same_text_is_kept_once_and_reported_once(seen: Seen) -> None:
    for day in (1, 2, 3):
        seen.read(TEXT, day)
    assert [news.kind for news in seen.news] == ["first text"]
    assert len(seen.observer.history.entries("text")) == 1
    assert seen.observer.history.last_look("text", "soundcloud", "Terms of use") == 3 * DAY


def test_a_changed_text_is_one_line_that_names_the_clauses(seen: Seen) -> None:
    seen.read(TEXT, 1)
    seen.read([*TEXT, termpairs.AI["en"][0][0]], 2)
    assert seen.news[-1].sentence == (
        "SoundCloud changed its Terms of use: 1 sentence (new: lets the platform train AI; its "
        'date of "last updated" did not change)'
    )


def test_a_language_that_comes_back_is_compared_with_its_own_last_text(seen: Seen) -> None:
    seen.read(TEXT, 1)
    seen.read(["Zuletzt aktualisiert: 3. März 2024", *termpairs.PLAIN["de"]], 2)
    seen.read([*TEXT, termpairs.AI["en"][2][0]], 3)
    assert [news.kind for news in seen.news] == ["first text", "other language", "changed text"]
    assert "forbids" in seen.news[-1].sentence


def test_a_page_without_the_text_is_told_once_and_nothing_is_kept(seen: Seen) -> None:
    seen.read([], 1)
    seen.read([], 2)
    assert [news.kind for news in seen.news] == ["no text"]
    assert seen.observer.history.entries() == []


def test_a_setting_is_told_when_it_changes(seen: Seen) -> None:
    for day, state in enumerate(("on", "on", "off"), 1):
        seen.observer.setting(seen.profile, "S", state, day * DAY)  # type: ignore[arg-type]
    assert [news.sentence for news in seen.news] == [
        "SoundCloud: S is on",
        "SoundCloud: S is off (it was on)",
    ]


def audit(robots: str | None) -> PageAudit:
    page = Fetched("https://soundcloud.com/a/b", 200, (("content-type", "text/html"),), b"<p>x")
    known = (
        Fetched("https://soundcloud.com/robots.txt", 200, (), robots.encode()) if robots else None
    )
    return audit_page(page, known, {}, CRAWLERS)  # type: ignore[arg-type]


def test_the_claim_names_who_is_left_out(seen: Seen) -> None:
    found = audit("User-agent: GPTBot\nDisallow: /\n")
    claims = seen.observer.claims(seen.profile, found)
    assert claims[0].verdict == "not found"
    assert claims[0].found == (
        "none found in this page and its headers (its recordings were not looked at); robots.txt "
        "names 1 crawler that trains AI and leaves these 2 out: ClaudeBot, Bytespider"
    )
    assert claims[1].verdict == "not looked at"


def test_a_recording_counts_for_the_pages_of_its_platform_also_after_a_restart(
    seen: Seen, tmp_path: Path
) -> None:
    signals = recording_signals(
        Fetched("https://recording.invalid/", 200, (("x-robots-tag", "noai"),)), CRAWLERS  # type: ignore[arg-type]
    )  # fmt: skip
    seen.observer.audited(seen.profile, audit(None), DAY)
    seen.observer.recording(seen.profile, signals)
    seen.observer.audited(seen.profile, audit(None), 2 * DAY)
    again = Observer(profiles(), rules(), seen.observer.history, seen.news.append)
    again.audited(seen.profile, audit(None), 3 * DAY)
    assert [news.sentence for news in seen.news] == [
        "SoundCloud: a page with audio says train: nothing, input: nothing, search: nothing",
        "SoundCloud: a page with audio says train: no, input: nothing, search: nothing",
    ]
    claim = again.claims(seen.profile, again.last_audit(seen.profile)[1])[0]  # type: ignore[index]
    assert claim.found == "robots-tag in a recording: X-Robots-Tag: noai"


def test_more_that_is_looked_at_is_no_news(seen: Seen) -> None:
    seen.observer.audited(seen.profile, audit(None), DAY)
    seen.observer.audited(seen.profile, audit("User-agent: GPTBot\nDisallow: /\n"), 2 * DAY)
    seen.observer.recording(seen.profile, ())
    seen.observer.audited(seen.profile, audit("User-agent: GPTBot\nDisallow: /\n"), 3 * DAY)
    assert len(seen.news) == 1
    events = report(seen.observer)["timeline"]
    assert [event["newly_looked_at"] for event in events] == [["recordings"], ["robots.txt"], []]
    found = seen.observer.claims(seen.profile, seen.observer.last_audit(seen.profile)[1])[0].found  # type: ignore[index]
    assert found.startswith("none found in this page, its headers and its recordings; robots.txt")


def test_a_page_from_the_browsers_cache_is_said_once_where_its_text_is_not_known(
    seen: Seen,
) -> None:
    terms = seen.profile.file.documents[0]
    seen.observer.not_sent(seen.profile, terms)
    seen.observer.not_sent(seen.profile, terms)
    assert [news.kind for news in seen.news] == ["no text"]
    assert "reload the page with Shift" in seen.news[0].sentence
    seen.read(TEXT, 1)
    seen.observer.not_sent(seen.profile, terms)
    assert len(seen.news) == 2


def test_of_an_audit_no_address_is_kept(seen: Seen, tmp_path: Path) -> None:
    page = Fetched(
        "https://soundcloud.com/secret-artist/s-TOKEN", 200,
        (("content-type", "text/html"), ("x-robots-tag", "noai")), b"<meta name=robots content=noai>",
    )  # fmt: skip
    seen.observer.audited(seen.profile, audit_page(page, None, {}, CRAWLERS), DAY)  # type: ignore[arg-type]
    kept = seen.observer.last_audit(seen.profile)
    assert kept is not None
    assert kept[1].answers["train"] == "no"
    assert {signal.place for signal in kept[1].signals} == {"the page", "the page's headers"}
    seen.observer.history.close()
    assert b"s-TOKEN" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    seen.observer.history = History(tmp_path)


def test_a_history_that_somebody_changed_is_found(seen: Seen, tmp_path: Path) -> None:
    seen.read(TEXT, 1)
    seen.read([*TEXT, termpairs.AI["en"][0][0]], 2)
    assert list(seen.observer.history.faults()) == []
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("UPDATE texts SET text = replace(text, 'You', 'Nobody')")
    assert list(seen.observer.history.faults()) == [
        f"the text of entry {number} is missing or another" for number in (1, 2)
    ]
    with sqlite3.connect(tmp_path / FILE) as other:
        other.execute("UPDATE entries SET at = 1, body = CAST('{}' AS BLOB) WHERE seq = 1")
    assert list(seen.observer.history.faults()) == [
        "entry 1 does not follow from the one before it"
    ]


def test_a_folder_that_is_no_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database at all, and long enough to be looked at" * 20)
    with pytest.raises(StagedoorError, match="cannot be used"):
        History(tmp_path)


def test_older_versions_come_from_open_terms_archive(seen: Seen, tmp_path: Path) -> None:
    folder = tmp_path / "dataset" / "SoundCloud" / "Terms of Service"
    folder.mkdir(parents=True)
    old = "# Terms\n\n" + "\n\n".join(f"*   {line}" for line in TEXT)
    (folder / "2023-01-02T03-04-05Z.md").write_text(old, "utf-8")
    (folder / "2024-02-12T03-04-05Z.md").write_text(
        f"{old}\n\n{termpairs.AI['en'][0][0]}\n", "utf-8"
    )
    (folder / "notes.md").write_text("x", "utf-8")
    assert take_in(seen.observer, tmp_path / "dataset") == 2
    assert take_in(seen.observer, tmp_path / "dataset") == 2
    events = [e for e in report(seen.observer)["timeline"] if e["kind"] == "text"]
    assert [(e["day"], e["outcome"], e["via"]) for e in events] == [
        ("2024-02-12", "changed", "archive"), ("2023-01-02", "first", "archive"),
    ]  # fmt: skip
    assert events[0]["gained"] == ["grants-platform"]
