"""The page's part about evidence: what was said today, what was taken, and the way to an export."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

from stagedoor.record.today import Today
from stagedoor.web.desk.elements import joined, marked, note, table
from stagedoor.web.desk.places import place
from stagedoor.web.desk.texts import number, say
from stagedoor.web.desk.view import Outlook

TOP = 25
EXPORTED = 30
"""Days that an export covers."""


def evidence(today: Today, outlook: Outlook, token: str) -> Markup:
    """Those that took in spite of a no come first."""
    if outlook.state is None:
        return Markup("<p>{}</p>").format(say("evidence.off"))
    rows = [row for row in today.rows if row.told or row.taken or row.refused]
    if not rows:
        return Markup("<p>{}</p>").format(say("evidence.none"))
    rows.sort(key=lambda row: (-row.taken_against, -row.refused, -row.taken))
    heads = [say(f"col.{key}") for key in ("name", "told", "taken", "anyway", "refused", "export")]
    cells = [
        (marked(row.client), number(row.told), number(row.taken),
         number(row.taken_against), number(row.refused), _export(row.client.name, token))
        for row in rows[:TOP]
    ]  # fmt: skip
    return joined(
        (
            table(say("evidence.caption"), heads, cells, "n1"),
            note(say("evidence.claimed")),
            note(say("evidence.about", days=EXPORTED)),
            note(say("evidence.command")),
            Markup("<pre>{}</pre>").format(command(outlook.state)),
        )
    )


def command(state: Path) -> str:
    """How the same is had on the command line."""
    return (
        f"stagedoor evidence list --state {state}\n"
        f"stagedoor evidence export --state {state} --crawler NAME --since 2026-10-01 OUT"
    )


def _export(name: str, token: str) -> Markup:
    return Markup(
        '<form method="post" action="{}"><input type="hidden" name="token" value="{}">'
        '<input type="hidden" name="crawler" value="{}"><button>{}</button></form>'
    ).format(place("/evidence"), token, name, say("evidence.button", name=name))
