"""The desk: one live page about who came today, on the address of the metrics.

day.py       counts of today, by whoever the visitor is taken for; a sink, and bounded
today.py     one look at the day
past.py      what the ledger knows of today from before the guard's start
outlook.py   the guard as the desk sees it: rules, mode, health
words.py     the day in sentences; texts.py has every text, to be translated
chart.py     the hours of the day as SVG
pages.py     the page, with accounts.py for evidence; rulebook.py and why.py are the two behind it,
             markup.py their common pieces
status.py    the same for programs: /status.json
gate.py      who may look: host names, password, origin and token of what changes something
handlers.py  the addresses; answering.py what they have in common, changing.py those that do something
live.py      server-sent events, drawn once for all who look
exporting.py evidence as a zip file, made by `stagedoor evidence export`
serving.py   a server of its own, in a thread of its own, for metrics and desk

Whatever a visitor sent is escaped by markupsafe, cut, and shown as text. Nothing is loaded from
elsewhere, no script stands in a page. It works without scripts; they only bring numbers up to date.
"""
