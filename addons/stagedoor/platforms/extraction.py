"""The text of a page of terms: a profile's selectors, read by lxml. Pure.

No extractor that guesses: those for articles drop what looks like boilerplate, and terms of use are
boilerplate; a sentence that is dropped today and kept tomorrow would be a false alarm. So a profile
names the element, as Open Terms Archive does, and where the element is missing nothing is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import orjson
from lxml import etree, html

from stagedoor.platforms.clutter import clutter, selected
from stagedoor.platforms.profiles import Part
from stagedoor.signals.html.charsets import prescan
from stagedoor.signals.html.head import decoded

MOST = 4_000_000
"""Octets of a page that are read."""
LEAST_WORDS = 100
"""What is shorter is no terms: a consent wall, a login page, a page that a script fills later."""
GENERIC: tuple[Part, ...] = tuple(
    Part(css=css) for css in ("main", "[role=main]", "article", "#content", "#main")
)
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "slot",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
"""All other elements begin a line of their own, those that nobody knows as well."""
_ASSIGNED = re.compile(r"=\s*(?=[{\[])")


def page_text(data: bytes, charset: str, parts: Sequence[Part], remove: Sequence[str]) -> list[str]:
    """The paragraphs of a text; empty where it is not in the page, or the page is something else.

    Raises nothing: a page that cannot be read has no text.
    """
    page = data[:MOST]
    for part in parts or GENERIC:
        blocks = _of_part(page, charset, part, remove)
        if sum(len(block.split()) for block in blocks) >= LEAST_WORDS:
            return blocks
    return []


def markdown_text(text: str) -> list[str]:
    """The paragraphs of a Markdown document, as Open Terms Archive keeps texts."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    plain = re.sub(r"\\([\\`*_{}\[\]()#+.!>~|-])", r"\1", plain)
    lines = (re.sub(r"^\s*(?:#{1,6}\s+|>\s+|[*+-]\s+)", "", line) for line in plain.splitlines())
    lines = (re.sub(r"(\*\*|__|\*|_)(?=\S)(.+?)(?<=\S)\1", r"\2", line).strip() for line in lines)
    return [line for line in lines if line.strip("-=*_ |:")]


def tree_of(data: bytes, charset: str) -> etree._Element | None:
    """A page as lxml's tree; None where there is none in it."""
    codec = charset.strip("\"' ").lower() or prescan(data)
    try:
        text = data.decode(codec) if codec and codec != "utf-8" else decoded(data, charset)
    except (LookupError, UnicodeDecodeError):
        text = decoded(data, charset)
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace") or b"<p>", parser=parser)
    except (etree.LxmlError, ValueError):
        return None


def _of_part(data: bytes, charset: str, part: Part, remove: Sequence[str]) -> list[str]:
    if part.json_path and not part.css:
        return _of_value(_json(data.decode("utf-8", "replace")), part.json_path, remove)
    tree = tree_of(data, charset)
    if tree is None:
        return []
    found = selected(tree, part.css)
    if part.json_path:
        values = (_json(element.text_content()) for element in found)
        return next(filter(None, (_of_value(v, part.json_path, remove) for v in values)), [])
    all_found = set(found)
    outer = [one for one in found if all_found.isdisjoint(one.iterancestors())]
    return [block for element in outer for block in _blocks(element, remove)]


def _json(text: str) -> object:
    """JSON, or what a script assigns: `window.__data = {…};`."""
    for candidate in (text, text[m.end() :] if (m := _ASSIGNED.search(text)) else ""):
        try:
            return orjson.loads(candidate.strip().rstrip(";"))
        except orjson.JSONDecodeError:
            continue
    return None


def _of_value(value: object, path: str, remove: Sequence[str]) -> list[str]:
    for step in path.split("."):
        match value:
            case dict():
                value = value.get(step)
            case list() if step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            case _:
                return []
    if not isinstance(value, str):
        return []
    if "<" not in value:
        return [line for line in value.splitlines() if line.strip()]
    tree = tree_of(value.encode("utf-8", "replace"), "utf-8")
    return [] if tree is None else list(_blocks(tree, remove))


def _blocks(element: etree._Element, remove: Sequence[str]) -> Iterator[str]:
    """The text of an element, a line a block, without what is no text."""
    taken = clutter(element, remove)
    line: list[str] = []
    for piece in _pieces(element, taken):
        if piece is None:
            text = " ".join("".join(line).split())
            line = []
            if text:
                yield text
        else:
            line.append(piece)
    text = " ".join("".join(line).split())
    if text:
        yield text


def _pieces(element: etree._Element, taken: set[etree._Element]) -> Iterator[str | None]:
    """Texts, and None where a block begins or ends. Without recursion: pages nest deeply."""
    skipping = None
    for event, node in etree.iterwalk(element, events=("start", "end")):
        if skipping is None and event == "start" and node in taken:
            skipping = node
        if skipping is None:
            if isinstance(node.tag, str) and node.tag not in _INLINE:
                yield None
            if event == "start" and node.text:
                yield node.text
        if event == "end":
            if node is skipping:
                skipping = None
            if skipping is None and node.tail and node is not element:
                yield node.tail
