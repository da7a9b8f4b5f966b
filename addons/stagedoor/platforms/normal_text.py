"""Texts of law brought to one form, so that only words count when two of them are compared. Pure.

What changes nothing: white space, line breaks, quotation marks, dashes, soft hyphens, bullets and
numbers of lists, how the text is cut into paragraphs. Dates are told apart from other words.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟«»‹›″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)
_BULLET = re.compile(
    r"^(?:[•◦▪‣·*]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,5})[.)])\s+", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?<=[.!?…;])[\"')\]]*\s+(?=[\"'(\[¿¡]?[^\W_a-zà-ÿ])")
_SHORT = re.compile(
    r"\b(?:e\.g|i\.e|etc|inc|ltd|no|art|z\.b|bzw|p\.ex|sr|sra|dr|vs)\.$|(?<![\w.])\d{1,2}\.$",
    re.IGNORECASE,
)
DATE_MARK = "⟨date⟩"
_GAP = 60
"""Characters between "last updated" and its date."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """How dates are written: the number of each month's name, and words before the date of the
    last update, all in small letters.
    """

    months: Mapping[str, int]
    updated: Sequence[str]

    def pattern(self) -> re.Pattern[str]:
        """Finds dates in plain() texts. Groups: see _iso()."""
        names = "|".join(sorted(map(re.escape, self.months), key=len, reverse=True)) or "january"
        of = r"(?:\s+(?:de|del))?"
        return re.compile(
            r"\b(?P<y1>(?:19|20)\d\d)-(?P<m1>\d\d)-(?P<d1>\d\d)\b"
            r"|\b(?P<d2>\d{1,2})[./](?P<m2>\d{1,2})[./](?P<y2>(?:19|20)?\d\d)\b"
            rf"|\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?{of}\s+(?P<m3>{names})\b\.?,?{of}"
            r"\s+(?P<y3>(?:19|20)\d\d)\b"
            rf"|\b(?P<m4>{names})\b\.?\s+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y4>(?:19|20)\d\d)\b"
            rf"|\b(?P<m5>{names})\b{of}\s+(?P<y5>(?:19|20)\d\d)\b"
            r"|(?:©|\(c\)|copyright)\s*(?P<y6>(?:19|20)\d\d)(?:\s*-\s*(?:19|20)\d\d)?",
            re.IGNORECASE,
        )


def readable(text: str) -> str:
    """One line as it is shown and kept: compatibility forms and white space made plain."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DROPPED).split())


_DROPPED = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def plain(text: str) -> str:
    """One line as it is compared: besides, one kind of quotes and dashes, no list marks, no case."""
    line = " ".join(unicodedata.normalize("NFKC", text).translate(_SAME).split())
    return _BULLET.sub("", line).casefold()


def sentences(block: str) -> Iterator[str]:
    """The sentences of a paragraph, in their own words."""
    held = ""
    for piece in _SENTENCE.split(block):
        held = f"{held} {piece}".strip()
        if not _SHORT.search(held):
            yield held
            held = ""
    if held:
        yield held


def fingerprint(words: str) -> str:
    """SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Version:
    """One text: `blocks` are its paragraphs, `updated` the date it gives itself (ISO, or empty).

    `exact` is the fingerprint of its words, `undated` that of its words without all dates.
    """

    blocks: tuple[str, ...]
    language: str
    updated: str
    exact: str
    undated: str

    @property
    def text(self) -> str:
        return "\n".join(self.blocks)

    @property
    def words(self) -> int:
        return sum(len(block.split()) for block in self.blocks)


def version(
    blocks: Sequence[str], calendar: Calendar, common: Mapping[str, frozenset[str]]
) -> Version:
    """A text from its paragraphs. `common` holds frequent words of each language."""
    kept = tuple(filter(None, map(readable, blocks)))
    words = " ".join(filter(None, map(plain, kept)))
    dates = calendar.pattern()
    return Version(
        kept,
        language(words, common),
        _updated(words, calendar, dates),
        fingerprint(words),
        fingerprint(dates.sub(DATE_MARK, words)),
    )


def without_dates(text: str, calendar: Calendar) -> str:
    """A line as it is compared, with a mark for each date."""
    return calendar.pattern().sub(DATE_MARK, plain(text))


def language(words: str, common: Mapping[str, frozenset[str]]) -> str:
    """The language whose frequent words a text has most of; empty where it has few of any."""
    counts = dict.fromkeys(common, 0)
    total = 0
    for word in re.findall(r"[^\W\d_]+", words):
        total += 1
        for name, frequent in common.items():
            counts[name] += word in frequent
    best = max(counts, key=lambda name: counts[name], default="")
    return best if best and counts[best] * 12 >= total > 0 else ""


def _updated(words: str, calendar: Calendar, dates: re.Pattern[str]) -> str:
    """The date behind the first "last updated", in whatever language."""
    places = [at for phrase in calendar.updated if (at := words.find(phrase)) >= 0]
    for at in sorted(places):
        found = dates.search(words, at, at + _GAP + 40)
        if found is not None:
            return _iso(found, calendar.months)
    return ""


def _iso(found: re.Match[str], months: Mapping[str, int]) -> str:
    """`2026-08-17`, `2026-08` where no day is given; as written where it could be two dates."""
    parts = {key[0]: value for key, value in found.groupdict().items() if value}
    if found["d2"] and int(parts["d"]) <= 12 and int(parts["m"]) <= 12:
        return found[0]
    year = parts["y"] if len(parts["y"]) == 4 else f"20{parts['y']}"
    if "m" not in parts:
        return year
    month = months.get(parts["m"]) or int(parts["m"])
    day = int(parts.get("d", 0))
    if month > 12:
        month, day = day, month
    return f"{year}-{month:02}" + (f"-{day:02}" if day else "")
