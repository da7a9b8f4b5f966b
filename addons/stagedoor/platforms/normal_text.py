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
from functools import cache

_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟«»‹›″", '"'),
        **dict.fromkeys("‐‑‒–−", "-"),
        **dict.fromkeys("—―", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"),
    }
)
_NUMBER = r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-z]|[ivx]{1,5})[.)]"
_SECTION = r"(?:section|clause|article|abschnitt|artikel|sección|artículo|cláusula|ziffer)"
_BULLET = re.compile(
    r"^(?:(?:[•◦▪‣·●○■□▶►➢✓⁃*-]"
    rf"|{_NUMBER}|\d{{1,2}}(?:\.\d{{1,3}})+|(?:{_SECTION}|§)\s*\d{{1,3}}(?:\.\d{{1,3}})*(?:[.:)]|(?=\s+(?:-|(?-i:[A-ZÀ-ÖØ-Þ]))|\s*$))"
    # A bare "4" is a mark where nothing else, or a heading, follows.
    r"|\d{1,2}(?=\s*$))(?:\s+|$))+",
    re.IGNORECASE,
)
"""Marks of lists and numbers of clauses, at the beginning of a line."""
_INSIDE = re.compile(
    rf"(?<=[.;:!?])\s{_NUMBER}(?=\s)|(?<=\s)\((?:[a-z]|[ivx]{{1,5}}|\d)\)(?=\s|$)", re.IGNORECASE
)
"""The same within a paragraph, where several of a list's lines are one."""
_REFERENCE = re.compile(
    r"\b(section|sections|clause|clauses|paragraph|abschnitt|ziffer|punkt|klausel|article|point|"
    r"sección|apartado|cláusula|punto|párrafo)\s\d{1,2}(?:\.\d{1,3})*(?:\([a-z0-9]\))*"
    # Of a law the number is no order of ours.
    r"(?!\s(?:of\sthe\s(?!terms|agreement)|of\sregul|of\sdirect|der\s(?!nutz|agb)|des\s|du\s|de\sla\sl|del\sreg|dsgvo|gdpr|rgpd|\w{2,7}g\b))"
    r"(?![\w-])"
)
"""A reference to another clause of the same text: it changes where clauses are numbered anew."""
REFERENCE_MARK = r"\1 ⟨number⟩"
_GLUED = re.compile(r"(?<=[a-zß-öø-ÿ)][.!?;:])(?=[A-ZÀ-ÖØ-Þ])")
"""Sentences of two elements that only a style sheet sets apart."""
_QUOTES = re.compile(r'["]|(?<!\w)\'|\'(?![\w*])|(?<=\s)-(?=\s)')
_SPACED = re.compile(r"\s+(?=[:;!?.,%)])|(?<=[(])\s+")
"""What stands beside words and is none: quotes, lone dashes, French spaces."""
_SENTENCE = re.compile(r"(?<=[.!?…;])[\"')\]]*\s+(?=[\"'(\[¿¡]?[^\W_a-zà-ÿ])")
_SHORT = re.compile(
    r"\b(?:e\.g|i\.e|etc|inc|ltd|no|art|z\.b|bzw|p\.ex|sr|sra|dr|vs)\.$|(?<![\w.])\d{1,2}\.$",
    re.IGNORECASE,
)
_TAIL = 24
"""Characters at the end of a sentence in which an abbreviation is looked for."""
DATE_MARK = "⟨date⟩"
_AROUND = 3
"""Words that may stand beside a date in a line that is about the date alone."""
_SHORT_LINE = 6
_EDITION = re.compile(
    r"\b(?:version|versión|versione|versão|versie|fassung|rev|v)\.?\s?\d+(?:\.\d+)*"
)
"""The number of an edition, in a line of its own: it goes with the date."""
_GAP = 60
"""Characters between "last updated" and its date."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """How dates are written: the number of each month's name, and words before the date of the
    last update, all in small letters.
    """

    months: Mapping[str, int]
    updated: Sequence[str]
    weekdays: Sequence[str] = ()

    def pattern(self) -> re.Pattern[str]:
        """Finds dates in plain() texts. Groups: see _iso()."""
        return _pattern(tuple(self.spellings()), tuple(self.weekdays))

    def phrase(self) -> re.Pattern[str]:
        """Finds what stands before the date of the last update."""
        return _phrase(tuple(self.updated))

    def spellings(self) -> Mapping[str, int]:
        """Every way to write a month: its name, and its first letters where they are one month's."""
        found = dict(self.months)
        for length in (3, 4):
            short: dict[str, set[int]] = {}
            for name, number in self.months.items():
                short.setdefault(name[:length], set()).add(number)
            found |= {
                one: min(months) for one, months in short.items()
                if len(months) == 1 and one not in found
            }  # fmt: skip
        return found


