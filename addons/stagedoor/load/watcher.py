"""The watcher of rule files: saved rules are in force without a restart or a lost request.

watchfiles reports that something has changed; what counts is what then stands in the files. They are
read until two looks in a row find the same, because editors write in pieces, and a directory that
is being replaced is empty for a moment. The new policy is built whole, beside the requests, and put
in place by one assignment; one with mistakes in it changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import anyio
from watchfiles import Change, awatch

from stagedoor.config.site_stances import FOLDER as SITES
from stagedoor.config.yamltext import Source
from stagedoor.load import rule_folder
from stagedoor.load.free_memory import give_back
from stagedoor.model.errors import ConfigError, Problem
from stagedoor.model.events import Event, Failed, Reloaded
from stagedoor.rules.policy import FOLDERS, STANCE, Policy

BETWEEN_LOOKS = 0.15
"""Seconds between two looks that must find the same."""
PATIENCE = 1.0
"""Seconds that a stance, or a whole directory, may be missing before that is believed."""
MOST_LOOKS = 20
"""Then whatever stands there is tried: somebody writes all the time."""
STEP, DEBOUNCE, TIMEOUT = 50, 200, 1000
"""Milliseconds: quiet that ends a burst of changes, its longest, and how often to look whether the
places to watch are still the same."""

_log = logging.getLogger("stagedoor.door")

Load = Callable[[Sequence[Source]], Policy]


class Watcher:
    """Watches one rules directory; `take` gets each policy that `load` makes of it."""

    def __init__(
        self, load: Load, take: Callable[[Policy], None], emit: Callable[[Event], None]
    ) -> None:
        self._load, self._take, self._emit = load, take, emit
        self._folder: Path | None = None
        self._site = ""
        self.followers: tuple[Watcher, ...] = ()
        """Those of sites, which look whenever this one does: their folders lie in this one's."""
        self.trouble: tuple[str, ...] = ()
        """What is wrong with the rules on disk; empty where they are those in force."""
        self._known: dict[str, bytes] = {}
        """The files of the policy in force: a digest for each place."""
        self._tried = ""
        self._since = time.localtime()
        self._worker: ThreadPoolExecutor | None = None
        self._task: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._asked = False
        self._one = asyncio.Lock()
        self._stop: anyio.Event | None = None

    @property
    def folder(self) -> Path:
        """The directory that people edit."""
        return self._folder or rule_folder.SHIPPED_RULES

    def _of_whom(self) -> str:
        return f" of {self._site}" if self._site else ""

    def know(self, folder: Path | None, sources: Sequence[Source], site: str = "") -> None:
        """These files of `folder` are in force; where it is another, that is seen in a second.

        `site` is the one of several that they are for.
        """
        self._folder, self._site = folder, site
        self._note(sources)

    def _note(self, sources: Sequence[Source]) -> None:
        self._known = _digests(sources)
        self._tried = _digest(self._known)
        self.trouble = ()
        self._since = time.localtime()

    def open(self) -> None:
        """Begin; needs the running event loop."""
        # One thread: several would each keep memory of their own for what they have read.
        self._worker = ThreadPoolExecutor(1, "stagedoor rules")
        for follower in self.followers:
            follower._worker = self._worker  # noqa: SLF001 (one of our own)
        self._stop = anyio.Event()
        self._task = asyncio.create_task(self._watch(self._stop), name="stagedoor rules")

    def look_again(self) -> None:
        """Read the files once more and load them, also where nothing seems to have changed."""
        if self._task is None:
            return
        self._asked = True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._answer(), name="stagedoor rules, asked for")

    async def _answer(self) -> None:
        """However often it was asked meanwhile: one look more, so that none waits behind many."""
        while self._asked:
            async with self._one:
                self._asked, self._tried = False, ""
                for follower in self.followers:
                    follower._tried = ""  # noqa: SLF001 (one of our own)
                await self._look_now()
            await self._followed()

    def close(self) -> None:
        """Watch no more."""
        if self._task is not None and self._stop is not None:
            self._stop.set()
            self._task.cancel()
            self._task = self._stop = None
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if self._worker is not None:
            self._worker.shutdown(wait=False)
            self._worker = None

    async def _beside[**P, T](
        self, function: Callable[P, T], *arguments: P.args, **_keywords: P.kwargs
    ) -> T:
        """Run `function` beside the requests."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._worker, function, *arguments)

    async def _watch(self, stop: anyio.Event) -> None:
        while not stop.is_set():
            watched = await self._beside(places, self.folder)
            await self._look()  # what happened while nobody watched
            try:
                await self._until_elsewhere(watched, stop)
            except (OSError, RuntimeError) as error:
                # A directory went away in between, or the system has no watches left.
                _log.debug("watching the rules: %s", error)
                await asyncio.sleep(PATIENCE)

    async def _until_elsewhere(self, watched: Sequence[Path], stop: anyio.Event) -> None:
        """Look after every change, until other places are to be watched."""
        matters = _Filter(self.folder)
        unseen = True  # what has changed since the last look, before anybody watched
        async for changes in awatch(
            *watched,
            watch_filter=matters,
            recursive=False,
            step=STEP,
            debounce=DEBOUNCE,
            rust_timeout=TIMEOUT,
            yield_on_timeout=True,
            stop_event=stop,
        ):
            if changes or unseen:
                unseen = False
                await self._look()
            if await self._beside(places, self.folder) != watched:
                return

    async def _look(self) -> None:
        """Load what stands in the files now, where that is something new; one at a time."""
        async with self._one:
            await self._look_now()
        await self._followed()

    async def _followed(self) -> None:
        """Let those of sites look, too: a mistake in one changes nothing for the others."""
        await asyncio.gather(*(follower._look() for follower in self.followers))  # noqa: SLF001

    async def _look_now(self) -> None:
        found = await self._settled()
        digests = _digests(found.sources)
        digest = _digest(digests) if not found.problems else str(found.problems)
        if digest == self._tried:
            return
        await self._load_now(found, digests, digest)
        await self._beside(give_back)

    async def _load_now(self, found: _Found, digests: dict[str, bytes], digest: str) -> None:
        try:
            if found.problems:
                raise ConfigError(found.problems)  # noqa: TRY301 (reported like any other mistake)
            policy = await self._beside(self._load, found.sources)
            self._take(policy)
        except ConfigError as error:
            self._refuse(digest, error)
            return
        except Exception:  # noqa: BLE001 (whatever it is, the old rules stay)
            self._tried = digest
            self._emit(Failed("reload", "unrecorded"))
            _log.exception("the rules could not be loaded; the old ones stay in force")
            return
        names = [n for n in {**self._known, **digests} if self._known.get(n) != digests.get(n)]
        self._note(found.sources)
        self._emit(Reloaded(well=True))
        _log.info(
            "rules%s loaded anew%s: %d rules, %d in force",
            self._of_whom(),
            f" ({', '.join(names[:3])}{', …' if len(names) > 3 else ''} changed)" if names else "",
            len(policy.rules),
            policy.in_force,
        )
        if STANCE in names and self._fell_back(found.sources):
            _log.warning(
                "%s is empty or gone: the stance that comes with the program is in force. "
                "Put yours back where that is not what you want.",
                STANCE,
            )
        for problem in policy.advice:
            _log.warning("%s", problem)

    def _refuse(self, digest: str, error: ConfigError) -> None:
        """Report what is wrong; the rules in force stay."""
        self._tried = digest
        self.trouble = tuple(map(str, error.problems))
        self._emit(Reloaded(well=False))
        for problem in error.problems:
            _log.error("%s", problem)
        count = len(error.problems)
        _log.error(
            "%d mistake%s; the rules%s loaded at %s stay in force.",
            count,
            "s" * (count != 1),
            self._of_whom(),
            time.strftime("%H:%M:%S", self._since),
        )

    async def _settled(self) -> _Found:
        """The files, once two looks in a row find the same."""
        before = await self._beside(_read, self._folder, self._site)
        for _ in range(MOST_LOOKS):
            await asyncio.sleep(PATIENCE if self._lacks(before) else BETWEEN_LOOKS)
            now = await self._beside(_read, self._folder, self._site)
            if now == before:
                break
            before = now
        return before

    def _lacks(self, found: _Found) -> bool:
        """Whether something is gone that may only be on its way back."""
        digests = _digests(found.sources)
        if found.problems or self._known.keys() - digests.keys():
            return True
        return digests.get(STANCE) != self._known.get(STANCE) and self._fell_back(found.sources)

    def _fell_back(self, found: Sequence[Source]) -> bool:
        """Whether the stance is no longer the artist's, but the shipped one or an empty file."""
        if self._folder is None:
            return not any(s.inside == STANCE and s.data.strip() for s in found)
        own = self._folder / STANCE
        try:
            return not own.stat().st_size
        except OSError:
            return True


