"""Mistakes that many make in stance.yaml: each message says what to write instead, and that is right."""

from __future__ import annotations

import re

import pytest

from making import mistakes


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ("ai:\n  train:no\n", 2, 'put a space after the colon: "train: no"'),
        ("ai:\n  train:no\n  search:yes\n", 2, 'put a space after each colon: "train: …"'),
        ("ai:\n  train: no\n  search:yes\n", 3, 'write "search: yes"'),
        ("ai:\n  search:yes\n  train: no\n", 2, 'write "search: yes"'),
        ("ai: {train:no}\n", 1, 'write "train: no"'),
        ("mode:observe\n", 1, 'put a space after the colon: "mode: observe"'),
        ("mode:observe\nai:\n  train: no\n", 1, 'write "mode: observe"'),
        ("artist:\n  contact:mailto:a@b.example\n", 2, '"contact: mailto:a@b.example"'),
        ("site:\n  trusted_proxies: [127.0.0.1, ::1]\n", 2, 'write "::1"'),
        ("site: {trusted_proxies: [::1]}\n", 1, 'write "::1"'),
        ("site: {trusted_proxies: [127.0.0.1,::1/128]}\n", 1, 'write "::1/128"'),
        ("site: {listen: [::]:8080}\n", 1, 'write "[::]:8080"'),
        ("site:\n  listen: [::]:8080\n", 2, 'write "[::]:8080"'),
        ("site:\n  trusted_proxies: ::1\n", 2, 'write ["::1"]'),
        ("site:\n  trusted_proxies: ::1, cloudflare\n", 2, 'write ["::1", "cloudflare"]'),
        ("publish:\n  address: music.example.org\n", 2, "write https://music.example.org"),
        ("publish: {address: music.example.org/shop}\n", 1, "write https://music.example.org"),
        ("publish: {address: http//music.example}\n", 1, "write https://music.example"),
        ("publish: {address: somewhere}\n", 1, "write https://music.example.org"),
        ("site: {upstream: localhost}\n", 1, "write http://localhost"),
        ("site: {upstream: 192.168.1.5:8000}\n", 1, "write http://192.168.1.5:8000"),
        ("site: {upstream: web:8000}\n", 1, "write http://web:8000"),
        ("site: {upstream: 8000}\n", 1, "write http://localhost:8000"),
        ("site: {upstream: music.example}\n", 1, "write https://music.example"),
        (
            "audio:\n  paths: [/music/**, *.mp3]\n",
            2,
            "put quotes around text that starts with * or &",
        ),
    ],
)
def test_the_fix_is_what_to_write(text: str, line: int, fix: str) -> None:
    (said,) = mistakes({"stance.yaml": text})
    assert said.startswith(f"stance.yaml:{line}:"), said
    assert said.endswith(fix), said


@pytest.mark.parametrize(
    "text",
    [
        "ai: {train: no}\n",
        "mode: observe\n",
        'site: {trusted_proxies: [127.0.0.1, "::1", "::1/128", cloudflare]}\n',
        'site: {listen: "[::]:8080"}\n',
        "site: {listen: 'localhost:8080', upstream: 'http://localhost:8000'}\n",
        "publish: {address: https://music.example.org}\n",
        'artist: {name: "The Band: Live"}\n',
        'audio: {paths: ["/music/**"]}\n',
    ],
)
def test_what_a_fix_says_is_understood(text: str) -> None:
    assert mistakes({"stance.yaml": text}) == []


def test_a_mistake_of_another_kind_is_not_explained_away() -> None:
    (said,) = mistakes({"stance.yaml": "ai:\n  train: no\n mode: x\n"})
    assert re.search(r"check the indentation of this line and the one above$", said)