@cache
def _phrase(phrases: tuple[str, ...]) -> re.Pattern[str]:
    each = "|".join(sorted((re.escape(p.rstrip(":")) for p in phrases), key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{each or '(?!)'})(?!\w)")


@cache
def _pattern(spellings: tuple[str, ...], weekdays: tuple[str, ...]) -> re.Pattern[str]:
    """The dates in all languages, with their weekday and the time of day."""
    names = "|".join(sorted(map(re.escape, spellings), key=len, reverse=True)) or "january"
    days = "|".join(sorted(map(re.escape, weekdays), key=len, reverse=True))
    before = rf"(?:\b(?:{days})\b\.?,?\s+(?:(?:den|le|el|the)\s+)?)?" if days else ""
    of = r"(?:\s+(?:de|del|of))?"
    return re.compile(
        rf"{before}(?:"
        r"\b(?P<y1>(?:19|20)\d\d)(?P<s1>[-/.])(?P<m1>\d\d)(?P=s1)(?P<d1>\d\d)\b"
        r"|\b(?P<y7>(?:19|20)\d\d)\s?年\s?(?P<m7>\d{1,2})\s?月\s?(?P<d7>\d{1,2})\s?日"
        r"|\b(?P<d2>\d{1,2})\s?(?P<s2>[-./])\s?(?P<m2>\d{1,2})\s?(?P=s2)\s?(?P<y2>(?:19|20)?\d\d)\b"
        rf"|\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|º|o|\.)?{of}[\s-]+(?P<m3>{names})\b\.?,?{of}"
        r"[\s-]+(?P<y3>(?:19|20)\d\d)\b"
        rf"|\b(?P<m4>{names})\b\.?[\s-]+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+(?P<y4>(?:19|20)\d\d)\b"
        rf"|\b(?P<y8>(?:19|20)\d\d)\s+(?P<m8>{names})\b\.?\s+(?P<d8>\d{{1,2}})\b"
        rf"|\b(?P<m5>{names})\b\.?,?{of}\s+(?P<y5>(?:19|20)\d\d)\b"
        r"|\b(?P<m9>0[1-9]|1[0-2])[/.](?P<y9>(?:19|20)\d\d)\b"
        r"|(?:©|\(c\)|copyright)\s*(?P<y6>(?:19|20)\d\d)(?:\s*-\s*(?:19|20)\d\d)?"
        r")(?:,?\s+(?:(?:at|um|à|a las)\s+)?\d{1,2}[:.h]\d\d(?::\d\d)?(?:\s?[ap]\.?m\b\.?)?(?:\s+uhr)?"
        r"(?:\s\(?(?:utc|gmt|cest|cet|est|edt|pst|pdt|pt|et)\b\)?)?)?",
        re.IGNORECASE,
    )


def readable(text: str) -> str:
    """One line as it is shown and kept: compatibility forms and white space made plain."""
    line = unicodedata.normalize("NFKC", text).translate(_DROPPED)
    return " ".join(_GLUED.sub(" ", line).split())


_DROPPED = str.maketrans(dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff"))


def plain(text: str) -> str:
    """One line as it is compared: its words, without quotes, dashes, marks of lists, numbers of
    clauses, and case.
    """
    line = " ".join(_GLUED.sub(" ", unicodedata.normalize("NFKC", text).translate(_SAME)).split())
    line = _INSIDE.sub(" ", _BULLET.sub("", line))
    line = _SPACED.sub("", " ".join(_QUOTES.sub("", line).split()))
    return _REFERENCE.sub(REFERENCE_MARK, line.casefold())


def sentences(block: str) -> Iterator[str]:
    """The sentences of a paragraph, in their own words."""
    held = ""
    for piece in _SENTENCE.split(block):
        held = f"{held} {piece}".strip()
        if not _SHORT.search(held[-_TAIL:]):
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
        fingerprint(" ".join(without_dates(line, calendar) for line in kept if plain(line))),
    )


def without_dates(text: str, calendar: Calendar) -> str:
    """A line as it is compared, with a mark for each date; a line that says nothing but when the
    text was updated ("3 days ago") is a mark as a whole.
    """
    line = plain(text)
    undated = calendar.pattern().sub(DATE_MARK, line)
    if len(line.split()) <= _SHORT_LINE:
        undated = _EDITION.sub(DATE_MARK, undated)
    phrase = calendar.phrase().search(line)
    if phrase is not None:
        rest = undated.replace(phrase[0], " ").replace(DATE_MARK, " ")
        words = len(re.findall(r"[^\W\d_]+", rest))
        relative = DATE_MARK not in undated and re.search(r"\d", rest) is not None
        if words <= (_AROUND + 1 if relative else _AROUND if DATE_MARK in undated else 2):
            return DATE_MARK
    return undated


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
    """The date behind "last updated", in whatever language."""
    for phrase in calendar.updated:  # the plainest come first
        for place in _phrase((phrase,)).finditer(words):
            found = dates.search(words, place.start(), place.end() + _GAP)
            if found is not None:
                return _iso(found, calendar.spellings())
    return ""


def _iso(found: re.Match[str], months: Mapping[str, int]) -> str:
    """`2026-08-17`, `2026-08` where no day is given; as written where it could be two dates."""
    parts = {key[0]: value for key, value in found.groupdict().items() if value}
    if found["d2"] and int(parts["d"]) <= 12 and int(parts["m"]) <= 12:
        return found[0]
    year = parts["y"] if len(parts["y"]) == 4 else f"20{parts['y']}"
    if "m" not in parts:
        return year
    month = months.get(parts["m"].rstrip(".")) or int(parts["m"])
    day = int(parts.get("d", 0))
    if month > 12:
        month, day = day, month
    return f"{year}-{month:02}" + (f"-{day:02}" if day else "")
