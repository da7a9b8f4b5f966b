"""The page of a challenge: a form that is good after a wait, and a script that need not wait.

It works in a text browser, without scripts, without styles. Its script and style are named by hash or
come from the site itself, so that its Content-Security-Policy allows nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from stagedoor.config.stance import Artist
from stagedoor.fronts.challenge_texts import TEXTS
from stagedoor.fronts.refusals import Answer
from stagedoor.marks.challenge import PARTS, Challenge, part_bits
from stagedoor.model.facts import Request
from stagedoor.model.languages import negotiated

FOLDER = "/.stagedoor/"
"""Begins the addresses that the guard itself answers while a rule challenges."""
ACTION = f"{FOLDER}challenge"
SCRIPT = f"{FOLDER}challenge.js"
_STYLE = (
    ":root{color-scheme:light dark}body{background:Canvas;color:CanvasText;font:1.05rem/1.6 system-ui,sans-serif;max-width:34rem;"
    "margin:12vh auto 4rem;padding:0 1.25rem}h1{font-size:1.5rem;line-height:1.25}"
    "h2{font-size:1.1rem;margin-top:2.5rem}progress{width:100%;height:.75rem}"
    "a{color:LinkText}button{font:inherit;min-height:2.75rem;padding:.5rem 1.5rem}"
    "#status{min-height:1.6em}[hidden]{display:none}"
)
_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"Content-Type", b"text/html; charset=utf-8"),
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Robots-Tag", b"noindex"),
    (b"Content-Security-Policy", _POLICY.encode()),
    (b"Referrer-Policy", b"same-origin"),
    (b"Vary", b"Accept-Language, Cookie"),
)
_PAGE = Markup(
    """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<style>{style}</style></head>
<body><main id="challenge" data-challenge="{challenge}" data-zeros="{zeros}" data-parts="{parts}"
 data-to="{to}" data-action="{action}" data-script="{script}" data-working="{working}"
 data-done="{done}" data-failed="{failed}" data-cookies="{cookies}">
<h1>{title}</h1>
<p>{lead}</p>
<p id="status" role="status">{note}</p>
<progress id="bar" max="{parts}" value="0" aria-label="{progress}" hidden></progress>
<h2>{without}</h2>
<p>{wait}</p>
<form method="get" action="{action}">
<input type="hidden" name="c" value="{challenge}"><input type="hidden" name="to" value="{to}">
<button>{button}</button>
</form>
{more}</main><script src="{script}" defer></script></body></html>
"""
)


@cache
def _script() -> tuple[bytes, str]:
    content = (Path(__file__).parent / "challenge.js").read_bytes()
    return content, f"{SCRIPT}?v={hashlib.sha256(content).hexdigest()[:12]}"


def page(
    request: Request,
    artist: Artist,
    challenge: Challenge,
    to: str,
    *,
    left: int,
    note: str = "",
    name: str = "",
) -> Answer:
    """403 with the page, in the visitor's language. `to`: the address that was asked for. `left`: seconds
    that are still to be waited. `note` is a key of the texts, for what went wrong; `name` the request's.
    """
    language = negotiated(request.header("accept-language"))
    texts = TEXTS[language]
    who = artist.name or request.host
    more = Markup("")
    if name:
        more += Markup("<p>{}</p>\n").format(texts["name"].format(name=name))
    if artist.contact:
        shown = artist.contact.removeprefix("mailto:")
        more += Markup('<p>{} <a href="{}">{}</a>.</p>\n').format(
            texts["contact"], artist.contact, shown
        )
    body = _PAGE.format(
        language=language,
        style=_STYLE,
        challenge=challenge.text,
        zeros=part_bits(challenge.bits),
        parts=PARTS,
        to=to,
        action=ACTION,
        script=_script()[1],
        note=texts[note].format(seconds=left) if note else "",
        more=more,
        **{
            key: escape(texts[key])
            for key in (
                "title",
                "working",
                "done",
                "failed",
                "cookies",
                "progress",
                "without",
                "button",
            )
        },
        lead=texts["lead"].format(who=who),
        wait=texts["wait"].format(seconds=left),
    )
    content = body.encode()
    length = (b"Content-Length", str(len(content)).encode())
    fields = (*_HEADERS, (b"Content-Language", language.encode()), length)
    return Answer(403, fields, b"" if request.method == "HEAD" else content)


def script(request: Request) -> Answer:
    """The script; its address changes with it."""
    content, _ = _script()
    fields = (
        (b"Content-Type", b"text/javascript; charset=utf-8"),
        (b"Cache-Control", b"public, max-age=86400"),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"X-Robots-Tag", b"noindex"),
        (b"Content-Length", str(len(content)).encode()),
    )
    return Answer(200, fields, b"" if request.method == "HEAD" else content)
