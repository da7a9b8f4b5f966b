"""The page with all platforms and the timeline of changes: on loopback, and as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from markupsafe import Markup
from tornado.web import HTTPError, RequestHandler

from stagedoor.platforms.clauses import TITLES
from stagedoor.platforms.observer import Observer
from stagedoor.platforms.platform_report import report
from stagedoor.web.desk.elements import joined, note, section, table
from stagedoor.web.gate import HEADERS, Gate
from stagedoor.web.server import Routes

_DESK = Path(__file__).parents[1] / "web" / "desk" / "desk.css"
_OWN = Path(__file__).parent / "timeline.css"
_USES = {"train": "training", "input": "answers", "search": "search"}


def style() -> str:
    """The desk's style, and what these pages have besides."""
    return _DESK.read_text("utf-8") + _OWN.read_text("utf-8")


def whole_page(found: Mapping[str, Any], form: Markup, *, inline: bool) -> Markup:
    """The page. `inline`: with its style inside, to be sent as a file."""
    look = (
        Markup("<style>{}</style>").format(Markup(style()))  # noqa: S704 (our own file)
        if inline
        else Markup('<link rel="stylesheet" href="/platforms.css">')
    )
    body = (
        section(
            "platforms",
            "What they say today",
            joined((_table(found["platforms"]), *map(note, filter(None, [found["unconfirmed"]])))),
        )
        + section("details", "Platform by platform", _details(found["platforms"]))
        + section("timeline", "What changed, and when", _timeline(found["timeline"]))
    )
    return _PAGE.format(style=look, form=form, body=body)


def _table(platforms: Sequence[Mapping[str, Any]]) -> Markup:
    rows = []
    for one in platforms:
        weighty = sorted({c["class"] for d in one["documents"] for c in d["clauses"]})
        settings = [f"{s['name']}: {s['state']}" for s in one["settings"] if s["state"]]
        read = max((d["read"] for d in one["documents"]), default="")
        rows.append((
            one["name"],
            *(one["answers"].get(use) or ("nothing said" if one["looked_at"] else "–")
              for use in _USES),
            "; ".join(TITLES[name] for name in weighty) or ("nothing about AI" if read else "not read yet"),
            "; ".join(settings) or "–",
            one["last_seen"] or "never",
        ))  # fmt: skip
    heads = ("Platform", "Training", "Answers", "Search", "Its terms", "Your settings", "Last seen")
    return table("What each platform says about AI", heads, rows)


def _details(platforms: Sequence[Mapping[str, Any]]) -> Markup:
    return joined(_detail(one) for one in platforms)


def _detail(one: Mapping[str, Any]) -> Markup:
    claims = [c["sentence"] for c in one["claims"]]
    signals = [f"{s['standard']} in {s['place']}: {s['words']}" for s in one["signals"]]
    clauses = [
        Markup("<b>{}</b> ({}): {}").format(TITLES[c["class"]], d["name"], c["text"])
        for d in one["documents"]
        for c in d["clauses"]
    ]
    documents = [
        Markup('<a href="{}" rel="noreferrer">{}</a>{}').format(
            d["url"], d["name"], f", read on {d['read']}" if d["read"] else ", not read yet"
        )
        for d in one["documents"]
        if ".invalid/" not in d["url"]
    ]
    settings = [
        f"{s['name']}: {s['state']}, seen on {s['seen']}"
        if s["state"]
        else f"{s['name']}: not seen yet ({s['means']})"
        for s in one["settings"]
    ]
    groups: tuple[tuple[str, Sequence[Markup | str]], ...] = (
        ("Claims", claims),
        ("Signals", signals or (["none in the page or its files"] if one["looked_at"] else [])),
        ("robots.txt", [one["robots"]] if one["robots"] else []),
        ("Clauses", clauses),
        ("Texts", documents),
        ("Settings", settings),
    )
    lists = joined(
        Markup("<h4>{}</h4><ul>{}</ul>").format(
            title, joined(Markup("<li>{}</li>").format(line) for line in lines)
        )
        for title, lines in groups
        if lines
    )
    return Markup("<details><summary>{}</summary>{}</details>").format(one["name"], lists)


def _timeline(entries: Sequence[Mapping[str, Any]]) -> Markup:
    shown = [one for one in entries if not one.get("newly_looked_at") or one["answers"]]
    if not shown:
        return note("Nothing has been seen yet: open a page of one of these platforms.")
    return Markup('<ol class="timeline">{}</ol>').format(joined(map(_event, shown)))


def _event(one: Mapping[str, Any]) -> Markup:
    words = _sentence(one)
    body = Markup("")
    if one.get("changes"):
        body = Markup(
            '<details{}><summary>{} sentence{}</summary><ul class="diff">{}</ul></details>'
        )
        body = body.format(
            Markup(" open") if len(one["changes"]) <= 6 else "",
            len(one["changes"]),
            "s" * (len(one["changes"]) != 1),
            joined(map(_change, one["changes"])),
        )
    return Markup('<li id="entry-{}"><time>{}</time> <b>{}</b> {}{}</li>').format(
        one["entry"], one["day"], one["platform"], words, body
    )


