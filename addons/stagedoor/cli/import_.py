"""`stagedoor import FILE…`: rules from what people already have.

Reads the files and what they include, prints what would be written or writes it, and says what
could not be carried over. Nothing is overwritten.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from stagedoor.config.yamltext import MAX_BYTES, Source
from stagedoor.import_.conversion import Imported, Part, carry
from stagedoor.import_.file_kinds import READERS, guess, includes
from stagedoor.import_.trials import Load
from stagedoor.load import rule_folder
from stagedoor.load.public_patterns import second
from stagedoor.model.errors import ConfigError, Location, Problem, StagedoorError
from stagedoor.rules.policy import Policy, load_policy

MAX_INCLUDED = 100
"""Files that one file may include, together with those that these include."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument(
        "--from",
        dest="kind",
        choices=("robots", "ai-robots", "anubis", "nginx-map"),
        help="what the files are; else their content tells",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write there; without it, print what would be written",
    )
    parser.add_argument(
        "--rules",
        type=Path,
        metavar="DIR",
        help="whose stance counts, if not that of --out",
    )
    parser.add_argument("--all", action="store_true", help="also what the stance already says")


def run(options: argparse.Namespace) -> int:
    """0 where every file was read, however much of it could be carried over.

    Raises ConfigError where a file cannot be read or the rules have mistakes, StagedoorError where
    something cannot be written.
    """
    out: Path | None = options.out
    parts = [_read(path, options.kind) for path in options.files]
    folder = options.rules or (out if out is not None and out.is_dir() else None)
    result = carry(parts, _loader(folder), _today(), everything=options.all)
    _tell(result)
    if out is None:
        _show(result.files)
    elif result.files:
        _write(out, result.files, folder)
    print(result.summary, file=sys.stderr)
    return 0


def _today() -> str:
    return time.strftime("%Y-%m-%d")


def _read(path: Path, kind: str | None) -> Part:
    shown = str(path)
    data = _bytes(path, shown)
    kind = kind or guess(data)
    if not kind:
        fix = f"say what it is: --from {' or '.join(READERS)}"
        message = "nothing in it tells what kind of file it is"
        raise ConfigError([Problem(Location(shown), message, fix)])
    beside: dict[str, tuple[tuple[str, bytes], ...]] = {}
    _included(path, data, kind, beside)
    return Part(path.name, READERS[kind](shown, data, beside))


def _bytes(path: Path, shown: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise ConfigError(
            [Problem(Location(shown), message, "check its name and rights")]
        ) from error
    if len(data) > MAX_BYTES:
        message = f"the file has more than {MAX_BYTES:,} bytes"
        raise ConfigError([Problem(Location(shown), message, "split it")])
    return data


def _included(
    path: Path, data: bytes, kind: str, beside: dict[str, tuple[tuple[str, bytes], ...]]
) -> None:
    """Reads what `data` includes, and what that includes; names count from the including file."""
    for word in includes(kind, data):
        if word in beside or len(beside) >= MAX_INCLUDED:
            continue
        found = _matching(path.parent, word)
        beside[word] = tuple((str(name), _bytes(name, str(name))) for name in found)
        for name, (_, inner) in zip(found, beside[word], strict=True):
            _included(name, inner, kind, beside)


def _matching(folder: Path, word: str) -> list[Path]:
    """`bots.conf`, `/etc/nginx/bots.conf` or `bots.d/*.conf`: the files there are."""
    target = folder / word
    if "*" not in target.name:
        return [target] if target.is_file() else []
    return sorted(p for p in target.parent.glob(target.name) if p.is_file())[:MAX_INCLUDED]


def _loader(folder: Path | None) -> Load:
    """The rules of `folder`, laid over the shipped ones, with further files."""
    sources = {s.inside: s for s in rule_folder.read_directory(rule_folder.SHIPPED_RULES)}
    if folder is not None:
        sources |= {s.inside: s for s in rule_folder.read_directory(folder)}
    look = second()

    def load(files: Mapping[str, str]) -> Policy:
        more = {path: Source(path, text.encode(), path) for path, text in files.items()}
        return load_policy({**sources, **more}.values(), look)

    return load


def _tell(result: Imported) -> None:
    for problem in sorted([*result.left, *result.so]):
        print(_shown(str(problem)), file=sys.stderr)
    for note in result.notes:
        print(_shown(note), file=sys.stderr)


def _shown(text: str) -> str:
    """Without what would steer a terminal: the words are other people's."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _show(files: Mapping[str, str]) -> None:
    for name, text in files.items():
        print(f"# ── {name}\n{text}")


def _write(out: Path, files: Mapping[str, str], folder: Path | None) -> None:
    """All of the files or none; each whole or not at all, and never over another."""
    targets = {out / name: text for name, text in files.items()}
    for target in targets:
        if target.exists():
            raise StagedoorError(
                f"{target} is there already; nothing was written — delete or rename it, or name"
                " another folder with --out"
            )
    _loads(files, folder)
    done: list[Path] = []
    try:
        for target, text in targets.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            _put(target, text)
            done.append(target)
    except OSError as error:
        for target in done:
            target.unlink(missing_ok=True)
        raise StagedoorError(
            f"{target} cannot be written: {os.strerror(error.errno or 0)} — nothing was written,"
            " choose another folder"
        ) from error
    for target in done:
        print(f"Wrote {rule_folder.shown(target)}.", file=sys.stderr)


def _put(target: Path, text: str) -> None:
    """A link fails where the name is taken, and shows the file only once it is whole."""
    handle, name = tempfile.mkstemp(prefix=".", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            os.fchmod(file.fileno(), 0o644)
        os.link(name, target)
    finally:
        Path(name).unlink()


def _loads(files: Mapping[str, str], folder: Path | None) -> None:
    """Loads the files from a directory, as the guard will; ConfigError where that fails."""
    with tempfile.TemporaryDirectory() as place:
        sources = rule_folder.read_directory(folder) if folder is not None else []
        for name, data in [
            *((source.inside, source.data) for source in sources),
            *((name, text.encode()) for name, text in files.items()),
        ]:
            target = Path(place) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        rule_folder.load(Path(place))
