"""What the artist wants said."""

from __future__ import annotations

import pytest

from stagedoor.resources.kinds import classify
from stagedoor.signals.meaning import Said
from stagedoor.signals.wanted import Wanted, signal_paths


def test_refused_are_those_whose_use_is_answered_no() -> None:
    wanted = Wanted(
        Said("no", None, "yes"),
        {"GPTBot": "train", "ChatGPT-User": "input", "Googlebot": "search", "Ahrefs": "seo"},
        others={"seo": "no"},
    )
    assert wanted.refused == {"gptbot": "GPTBot", "ahrefs": "Ahrefs"}
    assert Wanted(Said("no"), {"GPTBot": "train"}, standards=frozenset()).refused == {}


def test_tokens_that_cannot_be_written_are_told() -> None:
    wanted = Wanted(Said("no"), {"ChatGPT Agent": "train", "*": "train", "A\nAllow: /": "train"})
    assert wanted.refused == {}
    assert wanted.left_out == ("ChatGPT Agent", "*", "A\nAllow: /")


@pytest.mark.parametrize(
    "url", ["/license.xml", "ftp://x/a", "https:///a", "https://x/a b", "https://x/\nAllow: /", "https://x/a#b", "https://x/ä"]
)  # fmt: skip
def test_addresses_must_fit_a_line(url: str) -> None:
    with pytest.raises(ValueError, match=" — "):
        Wanted(Said(), licence=url)


def test_only_documents_are_opened_besides_the_signal_files() -> None:
    for licence in ("https://x.example/", "https://x.example/music/", "https://x.example/*.xml"):
        assert Wanted(Said(), licence=licence).open_paths == signal_paths()
    wanted = Wanted(
        Said(), licence="https://x.example/a.xml", tdm_policy="https://x.example/.well-known/p.json"
    )
    assert wanted.open_paths == (*signal_paths(), "/a.xml")


def test_the_guard_lets_everyone_at_the_signal_files() -> None:
    for path in signal_paths():
        assert classify(path + ("tdmrep.json" if path.endswith("/") else "")).kind == "signal"
