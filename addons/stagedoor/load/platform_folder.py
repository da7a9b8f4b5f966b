"""Platform profiles and the rules for terms on disk: the shipped ones, and a folder laid over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from stagedoor.config.yamltext import MAX_BYTES, Document, Source, parse
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError, Location, Problem

PLATFORMS, TERMS = "platforms", "terms"


def documents(folder: Path | None, part: str, problems: list[Problem]) -> list[Document]:
    """The parsed files of `rules/PART/`; a file in `folder` replaces the shipped one of its name.

    Mistakes in YAML are added to `problems`. Raises ConfigError where a file cannot be read.
    """
    found: dict[str, Source] = {}
    for root in filter(None, (rule_folder.SHIPPED_RULES, folder)):
        found |= _sources(root, part)
    parsed = (parse(source, problems) for source in found.values())
    return [document for document in parsed if document is not None]


def _sources(root: Path, part: str) -> Mapping[str, Source]:
    found: dict[str, Source] = {}
    for path in sorted(root.joinpath(part).glob("*.y*ml")):
        if path.name.startswith(".") or path.suffix not in {".yaml", ".yml"}:
            continue
        shown = f"{rule_folder.shown(root)}/{part}/{path.name}"
        try:
            with path.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            message = f"cannot be read: {(error.strerror or str(error)).lower()}"
            raise ConfigError([Problem(Location(shown), message)]) from error
        found[path.stem] = Source(shown, data, f"{part}/{path.name}")
    return found


def raise_if_any(problems: Sequence[Problem]) -> None:
    """ConfigError with all problems, where there are any."""
    if problems:
        raise ConfigError(problems)
