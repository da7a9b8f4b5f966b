"""Real listeners are not disturbed, and real takers are stopped: the quick ones of `./run bench listening`.

All run at the same time, each from an address of its own; what came of them is read when both guards
and the counter have stopped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tools.bench.audience import clocked, recordings
from tools.bench.audience.grounds import FRONTS, Front
from tools.bench.audience.listeners import LISTENERS
from tools.bench.audience.measure import one_front
from tools.bench.audience.recordings import Recordings
from tools.bench.audience.runs import Outcome
from tools.bench.audience.takers import takers

from stagedoor.model.heard import DRAIN

from .programs import program

HEARD: Mapping[str, Front] = {
    "Chromium, 100 × preload=metadata": "tls",
    "Chromium, hls.js": "proxied",
    "Chromium, service worker": "tls",
    "Firefox, 30 × preload=metadata": "tls",
    "mpd, 3 songs": "tls",
    "newsboat, a whole feed": "proxied",
    "curl -C -, 12 songs": "proxied",
    "Firefox, 100 × preload=metadata": "counter",
}
MOST: Mapping[str, tuple[Front, int]] = {
    "wget -r as Chrome": ("proxied", 5),
    "aria2c -x16 as Chrome, a list": ("tls", 5),
    "requests as Chrome, whisper pipeline": ("proxied", 5),
    "curl_cffi as Chrome": ("tls", 31),
    "curl_cffi, HLS without playlist": ("tls", 31),
    "curl_cffi, 20 addresses of a /24": ("tls", 41),
    "wget -r": ("counter", 5),
    "curl_cffi, pieces of 256 kB": ("counter", 31),
}
"""Whole recordings, or episodes, of 100 or 60."""
SCRIPTS = (
    "DJ, 60 × 10 s",
    "class of 30, one album",
    "20 strangers at an airport",
    "phone that moves",
)
NEEDED = ("chromium", "firefox-esr", "mpd", "newsboat", "aria2c", "wget", "haproxy", "npm")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    for name in NEEDED:
        program(name)
    found = recordings.build(tmp_path_factory.mktemp("audience") / "site", episodes=60)
    assert recordings.add_players(found.root) == []
    return found


@pytest.fixture(scope="module")
def outcomes(site: Recordings, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Outcome]:
    """What came of each."""
    folder = tmp_path_factory.mktemp("fronts")
    folder.chmod(0o755)
    wanted = {**HEARD, **{name: front for name, (front, _) in MOST.items()}}
    runs = [run for run in (*LISTENERS, *takers()) if run.name in wanted]
    assert {run.name for run in runs} == set(wanted)

    def at(front: Front) -> Sequence[Outcome]:
        chosen = [run for run in runs if wanted[run.name] == front]
        return one_front(folder / front, site, front, chosen, 4, lambda _: None)

    with ThreadPoolExecutor(3) as pool:
        found = [one for outcomes in pool.map(at, FRONTS) for one in outcomes]
    return {one.name: one for one in found}


@pytest.mark.parametrize("name", HEARD)
def test_a_listener_is_not_disturbed(outcomes: Mapping[str, Outcome], name: str) -> None:
    found = outcomes[name]
    assert found.got is not None, f"not here: {found.missing}"
    assert found.refused == {}
    assert found.got.ok, found.got.said
    assert not found.disturbed, found


@pytest.mark.parametrize("name", MOST)
def test_a_taker_is_stopped(outcomes: Mapping[str, Outcome], name: str) -> None:
    found = outcomes[name]
    assert found.got is not None, f"not here: {found.missing}"
    assert found.got.ok, found.got.said
    assert found.refused, "nothing was refused"
    # The slower the machine, the more of it could have been heard meanwhile.
    heard = found.seconds * DRAIN["network" if "/24" in name else "household"] / recordings.SECONDS
    assert found.got.whole <= MOST[name][1] + math.ceil(heard)


def test_nobody_is_disturbed_by_the_clock(site: Recordings, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    scripts = {name: clocked.SCRIPTS[name] for name in SCRIPTS}
    sleeper = "one that sleeps 20 to 60 s"
    found, taking = clocked.play(
        tmp_path / "clocked", site, lambda _: None, scripts, {sleeper: clocked.TAKERS[sleeper]}
    )
    assert [one.name for one in found if one.disturbed] == []
    facts = {one.name: one.facts for one in found}
    assert 3_000 < facts["DJ, 60 × 10 s"]["ahead"] < 3_600
    assert facts["20 strangers at an airport"]["begun"] == 20
    assert taking[0].refused == {}, "it is stopped now: docs/listening.md says otherwise"
