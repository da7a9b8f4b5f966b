"""Formats of logs and captures, recognised by their first bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, get_args

from stagedoor.fronts.replay import clf, jsonlines
from stagedoor.fronts.replay.log_records import Parse

Format = Literal[
    "auto", "common", "combined", "vhost_combined", "caddy", "nginx-json", "har", "flow"
]
FORMATS: tuple[Format, ...] = get_args(Format)

PARSERS: Mapping[str, Parse] = {
    "common": clf.parse,
    "combined": clf.parse,
    "vhost_combined": clf.parse,
    "caddy": jsonlines.parse,
    "nginx-json": jsonlines.parse,
}
"""The formats that are lines. Members of a family are told apart by each line, and what fits none of
them is tried by line_reader.py."""

GZIP = b"\x1f\x8b"
PACKERS: Mapping[bytes, str] = {
    GZIP: "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
OTHER_PACKERS: Mapping[bytes, str] = {b"PK\x03\x04": "zip", b"7z\xbc\xaf\x27\x1c": "7-Zip"}

_HAR = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_FLOW = re.compile(rb"\d+:\d+:[a-z_]+[;,]")
"""A tnetstring whose first element is a name; an IPv6 address has no semicolon."""
_LINE = re.compile(rb"^[^\n]", re.MULTILINE)
_OBJECT = re.compile(rb"^\{", re.MULTILINE)
BOM = b"\xef\xbb\xbf"


def sniff(head: bytes) -> Format:
    """The format of a file that begins with `head`; never `auto`.

    Where it is lines, what most of them look like counts: a log may begin with the rest of one.
    """
    head = head.removeprefix(BOM)
    if _HAR.match(head):
        return "har"
    if _FLOW.match(head):
        return "flow"
    objects = len(_OBJECT.findall(head))
    return "caddy" if objects * 2 > len(_LINE.findall(head)) else "combined"


def packer(head: bytes) -> str:
    """The name of the program that packed this; empty where it is not packed."""
    every = {**PACKERS, **OTHER_PACKERS}
    return next((name for magic, name in every.items() if head.startswith(magic)), "")
