"""YAML in the style of the shipped rules: a line a field, cases in braces, few quotes.

What is written is read back by our own `yamltext` as the same values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from stagedoor.import_.wishes import Expression

WIDTH = 100
"""Characters; longer lists go on in the next line."""

Written = str | Expression | Sequence["Written"] | Mapping[str, "Written"]
"""What can be written: texts, expressions, lists and fields of them."""

_IN_BRACES = re.compile(r"(?:[A-Za-z/][A-Za-z0-9_./*+@-]*|[0-9]+(?:\.[0-9]+){3}(?:/[0-9]+)?)\Z")
_NUMBER = re.compile(r"[-+]?[0-9.]+\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_WORDS = frozenset({"null", "true", "false"})
"""What our reader takes for something else than text."""


def in_braces(text: str) -> str:
    """`text` as it stands between brackets or braces, or as a key."""
    plain = _IN_BRACES.match(text) and text.lower() not in _WORDS
    return text if plain else _quoted(text)


def on_a_line(text: str) -> str:
    """`text` as it stands alone behind a key."""
    if _DATE.match(text):
        return text
    plain = (text[:1].isalnum() or text[:1] in {"/", "("}) and not (
        text != text.strip()
        or text.endswith(":")
        or ": " in text
        or " #" in text
        or "\t" in text
        or text.lower() in _WORDS
        or _NUMBER.match(text)
        or not _printable(text)
    )
    return text if plain else _quoted(text)


def _printable(text: str) -> bool:
    return text.isprintable() and "\ufeff" not in text


def _quoted(text: str) -> str:
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if _printable(character):
        return character
    number = ord(character)
    return (
        f"\\x{number:02x}"
        if number < 256
        else f"\\u{number:04x}"
        if number < 65536
        else f"\\U{number:08x}"
    )


def flow(value: Written) -> str:
    """`value` in one line: `{ua: …, get: /a}`."""
    if isinstance(value, str):
        return in_braces(value)
    if isinstance(value, Expression):
        return f"{{re: {_quoted(value.pattern)}}}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{in_braces(k)}: {flow(v)}" for k, v in value.items()) + "}"
    return "[" + ", ".join(map(flow, value)) + "]"


def fields(items: Mapping[str, Written], indent: str) -> list[str]:
    """A line (or more) for each field; lists of fields become `- {…}` lines."""
    lines = []
    for key, value in items.items():
        name = f"{indent}{in_braces(key)}:"
        if isinstance(value, str):
            lines.append(f"{name} {on_a_line(value)}")
        elif isinstance(value, Mapping) and key == "when":
            lines += [name, *fields(value, indent + "  ")]
        elif (
            not isinstance(value, Mapping | Expression) and value and isinstance(value[0], Mapping)
        ):
            lines += [name, *(f"{indent}  - {flow(item)}" for item in value)]
        elif isinstance(value, Mapping | Expression) or len(name) + len(flow(value)) < WIDTH:
            lines.append(f"{name} {flow(value)}")
        else:
            lines += _wrapped(name, value, indent)
    return lines


def _wrapped(name: str, values: Sequence[Written], indent: str) -> list[str]:
    lines = [f"{name} ["]
    row = ""
    for word in map(flow, values):
        if row and len(indent) + len(row) + len(word) + 5 > WIDTH:
            lines.append(f"{indent}  {row.rstrip()}")
            row = ""
        row += f"{word}, "
    return [*lines, f"{indent}  {row.removesuffix(', ')}", f"{indent}]"]


def entry(items: Mapping[str, Written], indent: str = "") -> list[str]:
    """One item of a list of fields: `- id: …`, and the rest below it."""
    lines = fields(items, indent + "  ")
    return [f"{indent}- {lines[0].lstrip()}", *lines[1:]]
