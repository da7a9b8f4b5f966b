"""What one page with audio says to machines, and what its platform claims held against it. Pure.

Signals are read by `audit/`. Of the page itself nothing is kept: no address, no title, only which
standard said what in which kind of place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from stagedoor.audit.conflicts import nothing
from stagedoor.audit.findings import joined_words
from stagedoor.audit.responses import Fetched, Site
from stagedoor.audit.result import Audit, audit
from stagedoor.audit.statements import Placed
from stagedoor.platforms.clauses import CLASSES, TITLES, ClauseClass
from stagedoor.platforms.profiles import Claim, State
from stagedoor.signals.meaning import USES, Answer, Use

Verdict = Literal["holds", "not found", "not looked at"]
_BEST_KNOWN = (
    "GPTBot", "ClaudeBot", "CCBot", "Google-Extended", "Applebot-Extended", "meta-externalagent",
    "Bytespider", "Amazonbot", "anthropic-ai", "MistralAI-Training", "xAI-Bot",
)  # fmt: skip
_WORDS = 200
"""Characters of a signal that are kept."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal: what it says about each use, where it stood, its words."""

    standard: str
    place: str
    train: Answer | None
    input: Answer | None
    search: Answer | None
    words: str

    @property
    def of_page(self) -> bool:
        """Whether it comes with the page or a recording, not in a file for the whole site."""
        return self.place in {_HEADERS, _HTML, _RECORDING}


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer for one use, and the standards that decided it."""

    use: Use
    answer: Answer | None
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """A claim, and what was found."""

    says: str
    verdict: Verdict
    found: str

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.says} — {'yes: ' if self.verdict == 'holds' else ''}{self.found}"


@dataclass(frozen=True, slots=True)
class PageAudit:
    """What a page says. `named` and `left_out`: crawlers that come for training, by robots.txt."""

    decided: tuple[Decided, ...]
    signals: tuple[Signal, ...]
    named: tuple[str, ...]
    left_out: tuple[str, ...]
    looked_at: tuple[str, ...]
    """`page`, `headers`, `recordings`, `robots.txt`, `well-known files`."""

    @property
    def answers(self) -> dict[Use, Answer | None]:
        return {one.use: one.answer for one in self.decided}


_HEADERS, _HTML, _RECORDING = "the page's headers", "the page", "a recording"


def audit_page(
    page: Fetched,
    robots: Fetched | None,
    files: Mapping[str, Fetched],
    crawlers: Mapping[str, Use],
    recordings: tuple[Fetched, ...] = (),
) -> PageAudit:
    """Judge one page by what is known of its host. `crawlers`: what each robots token comes for."""
    unknown = Fetched(page.url, status=404)
    site = Site(page, robots or unknown, files, recordings=recordings)
    found = audit(site, crawlers)
    by_name = found.by_name.get("train")
    named = by_name.refused if by_name and robots is not None else ()
    training = tuple(token for token, use in crawlers.items() if use == "train")
    looked_at = (
        "page",
        "headers",
        *(["recordings"] if recordings else []),
        *(["robots.txt"] if robots is not None else []),
        *(["well-known files"] if files else []),
    )
    return PageAudit(
        tuple(_decided(found, use) for use in USES),
        tuple(dict.fromkeys(_signals(found))),
        named,
        tuple(t for t in training if t not in named) if robots is not None else (),
        looked_at,
    )


def recording_signals(recording: Fetched, crawlers: Mapping[str, Use]) -> tuple[Signal, ...]:
    """What the headers of one recording say; its body is not looked at."""
    page = Fetched(recording.url, 200)
    found = audit(Site(page, Fetched(page.url, 404), {}, recordings=(recording,)), crawlers)
    return tuple(dict.fromkeys(s for s in _signals(found) if s.place == _RECORDING))


def with_recordings(page: PageAudit, signals: tuple[Signal, ...]) -> PageAudit:
    """A page together with what its platform's recordings say; of several answers the strictest."""
    decided = tuple(_stricter(one, signals) for one in page.decided)
    places = ("page", "headers", "recordings", "robots.txt", "well-known files")
    looked_at = tuple(p for p in places if p in page.looked_at or p == "recordings")
    own = tuple(s for s in page.signals if s.place != _RECORDING)
    return replace(page, decided=decided, signals=(*own, *signals), looked_at=looked_at)


def signals_of_recordings(page: PageAudit) -> tuple[Signal, ...] | None:
    """Those of an audit; None where no recording was looked at."""
    if "recordings" not in page.looked_at:
        return None
    return tuple(s for s in page.signals if s.place == _RECORDING)


def newly_looked_at(before: PageAudit, after: PageAudit) -> tuple[str, ...]:
    """What was looked at for the first time, where nothing else is another than before."""
    more = tuple(place for place in after.looked_at if place not in before.looked_at)
    gone = set(before.looked_at) - set(after.looked_at)
    return () if gone or not set(before.signals) <= set(after.signals) else more


def _stricter(one: Decided, signals: tuple[Signal, ...]) -> Decided:
    for answer in ("no", "yes"):
        said = [s.standard for s in signals if getattr(s, one.use) == answer]
        if one.answer == answer or said:
            by = one.by if one.answer == answer else ()
            return Decided(one.use, answer, tuple(dict.fromkeys((*by, *said))))
    return one


