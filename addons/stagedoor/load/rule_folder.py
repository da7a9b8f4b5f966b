"""Rule directories, read; and where files are, in a checkout and in an installed wheel.

In a checkout the shipped files stand at the top level (`rules/`, `addons/guard.py`); in a wheel the
same files stand in `stagedoor/share/`. This is the one place that knows.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from stagedoor.config.site_names import is_site_name
from stagedoor.config.site_stances import FOLDER as SITES
from stagedoor.config.site_stances import stance_file
from stagedoor.config.yamltext import MAX_BYTES, Source
from stagedoor.load.public_patterns import second
from stagedoor.model.errors import ConfigError, Location, Problem, did_you_mean
from stagedoor.rules.policy import FOLDERS, STANCE, Policy, load_policy

_PACKAGE = Path(__file__).resolve().parents[1]
_SHARE = _PACKAGE / "share"
_FIXES = {
    errno.EACCES: "check its rights",
    errno.EISDIR: "it is a folder: give it another name",
    errno.ENOENT: "it is a link that leads nowhere: delete it",
}
ROOT = _SHARE if _SHARE.is_dir() else _PACKAGE.parent.parent
"""The top of the checkout, or the wheel's `share/`."""
SHIPPED_RULES = ROOT / "rules"
GUARD_SCRIPT = ROOT / "addons" / "guard.py"
WATCH_SCRIPT = ROOT / "addons" / "watch.py"


def program_version() -> str:
    """The installed version; a bare checkout has none."""
    try:
        return version("stagedoor")
    except PackageNotFoundError:
        return "checkout"


def read_directory(folder: Path) -> list[Source]:
    """The YAML files of a rules directory: its own, and those in `crawlers/` and `clients/`.

    Raises ConfigError where the directory or a file cannot be read.
    """
    if not folder.is_dir():
        raise ConfigError(
            [Problem(Location(str(folder)), "there is no such directory", "name the rules folder")]
        )
    sources = []
    problems = []
    for path in sorted([*folder.glob("*.y*ml"), *folder.glob("*/*.y*ml")]):
        inside = path.relative_to(folder)
        if path.name.startswith(".") or path.suffix not in {".yaml", ".yml"}:
            continue  # editors leave hidden copies
        place = Location(f"{shown(folder)}/{inside.as_posix()}")
        if inside.as_posix() == "stance.yml":
            problems.append(Problem(place, "the stance has another name", "call it stance.yaml"))
            continue
        if inside.parts[0] == SITES:
            fix = f"call it {stance_file(path.stem.lower())}"
            problems.append(Problem(place, "a site is a folder", fix))
            continue
        if len(inside.parts) == 2 and inside.parts[0] not in FOLDERS:
            fix = did_you_mean(inside.parts[0], sorted(FOLDERS))
            if fix:
                message = f'the folder "{inside.parts[0]}" is not read'
                problems.append(Problem(place, message, fix))
            continue
        try:
            with path.open("rb") as file:
                sources.append(Source(place.path, file.read(MAX_BYTES + 1), inside.as_posix()))
        except OSError as error:
            message = f"cannot be read: {(error.strerror or str(error)).lower()}"
            problems.append(Problem(place, message, _FIXES.get(error.errno or 0, "")))
    if problems:
        raise ConfigError(problems)
    return sources


def sources(folder: Path | None = None, site: str = "") -> list[Source]:
    """The files of a rules directory laid over the shipped one.

    A file in `folder` replaces the shipped file of the same name; a file with another name is
    added; an empty file switches the shipped one off. So a directory that holds nothing but
    `stance.yaml` is a complete one, and an upgrade brings new crawlers along.

    `site` is one of several: the files in its own folder, `sites/NAME`, are laid over the others in
    the same way, and its stance over the shared one (config/site_stances.py).

    Raises ConfigError where the directory or a file cannot be read.
    """
    found = {source.inside: source for source in read_directory(SHIPPED_RULES)}
    if folder is not None and folder.resolve() != SHIPPED_RULES.resolve():
        found |= {source.inside: source for source in read_directory(folder)}
    if site and (own := (folder or SHIPPED_RULES) / SITES / site).is_dir():
        for source in read_directory(own):
            inside = stance_file(site) if source.inside == STANCE else source.inside
            found[inside] = replace(source, inside=inside)
    return list(found.values())


def split(folder: Path | None) -> tuple[Path | None, str]:
    """RULES/sites/NAME → (RULES, NAME), where RULES has a stance; any other folder has no name."""
    if folder is None:
        return None, ""
    above = folder.parent
    if above.name != SITES or not is_site_name(folder.name):
        return folder, ""
    shared = above.parent
    return (shared, folder.name) if (shared / STANCE).is_file() else (folder, "")


def site_folders(folder: Path | None) -> Sequence[str]:
    """The sites that have a folder with a stance of their own; ConfigError for what cannot be one."""
    shared = (folder or SHIPPED_RULES) / SITES
    if not shared.is_dir():
        return ()
    found, problems = [], []
    for own in sorted(shared.iterdir()):
        if own.name.startswith(".") or not (own / STANCE).exists():
            continue
        if is_site_name(own.name):
            found.append(own.name)
            continue
        fix = "write small letters, digits and hyphens, forty at most"
        place = Location(f"{shown(folder or SHIPPED_RULES)}/{SITES}/{own.name}")
        problems.append(Problem(place, f'"{own.name}" cannot be the name of a site', fix))
    if problems:
        raise ConfigError(problems)
    return found


@dataclass(frozen=True, slots=True)
class LoadedRules:
    """A rules directory as it was read: its name (None: the shipped one), its files, the policy.

    `top` is the directory that all sites share, and `site` the one of several that this is.
    """

    folder: Path | None
    sources: Sequence[Source]
    policy: Policy
    top: Path | None = None
    site: str = ""


def read(folder: Path | None = None, before: Policy | None = None, site: str = "") -> LoadedRules:
    """A rules directory laid over the shipped one, see sources() and build(); RULES/sites/NAME is that
    of one of several sites, as is RULES where `site` is given.

    Raises ConfigError with every mistake in every file.
    """
    top, named = (folder, site) if site else split(folder)
    found = sources(top, named)
    return LoadedRules(folder, found, build(found, before, named), top, named)


def load(folder: Path | None = None) -> Policy:
    """The policy of a rules directory; ConfigError as read()."""
    return read(folder).policy


def build(found: Sequence[Source], before: Policy | None = None, site: str = "") -> Policy:
    """The policy in these files; what `before` has of them already is not read again."""
    return load_policy(found, second(), before, site)


def is_shipped(place: Location) -> bool:
    """Whether this is a place in the shipped files, and not in somebody's own."""
    return place.path.startswith(f"{shown(SHIPPED_RULES)}/")


def shown(folder: Path) -> str:
    """A folder as people would type it: relative to where they stand, where that is shorter."""
    try:
        return folder.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(folder)
