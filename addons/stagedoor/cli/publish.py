"""`stagedoor publish DIR`: all that the guard would say, as files, for a site that is elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from stagedoor.cli import site_choice
from stagedoor.cli.licensed_copies import write_copies
from stagedoor.cli.output_folder import Shelf
from stagedoor.cli.shared_options import add_rules, add_site
from stagedoor.config.stance import Stance
from stagedoor.load import rule_folder
from stagedoor.model.errors import Location, Problem, StagedoorError, listed
from stagedoor.publish.publication import Published, message, published, switched_on
from stagedoor.publish.server_snippets import snippets
from stagedoor.signals import registry
from stagedoor.signals.meaning import Said
from stagedoor.signals.robots import merge
from stagedoor.signals.robots.differences import Conflict
from stagedoor.signals.wanted import Wanted

ROBOTS = "robots.txt"
TAGS = "tags.html"
_FOR: Mapping[str, str] = {
    ROBOTS: "what crawlers may fetch, and what for",
    TAGS: "paste these lines into the <head> of your pages",
    "headers/nginx.conf": "for nginx: include it in the server block of your site",
    "headers/Caddyfile": "for Caddy: import it in the block of your site",
    "headers/apache.conf": "for Apache: Include it in the VirtualHost, or use its lines in .htaccess",
    "headers/_headers": "for Netlify and Cloudflare Pages: lines for your _headers file",
}
_NOTHING = Wanted(Said(), standards=frozenset())
MOST = 10_000_000
"""Bytes of a robots.txt that are read, far more than any crawler reads."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what this command takes."""
    parser.description = (
        "robots.txt with your stance in it, ai.txt, the licence, tags for your pages, "
        "and the headers for nginx, Caddy and Apache. Nothing that is not ours is overwritten."
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of your site")
    add_rules(parser)
    add_site(parser)
    parser.add_argument(
        "--robots", type=Path, metavar="FILE", help="your robots.txt, if it is not in DIR"
    )
    parser.add_argument(
        "--into-files",
        type=Path,
        metavar="OUT",
        help="also put copies of the MP3 and MP4 recordings in DIR into OUT, with the licence inside",
    )


def run(options: argparse.Namespace) -> int:
    """Write it all; 1 where something could not be written or the site's robots.txt disagrees."""
    policy = site_choice.one_policy(options.rules)
    said = published(policy.stance, policy.catalogue)
    folder: Path = options.folder
    if folder.exists() and not folder.is_dir():
        raise StagedoorError(f"{folder} is a file — name the folder of your site")
    shelf = Shelf(folder)
    writing = _Writing(shelf)
    conflicts, path = _robots(writing, said, options.robots)
    for name, data in _files(said).items():
        writing.put(name, data)
    writing.finish()
    writing.tell(said)
    for line in left_out(policy.stance):
        print(line)
    if options.into_files is not None:
        done, failed = write_copies(folder, options.into_files, policy.stance)
        print(*done, sep="\n")
        print(*failed, sep="\n", end="\n" * bool(failed), file=sys.stderr)
        writing.failed += failed
    wrong = tell(conflicts, path)
    return 1 if writing.failed or wrong else 0


class _Writing:
    """Puts files on the shelf one by one and keeps what became of each."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._written: list[str] = []
        self._there: list[str] = []
        self._gone: list[str] = []
        self.failed: list[str] = []

    def put(self, name: str, data: bytes, *, merged: bool = False) -> None:
        self._there.append(name)
        try:
            outcome = self.shelf.put(name, data, merged=merged)
        except StagedoorError as error:
            self.failed.append(str(error))
            return
        if outcome == "written":
            self._written.append(name)
        elif outcome == "foreign":
            self.failed.append(self._stands(name))

    def _stands(self, name: str) -> str:
        path = rule_folder.shown(self.shelf.folder / name)
        return f"{path} is not ours, or was changed since; it was left alone — rename or delete it"

    def finish(self) -> None:
        """Take away what was said before and is no more; remember the rest."""
        try:
            for name in self.shelf.ours:
                if name in self._there:
                    continue
                if self.shelf.take_away(name):
                    self._gone.append(name)
                else:
                    self.failed.append(self._stands(name))
            self.shelf.remember()
        except StagedoorError as error:
            self.failed.append(str(error))

    def tell(self, said: Published) -> None:
        """What was done, and what to do with it."""
        folder = rule_folder.shown(self.shelf.folder)
        for names, what in (
            (self._written, f"Wrote into {folder}:"),
            (self._gone, f"Taken away from {folder}, because the stance says it no more:"),
        ):
            if names:
                print(what)
                width = max(map(len, names))
                for name in names:
                    print(f"  {name:{width}}  {_what_for(name)}".rstrip())
        if not self._written and not self._gone and not self.failed:
            print(f"Everything in {folder} is as it should be; nothing was changed.")
        elif self._written:
            _todo(said)
        for line in self.failed:
            print(line, file=sys.stderr)


def _what_for(name: str) -> str:
    """What a file is for; empty where its name says it."""
    of_standards = (files.what_for for _, files in registry.current().files)
    return _FOR.get(name, "") or next(
        (text for words in of_standards if (text := words.get(f"/{name}", ""))), ""
    )


def _todo(said: Published) -> None:
    top = [ROBOTS] if said.merges_robots else []
    top += [path.removeprefix("/") for path in said.files]
    if top:
        print(f"They belong to the top of your site: {listed(top)}.")
    if said.headers:
        print(
            "Under headers/ take the one for your web server; its first lines say how. It "
            "covers your recordings, too, which have no <head>."
        )


# -- what is written -------------------------------------------------------------------------------


def _files(said: Published) -> dict[str, bytes]:
    """By name, all but robots.txt."""
    found = {path.removeprefix("/"): file.text for path, file in said.files.items()}
    if said.tags:
        found[TAGS] = said.tags.replace(" /><", " />\n<").encode() + b"\n"
    if said.headers:
        for name, text in snippets(said.headers, said.files).items():
            found[f"headers/{name}"] = text.encode()
    return found


def _robots(
    writing: _Writing, said: Published, given: Path | None
) -> tuple[tuple[Conflict, ...], str]:
    """Where the file disagrees, and its path. Written is the site's own with the stance in it: from `given`, or from what lies in the folder."""
    shelf = writing.shelf
    there = _whole(shelf.read(ROBOTS, MOST + 1), shelf.folder / ROBOTS)
    in_folder = given is None or _same(given, shelf.folder / ROBOTS)
    origin = there if given is None or in_folder else _bytes(given)
    if not said.merges_robots:
        _without(writing, there)
        return (), ROBOTS
    merged = said.robots(origin)
    writing.put(ROBOTS, merged.text, merged=in_folder)
    if given is None or in_folder:  # counted in the file as it now is
        merged, given = said.robots(merged.text), shelf.folder / ROBOTS
    return merged.conflicts, _shown(given)


def _without(writing: _Writing, there: bytes | None) -> None:
    """The stance leaves robots.txt alone: our lines go out of it, the site's stay."""
    if there is None or merge.BEGIN not in there:
        writing.shelf.forget(ROBOTS)
        return
    text = merge.merge(there, _NOTHING).text
    if text.strip():
        writing.put(ROBOTS, text, merged=True)
        writing.shelf.forget(ROBOTS)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _bytes(path: Path) -> bytes | None:
    try:
        if str(path) == "-":
            return _whole(sys.stdin.buffer.read(MOST + 1), path)
        with path.open("rb") as file:
            return _whole(file.read(MOST + 1), path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StagedoorError(
            f"{path} cannot be read: {why} — name the robots.txt of your site"
        ) from error


def _whole(data: bytes | None, path: Path) -> bytes | None:
    if data is not None and len(data) > MOST:
        raise StagedoorError(f"{_shown(path)} has more than {MOST:,} bytes — no crawler reads that")
    return data


def _shown(path: Path) -> str:
    return ROBOTS if str(path) == "-" else rule_folder.shown(path)


# -- the report ----------------------------------------------------------------------------------


def check_robots(path: Path, said: Published) -> bool:
    """For `stagedoor check --robots`: tell where a robots.txt disagrees; whether its word stands."""
    if not said.merges_robots:
        print("The stance leaves robots.txt alone (publish.robots: no).")
        return False
    shown = _shown(path)
    found = said.robots(_bytes(path)).conflicts
    if not found:
        print(f"{shown} and the stance agree.")
    return tell(found, shown)


def tell(found: Iterable[Conflict], path: str) -> bool:
    """Print where a robots.txt disagrees, with the fix; True if the stance is overridden."""
    standing = False
    for conflict in found:
        at = Location(path, conflict.line, 1 if conflict.line else 0)
        what = conflict.what if conflict.stands else f"{conflict.what}; the stance counts"
        problem = str(Problem(at, what, conflict.fix))
        print("".join(c if c.isprintable() else "\ufffd" for c in problem), file=sys.stderr)
        standing |= conflict.stands
    if standing:
        print("There the word of your robots.txt counts, not your stance.", file=sys.stderr)
    return standing


def left_out(stance: Stance) -> list[str]:
    """What cannot be said without the site's own address."""
    if stance.publish.address:
        return []
    on = sorted(switched_on(stance), key=lambda standard: not standard.linking)
    said = message(stance, on)
    missing = [text for standard in on if (text := standard.unlinked(said))]
    if not missing:
        return []
    return [
        f"Left out: {'; '.join(missing)}. They need the address of your site: write it in "
        "stance.yaml, as publish: {address: https://music.example.org}."
    ]
