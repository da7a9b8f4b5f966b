"""Saved rules are live: however they are saved, and whatever is wrong with them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Self

import pytest
import requests

from .clients import FIREFOX, GPTBOT, curl
from .conftest import StartGuard
from .guarding import Guard
from .programs import PATIENCE, at_load, eventually, program
from .site import Site

OPEN = "ai: {train: yes}\nartist: {contact: 'mailto:us@example.org'}\n"
CLOSED = "ai: {train: no}\nartist: {contact: 'mailto:us@example.org'}\n"
BROKEN = "ai: {trian: no}\n"
LIVE = 2.0
"""Seconds within which a saved file is live."""


def status(guard: Guard) -> int:
    """What a crawler for training gets."""
    return curl(f"{guard.url}/music/tone.mp3", agent=GPTBOT).status


def live_within(guard: Guard, wanted: int) -> float:
    """Seconds until the crawler gets `wanted`."""
    began = time.monotonic()
    while status(guard) != wanted:
        assert time.monotonic() - began < PATIENCE, f"still not {wanted}\n{guard.output}"
        time.sleep(0.02)
    return time.monotonic() - began


def in_place(path: Path, text: str) -> None:
    """As `cat > file` does."""
    path.write_text(text, "utf-8")


def through_another(path: Path, text: str) -> None:
    """As most editors do: a temporary file takes the place of the old one."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)


def old_one_aside(path: Path, text: str) -> None:
    """As vim does with its backup: the file is gone for a moment."""
    backup = path.with_name(path.name + "~")
    path.rename(backup)
    time.sleep(0.05)
    path.write_text(text, "utf-8")
    backup.unlink()


def with_sed(path: Path, text: str) -> None:
    """As people do over ssh."""
    word = "yes" if "yes" in text else "no"
    subprocess.run([program("sed"), "-i", f"s/train: [a-z]*/train: {word}/", str(path)], check=True)


def letter_by_letter(path: Path, text: str) -> None:
    """A slow writer, whose file is empty and then wrong before it is right."""
    with path.open("w", encoding="utf-8") as file:
        for letter in text:
            file.write(letter)
            file.flush()
            time.sleep(0.004)


def whole_folder(path: Path, text: str) -> None:
    """As a deployment does: the directory is gone for a moment."""
    folder = path.parent
    fresh = folder.with_name("fresh")
    fresh.mkdir()
    (fresh / path.name).write_text(text, "utf-8")
    old = folder.with_name("old")
    folder.rename(old)
    time.sleep(0.1)
    fresh.rename(folder)
    shutil.rmtree(old)


def emptied_and_filled(path: Path, text: str) -> None:
    """As a synchronisation that deletes first."""
    shutil.rmtree(path.parent)
    time.sleep(0.3)
    path.parent.mkdir()
    path.write_text(text, "utf-8")


SAVINGS = [
    in_place, through_another, old_one_aside, with_sed, letter_by_letter, whole_folder,
    emptied_and_filled,
]  # fmt: skip


@pytest.fixture
def watched(start_guard: StartGuard, origin: Site, rules: Path) -> Guard:
    """A guard with a stance that lets crawlers in."""
    in_place(rules / "stance.yaml", OPEN)
    return start_guard(origin.url, "--set", f"guard_rules={rules}")


def test_a_saved_stance_is_live_however_it_is_saved(watched: Guard, rules: Path) -> None:
    stance = rules / "stance.yaml"
    assert status(watched) == 200
    slowest: dict[str, float] = {}
    for save in SAVINGS:
        for text, wanted in ((CLOSED, 403), (OPEN, 200)):
            save(stance, text)
            slowest[save.__name__] = max(
                slowest.get(save.__name__, 0), live_within(watched, wanted)
            )
    assert "mistake" not in watched.output  # nobody has seen the half-written ones
    assert max(slowest.values()) < at_load(LIVE), slowest
    assert watched.counts()("reloads_total", outcome="refused") == 0


def test_a_broken_file_changes_nothing_and_says_why(watched: Guard, rules: Path) -> None:
    stance = rules / "stance.yaml"
    through_another(stance, CLOSED)
    live_within(watched, 403)
    through_another(stance, BROKEN)
    line = f'{rules}/stance.yaml:1:6: unknown field "trian" — did you mean "train"?'
    eventually(lambda: [1] if line in watched.output else [], "the mistake is told")
    eventually(lambda: [1] if "1 mistake; the rules loaded at " in watched.output else [], "told")
    assert status(watched) == 403
    counts = watched.counts()
    assert counts("rules_current") == 0
    assert counts("reloads_total", outcome="refused") == 1
    time.sleep(1.5)
    assert watched.output.count(line) == 1  # once is enough
    through_another(stance, OPEN)
    live_within(watched, 200)
    eventually(lambda: [1] if watched.counts()("rules_current") == 1 else [], "current again")
    through_another(stance, BROKEN)
    eventually(lambda: [1] if watched.output.count(line) == 2 else [], "told again")
    through_another(stance, OPEN)  # as it was: mended, though nothing changes
    eventually(lambda: [1] if watched.counts()("rules_current") == 1 else [], "current again")


def test_a_rule_and_a_crawler_may_be_added_and_taken_away(watched: Guard, rules: Path) -> None:
    def answered(agent: str) -> int:
        return curl(f"{watched.url}/", agent=agent).status

    def comes_to(agent: str, wanted: int) -> bool:
        return bool(eventually(lambda: [1] if answered(agent) == wanted else [], f"{wanted}"))

    rule = rules / "15-mine.yaml"
    in_place(rule, "- {id: mine, title: Mine, when: {request.agent: '*Zorbulon*'}, then: block}\n")
    assert comes_to("Zorbulon/1", 403)
    rule.unlink()
    assert comes_to("Zorbulon/1", 200)
    (rules / "crawlers").mkdir()
    in_place(
        rules / "crawlers" / "mine.yaml",
        "operator: Zorb\nreviewed: 2026-11-23\n"
        "crawlers:\n  - {name: Zorbulon, token: Zorbulon, purpose: scanner}\n",
    )
    assert comes_to("Zorbulon/1", 403)


