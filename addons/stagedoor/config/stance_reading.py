"""stance.yaml read: the stance in a document, its mistakes, and what is better written otherwise.

Words that earlier versions had are read as those that stand in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from stagedoor.config.schema import check
from stagedoor.config.stance import Stance, model
from stagedoor.config.yamltext import Document, Path, Value
from stagedoor.model.errors import Location, Problem

NAMELESS: Path = ("others", "nameless")
"""Where earlier versions had one word for who gives no name, and who gives one that nobody knows."""
FORMER: Mapping[str, str] = {"stance.others.nameless": "stance.others.unknown"}
"""Words that rules of earlier versions ask for, and what is asked in their place."""


def read_stance(document: Document, problems: list[Problem]) -> Stance:
    """The stance in `document`; every mistake is added to `problems`.

    Returns the default stance where the file cannot be used, so that rules can still be checked.
    """
    kind = model()
    stance = check(kind, _renewed(document), problems)
    return stance if stance is not None else kind()


def _renewed(document: Document) -> Document:
    """`document` with the two words that `others.nameless` has become, each standing in its place."""
    others = document.value.get("others") if isinstance(document.value, dict) else None
    if not isinstance(others, dict) or NAMELESS[-1] not in others:
        return document
    word = others[NAMELESS[-1]]
    new = [name for name in ("anonymous", "unknown") if name not in others]
    if not isinstance(word, str) or word not in {"yes", "log", "no", "allow", "block"}:
        new = new[:1]  # one mistake is reported once
    kept = {name: item for name, item in others.items() if name != NAMELESS[-1]}
    value = {
        **cast("dict[str, Value]", document.value),
        "others": {**kept, **dict.fromkeys(new, word)},
    }
    at: dict[Path, Location] = {("others", name): document.at(NAMELESS) for name in new}
    return replace(document, value=value, values={**document.values, **at})


def advice(stance: Stance, document: Document) -> list[Problem]:
    """What is legal and still worth reporting: shown at the start and by `stagedoor check`."""
    found = []
    if not stance.artist.contact:
        place = document.at(("artist", "contact"))
        found.append(
            Problem(
                place,
                "artist.contact is empty: a person refused by mistake cannot ask you",
                "write mailto: and your address",
            )
        )
    for number, path in enumerate(stance.audio.paths):
        if path.endswith("/"):
            found.append(
                Problem(
                    document.at(("audio", "paths", number)),
                    f'"{path}" is the folder\'s own page alone, not what lies in it',
                    f'write "{path}**"',
                )
            )
    if NAMELESS in document.values:
        others = stance.others
        found.append(
            Problem(
                document.at(NAMELESS, key=True),
                "others.nameless is now two words: anonymous (gives no name) and unknown (gives a"
                " name that nobody knows); it is read as both",
                f'write "anonymous: {others.anonymous}" and "unknown: {others.unknown}" in its place',
            )
        )
    return found
