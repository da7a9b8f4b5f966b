"""Verdict → answer: what a refused client reads. No front's own: each sends it in its way.

Short, in plain words: which policy was applied and how to reach the artist. A page for clients that
read one, plain text for all others, and never a page for a media client, which would try to
play it. In the language that the client asks for, but for what the artist wrote and what machines
read. Refused clients come often and in numbers, so what is the same for all of them is drawn once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Literal

from stagedoor.config.offers import Offer
from stagedoor.config.stance import Artist
from stagedoor.fronts import announcement
from stagedoor.fronts.cross_origin import preflight, readable
from stagedoor.fronts.refusal_texts import TEXTS, headline
from stagedoor.identify.botauth import ACCEPT
from stagedoor.model.actions import Refuse, named
from stagedoor.model.facts import (
    MEDIA_CLIENTS,
    Client,
    LicenceStanding,
    Request,
    Resource,
    Verdict,
)
from stagedoor.model.languages import LANGUAGES, Language, negotiated
from stagedoor.model.locale_forms import from_now
from stagedoor.rules.translations import in_language
from stagedoor.signals import registry

_Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: header fields as they go out, Content-Length among them, and the body.

    Without Date and Server, which are the front's business. The body of an answer to HEAD is empty,
    and its Content-Length that of the answer to GET.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


_HEADERS: _Fields = (
    # A refusal is for this client only: no cache may hand it to a fan.
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"X-Robots-Tag", b"noindex"),
)
_PAGE_HEADERS: _Fields = (
    (b"Content-Security-Policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"Referrer-Policy", b"no-referrer"),
)
_TYPES = {True: b"text/html; charset=utf-8", False: b"text/plain; charset=utf-8"}
_SHOWN: Mapping[tuple[bool, Language], _Fields] = {
    (as_page, language): (
        (b"Content-Type", content_type),
        (b"Content-Language", language.encode()),
        *_HEADERS,
        *(_PAGE_HEADERS if as_page else ()),
    )
    for as_page, content_type in _TYPES.items()
    for language in LANGUAGES
}
_DEPENDS_ON = b"Accept, Accept-Language"
_VARY: _Fields = ((b"Vary", _DEPENDS_ON),)
_VARY_WITH_ORIGIN = _DEPENDS_ON + b", Origin"
_NAME = "\0"
"""Where the request's name goes: no text that arrives has this character."""
_MOST_OFFERS = 5
_LATER = 503
_CHALLENGED = frozenset({401, 402})
_LICENCE: Mapping[LicenceStanding, tuple[str, str]] = {
    "none": ("invalid_request", "A licence is needed, and none was shown"),
    "unknown": ("invalid_token", "This site has granted no such licence"),
    "asked": ("server_error", "The licence is being looked up; please ask again"),
    "expired": ("invalid_token", "The licence is no longer in force"),
    "revoked": ("invalid_token", "The licence was taken back"),
    "unsigned": ("invalid_token", "The licence counts only on requests signed by its holder"),
    "other-path": ("insufficient_scope", "The licence is for other paths"),
    "other-use": ("insufficient_scope", "The licence is for other uses"),
    "valid": ("insufficient_scope", "A rule of this site asks for another licence"),
}
"""The error, one of the four words of RSL 1.0 (6.3.4), and a description of our own."""
_MEDIA_DESTINATIONS = frozenset({"audio", "video", "track", "image"})

