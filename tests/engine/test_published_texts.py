"""Published texts: hashed once, read once, and bounded."""

from __future__ import annotations

import hashlib

from stagedoor.engine.published_texts import MOST_TEXTS, Texts
from stagedoor.signals.robots.access import allowed

ROBOTS = b"User-agent: *\nDisallow: /private/\n"


def test_a_text_is_new_once_for_each_path() -> None:
    texts = Texts()
    digest = hashlib.sha256(ROBOTS).hexdigest()
    assert texts.digest("/robots.txt", ROBOTS) == (digest, True)
    assert texts.digest("/robots.txt", ROBOTS) == (digest, False)
    assert texts.digest("/ai.txt", ROBOTS) == (digest, True)


def test_texts_are_bounded_and_the_latest_are_kept() -> None:
    texts = Texts()
    for number in range(MOST_TEXTS + 1):
        texts.digest("/robots.txt", b"# %d" % number)
    assert texts.digest("/robots.txt", b"# 0")[1]
    assert not texts.digest("/robots.txt", b"# %d" % MOST_TEXTS)[1]


def test_a_robots_txt_is_loaded_once_and_read() -> None:
    texts = Texts()
    asked: list[str] = []

    def load(digest: str) -> bytes | None:
        asked.append(digest)
        return None if digest == "gone" else ROBOTS

    assert texts.robots("", load) is None
    assert texts.robots("gone", load) is None
    for _ in range(2):
        found = texts.robots("a", load)
        assert found is not None
        assert not allowed(found, "GPTBot", "/private/x")
    assert asked == ["gone", "a"]
    for number in range(MOST_TEXTS):
        texts.robots(str(number), load)
    asked.clear()
    texts.robots("a", load)
    assert asked == ["a"]
