"""A service for each of several sites: nothing of one is of use at another."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import severalsites
from flows import SMALL_RULES, lay_shipped
from making import FIREFOX, GPTBOT, asks
from stagedoor.config.stance import Stance
from stagedoor.config.store_address import store_address
from stagedoor.engine.transaction import Transaction
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.fronts.service import Service
from stagedoor.fronts.site_services import SiteServices
from stagedoor.load import rule_folder, site_policies
from stagedoor.model.errors import ConfigError, StagedoorError
from stagedoor.record.suite import Suite


@pytest.fixture(autouse=True)
def _shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_shipped(tmp_path, SMALL_RULES, monkeypatch)


Open = Callable[..., SiteServices]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Services of anna and berta, with their files open."""
    started: list[SiteServices] = []

    def begin(shared: str = severalsites.SHARED, **changed: object) -> SiteServices:
        while started:
            started.pop().close()
        rules = severalsites.write(tmp_path / "rules", shared)
        settings = replace(Settings(rules, tmp_path / "state", None, None, None), **changed)  # type: ignore[arg-type]
        whole = Service(lambda _: 0)
        whole.apply(settings)
        assert whole.policy is not None
        known = site_policies.names(rules, whole.policy)
        found = SiteServices(whole, known, lambda name: Service(lambda _: 0, Suite(name)))
        whole.apply(settings.of_all())
        found.apply(settings)

        async def up() -> None:
            found.open(settings.state)

        asyncio.run(up())
        started.append(found)
        return found

    yield begin
    for one in started:
        one.close()


def asked(
    service: Service, agent: str = FIREFOX, target: str = "/music/a.mp3", *marks: str
) -> Transaction:
    assert service.policy is not None
    transaction = Transaction(service.policy, asks(agent, target), None, service.mode)
    transaction.at = time.time()
    if marks:
        service.marks.shows(transaction, marks, ())

    async def decided() -> None:
        waiting = service.decide(transaction)
        if waiting is not None:
            await waiting

    asyncio.run(decided())
    return transaction


def test_each_has_its_rules_its_state_and_a_share_of_memory(opened: Open, tmp_path: Path) -> None:
    sites = opened(clients=1000)
    anna, berta = sites.each.values()
    assert asked(anna, GPTBOT).verdict.refused
    assert not asked(berta, GPTBOT).verdict.refused
    assert anna.settings is not None
    assert anna.settings.state == tmp_path / "state" / "sites" / "anna"
    assert anna.settings.lists == tmp_path / "state"
    assert anna.settings.clients == 500
    assert anna.store is not berta.store
    for folder in (tmp_path / "state", tmp_path / "state" / "sites", anna.settings.state):
        assert folder.stat().st_mode & 0o077 == 0
    assert (anna.settings.state / "ledger.sqlite").exists()
    assert not (tmp_path / "state" / "ledger.sqlite").exists()


def test_a_pass_of_one_site_lets_nobody_into_another(opened: Open) -> None:
    sites = opened(severalsites.SHARED + 'passes: {paths: ["/music/**"]}\n')
    anna, berta = sites.each.values()
    handed = anna.marks.new_pass(asked(anna), "page")
    assert asked(anna, FIREFOX, "/music/a.mp3", handed).request.passed == "shown"
    assert asked(berta, FIREFOX, "/music/a.mp3", handed).request.passed != "shown"
    assert asked(berta, FIREFOX, "/music/a.mp3").request.passed == "missing"


def test_who_takes_too_much_at_one_site_is_no_taker_at_another(opened: Open) -> None:
    """Counts are by site: what one artist forbids is not enforced at another's."""
    anna, berta = opened().each.values()
    anna.store.sent("198.51.100.7", 10, 7200.0, time.monotonic())
    assert len(anna.store) == 1
    assert len(berta.store) == 0


def test_what_is_published_is_each_sites_own(opened: Open) -> None:
    anna, berta = opened().each.values()
    texts = [service.publication.robots(None).text.decode() for service in (anna, berta)]
    assert "Rightholder: Anna" in texts[0]
    assert "https://anna.example/" in texts[0]
    assert "Rightholder: Berta" in texts[1]
    assert "anna" not in texts[1].lower()


def test_sites_share_a_store_under_keys_of_their_own(tmp_path: Path) -> None:
    given = Settings(None, None, None, None, None, store=store_address("valkey://h?site=label"))
    named = given.of_site("anna", 2).store_for
    found = named(Stance())
    assert found is not None
    assert found.site == "label.anna"
    bare = Settings(None, None, None, None, None, store=store_address("valkey://h"))
    alone = bare.of_site("anna", 2).store_for(Stance())
    assert alone is not None
    assert alone.site == "anna"
    whole = bare.store_for(Stance())
    assert whole is not None
    assert whole.site == ""


def test_the_mode_of_one_site_is_its_own(opened: Open) -> None:
    anna, berta = opened(modes={"berta": "observe"}).each.values()
    assert (anna.mode, berta.mode) == ("enforce", "observe")
    anna, berta = opened(mode="observe", modes={"berta": "enforce"}).each.values()
    assert (anna.mode, berta.mode) == ("observe", "enforce")


def test_a_new_stance_must_not_take_a_name_of_another(opened: Open, tmp_path: Path) -> None:
    sites = opened()
    text = severalsites.ANNA.replace("anna.example", "berta.example")
    severalsites.write(tmp_path / "rules", anna=text)
    anna = sites.each["anna"]
    found = rule_folder.sources(tmp_path / "rules", "anna")
    with pytest.raises(ConfigError, match=r'"berta\.example" is the name of the site "berta"'):
        anna._build(found)
    assert anna.policy is not None
    assert anna.policy.stance.publish.address == "https://anna.example"


def test_a_new_shared_stance_must_not_become_a_sites(
    opened: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sites = opened()

    def rebuilt(shared: str) -> None:
        severalsites.write(tmp_path / "rules", shared)
        sites.shared._build(rule_folder.sources(tmp_path / "rules"))

    with pytest.raises(ConfigError, match=r"publish\.address is of one site"):
        rebuilt(severalsites.SHARED + "publish: {address: https://x.example}\n")
    with pytest.raises(ConfigError, match="there is no site"):
        rebuilt(severalsites.SHARED + "site: {default: nobody}\n")
    with caplog.at_level(logging.WARNING):
        rebuilt(severalsites.SHARED + "  carla: {publish: {address: https://carla.example}}\n")
    assert "sites come and go with the next start of the guard: carla" in caplog.text


def test_a_state_directory_that_cannot_be_had_is_reported(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file", "utf-8")
    with pytest.raises(StagedoorError, match="cannot be written"):
        opened()
