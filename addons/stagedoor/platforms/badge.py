"""The badge in a page's corner: what it says, and whether a page may have one.

It is one script that removes itself and adds one element with a shadow root behind the page's body.
A page whose security policy would not let it run, or would report it, gets none, and so does any
page where somebody types a password or a card number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import orjson

from stagedoor.platforms.page_audit import ClaimCheck, PageAudit, robots_sentence
from stagedoor.signals.html.insertion import Inserter, Tags
from stagedoor.signals.html.transcoder import page_in

_USES = {"train": "Training AI", "input": "Answers of AI", "search": "Search"}
_SAID = {"no": "no", "yes": "yes", None: "nothing said"}
_TYPED = re.compile(
    rb"<input\b[^>]*(?:type\s*=\s*[\"']?password|autocomplete\s*=\s*[\"']?(?:cc-|current-password|"
    rb"new-password))",
    re.IGNORECASE,
)
_META_POLICY = re.compile(rb"http-equiv\s*=\s*[\"']?\s*content-security-policy", re.IGNORECASE)
_NAMES = 12
"""Crawlers that the badge names; the page with all platforms has them all."""
_POLICIES = frozenset({"content-security-policy", "content-security-policy-report-only"})
_HASHED = frozenset(
    {"signature", "content-digest", "repr-digest", "digest", "content-md5", "use-as-dictionary"}
)
"""Fields of a page whose bytes somebody hashes: with a dictionary the browser sends the hash on."""
_STYLE = (
    ":host{all:initial}*{box-sizing:border-box;font:13px/1.4 system-ui,sans-serif}"
    "section{display:flex;flex-direction:column-reverse;align-items:flex-end;gap:6px}"
    "button{cursor:pointer;border:1px solid #5557;border-radius:14px;padding:4px 11px;"
    "background:#fffe;color:#222}button.no{border-color:#2a6b3f}button.yes{border-color:#a33}"
    "button:focus-visible,a:focus-visible{outline:3px solid #3b6fd4;outline-offset:2px}"
    "#more{width:340px;max-width:calc(100vw - 24px);max-height:60vh;overflow:auto;background:#fff;"
    "color:#222;border:1px solid #5557;border-radius:10px;padding:4px 14px 10px}#more[hidden]"
    "{display:none}h2{font-weight:600;margin:10px 0 2px}ul{margin:0;padding-left:18px}"
    "li{overflow-wrap:anywhere}p{margin:10px 0 0;display:flex;gap:12px;align-items:center}"
    "a{color:#1f4fa3}small{display:block;margin-top:10px;opacity:.8}@media(prefers-color-scheme:dark){button,#more{background:#222;color:#eee}"
    "a{color:#9bbcff}}"
)


@dataclass(frozen=True, slots=True)
class Part:
    """One heading of the badge and its lines."""

    title: str
    lines: tuple[str, ...]


def parts_of_audit(
    audit: PageAudit, claims: Iterable[ClaimCheck], settings: Sequence[str]
) -> list[Part]:
    """What the badge says on a page with audio."""
    uses = tuple(
        f"{_USES[one.use]}: {_SAID[one.answer]}" + (f" ({', '.join(one.by)})" if one.by else "")
        for one in audit.decided
    )
    tags = tuple(f"{s.standard} in {s.place}: {s.words}" for s in audit.signals if s.of_page) or (
        "no signal about AI",
    )
    parts = [
        Part("What machines can read here", uses),
        Part("In this page and its recordings", tags),
    ]
    parts += [Part("For the whole site", (robots_sentence(audit, _NAMES),))]
    checked = tuple(claim.sentence for claim in claims)
    parts += [Part("What the platform claims", checked)] if checked else []
    parts += [Part("Your settings, as seen", tuple(settings))] if settings else []
    return parts


def script(title: str, mood: str, parts: Sequence[Part], link: str, when: str = "") -> str:
    """The badge as a `<script>` in ASCII."""
    data = {
        "label": "Stagedoor: what this platform says about AI", "title": title, "mood": mood,
        "parts": [{"title": part.title, "lines": list(part.lines)} for part in parts],
        "when": when, "link": link, "all": "All platforms", "off": "Hide", "style": _STYLE,
    }  # fmt: skip
    text = orjson.dumps(data).decode()
    safe = text.replace("<", "\\u003c")
    written = _code().replace("__DATA__", "".join(_escaped(c) for c in safe))
    return f"<script>{written}</script>"


def _escaped(character: str) -> str:
    if character.isascii():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


@cache
def _code() -> str:
    return (Path(__file__).parent / "badge.js").read_text("ascii").replace("\n", "")


def may_have(fields: Iterable[tuple[str, str]], page: bytes) -> bool:
    """Whether a page (decoded, whole) may have a badge; `fields` are its response's."""
    for name, value in fields:
        lowered = name.lower()
        if lowered in _HASHED:
            return False
        if lowered == "cache-control" and "no-transform" in value.lower():
            return False
        if lowered in _POLICIES and not all(map(_lets_inline, value.split(","))):
            return False
    return not _META_POLICY.search(page) and not _TYPED.search(page)


def _lets_inline(policy: str) -> bool:
    """Whether one Content-Security-Policy lets a script inside the page run."""
    directives: dict[str, list[str]] = {}
    for directive in policy.lower().split(";"):
        name, *sources = directive.split()[:1] + directive.split()[1:] or [""]
        directives.setdefault(name, sources)
    if "sandbox" in directives and "allow-scripts" not in directives["sandbox"]:
        return False
    allowed: list[str] | None = next(
        (
            directives[n]
            for n in ("script-src-elem", "script-src", "default-src")
            if n in directives
        ),
        None,
    )
    if allowed is None:
        return True
    strict = any(s.startswith(("'nonce-", "'sha")) or s == "'strict-dynamic'" for s in allowed)
    return "'unsafe-inline'" in allowed and not strict


def with_script(body: bytes, coding: str, charset: str, text: str) -> bytes | None:
    """A whole page in its coding with the script in its head; None where it has no place for it."""
    page = page_in(coding, Inserter(Tags(text, ""), charset), flush=False)
    written = page.feed(body) + page.finish()
    return written if page.outcome == "tagged" else None
