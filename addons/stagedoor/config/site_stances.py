"""The stances of several sites behind one guard: what they share, and what each says for itself.

Under `sites:` in the shared stance, or in `sites/NAME/stance.yaml` beside it, a site has a stance of the
usual form. What it does not say is as in the shared one, word by word. Three things are nobody else's:
the site's address, its other names, and what the guard itself needs to start.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import cast
from urllib.parse import urlsplit

from stagedoor.config.stance import Stance
from stagedoor.config.yamltext import Document, Path, Value
from stagedoor.model.errors import Location, Problem, did_you_mean

FOLDER = "sites"
"""In a rules directory: a folder in it is a site."""
OF_THE_GUARD: Mapping[Path, str] = {
    ("site", "listen"): "the guard listens for all sites",
    ("site", "store"): "the sites of a guard have one store",
    ("site", "default"): "it says which site is meant where no name is known",
    ("sites",): "a site has no sites of its own",
}
"""What stands in the shared stance alone, and why."""
OF_ONE_SITE: Mapping[Path, str] = {
    ("publish", "address"): "each site has an address of its own",
    ("site", "hosts"): "each site has names of its own",
}
"""What is never shared."""


def stance_file(name: str) -> str:
    """Where a site's stance stands in a rules directory."""
    return f"{FOLDER}/{name}/stance.yaml"


def merged(
    shared: Document | None, own: Document | None, name: str, problems: list[Problem]
) -> Document | None:
    """The whole stance of site `name`: what `shared` says, and over it what the site says.

    `own` is the site's file. None where there is no such site, or it cannot be read.
    """
    inline = _inline(shared)
    if own is not None and name in inline:
        assert shared is not None
        problems.append(
            Problem(
                shared.at((FOLDER, name), key=True),
                f'the site "{name}" has two stances: here, and in {own.source.path}',
                "keep one of them",
            )
        )
        return None
    if own is not None:
        part, prefix, source = own.value, cast("Path", ()), own
    elif shared is not None and name in inline:
        part, prefix, source = inline[name], cast("Path", (FOLDER, name)), shared
    else:
        where = shared.at((FOLDER,)) if shared is not None else Location(stance_file(name))
        fix = did_you_mean(name, sorted(inline)) or f"write {stance_file(name)}, or sites: {name}:"
        problems.append(Problem(where, f'there is no site "{name}"', fix))
        return None
    if part is None:
        part = {}
    if not isinstance(part, dict):
        problems.append(
            Problem(
                source.at(prefix),
                f'the site "{name}" must be fields, each on a line of its own',
                "write its artist, publish: address: and site: upstream:",
            )
        )
        return None
    base = _without(shared, [*OF_THE_GUARD, *OF_ONE_SITE]) if shared is not None else {}
    for path, why in OF_THE_GUARD.items():
        if _has(part, path):
            problems.append(
                Problem(
                    source.at((*prefix, *path), key=True),
                    f"{'.'.join(map(str, path))} stands in the shared stance alone: {why}",
                    "take it out here",
                )
            )
    return _over(shared, base, source, part, prefix)


def of_one_site(stance: Stance, at: Location) -> list[Problem]:
    """What stands in the shared stance of several sites, and belongs into that of one."""
    return [
        Problem(
            at,
            f"{'.'.join(map(str, path))} is of one site: {why}",
            "move it into the stance of its site",
        )
        for path, why in OF_ONE_SITE.items()
        if getattr(getattr(stance, str(path[0])), str(path[1]))
    ]


def hosts_of(stance: Stance) -> tuple[str, ...]:
    """The names that requests to a site bear, without ports: that of its address first."""
    address = urlsplit(stance.publish.address).hostname or ""
    if ":" in address:
        address = f"[{address}]"
    return tuple(dict.fromkeys(filter(None, (address.removesuffix("."), *stance.site.hosts))))


def clashes(
    name: str, stance: Stance, others: Mapping[str, Collection[str]], at: Location
) -> list[Problem]:
    """Why this site cannot be told from the `others`, whose hosts are given by name."""
    own = hosts_of(stance)
    if not own:
        return [
            Problem(
                at,
                f'the site "{name}" has no address, so no request is for it',
                "write publish: address: https://…",
            )
        ]
    return [
        Problem(
            at,
            f'"{host}" is the name of the site "{other}" already',
            "a name belongs to one site: take it out of one of them",
        )
        for other, hosts in others.items()
        if other != name
        for host in own
        if host in hosts
    ]


def default_fault(stance: Stance, names: Iterable[str], at: Location) -> list[Problem]:
    """`site.default` names no site."""
    wanted, known = stance.site.default, sorted(names)
    if not wanted or wanted in known:
        return []
    fix = did_you_mean(wanted, known) or f"write one of: {', '.join(known)}"
    return [Problem(at, f'site.default: there is no site "{wanted}"', fix)]


def _inline(document: Document | None) -> Mapping[str, Value]:
    whole = document.value if document is not None else None
    found = whole.get(FOLDER) if isinstance(whole, dict) else None
    return found if isinstance(found, dict) else {}


def _has(value: Value, path: Path) -> bool:
    here = value
    for part in path:
        if not isinstance(here, dict) or part not in here:
            return False
        here = here[part]
    return True


def _without(document: Document, paths: Iterable[Path]) -> dict[str, Value]:
    """What a document says, without these fields of it."""
    if not isinstance(document.value, dict):
        return {}
    found = {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in document.value.items()
    }
    for path in paths:
        if len(path) == 1:
            found.pop(cast("str", path[0]), None)
            continue
        group = found.get(cast("str", path[0]))
        if isinstance(group, dict):
            group.pop(cast("str", path[1]), None)
    return found


def _over(
    shared: Document | None,
    base: dict[str, Value],
    own: Document,
    part: dict[str, Value],
    prefix: Path,
) -> Document:
    """`part` of `own` laid over `base`: field by field in groups, and each at its own place."""
    value = dict(base)
    for key, item in part.items():
        group = value.get(key)
        both = isinstance(group, dict) and isinstance(item, dict)
        value[key] = {**cast("dict[str, Value]", group), **item} if both else item  # type: ignore[dict-item]
    keys: dict[Path, Location] = {}
    values: dict[Path, Location] = {}
    if shared is not None:
        inherited = {path for path in shared.values if path and path[0] in base}
        replaced = {(key, *more) for key, item in part.items() for more in _fields(item)}
        kept = {path for path in inherited if not any(path[: len(r)] == r for r in replaced)}
        keys |= {path: at for path, at in shared.keys.items() if path in kept}
        values |= {path: at for path, at in shared.values.items() if path in kept}
    depth = len(prefix)
    keys |= {p[depth:]: at for p, at in own.keys.items() if p[:depth] == prefix and len(p) > depth}
    values |= {p[depth:]: at for p, at in own.values.items() if p[:depth] == prefix}
    return Document(own.source, value, keys, values)


def _fields(item: Value) -> list[Path]:
    """What of a group a site's own words take the place of."""
    return [(key,) for key in item] if isinstance(item, dict) else [()]
