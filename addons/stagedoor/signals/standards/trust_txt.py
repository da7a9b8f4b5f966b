"""JournalList's trust.txt: `datatrainingallowed=yes|no` (version of April 2024)."""

from __future__ import annotations

import re

from stagedoor.signals.meaning import Answer, Said, Statement
from stagedoor.signals.standard import Document, Files, Message, Standard, Switch

FILES = ("/trust.txt", "/.well-known/trust.txt")
_LIMIT = 512_000
"""Octets that are read."""
_LINE = re.compile(r"[ \t]*datatrainingallowed[ \t]*=[ \t]*(yes|no)[ \t]*(?:#.*)?", re.IGNORECASE)
_ENDS = re.compile(r"\r\n?|\n")


def read(data: bytes, where: str = FILES[0]) -> Statement | None:
    """What the file says; where it says both, no counts."""
    lines = _ENDS.split(data[:_LIMIT].decode("utf-8-sig", "replace"))
    found = {line[1].lower(): line[0].strip() for line in map(_LINE.fullmatch, lines) if line}
    answers: tuple[Answer, ...] = ("no", "yes")
    for answer in answers:
        if answer in found:
            return Statement("trust.txt", where, Said(train=answer), found[answer])
    return None


def write(train: Answer) -> str:
    """The line that says it; a file may hold others."""
    return f"datatrainingallowed={train}\n"


# -- the standard ----------------------------------------------------------------------------------


def _files(message: Message) -> dict[str, Document]:
    return {FILES[0]: Document("text/plain; charset=utf-8", write(message.train).encode())}


def _read_file(data: bytes, at: str, _path: str) -> tuple[Statement, ...]:
    found = read(data, at)
    return (found,) if found else ()


STANDARD = Standard(
    name="trust.txt",
    title="trust.txt",
    caption="JournalList's trust.txt: training, for the whole site",
    switch=Switch("trust_txt", "trust.txt, for publishers", default="no"),
    files=Files(write=_files, asked=FILES, read=_read_file),
    refusal=lambda _use: "datatrainingallowed=no",
)
