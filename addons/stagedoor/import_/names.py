"""Names that the catalogue knows, and entries for those it does not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stagedoor.identify.catalogue import Catalogue, Signature
from stagedoor.import_.wishes import About
from stagedoor.import_.yaml_writer import Written, entry

FILE = "crawlers/imported.yaml"
MAX_NAME = 80
"""Characters; the longest name in the catalogue has half as many."""

_VERSION = re.compile(r"[/ ]v?[0-9][0-9.]*\Z")
_LIKE_A_NAME = re.compile(
    r"(?i:bot|crawl|spider|scrap|fetch|agent|index|search|harvest|archiv|slurp|scan|monitor|check)"
    r"|[0-9_. /-]|[a-z][A-Z]|[A-Z]{2}"
)
"""What keeps a name apart from a word of the language, such as Code or Operator."""

_PART_OF_NAMES = re.compile(
    r"(?i)(web|site)?(bot|crawl|spider|scrap|fetch|agent|index|search|scan|monitor|check)"
    r"(s|e|er|ers|per|ner|ing)?\Z"
)
"""Words that robots' names are made of: `bot` in a list means FooBot as well."""


class Names:
    """A catalogue, looked up by what people write in lists."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._known: dict[str, Signature] = {}
        for signature in catalogue.signatures:
            for token in signature.tokens:
                self._known.setdefault(token.lower(), signature)
        self._known |= {signature.name.lower(): signature for signature in catalogue.signatures}
        self._agents = [
            (agent.lower(), agent, signature.name)
            for signature in catalogue.signatures
            for agent in (*signature.examples.match, *signature.examples.differ)
        ]

    def find(self, name: str) -> Signature | None:
        """The entry with this name or token, in any case, with or without a version behind it."""
        versionless = _VERSION.sub("", name.lower())
        return self._known.get(name.lower()) or self._known.get(versionless)

    def unfit(self, name: str) -> str:
        """Why `name` cannot be looked for in user agents; empty where it can."""
        if len(name) > MAX_NAME:
            return f"a name of {len(name)} characters is none"
        if not name.isascii() or not name.isprintable():
            return "user agents hold no such letters"
        if len(name) < 3:
            return "so short a word stands in many user agents"
        if not _LIKE_A_NAME.search(name):
            return "a plain word can stand in anybody's user agent"
        if _PART_OF_NAMES.match(name):
            return "it is a part of many names"
        word = re.compile(rf"(?<![a-z0-9]){re.escape(name.lower())}(?![a-z0-9])")
        for lowered, agent, owner in self._agents:
            if name.lower() in lowered and word.search(lowered):
                return f"the word also stands in the user agent of {owner} ({_cut(agent)})"
        return ""


def _cut(agent: str) -> str:
    return agent if len(agent) < 60 else agent[:57] + "…"


def catalogue_file(entries: Mapping[str, tuple[About, str]], day: str) -> str:
    """The file for names that were not known: name → what its list says of it, and where."""
    lines = [
        "# Crawlers that the catalogue did not know, from lists of yours: `stagedoor import`.",
        f"reviewed: {day}",
        "crawlers:",
    ]
    for name, (about, place) in entries.items():
        fields: dict[str, Written] = {"name": name, "token": name, "purpose": about.purpose}
        optional: Sequence[tuple[str, str]] = (
            ("operator", about.operator),
            ("docs", about.docs),
            ("robots", about.robots if about.robots != "unknown" else ""),
        )
        fields |= {key: text for key, text in optional if text}
        fields["note"] = f"Named in {place}. {about.note or 'What it does was not looked into.'}"
        fields["examples"] = {"match": [name]}
        lines += entry(fields, "  ")
    return "\n".join(lines) + "\n"
