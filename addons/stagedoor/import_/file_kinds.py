"""Kinds of files that can be imported, recognised by content; and what a file includes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stagedoor.import_ import anubis, nginx, robots_json, robots_txt
from stagedoor.import_.wishes import Reader

READERS: Mapping[str, Reader] = {
    "robots": robots_txt.read,
    "ai-robots": robots_json.read,
    "anubis": anubis.read,
    "nginx-map": nginx.read,
}
_SIGNS: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("nginx-map", re.compile(rb"(?m)^[ \t]*map[ \t]+\S+[ \t]+\$\w+\s*\{")),
    ("anubis", re.compile(rb'(?m)^[ \t]*(bots:|[{,]?[ \t]*"bots"[ \t]*:)')),
    ("anubis", re.compile(rb"(?m)^-\s+(import|name):")),
    ("anubis", re.compile(rb'"(user_agent_regex|path_regex|headers_regex|remote_addresses)"\s*:')),
    ("ai-robots", re.compile(rb'\A\s*\{[^{}]*\{[^{}]*"(operator|respect|function)"\s*:')),
    ("robots", re.compile(rb"(?mi)^[ \t]*(user-agent|disallow|allow|sitemap)[ \t]*:")),
)
"""What gives a kind away; the first that is found counts."""
_INCLUDES: Mapping[str, re.Pattern[bytes]] = {
    "anubis": re.compile(rb"(?m)^[^#\n]*?\"?\bimport\"?\s*:\s*[\"']?([^\s\"'#},]+)"),
    "nginx-map": re.compile(rb"(?m)^[^#\n]*?\binclude\s+[\"']?([^\s\"';]+)"),
}


def guess(data: bytes) -> str:
    """The kind of a file, by its content; empty where nothing gives it away."""
    return next(
        (kind for kind, sign in _SIGNS if sign.search(data.removeprefix(b"\xef\xbb\xbf"))), ""
    )


def includes(kind: str, data: bytes) -> tuple[str, ...]:
    """The words with which a file asks for others."""
    sign = _INCLUDES.get(kind)
    words = sign.findall(data) if sign else []
    return tuple(dict.fromkeys(word.decode("utf-8", "replace") for word in words))
