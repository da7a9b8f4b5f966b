"""Answers of the guard that a page of another origin may read (CORS; WHATWG Fetch, section 3.3).

A web player elsewhere could not show why it was refused: browsers hide an answer without these
headers. A refusal holds nothing that is secret, so any origin that asks may read it. Before some
requests a browser asks with OPTIONS; where the request itself would be refused, the guard answers
that question, and only for what changes nothing at the site.
"""

from __future__ import annotations

import re

from stagedoor.model.facts import Request

_Fields = tuple[tuple[bytes, bytes], ...]

_ORIGIN = re.compile(
    r"null|[a-z][a-z0-9+.-]*://[A-Za-z0-9.:\[\]_-]{1,253}", re.ASCII | re.IGNORECASE
)
_HEADERS = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1024}", re.ASCII)
_SAFE = frozenset({"GET", "HEAD"})
_READABLE = (b"Access-Control-Expose-Headers", b"X-Request-Id, Retry-After, Content-Usage")


def readable(request: Request, vary: bytes = b"Origin") -> _Fields:
    """The headers that let the page which asked read an answer; none where no page did.

    `vary`: the headers that this answer depends on, Origin among them.
    """
    origin = request.header("origin").strip()
    if not origin or not _ORIGIN.fullmatch(origin):
        return ()
    return (
        (b"Access-Control-Allow-Origin", origin.encode()),
        (b"Access-Control-Allow-Credentials", b"true"),
        _READABLE,
        (b"Vary", vary),
    )


def preflight(request: Request) -> _Fields | None:
    """The headers of the answer to a preflight for something that will be refused; None where the
    request is none, or asks for more than reading.
    """
    if request.method != "OPTIONS":
        return None
    fields = readable(request)
    method = request.header("access-control-request-method").strip().upper()
    if not fields or method not in _SAFE:
        return None
    headers = request.header("access-control-request-headers").strip()
    if headers and not _HEADERS.fullmatch(headers):
        return None
    allowed = ((b"Access-Control-Allow-Headers", headers.encode()),) if headers else ()
    return (
        *fields,
        (b"Access-Control-Allow-Methods", b"GET, HEAD"),
        *allowed,
        (b"Access-Control-Max-Age", b"0"),
        (b"Cache-Control", b"no-store"),
    )
