"""`stagedoor schema DIR`: JSON Schemas of the files people write, for their editors."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path

from stagedoor.cli.shared_options import add_rules
from stagedoor.load import rule_folder
from stagedoor.model.errors import StagedoorError
from stagedoor.platforms.clauses import TermsFile
from stagedoor.platforms.profiles import PlatformFile
from stagedoor.rules.json_schema import schemas


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("folder", type=Path, metavar="DIR")
    add_rules(parser)


def run(options: argparse.Namespace) -> int:
    """Write them into a folder, with the names in the catalogue of the rules directory."""
    files = rendered(options.rules)
    write(options.folder, files)
    print(f"Wrote {', '.join(files)} into {options.folder}.")
    return 0


def rendered(rules: Path | None = None) -> Mapping[str, str]:
    """The text of each schema, by its file's name."""
    catalogue = rule_folder.load(rules).catalogue
    found = {
        **schemas(catalogue.names, catalogue.operators),
        "platforms.json": PlatformFile.model_json_schema(),
        "terms.json": TermsFile.model_json_schema(),
    }
    return {
        name: json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
        for name, schema in found.items()
    }


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write `files` into `folder`, over older ones; StagedoorError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise StagedoorError(
            f"{folder} cannot be written: {reason} — choose another folder"
        ) from error
