"""A list of crawlers in the form of ai.robots.txt's robots.json → wishes: refuse them all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from stagedoor.config.yamltext import Source, Value, parse
from stagedoor.import_.wishes import About, Beside, Found, Named, Wish
from stagedoor.model.errors import Location, Problem
from stagedoor.model.facts import Purpose

_PURPOSES: tuple[tuple[str, Purpose], ...] = (
    (r"undocumented", "robot"),
    (r"\btrain|\bllms?\b|machine learning|scrap|dataset|data provider", "ai-training"),
    (r"search", "ai-search"),
    (r"assistant|user-initiated|answers?\b", "ai-input"),
    (r"agents?\b|takes action", "ai-agent"),
)
"""What the list says it is for (in lower case) → what that is here; the first counts."""
_RESPECT: Mapping[str, Literal["obeys", "ignores"]] = {"yes": "obeys", "no": "ignores"}
_LINK = re.compile(r"\[([^\]]*)\]\((https?://[^)\s]+)\)")
MAX_TEXT = 600
"""Characters; the longest in the list has 400."""
_UNCLEAR = re.compile(r"unclear|no information", re.IGNORECASE)


def read(path: str, data: bytes, _beside: Beside) -> Found:
    """What the list wishes; names that are no names are reported."""
    problems: list[Problem] = []
    document = parse(Source(path, data), problems)
    if document is None or problems:
        return Found(left=tuple(problems))
    if not isinstance(document.value, dict):
        fix = 'write {"GPTBot": {"operator": …, "function": …}}'
        return Found(left=(Problem(Location(path, 1, 1), "this is no list of names", fix),))
    wishes = []
    for name, value in document.value.items():
        at = document.at((name,), key=True)
        if not name.strip():
            problems.append(Problem(at, "a name is empty", "take it out"))
            continue
        wishes.append(Wish(at, "block", Named(name.strip(), _about(value)), group=path))
    return Found(tuple(wishes), tuple(problems))


def _about(value: Value) -> About:
    said = value if isinstance(value, dict) else {}
    function = _text(said.get("function"))
    operator, docs = _linked(_text(said.get("operator")))
    respect, page = _linked(_text(said.get("respect")))
    fitting = [purpose for sign, purpose in _PURPOSES if re.search(sign, function.lower())]
    return About(
        purpose=fitting[0] if fitting else "robot",
        operator="" if _UNCLEAR.search(operator) else operator,
        docs=docs or page,
        note="" if not function or _UNCLEAR.search(function) else f"The list says: {function}",
        robots=_RESPECT.get(respect.lower().rstrip("."), "unknown"),
    )


def _text(value: object) -> str:
    return " ".join(value[:MAX_TEXT].split()) if isinstance(value, str) else ""


def _linked(text: str) -> tuple[str, str]:
    """`[Ai2](https://allenai.org)` → `Ai2` and the address."""
    link = _LINK.search(text)
    return _LINK.sub(r"\1", text), link[2] if link else ""
