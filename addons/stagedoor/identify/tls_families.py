"""Families of TLS libraries: `rules/fingerprints.yaml` → which family a JA4 belongs to.

A family is known by the middle part of the JA4s that its programs were seen to send. The file is
written by `tools/measure_ja4.py`; nothing is in it that was not measured, or published with the
traffic it was taken from. What no family claims is simply not known, and says nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, field_validator

from stagedoor.config.schema import ListOf, Model, check
from stagedoor.config.yamltext import Document
from stagedoor.identify.ja4 import middle, well_formed
from stagedoor.model.errors import Problem

FILE = "fingerprints.yaml"
Engine = Literal["chromium", "firefox"]
"""Browsers whose TLS library is their own, so that a handshake can contradict a user agent. Safari
is none of them: on iOS every browser uses its library, and so do Apple's apps."""


class Seen(Model):
    """One program's handshake. `source` says where it was published, where we did not see it."""

    client: str = Field(min_length=1)
    version: str
    ja4: str
    date: Annotated[date, Field(strict=False)]
    source: str = ""

    @field_validator("ja4")
    @classmethod
    def _shaped(cls, value: str) -> str:
        if not well_formed(value):
            raise ValueError(
                f'"{value}" is not a JA4 — they look like t13d1517h2_8daaf6152771_cb7bf5808d99'
            )
        return value

    @field_validator("version", mode="before")
    @classmethod
    def _text(cls, value: object) -> object:
        return str(value) if isinstance(value, int | float) else value  # `7.88` reads as a number


class Family(Model):
    """One TLS library. `engine` is empty for everything that is not a browser's own."""

    name: str = Field(min_length=1)
    engine: Engine | Literal[""] = ""
    seen: ListOf[Seen]

    @field_validator("seen")
    @classmethod
    def _something(cls, value: tuple[Seen, ...]) -> tuple[Seen, ...]:
        if not value:
            raise ValueError("a family has no handshake — run tools/measure_ja4.py --write")
        return value

    @property
    def middles(self) -> frozenset[str]:
        return frozenset(middle(seen.ja4) for seen in self.seen)


class File(Model):
    """The whole file. Impersonators belong to no family: they are there to be known about."""

    families: ListOf[Family] = ()
    impersonators: ListOf[Seen] = ()


@dataclass(frozen=True, slots=True)
class Families:
    """All families, by the middle parts of their JA4s."""

    by_middle: Mapping[str, Family] = field(default_factory=dict)

    def of(self, fingerprint: str) -> Family | None:
        """The family of a JA4; None where nobody knows, and for QUIC.

        Over QUIC there are three cipher suites to choose from and every client offers all of them:
        the middle part is the same for all.
        """
        return None if fingerprint.startswith("q") else self.by_middle.get(middle(fingerprint))


def read_families(document: Document | None, problems: list[Problem]) -> Families:
    """The families in `document`; every mistake is added to `problems`.

    No families where the file is missing, emptied or unusable: then no JA4 says anything.
    """
    file = check(File, document, problems) if document and document.value is not None else None
    if file is None or document is None:
        return Families()
    found: dict[str, Family] = {}
    for number, family in enumerate(file.families):
        for part in sorted(family.middles):
            other = found.setdefault(part, family)
            if other is not family:
                problems.append(
                    Problem(
                        document.at(("families", number, "name")),
                        f'the middle part {part} of "{family.name}" already means "{other.name}"',
                        "put both programs into one family",
                    )
                )
    return Families(found)
