"""Tokens of HTML: the tokenizer's odd corners, and chunks that end anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagedoor.signals.html.tokens import RAW, Scanner, Token


def tokens(page: bytes, sizes: int = 1 << 20, *, xml: bool = False) -> list[Token]:
    """All tokens of a page that comes in chunks of `sizes` bytes."""
    scanner = Scanner(xml=xml)
    found: list[Token] = []
    for begin in range(0, len(page), sizes):
        scanner.feed(page[begin : begin + sizes])
        while token := scanner.next():
            found.append(token)
            if token.kind == "text":
                return found
            if token.kind == "start" and token.name in RAW:
                scanner.raw(token.name)
    return found


def told(page: bytes, *, xml: bool = False) -> str:
    """Tokens in short: `<!doctype> <html> <!> </a> text`."""
    short = {"doctype": "<!doctype>", "comment": "<!>", "text": "text"}
    return " ".join(
        short.get(t.kind) or f"<{'/' * (t.kind == 'end')}{t.name.decode()}>"
        for t in tokens(page, xml=xml)
    )


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"<!DocType html>\n<HTML><head ><meta/></HEAD >x", "<!doctype> <html> <head> <meta> </head> text"),
        (b"<!--><!---><!----><!-- > -- > --!><a>", "<!> <!> <!> <!> <a>"),
        (b"<!--!> --><a>", "<!> <a>"),
        (b"<!---!> --><a>", "<!> <a>"),
        (b"<!doctypes><!x><!><?x?></><//a></ b><a>", "<!doctype> <!> <!> <!> <!> <!> <!> <a>"),
        (b"<a b='>' c=\">\" d=>", "<a>"),
        (b"<a b=c'>'", "<a> text"),
        (b'<a "b>"', "<a> text"),
        (b'<a =">">', "<a> text"),
        (b"<a/b='/>'/>x", "<a> text"),
        (b"<a b = '>'c='>'>x", "<a> text"),
        (b"<a b='>", ""),
        (b"<", ""),
        (b"<!-", ""),
        (b"<!docty", ""),
        (b"< a>", "text"),
        (b"<3", "text"),
        (b"\0<a>", "text"),
        (b"<header><head>", "<header> <head>"),
        (b"<title><head></titles></title ><a>", "<title> </title> <a>"),
        (b"<script>'</script'</SCRIPT><a>", "<script> </script> <a>"),
        (b"<script><!--<script></script>--></script><a>", "<script> text"),
        (b"<style></style", "<style>"),
    ],
)  # fmt: skip
def test_tokens(page: bytes, found: str) -> None:
    assert told(page) == found


def test_an_instruction_of_xml_ends_as_one() -> None:
    assert told(b"<?a b='>'?><c>", xml=True) == "<!> <c>"
    assert told(b"<?a b='>'?><c>") == "<!> text"


_BITS = [
    *(b"<", b">", b"/", b"=", b'"', b"'", b"!", b"-", b"--", b"?", b" ", b"a", b"\0"),
    *(b"<!--", b"-->", b"<!doctype html>", b"<title>", b"</title>", b"<script>", b"</script>"),
]


@given(st.lists(st.sampled_from(_BITS), max_size=30).map(b"".join), st.integers(1, 9))
def test_it_does_not_matter_where_chunks_end(page: bytes, size: int) -> None:
    assert tokens(page, size) == tokens(page)


@pytest.mark.parametrize(
    "unit", [b"<!--", b"-", b"<a ", b"a=", b"'", b'"', b">", b"<!", b"<script>", b"</script", b'="']
)
def test_what_was_searched_is_not_searched_again(unit: bytes) -> None:
    """Between two chunks the scanner goes back by no more than a few bytes."""
    for start in (b"<!--", b"<a ", b"<a b='", b"<a b=", b"<title>", b"<"):
        scanner = Scanner()
        scanner.feed(start)
        while token := scanner.next():
            if token.name in RAW:
                scanner.raw(token.name)
        for _ in range(200):
            scanner.feed(unit)
            while (token := scanner.next()) and token.kind != "text":
                pass
            if token is not None:
                break
            assert len(scanner.text) - scanner._at < 10
