"""Rule files as text, and what is wrong with them."""

from __future__ import annotations

from making import mistakes

HEAD = "- id: a\n  title: A\n"


def wrong(text: str) -> list[str]:
    """What is wrong with a rule file."""
    return mistakes({"10-test.yaml": text})
