"""Really Simple Licensing 1.0 with its errata to 2026-08: what leads to a licence document.

The documents themselves are `signals/licence_documents.py`'s. Between documents the strictest counts
(4.9), which is what `meaning.resolve` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from html import escape
from types import MappingProxyType

from stagedoor.signals.html.head_elements import Head
from stagedoor.signals.licence_documents import read, write
from stagedoor.signals.links import Link, absolute, is_absolute, parse
from stagedoor.signals.meaning import Said, Statement, Use
from stagedoor.signals.standard import (
    Document,
    Fields,
    Files,
    Header,
    Merge,
    Message,
    Page,
    RobotsRecord,
    Standard,
    Switch,
)

FILE = "/license.xml"
MEDIA_TYPE = "application/rsl+xml"


def licence(link: Link) -> str:
    """The licence document that a link of the resource itself names; empty where it names none."""
    of_licence = "license" in link.relations and link.media_type == MEDIA_TYPE
    return link.target if of_licence and "anchor" not in link.parameters else ""


def licences(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The URLs of licence documents, as written, that a response's Link headers name."""
    for name, value in fields:
        if name.lower() == "link":
            yield from filter(None, map(licence, parse(value)))


def read_headers(fields: Iterable[tuple[str, str]]) -> tuple[Statement, ...]:
    """That a response names licences. What these say is known when they have been fetched."""
    return tuple(_pointer(url, "header") for url in licences(fields))


def _pointer(url: str, where: str) -> Statement:
    return Statement("rsl", where, Said(), f'<{url}>; rel="license"; type="{MEDIA_TYPE}"')


def read_pointers(urls: Iterable[str], where: str) -> tuple[Statement, ...]:
    """The same for what a page's `<link>` elements name."""
    return tuple(_pointer(url, where) for url in urls)


def read_robots_value(value: str) -> str:
    """The URL of a robots.txt `License:` line; empty where it is not absolute, as it must be."""
    return value.strip() if is_absolute(value.strip()) else ""


def write_header(url: str) -> tuple[str, str]:
    """The header field that names the licence document at `url`."""
    return "Link", f'<{absolute(url)}>; rel="license"; type="{MEDIA_TYPE}"'


def write_link(url: str) -> str:
    """The `<link>` element that names it in a page."""
    return f'<link rel="license" type="{MEDIA_TYPE}" href="{escape(absolute(url))}">'


def write_robots(url: str) -> str:
    """The robots.txt line that names it."""
    return f"License: {absolute(url)}"


# -- the standard ----------------------------------------------------------------------------------


def _linked(message: Message) -> Message:
    return replace(message, licence=f"{message.address}{FILE}" if message.address else "")


def _read_page(head: Head, url: str) -> tuple[Statement, ...]:
    inline = (read(document, url, "html", "resource") for document in head.inline)
    return (*filter(None, inline), *read_pointers(head.licences, "html"))


def _write_fields(message: Message) -> Fields:
    return (write_header(message.licence),) if message.licence else ()


def _stricter(theirs: Fields, ours: Fields) -> Merge:
    """A licence that the site names stays the only one; other links are no licences."""
    return Merge() if any(licences(theirs)) else Merge(add=ours)


def _files(message: Message) -> dict[str, Document]:
    text = write(
        message.said,
        scope=f"{message.address}/" if message.address else "/",
        holder=message.name,
        contact_url=message.page,
        contact_email=message.mail,
    )
    return {FILE: Document(MEDIA_TYPE, text)}


def _refusal(use: Use) -> str:
    token = "search ai-index" if use == "search" else f"ai-{use}"
    return f'<prohibits type="usage">{token}</prohibits>'


CHALLENGES: Mapping[int, str] = MappingProxyType(
    {
        401: 'License error="invalid_token", '
        'error_description="This needs a licence, and no valid licence came with the request"',
        402: 'License error="invalid_request", '
        'error_description="This needs a licence that has been agreed on, or paid for"',
    }
)
"""The crawler authorisation of RSL 1.0 (6.3): 401 and 402 must say so, beside the Link to the
licence. RFC 9110, 11.6.1, asks a 401 for a challenge, too."""


STANDARD = Standard(
    name="rsl",
    title="RSL",
    caption="Really Simple Licensing 1.0: a licence that machines read",
    switch=Switch("rsl", "and as a licence that machines read (Really Simple Licensing)"),
    header=Header(
        names=("link",),
        read=read_headers,
        write=_write_fields,
        stricter=_stricter,
        carries=lambda value: "license" in value.lower(),
    ),
    page=Page(
        read=_read_page,
        write=lambda message: write_link(message.licence) if message.licence else "",
    ),
    record=RobotsRecord(
        name="license",
        write=lambda message, _path: write_robots(message.licence) if message.licence else "",
    ),
    files=Files(
        write=_files,
        others=(FILE, "/rsl.xml"),
        what_for={FILE: "the licence, for machines"},
    ),
    refusal=_refusal,
    linked=_linked,
    unlinked=lambda _: f"what leads to {FILE} (a header, a tag, a line of robots.txt)",
    challenges=CHALLENGES,
    linking=True,
    in_audio=True,
)