@dataclass(frozen=True, slots=True)
class _Found:
    """One look: the files, or why they could not be read."""

    sources: list[Source]
    problems: tuple[Problem, ...] = ()


def _read(folder: Path | None, site: str) -> _Found:
    try:
        return _Found(rule_folder.sources(folder, site))
    except ConfigError as error:
        return _Found([], error.problems)


def _digests(sources: Sequence[Source]) -> dict[str, bytes]:
    return {s.inside or s.path: hashlib.sha256(s.data).digest() for s in sources}


def _digest(digests: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for place, digest in sorted(digests.items()):
        whole.update(place.encode("utf-8", "surrogateescape") + b"\0" + digest)
    return whole.hexdigest()


def places(folder: Path) -> list[Path]:
    """The directories in which a change could mean other rules; only such as exist.

    The folder, those in it that are read, the one it stands in (for when it is replaced as a
    whole), and wherever a link on the way leads: that is how Kubernetes mounts its config maps.
    """
    found: set[Path] = set()
    here = Path(os.path.abspath(folder))  # noqa: PTH100 (resolve() would follow the links)
    for place in _read_in(here):
        found.update(_chain(place))
        if place.is_dir():
            found.add(place.resolve())
            for file in place.iterdir():
                if file.is_symlink() and file.suffix in {".yaml", ".yml"}:
                    found.update(_chain(file))
    found.add(here.parent)
    return sorted({_existing(place) for place in found})


def _read_in(here: Path) -> list[Path]:
    """The folders that are read for a rules directory: its own, and those of its sites."""
    tops = [here]
    sites = here / SITES
    if sites.is_dir():
        tops += [sites, *(own for own in sorted(sites.iterdir()) if own.is_dir())]
    inner = [top / name for top in tops if top != sites for name in sorted(FOLDERS)]
    return [*tops, *inner]


def _chain(place: Path) -> set[Path]:
    """The directories that hold `place` and each link it goes through."""
    found: set[Path] = set()
    for _ in range(16):
        if not place.is_symlink():
            break
        found.add(place.parent)
        place = place.parent / place.readlink()
    found.add(place.parent)
    # A directory on the way may be a link itself (..data in a config map).
    for above in place.parents:
        if above.is_symlink():
            found.update({above.parent, (above.parent / above.readlink()).parent})
    return found


def _existing(place: Path) -> Path:
    while not place.is_dir():
        place = place.parent
    return place.resolve()


class _Filter:
    """Of what happens in the watched directories: what can have to do with the rules."""

    def __init__(self, folder: Path) -> None:
        here = Path(os.path.abspath(folder))  # noqa: PTH100
        self._inside = {str(place.resolve()) for place in _read_in(here) if place.is_dir()}
        self._names = {here.name, *(part.name for part in here.parents)}
        for file in here.iterdir() if here.is_dir() else ():
            if file.is_symlink():
                self._names.update({file.name, *Path(file.readlink()).parts})

    def __call__(self, _change: Change, path: str) -> bool:
        parent, _, name = path.rpartition("/")
        if parent in self._inside:
            return not name.startswith(".") or name.startswith("..")  # editors' own; ..data
        return name in self._names
