"""What a user agent's own words say that a program does, whatever it is built with.

Two things are read. The last word of a product's name says what the product is, and the library that
follows says nothing about that: `AudioScraper/2.0 Lavf/61`, `Overcast%20Transcriber/1 CFNetwork/1408`.
And who collects sound says so in the name or in brackets: one of SOUND together with one of WORK, as in
`my-podcast-research/0.1 (someone@example.org)`. Programs that people play with have the same words now
and then, so a purpose does not count where one of PLAYS stands, or a phone, unless the name alone
says it. `Matcher` decides what such a word is worth beside what the catalogue knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import re2

from stagedoor.model.facts import Purpose

Table = Sequence[tuple[str, Purpose, str]]
"""A word for people to read, what it makes of a program, and its expression."""

NAMES: Table = (
    (
        "transcriber",
        "transcriber",
        r"transcri(?:ber?|bing|ptor|ptions?)|.whisper(?:er|x)?|[-_ .](?:stt|asr)",
    ),
    ("downloader", "downloader", r"downloader|ripper|grabber"),
    ("scraper", "robot", r"scrapp?er|scraping"),
    ("harvester", "robot", r"harvest(?:er|ing)?"),
    ("archiver", "robot", r"archiv(?:er|ing)"),
    ("indexer", "robot", r"index(?:er|ing)"),
    ("spider", "robot", r"spider|spyder"),
    ("crawler", "robot", r"crawl(?:er|ing)?"),
    ("robot", "robot", r"bot"),
)
"""What the last word of a name makes of its product."""
NO_ROBOTS = re.compile(r"\b(?:cu|tal|ab|tur|sa|lam|jar)bot", re.IGNORECASE)
"""Makes of phones, and words and names that end so."""

SOUND = (
    r"podcast|\bpods?\b|audio|episode|musi[ckq]|sound|song|\bmp3|speech|sprach|voice|spoken"
    r"|recordings?\b"
    r"|\btracks?\b|\balbum"
)
"""What is collected."""
ON_AIR = r"broadcast|\bradio"
"""The same, where the work that is named leaves no doubt."""

WORK: Table = (
    (
        "transcription",
        "transcriber",
        r"transcrib|transcripti|transcripc|transkri|trascri|speech.?to.?text|\b(?:stt|asr)\b|diari[sz]",
    ),
    ("research", "audio-harvester", r"research|forschung|investigaci"),
    ("corpus", "audio-harvester", r"corpus\b|corpora\b|korpus|data[ -]?set|datensatz"),
    (
        "pipeline",
        "audio-harvester",
        r"pipeline|ingest|enrich|embedding|training data|\bminer\b|\bmining\b|summari[sz]|classifi|annotat",
    ),
    ("harvest", "audio-harvester", r"harvest(?:er|ing)|scrap(?:er?|ing)\b"),
    ("archive", "audio-harvester", r"archiv(?:er|ing)\b|index(?:er|ing)\b"),
)
"""What is done with it. In a name it counts beside a phone's or a player's libraries, too."""

REMARKS: Table = (
    ("transcription", "transcriber", r"transcript|whisper"),
    ("archive", "audio-harvester", r"archiv(?:e|es|al|io)?\b|backup|\bmirror"),
    ("index", "audio-harvester", r"\bindex\b|index$"),
    (
        "research",
        "audio-harvester",
        r"\bstudy\b|experiment\b|universit|dissertation|\bthesis\b|academic|recherche",
    ),
    (
        "pipeline",
        "audio-harvester",
        r"\b(?:llm|rag|nlp|ml|ai)\b|machine learning|training|analy[sz](?:er?|is|ing)\b|extract",
    ),
    ("harvest", "audio-harvester", r"harvest|collect(?:or|ion|ing)\b|\bbulk\b"),
    ("download", "audio-harvester", r"download"),
)
"""What is done with it. Players use these words as well."""

PLAYS = r"player|\bplays?\b|listen|\bapps?\b|reader|subscriber|subsonic|\bfm\b|catcher"
PHONES = (
    r"iphone|ipad|watchos|\bios\b|tvos|android|cfnetwork|darwin|applecoremedia|exoplayer|sonos|alexa"
    r"|roku|\btv\b"
)
MACHINES = (
    r"windows|macintosh|mac ?os|x11|electron|okhttp|dalvik|lib(?:mpv|vlc)|lavf|gstreamer|kodi"
)
"""People's machines, and what players are built with; these count against REMARKS."""
NO_PURPOSE = re.compile(
    r"podcast ?index(?:\.org|\b)|research ?gate|internet archive|corpus christi", re.IGNORECASE
)
"""Names of others, whose words say nothing about who carries them."""

_Compiled = Sequence[tuple[str, Purpose, Any]]
HINTS = (
    *(
        "pod",
        "audio",
        "episode",
        "musi",
        "sound",
        "song",
        "mp3",
        "speech",
        "sprach",
        "voice",
        "spoken",
    ),
    *("recording", "track", "album", "broadcast", "radio"),
    *("transcri", "whisper", "stt", "asr", "downloader", "ripper", "grabber", "scrap", "harvest"),
    *("archiv", "index", "spider", "spyder", "crawl", "bot"),
)
"""Without one of these, in letters of either case, no agent has a word of its own: SOUND or NAMES have
them. `Matcher` finds them together with all tokens, so that nobody else is looked at."""
MAX_PRODUCTS = 12
"""Products that are looked at; no browser's user agent has more."""
_BRACKETS = re.compile(r"\([^()]*\)")
_PRODUCT = re.compile(r"([^/]*)/[\w.:+-]*")
_COMPATIBLE = re.compile(r"compatible; *([^;()/]*)", re.IGNORECASE)
_OWN = re.compile(r"[^/(;\[{,|]*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[_.\-]+")
_NUMBER = r"(?:[\s_.-]*v?[0-9][0-9.]*)?[\s_.-]*$"


