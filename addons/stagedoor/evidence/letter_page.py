"""A letter as one HTML page, and as the source of a PDF. Nothing is loaded, nothing runs."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from stagedoor.evidence.letter import Letter, Section, Table
from stagedoor.evidence.page_frame import PAGE

_STYLE = Markup("""
:root { color-scheme: light; --ink: #1c1a17; --soft: #5f594f; --line: #d8d1c5 }
* { box-sizing: border-box }
body { margin: 0; background: #fff; color: var(--ink); font: 1rem/1.5 Georgia, "Liberation Serif", serif }
main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 4rem }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 2rem 0 1rem } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1.2rem; margin: 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 600; vertical-align: bottom; color: var(--soft) }
th, td { padding: .25rem .6rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td { overflow-wrap: anywhere; min-width: 4rem } td:nth-child(3):not(:last-child) { min-width: 5.9rem }
@media print { main { padding: 0; max-width: none } }
""")


def page(letter: Letter) -> str:
    """The letter as HTML."""
    facts = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(name, value) for name, value in letter.facts
    )
    body = [
        Markup("<dl>{}</dl><h1>{}</h1>").format(facts, letter.subject),
        *(Markup("<p>{}</p>").format(text) for text in letter.paragraphs),
        Markup("<ol>{}</ol>").format(
            Markup("").join(Markup("<li>{}</li>").format(text) for text in letter.asked)
        ),
        *(_section(one) for one in letter.sections),
    ]
    return PAGE.format(
        language=letter.language,
        title=letter.subject,
        style=_STYLE,
        body=Markup("\n").join(body),
    )


def _section(one: Section) -> Markup:
    return Markup("<section><h2>{}</h2>{}{}</section>").format(
        one.heading,
        _table(one.heading, one.table) if one.table else "",
        Markup("").join(Markup("<p>{}</p>").format(text) for text in one.paragraphs),
    )


def _table(name: str, table: Table) -> Markup:
    heads = Markup("").join(Markup("<th scope=col>{}</th>").format(head) for head in table.heads)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(cell) for cell in row)
        )
        for row in table.rows
    )
    return Markup(
        "<div class=wide tabindex=0 role=region aria-label='{}'><table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(name, heads, rows)


def data(letter: Letter) -> dict[str, Any]:
    """What TEMPLATE reads, as JSON: texts are only ever texts there, so none of them is a command."""
    return {
        "language": letter.language,
        "facts": [list(fact) for fact in letter.facts],
        "subject": letter.subject,
        "paragraphs": list(letter.paragraphs),
        "asked": list(letter.asked),
        "sections": [
            {
                "heading": one.heading,
                "paragraphs": list(one.paragraphs),
                "heads": list(one.table.heads) if one.table else [],
                "rows": [list(map(_breakable, row)) for row in one.table.rows] if one.table else [],
            }
            for one in letter.sections
        ],
    }


_RUN = 12


def _breakable(text: str) -> str:
    """Long runs may be broken anywhere: a path or a hash is wider than its column."""
    return " ".join(
        word
        if len(word) <= _RUN
        else "\u200b".join(word[at : at + _RUN] for at in range(0, len(word), _RUN))
        for word in text.split(" ")
    )


TEMPLATE = """
#let letter = json(bytes(sys.inputs.letter))
#set document(title: letter.subject)
#set page(paper: "a4", margin: (x: 2.2cm, y: 2.4cm), numbering: "1 / 1")
#set text(lang: letter.language, size: 10.5pt, hyphenate: true)
#set par(leading: 0.62em, justify: false)
#show heading: set block(above: 1.5em, below: 0.7em)
#show heading: set text(hyphenate: false)
#grid(columns: (auto, 1fr), column-gutter: 1.2em, row-gutter: 0.55em,
  ..letter.facts.map(fact => (text(fill: luma(90), fact.at(0)), fact.at(1))).flatten())
#v(1.2em)
#heading(level: 1, text(size: 13pt, letter.subject))
#for paragraph in letter.paragraphs { par(paragraph) }
#enum(..letter.asked.map(one => text(one)))
#for section in letter.sections {
  heading(level: 2, text(size: 11pt, section.heading))
  if section.rows.len() > 0 {
    set text(size: 8pt)
    let width = section.heads.len()
    table(columns: section.heads.map(_ => if width > 3 { auto } else { 1fr }), stroke: none,
      inset: (x: 3pt, y: 3pt), align: left,
      table.hline(stroke: 0.5pt),
      table.header(..section.heads.map(head => text(weight: "semibold", head))),
      table.hline(stroke: 0.5pt),
      ..section.rows.flatten().map(cell => text(cell)),
      table.hline(stroke: 0.5pt))
  }
  for paragraph in section.paragraphs { par(paragraph) }
}
"""
"""Typst, the language of the typesetter: https://typst.app/docs/reference/."""
