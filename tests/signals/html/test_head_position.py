"""Where tags go, and when that is known. Whole pages: `test_insertion.py`."""

from __future__ import annotations

import pytest

from stagedoor.signals.html.head_position import Walk


def walk(page: bytes, *, xml: bool = False, look: bool = False) -> tuple[bool, bool, int]:
    """Whether the place is final, whether it is a page, and the place."""
    walk = Walk(xml=xml)
    walk.scanner.feed(page)
    done = walk.on(look_for_charset=look)
    return done, walk.page, walk.place


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"<!doctype html>", (False, True, -1)),
        (b"<html>", (False, True, -1)),
        (b"<html><head>", (False, True, 12)),
        (b"<html><head><title>", (True, True, 12)),
        (b"<head><meta charset=utf-8>", (True, True, 26)),
        (b"<head><title></title><meta charset=utf-8>", (True, True, 6)),
        (b"<html></p><body>", (True, True, 10)),
        (b"<html></body>", (True, True, 6)),
        (b"<p><html>", (True, False, 0)),
        (b"text<html>", (True, False, 0)),
        (b"<link><script></script>", (False, False, 0)),
    ],
)
def test_with_a_charset_the_first_tag_of_the_head_decides(
    page: bytes, found: tuple[bool, bool, int]
) -> None:
    assert walk(page) == found


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"<head><title>", (False, True, 6)),
        (b"<head><title></title><meta charset=utf-8>", (True, True, 41)),
        (b"<head><script></script><style></style><link><base><meta name=a>", (False, True, 6)),
        (b"<head><noscript>", (True, True, 6)),
        (b"<head></head>", (True, True, 6)),
        (b"<head>" + b" " * 1100 + b"<link>", (True, True, 6)),
    ],
)
def test_without_one_the_head_is_searched_for_it(
    page: bytes, found: tuple[bool, bool, int]
) -> None:
    assert walk(page, look=True) == found


@pytest.mark.parametrize(
    ("page", "found"),
    [
        (b"<?xml?><!DOCTYPE html><html><head>", (True, True, 34)),
        (b"<html><head/>", (True, True, -1)),
        (b"<HTML><HEAD>", (True, False, -1)),
        (b"<html><body>", (True, True, -1)),
        (b"<!DOCTYPE html [", (False, False, -1)),
        (b"<!DOCTYPE html [<!ENTITY a 'b'>", (True, False, -1)),
    ],
)
def test_xhtml_has_one_place(page: bytes, found: tuple[bool, bool, int]) -> None:
    assert walk(page, xml=True) == found