def test_a_config_map_of_kubernetes_is_followed(
    start_guard: StartGuard, origin: Site, tmp_path: Path
) -> None:
    # A directory for each version, a link to the latest that is replaced, a link for each file.
    mounted = tmp_path / "mounted"

    def version(name: str, text: str) -> None:
        (mounted / name).mkdir(parents=True)
        (mounted / name / "stance.yaml").write_text(text, "utf-8")
        (mounted / "..data_tmp").symlink_to(name)
        (mounted / "..data_tmp").rename(mounted / "..data")

    version("..2026_11_22", OPEN)
    (mounted / "stance.yaml").symlink_to("..data/stance.yaml")
    guard = start_guard(origin.url, "--set", f"guard_rules={mounted}")
    assert status(guard) == 200
    version("..2026_11_23", CLOSED)
    assert live_within(guard, 403) < at_load(LIVE)
    version("..2026_11_24", OPEN)
    assert live_within(guard, 200) < at_load(LIVE)


def test_a_folder_behind_a_link_and_a_file_behind_a_link_are_followed(
    start_guard: StartGuard, origin: Site, tmp_path: Path
) -> None:
    for name, text in (("v1", OPEN), ("v2", CLOSED)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "stance.yaml").write_text(text, "utf-8")
    link = tmp_path / "current"
    link.symlink_to("v1")
    guard = start_guard(origin.url, "--set", f"guard_rules={link}")
    assert status(guard) == 200
    (tmp_path / "next").symlink_to("v2")
    (tmp_path / "next").rename(link)
    assert live_within(guard, 403) < at_load(LIVE)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "shared.yaml").write_text(OPEN, "utf-8")
    through = tmp_path / "v2" / "link.tmp"
    through.symlink_to(elsewhere / "shared.yaml")
    through.rename(tmp_path / "v2" / "stance.yaml")
    assert live_within(guard, 200) < at_load(LIVE)
    (elsewhere / "shared.yaml").write_text(CLOSED, "utf-8")
    assert live_within(guard, 403) < at_load(LIVE)


def test_a_stance_that_is_taken_away_for_good_is_believed_after_a_while(
    watched: Guard, rules: Path
) -> None:
    (rules / "stance.yaml").unlink()
    assert live_within(watched, 403) < at_load(2 * LIVE)  # the shipped stance
    watched.program.says(r"stance\.yaml is empty or gone: the stance that comes with the program")


def test_a_folder_that_stays_away_is_told_and_the_rules_stay(watched: Guard, rules: Path) -> None:
    shutil.rmtree(rules)
    eventually(lambda: [1] if "there is no such directory" in watched.output else [], "told")
    assert status(watched) == 200
    rules.mkdir()
    in_place(rules / "stance.yaml", CLOSED)
    assert live_within(watched, 403) < at_load(2 * LIVE)


def memory(guard: Guard) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{guard.program.process.pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


RELOADS = int(os.environ.get("STAGEDOOR_RELOADS", "40"))
"""How often the rules change under load; 500 take four minutes."""


def version(number: int) -> str:
    """Rules whose refusal says which set they are from; every second set is broken."""
    broken = "\n  oops: yes" if number % 2 else ""
    return (
        f"- id: version-{number}\n  title: Set {number}\n"
        f"  when: {{client.purpose: ai-training}}\n  then: block{broken}\n"
    )


class Load:
    """Clients that ask without pause, over connections that are kept."""

    def __init__(self, guard: Guard, clients: int) -> None:
        self.answers = 0
        self.wrong: list[str] = []
        self.sets: set[str] = set()
        self._guard = guard
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while not self._stop.is_set():
                for target, agent, wanted in (("/", FIREFOX, 200), ("/", GPTBOT, 403)):
                    try:
                        answer = session.get(
                            self._guard.url + target, headers={"User-Agent": agent}, timeout=10
                        )
                    except requests.RequestException as error:
                        self.wrong.append(repr(error))
                        continue
                    self.answers += 1
                    found = re.findall(r"Set (\d+)", answer.text) if wanted == 403 else []
                    self.sets.update(found)
                    if answer.status_code != wanted or (wanted == 403 and len(found) != 1):
                        self.wrong.append(f"{agent}: {answer.status_code} {found}")


def test_rules_change_under_load_and_no_request_is_lost(
    start_guard: StartGuard, origin: Site, rules: Path
) -> None:
    file = rules / "05-version.yaml"
    file.write_text(version(0), "utf-8")
    guard = start_guard(origin.url, "--set", f"guard_rules={rules}")
    sizes: list[float] = []
    with Load(guard, 3) as asking:
        for number in range(1, RELOADS + 1):
            through_another(file, version(number))
            outcome = "refused" if number % 2 else "loaded"
            wanted = (number + 1) // 2
            eventually(
                lambda: [1] if guard.counts()("reloads_total", outcome=outcome) == wanted else [],  # noqa: B023
                f"change {number} is seen",
            )
            sizes.append(memory(guard))
    assert asking.wrong == []
    assert asking.answers > RELOADS * 10
    assert asking.sets <= {str(number) for number in range(0, RELOADS + 1, 2)}
    assert len(asking.sets) >= RELOADS // 2
    # Read anew, and given back: without that it was 50 MB more after forty changes.
    assert sizes[-1] < sizes[0] + 20, sizes
