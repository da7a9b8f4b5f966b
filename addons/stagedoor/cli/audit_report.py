"""What an audit found, for a musician to read: two sentences, a table, what contradicts, what is
missing. Every word of the site's goes through `printable`.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from stagedoor.audit.conflicts import places, title
from stagedoor.audit.findings import WORDS, Finding, joined_words, some
from stagedoor.audit.result import Audit, Row
from stagedoor.audit.statements import EVERYBODY, Heard, Placed
from stagedoor.record.terminal import printable
from stagedoor.signals import registry
from stagedoor.signals.meaning import USES, Use

LINE = 400
"""Characters of one line that are shown."""
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
_HEADINGS = (
    ("contradiction", "What contradicts"),
    ("missing", "What is missing"),
    ("note", "To know"),
)


def show(found: Audit, console: Console, *, credentials: bool = False) -> None:
    """Print all of it."""
    console.print(" ".join(sentences(found)))
    console.print()
    console.print(_table(found, credentials=credentials))
    console.print()
    console.print(_looked_at(found), style="dim")
    console.print(_LEGEND, style="dim")
    for matter, heading in _HEADINGS:
        findings = found.of(matter)
        if findings:
            console.print()
            console.print(f"{heading}:")
        for finding in findings:
            _show(finding, console)


_LEGEND = (
    "Training: to build models. Answers: programs that read your pages to answer a question. "
    "Search: to be found. – says nothing."
)


def _show(finding: Finding, console: Console) -> None:
    _wrapped(finding.what, console, "- ", "")
    for place in finding.places:
        _wrapped(place, console, "    ", "dim")
    if finding.fix:
        _wrapped(finding.fix, console, "  → ", "green")


def _wrapped(text: str, console: Console, first: str, style: str) -> None:
    """`text` in lines that begin below one another, with nothing behind them in a pipe."""
    lines = textwrap.wrap(_clean(text), max(20, console.width - len(first)))
    for number, line in enumerate(lines):
        indent = first if number == 0 else " " * len(first)
        console.print(Text(indent + line, style=style), soft_wrap=True)


def sentences(found: Audit) -> list[str]:
    """What is said, and whether it holds together."""
    whom = "machines" if found.agent == EVERYBODY else _clean(found.agent)
    said = ", ".join(_about(found, use) for use in USES)
    contradictions = len(found.contradictions)
    missing = len(found.of("missing"))
    second = "Nothing contradicts"
    if contradictions:
        verb = (
            "thing contradicts another" if contradictions == 1 else "things contradict each other"
        )
        second = f"{_number(contradictions)} {verb}"
    if missing:
        things = "thing is" if missing == 1 else "things are"
        second += f"; {_number(missing).lower()} {things} missing, or not as machines read them"
    return [f"Your site tells {whom}: {said}.", f"{second}."]


def _number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else f"{count:,}"


def _about(found: Audit, use: Use) -> str:
    """`training no (Content-Usage and TDMRep)`, or by resource where they differ."""
    by_answer: dict[str | None, list[Heard]] = {}
    for one in found.heard:
        by_answer.setdefault(one.resolved(use).answer, []).append(one)
    parts = []
    for answer, heard in by_answer.items():
        of = "" if len(by_answer) == 1 else f" for {_clean(some([o.resource.path for o in heard]))}"
        parts.append(f"{answer or 'not said'}{of}{_deciders(heard, use)}")
    names = found.by_name.get(use)
    if names and names.refused and None in by_answer:
        parts.append(f"no to {len(names.refused)} of {names.known} known crawlers by name")
    return f"{WORDS[use]} {joined_words(parts)}"


def _deciders(heard: Sequence[Heard], use: Use) -> str:
    """The standards that decided; where they stand, the table tells."""
    decided = (statement for one in heard for statement in one.resolved(use).decided_by)
    titles = dict.fromkeys(title(statement.standard) for statement in decided)
    return f" ({some(list(titles), 3)})" if titles else ""


def _table(found: Audit, *, credentials: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("Standard", no_wrap=True)
    for use in USES:
        table.add_column(WORDS[use].capitalize(), no_wrap=True)
    table.add_column("Where", overflow="fold")
    if any(names.refused for names in found.by_name.values()):
        cells = [_of_names(found, use) for use in USES]
        table.add_row("Disallow, by name", *cells, "robots.txt (how many of the known crawlers)")
    for row in found.rows:
        names = [n for n in found.by_name.values() if n.refused]
        if row.standard == "robots" and not row.places and names:
            continue
        where = _clean(places(row.places)) or "–"
        option = registry.current().by_name[row.standard].option
        if option and not row.places:
            where = "–" if credentials else f"not looked at: {option}"
        table.add_row(_title(row), *(_cell(row.said.about(use)) for use in USES), Text(where))
    return table


def _title(row: Row) -> Text:
    to = "" if row.agent == EVERYBODY else f" to {_clean(row.agent)}"
    return Text(f"{title(row.standard)}{to}")


def _cell(answer: str | None) -> Text:
    return Text(answer or "–", style={"no": "red", "yes": "green"}.get(answer or "", "dim"))


def _of_names(found: Audit, use: Use) -> Text:
    names = found.by_name[use]
    return Text(f"no to {len(names.refused)} of {names.known}" if names.refused else "–")


def _looked_at(found: Audit) -> str:
    paths = [one.resource.path for one in found.heard if one.kind == "recording"]
    recordings = f"{len(paths)} recording{'s' * (len(paths) != 1)}"
    listed = f" ({some(paths)})" if paths else ""
    return _clean(f"Looked at: {found.reading.site.page.address} and {recordings}{listed}.")


def _clean(text: str) -> str:
    return printable(" ".join(text.split()), LINE)


def as_json(found: Audit) -> str:
    """Everything, in ASCII: what a site says must not reach a terminal as it is."""
    site = found.reading.site
    report = {
        "url": site.page.url,
        "page": site.page.address,
        "agent": found.agent,
        "holds": found.holds,
        "resources": [_resource(one) for one in found.heard],
        "by_name": {
            use: {"refused": list(names.refused), "known": names.known}
            for use, names in found.by_name.items()
        },
        "findings": [
            {"matter": f.matter, "what": f.what, "mend": f.fix, "places": list(f.places)}
            for f in found.findings
        ],
        "fetched": {
            file.url: file.status
            for file in (site.page, site.robots, *site.files.values(), *site.feeds,
                         *site.licences.values(), *site.recordings)
        },
    }  # fmt: skip
    return json.dumps(report, indent=2)


def _resource(one: Heard) -> dict[str, object]:
    answers = {use: one.resolved(use) for use in USES}
    return {
        "path": one.resource.path,
        "kind": one.kind,
        "status": one.resource.status,
        "answers": {use: resolved.answer for use, resolved in answers.items()},
        "decided_by": {
            use: [_statement(one.placed(s)) for s in resolved.decided_by]
            for use, resolved in answers.items()
        },
        "statements": [_statement(placed) for placed in one.heard],
        "to_others": [_statement(placed) for placed in one.to_others],
        "overruled": _overruled(one.overruled),
    }


def _overruled(pairs: Iterable[tuple[Placed, Placed]]) -> list[dict[str, object]]:
    return [{**_statement(loser), "by": winner.place} for loser, winner in pairs]


def _statement(placed: Placed) -> dict[str, object]:
    said = placed.statement
    return {
        "standard": said.standard,
        "where": placed.place,
        "to": said.agent,
        **{use: said.said.about(use) for use in USES},
        "text": placed.words,
    }
