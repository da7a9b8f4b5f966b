"""The second look: what our own catalogue takes for a browser, or does not know at all.

Two things are held against such a user agent: the patterns of a well-kept list of crawlers that a
package brings, without those that hit people; and signs by which robots give themselves away,
whoever they are (`signs.py`), where nothing speaks for a person. Whoever is found so is a `robot`:
pages yes, recordings as the stance says.

RE2 matches all of it in one pass and in linear time. It takes up to a millisecond for a kind of
user agent it has never seen and microseconds afterwards; the Matcher asks only for those it has to,
and keeps the answers in its own cache.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import re2

from stagedoor.facts import Client, Purpose
from stagedoor.identify.signs import DEVICES, PEOPLE, SIGNS, WORDS

LOOKED_AT: frozenset[Purpose] = frozenset({"browser", "unknown"})
"""The purposes with which a client is looked at a second time."""

MAX_MEMORY = 32 << 20
"""Bytes for RE2's automaton: what 1,500 patterns need and the states of many thousand agents."""

LEFT_OUT: tuple[str, ...] = (
    # Apps and readers with which people listen.
    *("Overcast", "Podimo", "PocketCasts", "NewsBlur", "Iframely", "IFTTT", "AppEngine-Google"),
    *("okhttp", "BTWebClient", "Fever", "FeedFlow"),
    # Pages shown inside apps, and browsers: the names stand in people's agents too.
    *("WhatsApp", "Viber", "MetaIAB", "Bluesky\\/", "Goodreads", "PayPal", "NING", "Tweakers"),
    *("CapitalOneShopping", "Grammarly", "Chrome Privacy Preserving", "Sogou", "Silk\\/", "Fluid"),
    *("RED\\/", "speedy", "Teoma", "Chirp|"),
    *("Code\\/", "Trae", "Hotjar", "Blackboard", "GoogleDocs", "Known Agent"),
    # Phones, builds of Android and plain words.
    *("AP3A", "Sonic", "Butterfly", "Expanse", "008", "Charlotte", "Adventurer", "Magellan"),
    *("Hello World", "Optimizer", "Fetch", "Splunk", "Nuzzel", "Digg"),
)
"""Beginnings of patterns (after `^`) that are not taken, because people's clients match them."""

TAGS_LEFT_OUT = frozenset({"feed-reader", "http-library", "browser-automation"})
"""Kinds of patterns that are not taken: our own catalogue knows the scripts, readers are people."""


class Second:
    """Looks at a user agent once more; `None` where nothing is wrong with it."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        listed = sorted({p for p in patterns if not left_out(p)}, key=lambda p: (-len(p), p))
        self.refused: list[str] = []
        """Patterns that RE2 does not take."""
        self._set = re2.Set.SearchSet(_options())
        names = self._add([(named(pattern), pattern) for pattern in listed])
        self.patterns = len(names)
        """How many of the list's patterns are looked for; the signs stand behind them."""
        self._words = self.patterns + len(SIGNS)
        self._names = (*names, *(f"Unlisted robot ({n})" for n in self._add((*SIGNS, *WORDS))))
        self._set.Compile()
        self._people = re2.compile(PEOPLE.encode(), _options())
        self._devices = re2.compile(DEVICES.encode(), _options())

    def __call__(self, agent: str) -> Client | None:
        """The robot that `agent` (one character a byte) belongs to."""
        text = agent.encode("latin-1", "replace")
        found = self._set.Match(text)
        if not found:
            return None
        first = min(found)  # the longest of the listed patterns, or else a sign, or else a word
        if first >= self.patterns and self._people.search(text):
            return None
        if first >= self._words and self._devices.search(text):
            return None
        return Client(self._names[first], "", "robot")

    def _add(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        names = []
        for name, pattern in rows:
            try:
                self._set.Add(pattern.encode("latin-1"))
            except (re2.error, UnicodeEncodeError):
                self.refused.append(pattern)
            else:
                names.append(name)
        return names


def left_out(pattern: str) -> bool:
    """Whether people's clients would match `pattern`."""
    return pattern.lstrip("^(?:| )").startswith(LEFT_OUT)


def named(pattern: str) -> str:
    """A short name for what `pattern` finds: `[cC]ludo` → `Cludo`."""
    plain = re.sub(r"\[[^\]]*?([^\]])\]", r"\1", pattern)
    plain = re.sub(r"\\[a-zA-Z]|\([^)]*\)", " ", plain)
    plain = re.sub(r"[\\^$*?+|()]", "", plain).strip(" /.-:;")
    return plain[:60] or pattern[:60]


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.max_mem = MAX_MEMORY
    options.log_errors = False
    return options
