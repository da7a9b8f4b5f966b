"""What all parts of the report are made of: tables, cells, and the remark that there is more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from stagedoor.evidence.account import Entry
from stagedoor.evidence.wording import Wording

SHOWN = 40
"""Rows of a table; the rest stands in entries.jsonl."""


def section(heading: str, *parts: Markup | str) -> Markup:
    """A part of the report."""
    return Markup("<section><h2>{}</h2>{}</section>").format(heading, Markup("").join(parts))


def table(
    wording: Wording,
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    style: str = "log",
) -> Markup:
    """A table; `columns` are keys of the texts. `name` says of what it is to who does not see it."""
    body = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row)
        )
        for row in rows
    )
    if not body:
        return Markup("<p>{}</p>").format(wording.say("none"))
    head = Markup("").join(
        Markup("<th>{}</th>").format(wording.say(f"col.{column}")) for column in columns
    )
    return Markup(
        '<div class=wide tabindex=0 role=region aria-label="{}"><table class="{}"><thead><tr>{}</tr>'
        "</thead><tbody>{}</tbody></table></div>"
    ).format(name, style, head, body)


def rest(wording: Wording, all_of_them: int, shown: int) -> Markup | str:
    """How many rows there are besides those that are shown."""
    if all_of_them <= shown:
        return ""
    return Markup("<p class=note>{}</p>").format(
        wording.say("rest", shown=wording.number(shown), all=wording.number(all_of_them))
    )


def still(text: str) -> Markup:
    """Text that is not broken into lines."""
    return Markup("<span class=still>{}</span>").format(text)


def path(entry: Entry) -> Markup:
    """What was asked for."""
    return Markup("<code>{} {}</code>").format(entry.body["method"], entry.body["path"])


def sure(wording: Wording, proof: str) -> str:
    """How sure an identity is: proven, claimed, contradicted."""
    return wording.say(f"proof.{proof}")


def identity(wording: Wording, entry: Entry) -> tuple[str, str]:
    """How sure it is who it was, and its address as far as that is kept."""
    place = entry.personal.get("address") or entry.personal.get("network") or "–"
    return sure(wording, entry.body["proof"]), place
