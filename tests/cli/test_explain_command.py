"""`stagedoor explain`, as a musician reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from making import FIREFOX, GPTBOT, event
from stagedoor.cli import main
from stagedoor.model.facts import Request
from stagedoor.record.decision_log import FILE, line


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 0
    return capsys.readouterr().out


def wrong(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 1
    return capsys.readouterr().err.strip()


def test_a_refusal_is_explained_in_a_screenful(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--ua", GPTBOT, "--path", "/music/a.mp3")
    assert text.startswith("GET /music/a.mp3  →  refused with 403 by ai-training-off")
    for words in (
        "who    GPTBot (OpenAI), ai-training",
        'known  by "GPTBot", rules/crawlers/openai.yaml:',
        "what   audio, known by its path",
        "✓ ai-training-off  block: decides  rules/20-ai.yaml:",
        "✓ client.purpose: ai-training",
        "so     refused with 403 by ai-training-off",
        "Crawlers that gather training data are refused.",
    ):
        assert words in text
    assert len(text.splitlines()) < 25


@pytest.mark.parametrize(
    ("agent", "known"),
    [
        ("Mozilla/5.0 (compatible; Zor/1.0; +http://zor.example)", "by what robots write"),
        ("Statastico/4.0", 'by "Statastico" of CrawlerDetect'),
        ("AudioScraper/2.0 Lavf/61", 'by its own name: "scraper"'),
        ("curl/8.5 (podcast research)", 'by its own words: "research"'),
    ],
)
def test_who_is_in_no_catalogue_is_known_by_something_else(
    capsys: pytest.CaptureFixture[str], agent: str, known: str
) -> None:
    assert f"known  {known}" in said(capsys, "--ua", agent)


def test_a_near_miss_is_shown_and_what_is_about_others_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = said(capsys, "--ua", "python-requests/2.32", "--path", "/about")
    assert "✗ libraries-off  block: does not hold" in text
    assert "✗ resource: audio or playlist or download   (it is page)" in text
    assert "more: about others" in text
    assert "impostors-off" not in text
    assert "impostors-off" in said(capsys, "--ua", "x", "--all")


def test_a_path_in_disguise_is_shown_as_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert "(read as /music/a.mp3)" in said(capsys, "--path", "/x/../music/%61.MP3")


def test_the_address_lists_are_asked(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--ua", GPTBOT, "--path", "/a.mp3", "--ip", "192.0.2.1")
    assert "not in OpenAI's list" in text
    assert "proof  verified: as you said" in said(capsys, "--ua", GPTBOT, "--proof", "verified")


def test_headers_and_the_type_of_the_response_count(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(
        capsys,
        *("--header", f"User-Agent: {FIREFOX}", "--path", "/live", "--type", "audio/mpeg"),
    )
    assert "Firefox" in text
    assert "what   audio, known by the type of the response" in text


def test_observe_mode_says_that_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "--ua", GPTBOT, "--path", "/a.mp3", "--mode", "observe")
    assert "let in and noted by ai-training-off (would block)" in text
    assert "Nothing is refused: this is observed only." in text


def test_machines_get_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    data = orjson.loads(said(capsys, "--json", "--ua", GPTBOT, "--path", "/a.mp3"))
    assert (data["verdict"], data["rule"], data["status"]) == ("block", "ai-training-off", 403)
    (decided,) = [rule for rule in data["rules"] if rule["outcome"] == "decides"]
    assert decided["conditions"]["held"] is True


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "a\nb\x00c", "\u202egnirts", "[bold]x[/bold]"])
def test_hostile_words_do_not_reach_the_terminal(
    capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    text = said(capsys, "--ua", hostile, "--path", "/" + hostile.replace("\0", ""), "--all")
    assert not {"\x1b", "\0", "\u202e"} & set(text)
    if "bold" in hostile:
        assert "[bold]" in text


def recorded(folder: Path, name: str, rotated: str = "") -> None:
    request = Request("GET", "music.example", "/a.mp3", "/a.mp3", GPTBOT, address="192.0.2.7")
    made = event(request=request)
    (folder / (FILE + rotated)).write_text(line(replace(made, id=name)) + "\n", "utf-8")


@pytest.mark.parametrize("typed", ["K7Q29FXM", "k7q29fxm", "K7Q2-9FXM", "K7Q2 9FXM"])
def test_a_name_is_found_however_it_was_noted_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    recorded(tmp_path, "K7Q29FXM")
    text = " ".join(said(capsys, typed, "--state", str(tmp_path)).split())
    assert "GPTBot asked for /a.mp3, and the verdict was block by rule ai-training-off" in text
    assert "refused with 403" in text


def test_a_name_with_confused_letters_and_in_an_older_file_is_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, "AAAAAAAA")
    recorded(tmp_path, "10100000", ".2")
    assert "GPTBot" in said(capsys, "lOiOOOoo", "--state", str(tmp_path))


def test_what_cannot_be_found_is_told_with_a_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrong(capsys, "K7Q29FXM").endswith("add --state DIR, the guard's state directory")
    assert "name the directory that the guard was started with" in wrong(
        capsys, "K7Q29FXM", "--state", str(tmp_path)
    )
    recorded(tmp_path, "AAAAAAAA")
    assert 'no request "K7Q29FXM" in ' in wrong(capsys, "K7Q29FXM", "--state", str(tmp_path))
    assert wrong(capsys, "--path", "music") == (
        'the path "music" does not begin with / — write "/music"'
    )
    assert 'write --header "Accept: */*"' in wrong(capsys, "--header", "Accept")
