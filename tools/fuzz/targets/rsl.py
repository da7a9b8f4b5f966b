"""RSL: signals/licence_documents.py."""

from __future__ import annotations

from stagedoor.signals import licence_documents
from stagedoor.signals.meaning import Said
from tools.fuzz.parts import split

SEEDS = (
    b'Ana\x1e<rsl xmlns="https://rslstandard.org/rsl"><content url="/music/"><license><prohibits '
    b'type="usage">ai-all</prohibits></license></content></rsl>',
    b'A "&<\x1e<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "b">]><r>&a;</r>',
    b'\x01\x1e<rss><channel xmlns:r="https://rslstandard.org/rsl"><r:content url="http://a.example/*"/>',
)  # fmt: skip
SAID = Said("no", "no", "yes")


def check(data: bytes) -> None:
    """A document of ours keeps its meaning, whatever the holder is called."""
    holder, document = split(data, 2)
    licence_documents.read(document, "https://a.example/music/a.mp3")
    ours = licence_documents.write(
        SAID, holder=holder.decode("utf-8", "replace"), contact_email="a@a.example"
    )
    found = licence_documents.read(ours, "https://a.example/music/a.mp3")
    assert found is not None
    assert found.said == SAID
