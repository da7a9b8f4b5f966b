"""Takes what was seen of platforms, keeps what is new, and reports it. No network and no clock.

The one place where the watch beside the browser, `platforms check` and the import meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from stagedoor.platforms.changes import Comparison, compare
from stagedoor.platforms.clauses import ClauseClass, TermsRules, titles_of
from stagedoor.platforms.kept_texts import Entry, History, Via
from stagedoor.platforms.normal_text import Version, version
from stagedoor.platforms.page_audit import (
    ClaimCheck,
    Decided,
    PageAudit,
    Signal,
    check_claim,
    newly_looked_at,
    signals_of_recordings,
    with_recordings,
)
from stagedoor.platforms.profiles import Profile, Profiles, State, Text

NewsKind = Literal["first text", "changed text", "other language", "setting", "signals", "no text"]


@dataclass(frozen=True, slots=True)
class News:
    """One thing that is new. `sentence` is for people, on one line."""

    kind: NewsKind
    platform: str
    subject: str
    sentence: str
    comparison: Comparison | None = None


Tell = Callable[[News], None]


class Observer:
    """`tell` hears of what is new. One thread at a time."""

    def __init__(self, profiles: Profiles, rules: TermsRules, history: History, tell: Tell) -> None:
        self.profiles = profiles
        self.rules = rules
        self.history = history
        self._tell = tell
        self._classes: dict[str, frozenset[ClauseClass] | None] = {}
        self._recordings: dict[str, tuple[Signal, ...] | None] = {}
        self._not_sent: set[tuple[str, str]] = set()

    def version_of(self, blocks: Sequence[str]) -> Version:
        """A text from its paragraphs."""
        return version(blocks, self.rules.calendar, self.rules.common)

    def kept(self, entry: Entry) -> Version:
        """The text of an entry."""
        return self.version_of(self.history.text(entry).splitlines())

    # -- what was seen -------------------------------------------------------------------------

    def document(
        self, profile: Profile, document: Text, blocks: Sequence[str], at: int, via: Via
    ) -> Comparison | None:
        """A text was read; returns what changed since the last one in its language.

        Without paragraphs: the page was there, and the text was not found in it.
        """
        subject = document.name
        if not blocks:
            if self.history.last_look("unread", profile.id, subject) is None:
                sentence = (
                    f"{profile.name}, {subject}: the page did not hold the text where the profile "
                    "looks for it"
                )
                self._tell(News("no text", profile.id, subject, sentence))
            self.history.looked("unread", profile.id, subject, at)
            return None
        new = self.version_of(blocks)
        before = [e for e in self.history.entries("text", profile.id, subject) if e.at <= at]
        same = [e for e in before if e.body.get("language") == new.language]
        self.history.looked("text", profile.id, subject, at)
        if same and same[-1].body.get("exact") == new.exact:
            return compare(self.kept(same[-1]), new, self.rules)
        body = {
            "language": new.language, "updated": new.updated, "exact": new.exact,
            "undated": new.undated, "via": via, "words": new.words,
        }  # fmt: skip
        self.history.add("text", profile.id, subject, at, body, new.text)
        last = (same or before)[-1] if before else None
        self._classes.pop(profile.id, None)
        if last is None:
            self._first(profile, subject, new)
            return None
        comparison = compare(self.kept(last), new, self.rules)
        if comparison.is_change:
            self._changed(profile, subject, comparison)
        return comparison

    def setting(self, profile: Profile, name: str, state: State, at: int) -> None:
        """A settings page showed a state."""
        last = self.history.latest("setting", profile.id, name)
        self.history.looked("setting", profile.id, name, at)
        if last is not None and last.body.get("state") == state:
            return
        self.history.add("setting", profile.id, name, at, {"state": state})
        was = f" (it was {last.body['state']})" if last else ""
        sentence = f"{profile.name}: {name} is {state}{was}"
        self._tell(News("setting", profile.id, name, sentence))

    def not_sent(self, profile: Profile, document: Text) -> None:
        """The page of a document was shown from the browser's cache."""
        key = (profile.id, document.name)
        known = self.history.last_look("text", *key) or self.history.last_look("unread", *key)
        if known is None and key not in self._not_sent:
            self._not_sent.add(key)
            sentence = (
                f"{profile.name}, {document.name}: the browser showed the copy that it has kept — "
                "reload the page with Shift to have it read"
            )
            self._tell(News("no text", profile.id, document.name, sentence))

    def recording(self, profile: Profile, signals: tuple[Signal, ...]) -> None:
        """A recording was played; it counts from the next audited() on."""
        self._recordings[profile.id] = signals

    def with_recordings(self, profile: Profile, page: PageAudit) -> PageAudit:
        """A page with what the recordings of its platform said last, where one was played."""
        if profile.id not in self._recordings:
            last = self.last_audit(profile)
            self._recordings[profile.id] = signals_of_recordings(last[1]) if last else None
        signals = self._recordings[profile.id]
        return page if signals is None else with_recordings(page, signals)

    def audited(self, profile: Profile, page: PageAudit, at: int) -> None:
        """A page with audio was looked at."""
        audit = self.with_recordings(profile, page)
        last = self.history.latest("audit", profile.id, "page")
        self.history.looked("audit", profile.id, "page", at)
        body = {"audit": asdict(audit)}
        if last is not None and _same(last.body.get("audit"), body["audit"]):
            return
        self.history.add("audit", profile.id, "page", at, body)
        before = read_audit(last.body["audit"]) if last is not None else None
        if (
            before is not None
            and before.answers == audit.answers
            and newly_looked_at(before, audit)
        ):
            return
        answers = ", ".join(f"{use}: {said or 'nothing'}" for use, said in audit.answers.items())
        sentence = f"{profile.name}: a page with audio says {answers}"
        self._tell(News("signals", profile.id, "page", sentence))

    # -- what is known -------------------------------------------------------------------------

    def last_audit(self, profile: Profile) -> tuple[int, PageAudit] | None:
        """The newest audit of a page of this platform."""
        entry = self.history.latest("audit", profile.id, "page")
        if entry is None:
            return None
        at = self.history.last_look("audit", profile.id, "page") or entry.at
        return at, read_audit(entry.body["audit"])

    def classes(self, profile: Profile) -> frozenset[ClauseClass] | None:
        """The classes of all clauses in the newest texts; None where no text has been read."""
        if profile.id not in self._classes:
            texts = [self.kept(entry) for entry in self.newest_texts(profile)]
            found = (clause.class_ for text in texts for clause in self.rules.clauses(text))
            self._classes[profile.id] = frozenset(found) if texts else None
        return self._classes[profile.id]

    def newest_texts(self, profile: Profile) -> list[Entry]:
        """Of each document the newest text, in the profile's order."""
        names = [document.name for document in profile.file.documents]
        found = (self.history.latest("text", profile.id, name) for name in names)
        return [entry for entry in found if entry is not None]

    def states(self, profile: Profile) -> Mapping[str, State]:
        """The newest state of each setting that was seen."""
        entries = self.history.entries("setting", profile.id)
        return {entry.subject: entry.body["state"] for entry in entries}

    def claims(self, profile: Profile, page: PageAudit | None) -> tuple[ClaimCheck, ...]:
        """What the platform claims, against all that is known."""
        if not profile.file.claims:
            return ()
        classes, states = self.classes(profile), self.states(profile)
        return tuple(check_claim(c, page, classes, states) for c in profile.file.claims)

    # -- reports -------------------------------------------------------------------------------

    def _first(self, profile: Profile, subject: str, new: Version) -> None:
        titles = titles_of(self.rules.clauses(new))
        about = f"; about AI: {', '.join(titles)}" if titles else "; nothing weighty about AI"
        sentence = f"{profile.name}, {subject}: read for the first time, {new.words} words{about}"
        self._tell(News("first text", profile.id, subject, sentence))

    def _changed(self, profile: Profile, subject: str, comparison: Comparison) -> None:
        parts = []
        for word, clauses in (("new", comparison.gained), ("gone", comparison.lost)):
            titles = titles_of(clauses)
            parts += [f"{word}: {', '.join(titles)}"] if titles else []
        if comparison.outcome == "language":
            before, after = comparison.languages
            sentence = f"{profile.name}, {subject}: now read in {after}, before in {before}"
            kind: NewsKind = "other language"
        else:
            count = len(comparison.changes)
            sentence = f"{profile.name} changed its {subject}: {count} sentence{'s' * (count != 1)}"
            kind = "changed text"
        if comparison.silent:
            parts.append('its date of "last updated" did not change')
        sentence += f" ({'; '.join(parts)})" if parts else ""
        self._tell(News(kind, profile.id, subject, sentence, comparison))


def _same(one: object, other: object) -> bool:
    """Whether two audits say the same: JSON has lists where dataclasses have tuples."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(_same(a, b) for a, b in pairs)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    return one == other


def read_audit(body: Mapping[str, object]) -> PageAudit:
    """An audit as it was kept."""

    def rows(name: str) -> list[dict[str, object]]:
        value = body.get(name)
        return list(value) if isinstance(value, list) else []

    def words(name: str) -> tuple[str, ...]:
        value = body.get(name)
        return tuple(map(str, value)) if isinstance(value, list) else ()

    return PageAudit(
        tuple(Decided(r["use"], r["answer"], tuple(r["by"])) for r in rows("decided")),  # type: ignore[arg-type]
        tuple(Signal(**row) for row in rows("signals")),  # type: ignore[arg-type]
        words("named"),
        words("left_out"),
        words("looked_at"),
    )