def _sentence(one: Mapping[str, Any]) -> str:
    if one["kind"] == "setting":
        was = f" (it was {one['was']})" if one["was"] else ""
        return f"showed {one['subject']}: {one['state']}{was}"
    if one["kind"] == "audit":
        if one["first"]:
            return "a page with audio was looked at for the first time"
        new = ", ".join(one["newly_looked_at"])
        about = f" (now with {new})" if new else ""
        answers = [
            f"{_USES[use]}: {after or 'nothing said'} (it was {before or 'nothing said'})"
            for use, (before, after) in one["answers"].items()
        ]
        said = ", ".join(answers) or "other signals than before"
        return f"a page with audio{about} showed {said}"
    if one["outcome"] == "first":
        return f"{one['subject']}: the first text that is kept"
    parts = [
        f"{word}: {', '.join(TITLES[name] for name in one[side])}"
        for word, side in (("new", "gained"), ("gone", "lost"))
        if one[side]
    ]
    parts += ['the date of "last updated" stayed'] if one["silent"] else []
    about = f" ({'; '.join(parts)})" if parts else ""
    words = {
        "changed": "changed its {}",
        "language": "showed its {} in another language",
        "date": "has another date on its {}",
        "formatting": "has another form of its {}",
        "same": "{}: the same text",
    }
    return words[one["outcome"]].format(one["subject"]) + about


def _change(change: Mapping[str, Any]) -> Markup:
    if change["kind"] == "reworded":
        marks = {"": Markup("{}"), "-": Markup("<del>{}</del>"), "+": Markup("<ins>{}</ins>")}
        text = joined((marks[mark].format(words) for mark, words in change["runs"]), " ")
    elif change["kind"] == "moved":
        text = Markup("{}").format(change["after"])
    else:
        added = change["kind"] == "added"
        mark = Markup("<ins>{}</ins>") if added else Markup("<del>{}</del>")
        text = mark.format(change["after"] or change["before"])
    classes = joined(
        Markup('<span class="clause">{}</span>').format(TITLES[name]) for name in change["classes"]
    )
    return Markup('<li class="{}"><span class="kind">{}</span> {} {}</li>').format(
        change["kind"], change["kind"], text, classes
    )


def as_json(found: Mapping[str, Any]) -> bytes:
    """The same for programs."""
    return orjson.dumps(found, option=orjson.OPT_INDENT_2)


# -- on loopback -----------------------------------------------------------------------------------


class _Page(RequestHandler):
    """What all answers have in common."""

    def initialize(
        self, observer: Observer, gate: Gate, badge: Callable[[], bool],
        switch: Callable[[bool], None],
    ) -> None:  # fmt: skip
        self.observer, self.gate, self.badge, self.switch = observer, gate, badge, switch

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    async def prepare(self) -> None:
        if not self.gate.knows(self.request.headers.get("Host", "")):
            raise HTTPError(421)


class _Overview(_Page):
    def get(self) -> None:
        shown = self.badge()
        form = Markup(
            '<form method="post" action="/badge"><input type="hidden" name="token" value="{}">'
            '<input type="hidden" name="badge" value="{}"><button>{}</button></form>'
        ).format(
            self.gate.token,
            "off" if shown else "on",
            "Show no badge in pages" if shown else "Show the badge in pages",
        )
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(str(whole_page(report(self.observer), form, inline=False)))


class _Json(_Page):
    def get(self) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(as_json(report(self.observer)))


class _Badge(_Page):
    def post(self) -> None:
        if not self.gate.may_change(self.request.headers, self.get_body_argument("token", "")):
            raise HTTPError(403)
        self.switch(self.get_body_argument("badge", "") == "on")
        self.redirect("/", status=303)


class _Style(_Page):
    def get(self) -> None:
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.finish(style())


def watch_routes(
    observer: Observer, gate: Gate, badge: Callable[[], bool], switch: Callable[[bool], None]
) -> Routes:
    """For the server."""
    made = {"observer": observer, "gate": gate, "badge": badge, "switch": switch}
    return (
        (r"/", _Overview, made),
        (r"/platforms\.json", _Json, made),
        (r"/badge", _Badge, made),
        (r"/platforms\.css", _Style, made),
    )


_PAGE = Markup("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>What the platforms say</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">{style}</head>
<body><header><nav aria-label="Stagedoor"><b>Stagedoor</b> watch</nav></header>
<main id="main" tabindex="-1"><h1>What the platforms say about AI</h1>
{form}{body}
</main></body></html>
""")
