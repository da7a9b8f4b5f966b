"""Texts and settings out of pages of all shapes."""

from __future__ import annotations

import json

import pytest

import termpairs
from platformrules import profiles
from stagedoor.platforms.badge import may_have
from stagedoor.platforms.extraction import markdown_text, page_text
from stagedoor.platforms.profiles import Part, Setting
from stagedoor.platforms.visible_settings import visible

TEXT = [*termpairs.PLAIN["en"]]
PARAGRAPHS = "".join(f"<p>{line}</p>" for line in TEXT)


def test_a_script_with_json_holds_the_text() -> None:
    part = Part.model_validate({"css": "script#d", "json": "a.0.html"})
    data = json.dumps({"a": [{"html": PARAGRAPHS}]})
    page = f'<div id=app></div><script id=d type="application/json">{data}</script>'
    assert page_text(page.encode(), "utf-8", (part,), ()) == TEXT
    page = f"<script id=d>window.state = {data};</script>"
    assert page_text(page.encode(), "utf-8", (part,), ()) == TEXT


def test_what_is_no_text_is_left_out() -> None:
    page = (
        f"<main><nav>Anna</nav><script>x</script>{PARAGRAPHS}<aside>ad</aside><div class=toc>toc"
        "</div><form>mail <input value=anna@example.org></form><p hidden>no</p></main>"
    )
    assert page_text(page.encode(), "utf-8", (), (".toc",)) == TEXT


def test_a_page_that_a_script_fills_later_has_no_text() -> None:
    assert page_text(b"<main><div id=root></div></main>", "", (), ()) == []
    assert page_text(b"", "", (), ()) == []
    assert page_text(b"\xff\xfe\x00", "nonsense", (), ()) == []


def test_another_encoding_is_read() -> None:
    words = [*termpairs.PLAIN["fr"]]
    page = "<main>" + "".join(f"<p>{line}</p>" for line in words) + "</main>"
    assert page_text(page.encode("iso-8859-1"), "iso-8859-1", (), ()) == words


def test_deep_nesting_ends() -> None:
    page = "<main>" + "<div>" * 20_000 + PARAGRAPHS
    assert isinstance(page_text(page.encode(), "utf-8", (), ()), list)


def test_markdown_loses_its_marks() -> None:
    text = "## Title\n\n*   **One** [link](https://x.example/a)\n---\n"
    assert markdown_text(text) == ["Title", "One link"]


@pytest.mark.parametrize(
    ("switch", "state"),
    [
        ("<input type=checkbox checked>", "on"),
        ("<input type=checkbox>", "off"),
        ("<button role=switch aria-checked=false></button>", "off"),
        ("<button role=switch aria-checked=true></button>", "on"),
        ("<span>no switch</span>", None),
    ],
)
def test_a_setting_is_read_beside_its_words(switch: str, state: str | None) -> None:
    setting = Setting(name="T", path="/s", label="third-party training", means="m", source="s")
    page = (
        "<section><label>Newsletter</label><input type=checkbox checked></section>"
        f"<section><div><label>Third-party training</label></div><div>{switch}</div></section>"
    )
    assert visible(page.encode(), "utf-8", (setting,)) == ({"T": state} if state else {})


@pytest.mark.parametrize(
    ("fields", "page", "allowed"),
    [
        ((), b"<p>", True),
        ((("Content-Security-Policy", "img-src 'self'"),), b"", True),
        ((("Content-Security-Policy", "script-src 'self' 'unsafe-inline'"),), b"", True),
        ((("Content-Security-Policy", "script-src 'self'"),), b"", False),
        ((("Content-Security-Policy", "default-src 'none'"),), b"", False),
        ((("Content-Security-Policy", "script-src 'unsafe-inline' 'nonce-a'"),), b"", False),
        ((("Content-Security-Policy", "img-src *, script-src 'self'"),), b"", False),
        ((("content-security-policy-report-only", "script-src 'self'"),), b"", False),
        ((("Content-Security-Policy", "sandbox"),), b"", False),
        ((), b'<meta http-equiv="Content-Security-Policy" content="x">', False),
        ((), b"<input name=p type=password>", False),
        ((), b'<input autocomplete="cc-number">', False),
        ((("Cache-Control", "no-transform"),), b"", False),
    ],
)
def test_strict_pages_and_pages_where_secrets_are_typed_get_no_badge(
    fields: tuple[tuple[str, str], ...], page: bytes, *, allowed: bool
) -> None:
    assert may_have(fields, page) == allowed


def test_every_selector_of_every_profile_can_be_understood() -> None:
    from lxml.cssselect import CSSSelector

    for profile in profiles("x.example").all:
        for document in profile.file.documents:
            for css in (*(part.css for part in document.text), *document.remove):
                if css:
                    CSSSelector(css, translator="html")
