"""Pieces of pages. All values are escaped, and cannot steer the text around it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from stagedoor.model.facts import Client
from stagedoor.web.desk.places import base, place
from stagedoor.web.desk.texts import say

SHOWN = 160
"""Characters of what a visitor sent, in a table."""


def joined(parts: Iterable[Markup | str], between: str = "") -> Markup:
    """The parts in a row."""
    return Markup(between).join(parts)  # noqa: S704 (our own words)


def sent(text: str, most: int = SHOWN) -> Markup:
    """What a visitor sent: cut, and with nothing in it that a reader cannot see."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    seen = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in cut)
    return Markup('<bdi class="sent">{}</bdi>').format(seen)


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[Markup | str]], style: str = ""
) -> Markup:
    """A table whose first column names the row; it scrolls by itself where it is too wide.

    On a phone each row stands by itself, and each cell has its head before it.
    """
    body = joined(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            first,
            joined(
                Markup('<td data-head="{}"><div>{}</div></td>').format(name, cell)
                for name, cell in zip(heads[1:], rest, strict=True)
            ),
        )
        for first, *rest in rows
    )
    head = joined(Markup('<th scope="col">{}</th>').format(name) for name in heads)
    return Markup(
        '<div class="wide" role="region" aria-label="{}" tabindex="0"><table class="{}">'
        "<caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(caption, style, caption, head, body)


def section(name: str, title: str, body: Markup, *, level: int = 2) -> Markup:
    """A part of the page with its heading; `body` is what events bring up to date."""
    return Markup(
        '<section aria-labelledby="{}-h"><h{} id="{}-h">{}</h{}><div id="{}">{}</div></section>'
    ).format(name, level, name, title, level, name, body)


def marked(client: Client) -> Markup:
    """A client's name; how sure it is stands behind it only where that is more than a claim."""
    if client.proof == "unverified":
        return Markup("{}").format(client.name)
    return Markup('{} <span class="mark {}">{}</span>').format(
        client.name, client.proof, say(f"proof.{client.proof}")
    )


def note(text: str) -> Markup:
    """Small print."""
    return Markup('<p class="note">{}</p>').format(text)


def page(
    title: str,
    body: Markup,
    *,
    here: str = "",
    script: bool = False,
    site: str = "",
    banner: Markup | str = "",
    of_all: bool = False,
) -> Markup:
    """A whole page. `here` is the path of the one that is marked in the menu; `site` names what is
    guarded, and `banner` stands above everything else. `of_all`: it is about several sites.
    """
    own = _MENU[:-1] if base() else _MENU[::2] if of_all else _MENU
    above = [Markup('<li><a href="/">{}</a></li>').format(say("title"))] if base() else []
    menu = joined(above) + joined(
        Markup('<li><a href="{}"{}>{}</a></li>').format(
            place(path), Markup(' aria-current="page"') if path == here else "", say(key)
        )
        for path, key in own
    )
    return _PAGE.format(
        lang=say("lang"),
        title=title,
        skip=say("skip"),
        nav=say("nav"),
        menu=menu,
        site=site or say("title"),
        banner=banner,
        body=body,
        script=Markup('<script src="/desk.js" defer></script>') if script else "",
    )


_MENU = (("/", "nav.today"), ("/rules", "nav.rules"), ("/metrics", "nav.metrics"))
_PAGE = Markup("""<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/desk.css">{script}</head>
<body><a class="skip" href="#main">{skip}</a>
<header><nav aria-label="{nav}"><b>{site}</b><ul>{menu}</ul></nav></header>
<div id="banner">{banner}</div>
<main id="main" tabindex="-1">
{body}
</main></body></html>
""")
