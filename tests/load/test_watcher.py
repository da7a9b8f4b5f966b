"""Where a change could mean other rules."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from watchfiles import Change

import severalsites
from stagedoor.config.yamltext import Source
from stagedoor.load import rule_folder
from stagedoor.load.watcher import Watcher, _Filter, places
from stagedoor.rules.policy import Policy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "site" / "rules"
    (found / "crawlers").mkdir(parents=True)
    (found / "stance.yaml").write_text("", "utf-8")
    return found


def test_the_folder_what_is_read_in_it_and_where_it_stands(folder: Path) -> None:
    assert places(folder) == sorted([folder, folder / "crawlers", folder.parent])


def test_of_a_folder_that_is_gone_the_place_where_it_would_be(tmp_path: Path) -> None:
    assert places(tmp_path / "site" / "rules") == [tmp_path]


def test_links_are_followed_and_so_is_where_they_stand(folder: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "20-ai.yaml").write_text("", "utf-8")
    (folder / "20-ai.yaml").symlink_to(shared / "20-ai.yaml")
    link = tmp_path / "links" / "current"
    link.parent.mkdir()
    link.symlink_to(folder)
    assert {link.parent, folder, folder / "crawlers", shared} <= set(places(link))


def test_a_link_that_leads_round_in_a_circle_ends(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert places(tmp_path / "a") == [tmp_path]


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("rules/stance.yaml", True),
        ("rules/99-new.yaml", True),
        ("rules/crawlers/openai.yaml", True),
        ("rules/.stance.yaml.swp", False),
        ("rules/..data", True),
        ("rules", True),
        ("guard.log", False),
        ("rules-backup", False),
    ],
)
def test_what_else_happens_beside_the_rules_is_passed_over(
    folder: Path, path: str, matters: bool
) -> None:
    assert _Filter(folder)(Change.modified, str(folder.parent / path)) is matters


def test_the_folders_of_sites_are_watched_with_the_rules(folder: Path) -> None:
    own = folder / "sites" / "anna"
    (own / "crawlers").mkdir(parents=True)
    (folder / "sites" / "a-file").write_text("", "utf-8")
    assert {folder / "sites", own, own / "crawlers"} <= set(places(folder))
    matters = _Filter(folder)
    assert matters(Change.modified, str(own / "stance.yaml"))
    assert matters(Change.added, str(folder / "sites" / "berta"))
    assert not matters(Change.modified, str(own / ".stance.yaml.swp"))


def test_each_site_takes_its_own_and_a_mistake_in_one_is_no_matter_of_the_others(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One watches, and all look; the old rules of the site with the mistake stay in force."""
    severalsites.write(folder)
    taken: dict[str, str] = {}

    def watcher(site: str) -> Watcher:
        def take(policy: Policy) -> None:
            taken[site] = policy.stance.artist.name

        def load(sources: Sequence[Source]) -> Policy:
            return rule_folder.build(sources, site=site)

        found = Watcher(load, take, lambda _event: None)
        found.know(folder, rule_folder.sources(folder, site), site)
        return found

    async def until(look: Callable[[], bool]) -> None:
        for _ in range(600):
            if look():
                return
            await asyncio.sleep(0.1)
        pytest.fail(f"{taken} {caplog.text}")

    async def watched() -> None:
        leader, anna, berta = watcher(""), watcher("anna"), watcher("berta")
        leader.followers = (anna, berta)
        leader.open()
        await asyncio.sleep(0.3)
        severalsites.write(folder, anna=severalsites.ANNA.replace("artist", "artits"))
        await until(lambda: bool(anna.trouble))
        assert not berta.trouble
        assert not leader.trouble
        shared = severalsites.SHARED.replace("name: Berta", "name: Bertha")
        severalsites.write(folder, shared, severalsites.ANNA.replace("artist", "artits"))
        await until(lambda: taken.get("berta") == "Bertha")
        assert anna.trouble
        assert "anna" not in taken
        severalsites.write(folder, shared, severalsites.ANNA.replace("name: Anna", "name: Anne"))
        await until(lambda: taken.get("anna") == "Anne")
        assert not anna.trouble
        # Asked for, all load anew, also where nothing has changed.
        taken.clear()
        leader.look_again()
        await until(lambda: len(taken) == 3)
        leader.close()

    with caplog.at_level("INFO", logger="stagedoor.door"):
        asyncio.run(watched())
    assert "sites/anna/stance.yaml:1:1: unknown field" in caplog.text
    assert "1 mistake; the rules of anna loaded at" in caplog.text
    assert "rules of berta loaded anew" in caplog.text


def test_a_change_before_anybody_watches_is_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look and the first watch: another site's look may take a second."""

    async def changed() -> None:
        came = asyncio.Event()

        def take(policy: Policy) -> None:
            if policy.stance.ai.train == "yes":
                came.set()

        found = Watcher(rule_folder.build, take, lambda _event: None)
        found.know(folder, rule_folder.sources(folder))
        followed = found._followed
        first = True

        async def followed_late() -> None:
            nonlocal first
            await followed()
            if first:
                first = False
                (folder / "stance.yaml").write_text("ai: {train: yes}\n", "utf-8")

        monkeypatch.setattr(found, "_followed", followed_late)
        found.open()
        try:
            await asyncio.wait_for(came.wait(), 60)
        finally:
            found.close()

    asyncio.run(changed())


def test_a_storm_of_requests_to_look_again_is_two_looks(folder: Path) -> None:
    """Each load takes a while; a change that comes after a hundred requests waits for two at most."""
    loads: list[int] = []

    def load(sources: Sequence[Source]) -> Policy:
        loads.append(len(sources))
        time.sleep(0.05)
        return rule_folder.build(sources)

    async def storm() -> None:
        came = asyncio.Event()

        def take(policy: Policy) -> None:
            if policy.stance.ai.train == "yes":
                came.set()

        watcher = Watcher(load, take, lambda _event: None)
        found = rule_folder.sources(folder)
        watcher.know(folder, found)
        watcher.open()
        await asyncio.sleep(0.1)
        for number in range(100):
            watcher.look_again()
            if number == 50:
                (folder / "stance.yaml").write_text("ai: {train: yes}\n", "utf-8")
            await asyncio.sleep(0.001)
        await asyncio.wait_for(came.wait(), 60)
        await asyncio.sleep(0.5)
        watcher.close()

    asyncio.run(storm())
    assert 1 <= len(loads) <= 4
