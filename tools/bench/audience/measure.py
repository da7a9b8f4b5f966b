"""`./run bench listening`: everything, at both fronts and by the clock."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tools.bench.processes import Processes, free_port

from . import clocked, recordings
from .grounds import FRONTS, NEIGHBOURS, OTHERS, STANCE, STRANGERS, Front, Visit, opened
from .installed import found
from .listeners import LISTENERS
from .recordings import Recordings
from .runs import Audience, Outcome, Run, let_loose, settle
from .takers import takers

_SONIC = """
[base]
database_uri = sqlite:///{folder}/supysonic.db
[webapp]
cache_dir = {folder}/cache
mount_webui = off
[daemon]
socket = {folder}/socket
run_watcher = off
"""
_SERVE = (
    "import sys; from supysonic.web import create_application; "
    "create_application().run('127.0.0.1', int(sys.argv[1]), threaded=True)"
)


def measure(
    tell: Callable[[str], None],
    only: str = "",
    stance: str = STANCE,
    at_once: int = 2,
    fronts: Sequence[Front] = FRONTS,
) -> Audience:
    """The whole run; `only` names with this text in them, `at_once` listeners at a time."""
    audience = Audience([], [])
    wanted = [run for run in LISTENERS if only in run.name]
    taking = [run for run in takers() if only in run.name]
    with tempfile.TemporaryDirectory(prefix="stagedoor-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        tell("making a site")
        site = recordings.build(folder / "site")
        recordings.add_players(site.root, takers=True)
        with Processes(folder) as processes, library(processes, folder, site) as sonic:
            for front in fronts:
                place = folder / front
                heard = one_front(
                    place / "listeners", site, front, wanted, at_once, tell, sonic, stance
                )
                audience.listeners += heard
                # One after the other: each would slow the others down.
                audience.takers += one_front(
                    place / "takers", site, front, taking, 1, tell, sonic, stance
                )
        if not only or only in clocked.WORD:
            listening, taking_by_clock = clocked.play(folder / "clocked", site, tell)
            audience.listeners += listening
            audience.takers += taking_by_clock
    return audience


def one_front(
    folder: Path,
    site: Recordings,
    front: Front,
    runs: Sequence[Run],
    at_once: int,
    tell: Callable[[str], None],
    sonic: int = 9,
    stance: str = STANCE,
) -> list[Outcome]:
    """All runs through one guard."""
    done: list[tuple[Outcome, Visit | None]] = []
    if not runs:
        return []
    with opened(folder, site, front, stance, sonic=sonic) as grounds:

        def one(run: Run) -> None:
            tell(f"{front}: {run.name}")
            ended = let_loose(run, grounds)
            done.append(ended)
            if ended[1] is not None:
                shutil.rmtree(ended[1].folder, ignore_errors=True)

        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(one, runs))
        time.sleep(1.5)  # the decision log gathers its lines
    for outcome, visit in done:
        if visit is not None:
            settle(outcome, grounds, _networks(outcome, visit))
    order = [run.name for run in runs]
    return sorted((outcome for outcome, _ in done), key=lambda one: order.index(one.name))


def _networks(outcome: Outcome, visit: Visit) -> Iterator[str]:
    hosts: Sequence[str] = (visit.host,)
    if "addresses of a /24" in outcome.name:
        hosts = (OTHERS if "at once" in outcome.name else NEIGHBOURS)[:1]
    elif "an address a song" in outcome.name:
        hosts = STRANGERS
    for host in hosts:
        yield f"81.{host.split('.', 1)[1].rpartition('.')[0]}.0/24"


@contextmanager
def library(processes: Processes, folder: Path, site: Recordings) -> Iterator[int]:
    """A Subsonic server with all songs; its port, or one where nobody listens."""
    command = found("supysonic-cli")
    if command is None:
        yield 9
        return
    place = folder / "sonic"
    music = place / "music" / "Band" / "Album"
    music.mkdir(parents=True)
    for song in (site.root / "small").iterdir():
        (music / song.name).hardlink_to(song)
    (place / "supysonic.conf").write_text(_SONIC.format(folder=place))
    for words in (
        ("user", "add", "artist", "--password", "secret"),
        ("folder", "add", "Music", str(place / "music")),
        ("folder", "scan", "--foreground"),
    ):
        subprocess.run([command, *words], cwd=place, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    start = ["env", f"--chdir={place}", sys.executable, "-c", _SERVE, str(port)]
    process = processes.start("sonic", start, port)
    yield port
    processes.stop(process)