_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{headline}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{{color-scheme:light dark}}body{{background:Canvas;color:CanvasText;overflow-wrap:anywhere;font:1.05rem/1.6 system-ui,sans-serif;max-width:34rem;
margin:18vh auto 4rem;padding:0 1.25rem}}h1{{font-size:1.5rem;line-height:1.25}}
a{{color:LinkText}}p.policy{{border-left:.25rem solid #b5452c;padding-left:1rem}}</style></head>
<body><main><h1>{headline}</h1>{paragraphs}</main></body></html>
"""


def refuse(
    request: Request,
    client: Client,
    resource: Resource,
    verdict: Verdict,
    artist: Artist,
    request_id: str = "",
    offers: Sequence[Offer] = (),
    *,
    may_sign: bool = False,
    announced: bool = False,
    come_by: str = "",
) -> Answer:
    """The answer to a refused request; `request_id` leads to its explanation.

    A browser that asks whether it may ask (a preflight) hears yes, so that it meets the refusal.
    `announced`: a player hears a few spoken seconds in place of an error.
    `come_by`: the address of the page that hands out what the request did not show.
    `may_sign`: a signature of this client could be verified, so the answer says which (RFC 9421, 5).
    """
    if (fields := preflight(request)) is not None:
        return Answer(204, fields, b"")
    effect = named(verdict.action).effect
    if not isinstance(effect, Refuse):
        raise TypeError(f"{verdict.action} refuses nothing")
    if announced and not effect.licence and announcement.is_for(request, client, resource):
        return _announced(request, request_id)
    wait = max(1, math.ceil(verdict.seconds))
    again = effect.again or verdict.seconds > 0  # a refusal that lasts so long
    more: _Fields = ()
    if again:
        more += ((b"Retry-After", str(wait).encode()),)
    if effect.licence:
        error, description = _LICENCE[client.licence]
        challenge = f'License error="{error}", error_description="{description}"'
        # 403 says that no other token would help this request: nothing is asked for.
        if verdict.status in _CHALLENGED:
            more += ((b"WWW-Authenticate", challenge.encode()),)
        if verdict.status == _LATER:
            more += ((b"Retry-After", b"2"),)
    else:
        challenges = registry.current().challenges.get(verdict.status, ())
        more += tuple((b"WWW-Authenticate", text.encode()) for text in challenges)
    if request_id:
        more += ((b"X-Request-Id", request_id.encode()),)
    if may_sign:
        more += ((b"Accept-Signature", ACCEPT.encode()),)
    drawn = _drawn(
        negotiated(request.header("accept-language")),
        _reads_pages(request, client),
        effect.headline.format(thing="recording" if resource.guarded else "page"),
        (verdict.title, verdict.why),
        (artist.name, artist.contact),
        (client.name, client.operator) if client.purpose != "unknown" else None,
        wait if again else 0,
        client.licence if effect.licence else "",
        tuple(offers[:_MOST_OFFERS]) if effect.licence else (),
        come_by,
        bool(request_id),
    )
    return _answer(request, verdict.status, drawn, more, escape(request_id))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A body before and after the request's name, and the header fields that go with it."""

    headers: _Fields
    before: bytes
    after: bytes = b""


@lru_cache(maxsize=1024)
def _drawn(
    language: Language,
    as_page: bool,  # noqa: FBT001 (by position: this is looked up for every refusal)
    first: str,
    rule: tuple[str, str],
    artist: tuple[str, str],
    taken_for: tuple[str, str] | None,
    wait: int,
    licence: LicenceStanding | Literal[""],
    offers: tuple[Offer, ...],
    come_by: str,
    has_name: bool,  # noqa: FBT001
) -> _Drawn:
    """All that does not change from one request of such a client to the next.

    `rule` is its title and its reason, `artist` a name and a contact, `taken_for` a name and its operator.
    """
    texts = TEXTS[language]
    title, why = (in_language(text, language) for text in rule)
    policy = f"{title.rstrip('.')}. {why}".strip()
    known_as = ""
    if taken_for is not None:
        known_as = f"{taken_for[0]} ({taken_for[1]})" if taken_for[1] else taken_for[0]
    name, contact = artist
    sentences = [
        texts["policy"].format(who=name or texts["site"], policy=policy),
        texts[f"licence.{licence}"] if licence else "",
        *(
            texts["offer"].format(what=one.what, price=one.price, contact=one.write)
            for one in offers
        ),
        texts["taken"].format(name=known_as) if known_as else "",
        texts["again"].format(when=from_now(wait, language)) if wait else "",
        texts["begin"].format(page=come_by) if come_by else "",
        texts["name"].format(name=_NAME) if has_name else "",
        texts["contact"].format(contact=contact) if contact else "",
    ]
    body = _body(language, headline(first, language), sentences, policy, as_page=as_page)
    # Behind the name stand the artist's words alone; before it may be anybody's.
    before, _, after = body.rpartition(_NAME) if has_name else (body, "", "")
    return _Drawn(_SHOWN[as_page, language], before.encode(), after.encode())


def unavailable(request: Request | None) -> Answer:
    """503: the guard itself failed, and the stance says to refuse requests then."""
    return answer(request, 503, "failed", "minute", more=((b"Retry-After", b"60"),))


def _announced(request: Request, request_id: str) -> Answer:
    """200, so that a player plays it and does not try again: it is sound, and no recording."""
    content = announcement.sound()
    fields: _Fields = (
        (b"Content-Type", announcement.TYPE),
        *_HEADERS,
        (b"Accept-Ranges", b"none"),
        (b"Content-Length", str(len(content)).encode()),
    )
    if request_id:
        fields += ((b"X-Request-Id", request_id.encode()),)
    body = b"" if request.method == "HEAD" else content
    return Answer(200, (*fields, *readable(request)), body)


def answer(
    request: Request | None,
    status: int,
    first: str,
    *sentences: str,
    more: _Fields = (),
) -> Answer:
    """A short answer about nobody's rules, as a page or as plain text, whichever this client can read.

    `first` and `sentences` are keys of the texts. `more` header fields come last.
    """
    language = negotiated(request.header("accept-language") if request is not None else "")
    as_page = request is not None and _reads_pages(request, None)
    return _answer(request, status, _short(language, first, sentences, as_page=as_page), more)


@lru_cache(maxsize=128)
def _short(language: Language, first: str, sentences: tuple[str, ...], *, as_page: bool) -> _Drawn:
    texts = TEXTS[language]
    said = [texts[key] for key in sentences]
    return _Drawn(
        _SHOWN[as_page, language],
        _body(language, texts[first], said, "", as_page=as_page).encode(),
    )


def _body(
    language: Language, first: str, sentences: Sequence[str], policy: str, *, as_page: bool
) -> str:
    said = [text for text in sentences if text]
    if not as_page:
        return "\n".join([f"{first}.", *said]) + "\n"
    paragraphs = "".join(
        f'<p class="policy">{escape(text)}</p>' if policy and policy in text else _linked(text)
        for text in said
    )
    return _PAGE.format(language=language, headline=escape(first), paragraphs=paragraphs)


def _answer(
    request: Request | None, status: int, drawn: _Drawn, more: _Fields, name: str = ""
) -> Answer:
    content = drawn.before + name.encode() + drawn.after
    length = (b"Content-Length", str(len(content)).encode())
    if request is None:
        return Answer(status, (*drawn.headers, *_VARY, length, *more), content)
    vary = readable(request, _VARY_WITH_ORIGIN) or _VARY
    if request.method == "HEAD":
        content = b""
    return Answer(status, (*drawn.headers, length, *more, *vary), content)


def _linked(text: str) -> str:
    """A paragraph; an address at its end can be clicked."""
    before, _, last = text.rpartition(" ")
    if last.startswith(("mailto:", "https://", "http://")):
        shown = last.removeprefix("mailto:")
        return f'<p>{escape(before)} <a href="{escape(last)}">{escape(shown)}</a>.</p>'
    return f"<p>{escape(text)}</p>"


def _reads_pages(request: Request, client: Client | None) -> bool:
    if client is not None and client.purpose in MEDIA_CLIENTS:
        return False
    if request.header("sec-fetch-dest").lower() in _MEDIA_DESTINATIONS:
        return False
    if request.header("icy-metadata"):  # asks for a stream's titles, as players do
        return False
    return "text/html" in request.header("accept").lower()