def options() -> Any:
    """How RE2 reads all tables: one byte a character, letters of either case."""
    found = re2.Options()
    found.encoding = re2.Options.Encoding.LATIN1
    found.case_sensitive = False
    found.log_errors = False
    return found


def _compiled(expression: str) -> Any:
    return re2.compile(expression.encode("latin-1"), options())


_NAMES = tuple((word, purpose, _compiled(f"(?:{e}){_NUMBER}")) for word, purpose, e in NAMES)
_WORK = tuple((word, purpose, _compiled(e)) for word, purpose, e in WORK)
_REMARKS = tuple((word, purpose, _compiled(e)) for word, purpose, e in REMARKS)
_SOUND, _HEARD = _compiled(SOUND), _compiled(f"{SOUND}|{ON_AIR}")
_PLAYS, _PHONES, _MACHINES = map(_compiled, (PLAYS, PHONES, MACHINES))
_ANY_NAME = _compiled("|".join(expression for _, _, expression in NAMES))
_ANY_WORK = _compiled("|".join(expression for _, _, expression in (*WORK, *REMARKS)))
"""For the many podcast apps that say what they play, and nothing more."""


@dataclass(frozen=True, slots=True)
class OwnWord:
    """What a program says that it is or does.

    `named`: its own name says so, whatever it is built with. `sure`: players do not have the word.
    `text` is the word as it stands there, in small letters.
    """

    purpose: Purpose
    word: str
    named: bool
    text: str = ""
    sure: bool = True


def own_word(agent: str) -> OwnWord | None:
    """What `agent` (one character a byte, blanks decoded) says of itself; None where it says nothing."""
    whole = agent.encode("latin-1", "replace")
    return _collects(agent, whole) or (_is(agent) if _ANY_NAME.search(whole) else None)


def _collects(agent: str, whole: bytes) -> OwnWord | None:
    """A purpose that has to do with sound: in the name, or anywhere."""
    text = _words(NO_PURPOSE.sub(" ", agent))
    if not _ANY_WORK.search(text) or not _HEARD.search(text):
        return None
    own = _words(NO_PURPOSE.sub(" ", _own_name(agent)))
    heard = _HEARD.search(own)
    # "Podcast Research" does research, and "Research Podcast" is listened to.
    if (
        heard
        and not _PLAYS.search(own)
        and (found := _first(_WORK, own[heard.end() :], named=True))
    ):
        return found
    if _PLAYS.search(text) or _PLAYS.search(whole) or _PHONES.search(whole):
        return None
    if found := _first(_WORK, text, named=False):
        return found
    if _MACHINES.search(whole) or not _SOUND.search(text):
        return None
    return _first(_REMARKS, text, named=False, sure=False)


def _first(table: _Compiled, text: bytes, *, named: bool, sure: bool = True) -> OwnWord | None:
    for word, purpose, expression in table:
        if found := expression.search(text):
            return OwnWord(purpose, word, named=named, text=_text(found), sure=sure)
    return None


def _is(agent: str) -> OwnWord | None:
    """What the last word of a product's name makes of it."""
    for name in _products(agent):
        if NO_ROBOTS.search(name):
            continue
        letters = name.encode("latin-1", "replace")
        for word, purpose, expression in _NAMES:
            if found := expression.search(letters):
                return OwnWord(purpose, word, named=True, text=_text(found))
    return None


def _products(agent: str) -> Iterator[str]:
    """The names of all products: before a version, behind "compatible;", and what is left."""
    bare = _BRACKETS.sub(" ", agent)
    end = 0
    for number, product in enumerate(_PRODUCT.finditer(bare)):
        if number == MAX_PRODUCTS:
            return
        yield product[1].strip()
        end = product.end()
    yield bare[end:].strip()
    if compatible := _COMPATIBLE.search(agent):
        yield compatible[1].strip()


def _own_name(agent: str) -> str:
    """The first product's name; of what calls itself Mozilla, the one that it is compatible as."""
    if agent.startswith("Mozilla/"):
        found = _COMPATIBLE.search(agent)
        return found[1] if found else ""
    found = _OWN.match(agent)
    return found[0] if found else ""


def _words(text: str) -> bytes:
    """`PodcastResearch-v2` → `Podcast Research v2`, so that words have ends."""
    return _CAMEL.sub(" ", text).encode("latin-1", "replace")


def _text(found: Any) -> str:
    return str(found.group().decode("latin-1")).lower().strip()


@dataclass(frozen=True, slots=True)
class Own:
    """How a user agent's words on itself are read, and what every agent that has such words has."""

    read: Callable[[str], OwnWord | None]
    hints: tuple[str, ...] = HINTS


OWN = Own(own_word)
