"""Whatever strangers publish: nothing raises, and a megabyte takes no longer than linear time.

Nothing is timed here: what is quadratic would need minutes for one of these, and the time-out ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals import headers, licence_documents, links, patterns
from stagedoor.signals.html import head
from stagedoor.signals.standards import ai_txt, c2pa, robots_tag, rsl, tdmrep, trust_txt

URL = "https://ana.example/" + "a" * 4_000
PATH = "/a" * 2_000

READERS: Mapping[str, Callable[[str], object]] = {
    "tdmrep file": lambda text: tdmrep.read(_octets(text), PATH),
    "rsl file": lambda text: licence_documents.read(_octets(text), URL),
    "ai.txt": lambda text: ai_txt.read(_octets(text), PATH),
    "trust.txt": lambda text: trust_txt.read(_octets(text)),
    "page": lambda text: head.read(_octets(text), "", URL),
    "headers": lambda text: headers.read(
        [("Link", text), ("X-Robots-Tag", text), ("tdm-reservation", text)]
    ),
    "links": lambda text: list(links.parse(text)),
    "absolute URL": lambda text: links.is_absolute("https://" + text),
    "License: value": rsl.read_robots_value,
    "meta": lambda text: robots_tag.read_meta([(text, text), ("robots", text)]),
    "credentials": c2pa.read,
    "pattern": lambda text: patterns.matches(patterns.pattern(text), PATH),
    "path": lambda text: patterns.matches("/*a*a*b$", patterns.requested("/" + text)),
}
readers = pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())

MEGABYTE = 1_000_000
_RSL = f'<rsl xmlns="{licence_documents.NAMESPACE}">'
PIECES = (
    *("<", ">", ":", ",", ";", '"', "'", "\\", '\\"', " ", "\t", "\n", "\r", "\0", "&", "&amp;"),
    *("[", "{", '{"a":', "*", "*a", "$", "%", "%6d", "%6", "ü", "=", "-", "a.", "/*"),
    *("<a ", "<a b=", "<!--", "<!-", "<!", "<![CDATA[", "]]>", "<?", "</", "<div>", "<template>"),
    *("<script type=application/rsl+xml>", "<meta name=robots content=noai>", "<html a=1>"),
    *("<content><license>", "<x>;a=", '<x>;a="\\', "<>;", '<a>;b="c",', '<a>;b="c" '),
    *("bot:", "bot:noai,", "noarchive,", "User-Agent: a\n", "Disallow: *a*b\n"),
    *("User-Agent: a\nDisallow: *a*b$\n", "datatrainingallowed= ", '{"location":"*a*b"},'),
)


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.slow
@readers
def test_a_megabyte_of_anything(reader: Callable[[str], object]) -> None:
    for piece in PIECES:
        reader(piece * (MEGABYTE // len(piece.encode())))


def test_a_megabyte_that_is_well_formed() -> None:
    entry = '{"location":"*a*a*b","tdm-reservation":1}'
    file = "[" + ",".join([entry] * (tdmrep.FILE_LIMIT // (len(entry) + 1) - 1)) + "]"
    assert tdmrep.read(file.encode(), PATH) is None
    assert tdmrep.read(file.encode(), PATH + "b") is not None
    scope = (
        '<content url="*a*a*b"><license><prohibits type="usage">all</prohibits></license></content>'
    )
    document = _RSL + scope * ((MEGABYTE - 100) // len(scope)) + "</rsl>"
    assert licence_documents.read(document.encode(), URL) is None
    found = licence_documents.read(document.encode(), "https://ana.example/aab")
    assert found
    assert found.text.count("<content") == document.count("<content")
    attributes = " ".join(f'a{number}="b"' for number in range(MEGABYTE // 12))
    assert (
        licence_documents.read(f"{_RSL}<content url='/' {attributes}/></rsl>".encode(), URL) is None
    )
    page = f"<meta {attributes} name=robots content=noai>"[: head.LIMIT]
    head.read(page.encode())


@readers
@given(text=st.text())
def test_no_text_raises(reader: Callable[[str], object], text: str) -> None:
    reader(text)


@readers
@given(pieces=st.lists(st.sampled_from(PIECES)))
def test_no_soup_raises(reader: Callable[[str], object], pieces: list[str]) -> None:
    reader("".join(pieces))


@given(data=st.binary())
def test_no_octets_raise(data: bytes) -> None:
    tdmrep.read(data, PATH)
    licence_documents.read(data, URL)
    licence_documents.read(_RSL.encode() + data, URL)
    licence_documents.read(b'<?xml version="1.0" encoding="' + data, URL)
    ai_txt.read(data, PATH)
    trust_txt.read(data)
