"""The report's style sheet: light, dark and paper."""

from markupsafe import Markup

STYLE = Markup("""
:root { color-scheme: light dark; --ink: #1c1a17; --soft: #6b655c; --paper: #fffdf9; --line: #ddd6ca;
  --panel: #f6f1e8; --force: #8a9a5b; --other: #b9c48f; --told: #2f6690; --taken: #b5452c;
  --refused: #6b655c; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece7de; --soft: #a49c8f; --paper: #191715;
  --line: #3a3631; --panel: #23201d; --force: #7d8d4f; --other: #55603a; --told: #6ca6d4;
  --taken: #e57a5f; --refused: #948c80; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 0.95rem/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.2; margin: .1rem 0 .3rem; text-wrap: balance }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; border-bottom: 1px solid var(--line);
  padding-bottom: .25rem }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem }
p { margin: .5rem 0 } h1, h3, p { overflow-wrap: anywhere } a { color: inherit }
.kicker, .period, .note { color: var(--soft) } .note { font-size: .85em; font-weight: normal }
.kicker { margin: 0 }
ul.figures { list-style: none; display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem;
  padding: 0; margin: 1.5rem 0 1rem }
ul.figures li { background: var(--panel); border-top: 3px solid; padding: .6rem .8rem;
  border-radius: 0 0 4px 4px; font-size: .85rem; color: var(--soft) }
ul.figures i { display: block; font-style: normal; font-size: .9em }
ul.figures b { display: block; font-size: 1.5rem; line-height: 1.3; color: var(--ink) }
ul.figures .told { border-color: var(--told) } ul.figures .taken { border-color: var(--taken) }
ul.figures .refused { border-color: var(--refused) }
svg { display: block; width: 100%; min-width: 40rem; height: auto; margin: .5rem 0 }
svg text { font-size: 10.5px; fill: var(--ink) } svg .axis { fill: var(--soft) }
svg .force { fill: var(--force) } svg .other { fill: var(--other) } svg .told { fill: var(--told) }
svg .taken { fill: var(--taken) } svg .refused { fill: var(--refused) }
svg .pale { opacity: .35 }
svg .base { stroke: var(--line) } svg .tick { stroke: var(--line); stroke-dasharray: 2 3 }
.wide { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .85rem }
th { text-align: left; color: var(--soft); font-weight: 600; white-space: nowrap }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td { font-variant-numeric: tabular-nums }
.figures-table th:not(:first-child), .figures-table td:not(:first-child) { text-align: right; white-space: nowrap }
.figures-table th:not(:first-child) { white-space: normal; hyphens: auto }
.figures-table td:first-child { min-width: 11rem }
.still { white-space: nowrap }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .85em }
code { overflow-wrap: anywhere }
pre { background: var(--panel); padding: .75rem 1rem; border-radius: 4px; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .6rem 0 }
dl { display: grid; grid-template-columns: 10rem 1fr; gap: .2rem 1rem; margin: .5rem 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
@media (max-width: 38rem) { ul.figures { grid-template-columns: repeat(2, 1fr) }
  dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .5rem } }
@page { size: A4; margin: 16mm 14mm }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #555; --paper: #fff; --line: #ccc;
    --panel: #f4f4f4; --force: #8a9a5b; --other: #b9c48f; --told: #2f6690; --taken: #b5452c;
    --refused: #6b655c }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact }
  body { font-size: 9.5pt } main { max-width: none; padding: 0 }
  h2, h3 { break-after: avoid } tr, .whole, pre, .figures-table, ul.figures li, dl { break-inside: avoid }
  thead { display: table-header-group } .wide { overflow: visible } svg { min-width: 0 }
  table { font-size: 8pt }
}
""")
