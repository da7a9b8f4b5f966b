"""Texts for people about what was found, in their language: times, sizes, and what became of entries.

The texts are in `report_texts`. A key ending in `.one` is for what a language counts as one, its twin in
`.many` for all others. In English, times are written as 2026-10-01 12:00:00: which of two numbers is the
month, its readers do not agree on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from markupsafe import Markup

from stagedoor.evidence.report_texts import REPORT_TEXTS
from stagedoor.evidence.verification import Findings
from stagedoor.model import locale_forms
from stagedoor.model.languages import DEFAULT, Language

_NAMELESS = frozenset({"anonymous", "unknown"})


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """Who set a time stamp (a host), when it says (Unix milliseconds), and whether it was checked."""

    at: int
    by: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Wording:
    """All that is said in one language."""

    language: Language = DEFAULT

    def markup(self, key: str, **values: object) -> Markup:
        """A text as markup; what is filled in is escaped."""
        return Markup(REPORT_TEXTS[self.language][key]).format(**values)  # noqa: S704

    def say(self, key: str, **values: object) -> str:
        """A text without markup, filled in."""
        return REPORT_TEXTS[self.language][key].format(**values)

    def many(self, key: str, count: int) -> str:
        """A text about so many of something."""
        one = locale_forms.is_one(count, self.language)
        return self.say(f"{key}.{'one' if one else 'many'}", n=self.number(count))

    def number(self, count: int) -> str:
        """1,234 or 1.234."""
        return locale_forms.number(count, self.language)

    def size(self, count: int) -> str:
        """Bytes for people: 1.2 MB or 1,2 MB."""
        return locale_forms.volume(count, self.language)

    def at(self, milliseconds: int) -> str:
        """A time in UTC, to the second."""
        if self.language == "en":
            return when(milliseconds)
        return locale_forms.utc_second(milliseconds, self.language)

    def minute(self, milliseconds: int) -> str:
        """A time in UTC, to the minute."""
        return self.at(milliseconds)[:-3]

    def day(self, milliseconds: int) -> str:
        """A day in UTC."""
        if self.language == "en":
            return when(milliseconds)[:10]
        return locale_forms.utc_day(milliseconds, self.language)

    def hour(self, milliseconds: int) -> str:
        """Day and month, and the minute, in UTC: Oct 1 12:00 or 1. Okt. 12:00."""
        return locale_forms.utc_hour(milliseconds, self.language)

    def lasting(self, milliseconds: int) -> str:
        """A duration in its two largest units: 3 days 4 hours."""
        return locale_forms.lasting(milliseconds, self.language)

    def who(self, client: str, proof: str) -> str:
        """A client's name, as far as it is proven: a user agent is only a claim."""
        return self.say(f"who.{client if client in _NAMELESS else proof}", client=client)

    # -- the ledger itself -------------------------------------------------------------------------

    def pruned(self, ledger: Findings) -> list[str]:
        """What retention took away."""
        return [
            self._about(f"pruned.{one['why']}", one["start"] - one["first"], one["at"],
                        first=one["first"], last=one["start"] - 1)
            for one in ledger.prunings
        ]  # fmt: skip

    def thinned(self, ledger: Findings) -> list[str]:
        """What made room for other entries."""
        return [
            self._about("thinned", one["count"], one["at"], what=self.say(f"thinned.{one['what']}"),
                        **_ends(one))
            for one in ledger.thinnings
        ]  # fmt: skip

    def lost(self, ledger: Findings) -> list[str]:
        """What could not be written down."""
        return [
            self._about(
                "lost", one["count"], one["at"], since=self.at(one["since"]), why=one["why"]
            )
            for one in ledger.losses
        ]

    def erased(self, ledger: Findings) -> list[str]:
        """What personal parts were erased."""
        return [
            self._about(f"erased.{one['why']}", one["count"], one["at"], **_ends(one))
            for one in ledger.erasures
        ]

    def _about(self, key: str, count: int, at: int, **values: object) -> str:
        numbers = {
            name: self.number(value) if isinstance(value, int) else value
            for name, value in values.items()
        }
        return self.say(key, n=self.number(count), at=self.at(at), **numbers)

    def interrupted(self, ledger: Findings) -> list[str]:
        """Interruptions: starts without an end before them."""
        return [
            self.say("interrupted", at=self.at(one["at"]), end=self.at(one["unclean_after"]))
            for one in ledger.unclean
        ]

    def counting(self, refusals: int) -> str:
        """Refusals that are in no entry yet."""
        return self.many("counting", refusals)

    def stamp(self, found: TimeStamp) -> str:
        """A time stamp."""
        key = "stamp.checked" if found.checked else "stamp.not checked"
        return self.say(key, at=self.at(found.at), by=found.by)

    @property
    def cut_off(self) -> str:
        """What no check finds without a hash that was kept elsewhere."""
        return self.say("cut off")


def _ends(one: Mapping[str, Any]) -> dict[str, int]:
    return {"first": one["ranges"][0][0], "last": one["ranges"][-1][1]}


ENGLISH: Final = Wording()


def when(at: int) -> str:
    """Unix milliseconds as `2026-10-01 12:00:00`, UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def size(count: int) -> str:
    """Bytes for a terminal: `1.2 MB`."""
    return ENGLISH.size(count).replace("\N{NO-BREAK SPACE}", " ")


def who(client: str, proof: str) -> str:
    """A client's name for a terminal, as far as it is proven."""
    return ENGLISH.who(client, proof)
