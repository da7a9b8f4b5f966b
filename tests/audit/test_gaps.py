"""What is missing, refused, misspelt or hidden."""

from __future__ import annotations

from typing import Any

import pytest

from sitefacts import HTML, answer, audited, told

AUDIO = answer("/a.mp3", b"", ("Content-Type", "audio/mpeg"))
QUIET = answer("/robots.txt", "", status=404)


def missing(**facts: Any) -> str:
    return "\n".join(told(audited(**facts), "missing"))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "There is no robots.txt (404): crawlers may fetch everything."),
        (410, "There is no robots.txt (410)"),
        (401, "robots.txt answers 401: to a crawler that means it may fetch everything."),
        (403, "robots.txt answers 403: to a crawler that means it may fetch everything."),
        (429, "robots.txt answers 429: to a crawler that means it may fetch everything."),
        (302, "robots.txt redirects more than 0 times: to a crawler"),
        (500, "robots.txt answers 500: crawlers that obey it fetch nothing"),
        (None, "robots.txt : crawlers that obey it fetch nothing"),
    ],
)
def test_a_robots_txt_that_is_not_had(status: int | None, words: str) -> None:
    assert words in missing(robots=answer("/robots.txt", status=status))


@pytest.mark.parametrize(
    ("robots", "words"),
    [
        ("<!doctype html><p>Hello", "is a web page"),
        ("#" * 600_000, "longer than 500 KiB"),
        ("Content-Usage: train-ai=n\nUser-agent: *\nAllow: /\n", 'robots.txt, line 1 ("Content-Usage: train-ai=n") stands before'),
        ("User-agent: *\nAllow: /\nContent-Usage: ai-train=no\n", '"Content-Usage: ai-train=no" (robots.txt line 3) says nothing'),
        ("User-agent: *\nAllow: /\nContent-Signal: train-ai=n\n", '"Content-Signal: train-ai=n" (robots.txt line 3) says nothing'),
        ("User-agent: *\nAllow: /\nLicense: /license.xml\n", "names no whole address"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_robots_txt(robots: str, words: str) -> None:
    assert words in missing(robots=robots)
    assert words not in missing(robots="User-agent: *\nAllow: /\nContent-Usage: train-ai=n\n")


def test_headers_that_nobody_understands() -> None:
    page = answer("/", "", HTML, ("Content-Usage", "ai-train=no, "))
    assert '"Content-Usage: ai-train=no, " (headers of /) says nothing' in missing(page=page)


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_signal_files_that_are_refused(status: int) -> None:
    files = {"/ai.txt": answer("/ai.txt", status=status)}
    assert f"/ai.txt answers {status}: a client that asks there" in missing(files=files)


def test_a_tdmrep_file_that_is_none() -> None:
    path = "/.well-known/tdmrep.json"
    assert "is no JSON list" in missing(files={path: "<!doctype html>"})
    assert "is no JSON list" not in missing(files={path: "[]"})


def test_lines_that_those_with_a_group_of_their_own_never_hear() -> None:
    everybody = (
        "User-agent: *\nAllow: /\nContent-Usage: train-ai=n\nLicense: https://ana.example/l.xml\n"
    )
    text = missing(robots=f"{everybody}User-agent: GPTBot\nUser-agent: Zorb\nAllow: /a\n")
    assert (
        "GPTBot and zorb have groups of their own in robots.txt, and so never hear line 3" in text
    )
    assert "never hear line 4" in text
    # Who may fetch nothing misses nothing, and a group with the same lines hears them.
    assert "never hear" not in missing(robots=f"{everybody}User-agent: GPTBot\nDisallow: /\n")
    again = everybody.replace("*", "GPTBot")
    assert "never hear" not in missing(robots=everybody + again)


def test_licences_that_are_not_there() -> None:
    url = "https://ana.example/l.xml"
    facts = {"robots": f"License: {url}\nUser-agent: *\nAllow: /\n"}
    gone = answer(url, status=404)
    assert f"The licence {url}, named in robots.txt, line 1, answers 404." in missing(
        licences={url: gone}, **facts
    )
    assert f"The licence {url} says nothing" in missing(licences={url: "<rsl/>"}, **facts)


def test_uses_about_which_nothing_is_said() -> None:
    page = answer("/", "", HTML, ("Content-Usage", "train-ai=n, search=y"))
    text = missing(page=page, recordings=(AUDIO,))
    assert "The site says nothing about answers." in text
    assert "The site says nothing about training for /a.mp3." in text
    assert "The site says nothing to GPTBot about training" in missing(agent="GPTBot")


def test_recordings_without_a_word() -> None:
    spoken = answer("/b.mp3", b"", ("tdm-reservation", "1"))
    assert "/a.mp3 comes without a word about AI in its headers" in missing(
        recordings=(AUDIO, spoken)
    )
    assert "without a word" not in missing(recordings=(spoken,))
    assert "No recording was found" in missing()


def test_refused_by_name_alone() -> None:
    robots = "User-agent: GPTBot\nDisallow: /\n"
    assert (
        "robots.txt refuses training by name alone: to GPTBot, 1 of 2 known crawlers."
        in missing(robots=robots)
    )
    everybody = "User-agent: *\nAllow: /\nContent-Usage: train-ai=n\n"
    assert "by name alone" not in missing(robots=robots + everybody)


def test_what_is_only_to_know() -> None:
    yes, no = (("Content-Usage", f"train-ai={letter}") for letter in "yn")
    found = audited(
        page=answer("/", "", HTML, yes, status=403),
        recordings=(answer("/a.mp3", b"", no),),
        elsewhere=("https://cdn.example/b.mp3",),
        left=7,
        robots=answer("/robots.txt", "User-agent: *\nAllow: /\n", HTML),
    )
    notes = "\n".join(told(found, "note"))
    for words in (
        "The page / answers 403",
        "another host (cdn.example)",
        "7 more recordings",
        "robots.txt comes as text/html",
        "Training: yes for /, no for /a.mp3 (headers of /a.mp3). Is that meant?",
    ):
        assert words in notes
    assert found.contradictions == ()
