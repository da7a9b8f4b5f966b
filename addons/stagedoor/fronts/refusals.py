"""Verdict → answer: what a refused client reads. No front's own: each sends it in its way.

Short, in plain words: which policy was applied and how to reach the artist. A page for clients that
read one, plain text for all others, and never a page for a media client, which would try to
play it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from stagedoor.config.offers import Offer
from stagedoor.config.stance import Artist
from stagedoor.fronts import announcement
from stagedoor.fronts.cross_origin import preflight, readable
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
from stagedoor.model.units import told_duration
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
_TEXT_HEADERS: _Fields = ((b"Content-Type", b"text/plain; charset=utf-8"), *_HEADERS)
_PAGE_HEADERS: _Fields = (
    (b"Content-Type", b"text/html; charset=utf-8"),
    *_HEADERS,
    (b"Content-Security-Policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"Referrer-Policy", b"no-referrer"),
)
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
<html lang="en"><head><meta charset="utf-8"><title>{headline}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>:root{{color-scheme:light dark}}body{{font:1.05rem/1.6 system-ui,sans-serif;max-width:34rem;
margin:18vh auto 4rem;padding:0 1.25rem}}h1{{font-size:1.5rem;line-height:1.25}}
p.policy{{border-left:.25rem solid #b5452c;padding-left:1rem}}</style></head>
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
    who = artist.name or "This site"
    thing = "recording" if resource.guarded else "page"
    effect = named(verdict.action).effect
    if not isinstance(effect, Refuse):
        raise TypeError(f"{verdict.action} refuses nothing")
    if announced and not effect.licence and announcement.is_for(request, client, resource):
        return _announced(request, request_id)
    headline = effect.headline.format(thing=thing)
    known_as = client.name + (f" ({client.operator})" if client.operator else "")
    policy = f"{verdict.title.rstrip('.')}. {verdict.why}".strip()
    wait = max(1, math.ceil(verdict.seconds))
    again = effect.again or verdict.seconds > 0  # a refusal that lasts so long
    sentences = [
        f"{who} has a policy, and it was applied here: {policy}",
        f"You were taken for {known_as}." if client.purpose != "unknown" else "",
        f"You are welcome again in {told_duration(wait)}." if again else "",
        f"Please begin at this page, which hands out the pass: {come_by}" if come_by else "",
        f"This request is known as {request_id}." if request_id else "",
        _help(artist),
    ]
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
        sentences[1:1] = [f"{description}.", *(offer.sentence for offer in offers[:_MOST_OFFERS])]
    else:
        challenges = registry.current().challenges.get(verdict.status, ())
        more += tuple((b"WWW-Authenticate", text.encode()) for text in challenges)
    if request_id:
        more += ((b"X-Request-Id", request_id.encode()),)
    if may_sign:
        more += ((b"Accept-Signature", ACCEPT.encode()),)
    return answer(
        request, client, verdict.status, headline, [s for s in sentences if s], policy, more
    )


def unavailable(request: Request | None) -> Answer:
    """503: the guard itself failed, and the stance says to refuse requests then."""
    headline = "The guard at this door cannot decide right now"
    sentences = ["Please try again in a minute."]
    return answer(request, None, 503, headline, sentences, "", ((b"Retry-After", b"60"),))


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


def _help(artist: Artist) -> str:
    if not artist.contact:
        return ""
    return f"If you are a person and this is a mistake, please write to {artist.contact}"


def answer(
    request: Request | None,
    client: Client | None,
    status: int,
    headline: str,
    sentences: list[str],
    policy: str,
    more: _Fields = (),
) -> Answer:
    """A short answer, as a page or as plain text, whichever this client can read.

    `more` header fields come last.
    """
    if request is not None and _reads_pages(request, client):
        paragraphs = "".join(
            f'<p class="policy">{escape(text)}</p>' if policy and policy in text else _linked(text)
            for text in sentences
        )
        body = _PAGE.format(headline=escape(headline), paragraphs=paragraphs)
        headers = _PAGE_HEADERS
    else:
        body = "\n".join([headline + ".", *sentences]) + "\n"
        headers = _TEXT_HEADERS
    content = body.encode()
    fields = (*headers, (b"Content-Length", str(len(content)).encode()), *more)
    if request is not None:
        fields += readable(request)
    if request is not None and request.method == "HEAD":
        content = b""
    return Answer(status, fields, content)


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
