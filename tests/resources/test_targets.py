"""Targets that servers read in different ways are answered; what players send is not."""

from __future__ import annotations

import pytest

from stagedoor.resources.signal_files import literal
from stagedoor.resources.targets import MAX_TARGET, fault


def raw(text: str) -> str:
    """As it arrives: a character a byte."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/music/a%20b.mp3?x=1",
        "/%61/..%2f/a",
        "/music/[live]|{x}.mp3",
        '/a"b<c>^`.mp3',
        raw("/music/Ö–日本.mp3?q=é"),
        "/announce?info_hash=%00%12",
        "/a%1b%0a.mp3",
        "/" + "x" * (MAX_TARGET - 1),
    ],
)
def test_what_real_clients_send_is_decided_about(target: str) -> None:
    assert fault(target) is None


@pytest.mark.parametrize(
    "target",
    [
        "/robots.txt#/../music/a.mp3",
        "/a?b#c",
        "/.well-known/x%00/../../music/a.mp3",
        "/robots.txt%00",
        "/a\0b",
        "/a b",
        "/a\tb",
        "/a\x7f",
        "/a\x1b[31m",
        "/a\xff\xfe",
        raw("/a\x9b2J"),
        "music/a.mp3",
        "*",
        "",
        "http://other/a",
    ],
)
def test_what_can_be_read_in_two_ways_is_answered_400(target: str) -> None:
    found = fault(target)
    assert found is not None
    assert found.status == 400
    assert found.reason


def test_more_than_is_looked_at_is_answered_414() -> None:
    found = fault("/" + "x" * MAX_TARGET)
    assert found is not None
    assert found.status == 414


@pytest.mark.parametrize("method", ["G\x1bT", "", "GET,HEAD", "G" * 65, "\xc9"])
def test_a_method_is_a_word(method: str) -> None:
    found = fault("/", method)
    assert found is not None
    assert (found.status, found.name) == (400, "method")


def test_a_star_is_for_options_alone() -> None:
    assert fault("*", "OPTIONS") is None
    assert fault("*", "GET") is not None


@pytest.mark.parametrize(
    ("target", "file"),
    [
        ("/robots.txt", "/robots.txt"),
        ("https://music.example.org/robots.txt", "/robots.txt"),
        ("ftp://music.example.org/robots.txt", ""),
        ("robots.txt", ""),
        ("/music/robots.txt", ""),
        ("/robots.txt?" + "x" * 2000, ""),
    ],
)
def test_signal_files_are_named_literally(target: str, file: str) -> None:
    assert literal(target) == file