def _decided(found: Audit, use: Use) -> Decided:
    """What all that was looked at says of one use: of several answers, the strictest."""
    resolved = [one.resolved(use) for one in found.heard]
    for answer in ("no", "yes"):
        by = [r for r in resolved if r.answer == answer]
        if by:
            standards = dict.fromkeys(s.standard for r in by for s in r.decided_by)
            return Decided(use, by[0].answer, tuple(standards))
    return Decided(use, None, ())


def _signals(found: Audit) -> list[Signal]:
    return [
        Signal(
            placed.statement.standard, _place(placed, one.kind),
            placed.statement.said.train, placed.statement.said.input, placed.statement.said.search,
            without_addresses(placed.words)[:_WORDS],
        )
        for one in found.heard
        for placed in (*one.heard, *one.to_others)
        if not nothing(placed.statement.said)
    ]  # fmt: skip


def _place(placed: Placed, kind: str) -> str:
    """Where a signal stood, without the address of the page."""
    where = placed.statement.where
    if kind == "recording" and where in {"header", "html", "file"}:
        return _RECORDING
    if where in {"header", "html"}:
        return _HEADERS if where == "header" else _HTML
    return placed.place if placed.place.startswith("robots.txt") else where


def check_claim(
    claim: Claim,
    page: PageAudit | None,
    clauses: frozenset[ClauseClass] | None,
    states: Mapping[str, State],
) -> ClaimCheck:
    """One claim against what was seen. `clauses` None: no text has been read yet."""
    says = f"says {claim.says}"
    if claim.about == "tags":
        if page is None:
            return ClaimCheck(says, "not looked at", "no page with audio has been seen yet")
        return _tags(says, page)
    if claim.about == "terms-forbid":
        if clauses is None:
            return ClaimCheck(says, "not looked at", "its terms have not been read yet")
        holds = "forbids" in clauses
        grants = [TITLES[c] for c in CLASSES[:2] if c in clauses]
        found = "its terms have such a sentence" if holds else "no such sentence found in its terms"
        if grants:
            found += f"; they also have one that {' and one that '.join(grants)}"
        return ClaimCheck(says, "holds" if holds else "not found", found)
    if claim.about == "setting" and states:
        shown = ", ".join(f"{name}: {state}" for name, state in states.items())
        return ClaimCheck(says, "holds", f"the settings page showed {shown}")
    return ClaimCheck(says, "not looked at", "nothing that was seen can show it")


def _tags(says: str, page: PageAudit) -> ClaimCheck:
    tags = [s for s in page.signals if s.of_page and "no" in {s.train, s.input}]
    if tags:
        words = dict.fromkeys(f"{s.standard} in {s.place}: {s.words}" for s in tags)
        return ClaimCheck(says, "holds", "; ".join(words))
    places = ["this page", "its headers"]
    places += ["its recordings"] if "recordings" in page.looked_at else []
    found = f"none found in {joined_words(places)}"
    if "recordings" not in page.looked_at:
        found += " (its recordings were not looked at)"
    return ClaimCheck(says, "not found", f"{found}; {robots_sentence(page)}")


def robots_sentence(page: PageAudit, most: int = 0) -> str:
    """`robots.txt names 6 crawlers that train AI and leaves these 20 out: …`; of those at most
    `most`, where that is given, the best known first.
    """
    if "robots.txt" not in page.looked_at:
        return "robots.txt has not been read"
    if not page.named:
        return "robots.txt names no crawler that trains AI"
    count = len(page.named)
    who = "crawler that trains AI" if count == 1 else "crawlers that train AI"
    text = f"robots.txt names {count} {who}"
    if page.left_out:
        known = [name for name in _BEST_KNOWN if name in page.left_out]
        names = list(dict.fromkeys((*known, *page.left_out)))
        shown = names[:most] if most else names
        rest = len(names) - len(shown)
        text += f" and leaves these {len(names)} out: {', '.join(shown)}"
        text += f", and {rest} more" if rest else ""
    return text


_WORD = re.compile(r"(?<!<)[^\s\"'<>,;]+|(?<=<)[^\s\"'<>,;]+")
_TYPE = re.compile(r"(?:application|audio|font|image|text|video|\*)/[\w.+*-]+", re.IGNORECASE)
_SITE = re.compile(r"(?:[\w-]+=)?(https?:)?//(?:[^/@]*@)?([^/?#@]+)(.*)", re.IGNORECASE)
_LONG = 24
"""Characters of a word that no standard has: a key, or a token."""


def without_addresses(words: str) -> str:
    """A signal's words without what could name a page, a person or a session.

    Of an address its host is left.
    """
    return _WORD.sub(_public, words)


def _public(found: re.Match[str]) -> str:
    word = found[0]
    site = _SITE.fullmatch(word)
    if site is not None:
        return f"{site[1] or ''}//{site[2]}" + ("/…" if len(site[3]) > 1 else site[3])
    tag = found.start() and found.string[found.start() - 1] == "<"
    if _TYPE.fullmatch(word) or (tag and re.fullmatch(r"/?[A-Za-z:]+/?", word)) or word == "/":
        return word
    secret = len(word) > _LONG and any(map(str.isdigit, word))
    return "…" if secret or any(mark in word for mark in "/?#@&%") else word


def without_words(page: PageAudit) -> PageAudit:
    """The same without the signals' very words, where those could name somebody."""
    return replace(page, signals=tuple(replace(s, words="") for s in page.signals))
