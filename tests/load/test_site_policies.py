"""The policies of several sites, as they are read from a disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_rule_folder import lay

import severalsites
from making import CATALOGUE, GPTBOT, TRAINING_OFF, asks, judgement
from stagedoor.load import rule_folder, site_policies
from stagedoor.model.errors import ConfigError
from stagedoor.rules.policy import Policy

EVERYONE_OUT = "- {id: everyone, title: Nobody, when: {request.path: /x}, then: block}"


@pytest.fixture(autouse=True)
def _shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lay(tmp_path / "shipped", {**CATALOGUE, "20-ai.yaml": TRAINING_OFF, "stance.yaml": ""})
    monkeypatch.setattr(rule_folder, "SHIPPED_RULES", folder)


def loaded(folder: Path) -> tuple[Policy, dict[str, Policy]]:
    shared = rule_folder.load(folder)
    return shared, dict(site_policies.load_sites(folder, shared))


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as error:
        loaded(folder)
    return str(error.value).splitlines()


def verdict(policy: Policy) -> str:
    return judgement(policy, asks(GPTBOT, "/music/a.mp3"))[2].action


def test_each_site_has_its_own_stance_and_shares_the_catalogue(tmp_path: Path) -> None:
    shared, sites = loaded(severalsites.write(tmp_path / "rules"))
    assert list(sites) == ["anna", "berta"]
    assert [verdict(policy) for policy in sites.values()] == ["block", "allow"]
    assert all(policy.catalogue is shared.catalogue for policy in sites.values())
    assert all(policy.matcher is shared.matcher for policy in sites.values())
    assert sites["anna"].place.path.endswith("rules/sites/anna/stance.yaml")
    assert sites["berta"].place.path.endswith("rules/stance.yaml")


def test_a_directory_without_sites_has_none(tmp_path: Path) -> None:
    folder = severalsites.write(tmp_path / "rules", "ai: {train: no}", None)
    assert loaded(folder)[1] == {}
    assert site_policies.names(None, rule_folder.load()) == ()
    assert site_policies.an_upstream(folder, rule_folder.load(folder)) == ""


def test_rules_of_a_sites_own_lie_over_those_of_all(tmp_path: Path) -> None:
    more = {"20-ai.yaml": "", "10-own.yaml": EVERYONE_OUT, "notes.txt": "no rules"}
    shared, sites = loaded(severalsites.write(tmp_path / "rules", more=more))
    assert [rule.id for rule in sites["anna"].rules] == ["everyone"]
    assert [rule.id for rule in sites["berta"].rules] == [rule.id for rule in shared.rules]


def test_a_site_of_the_stance_may_have_rules_in_a_folder(tmp_path: Path) -> None:
    folder = severalsites.write(tmp_path / "rules", anna=None)
    lay(folder / "sites" / "berta", {"10-own.yaml": EVERYONE_OUT})
    _, sites = loaded(folder)
    assert list(sites) == ["berta"]
    assert "everyone" in {rule.id for rule in sites["berta"].rules}


def test_the_folder_of_a_site_stands_for_it_wherever_rules_are_named(tmp_path: Path) -> None:
    folder = severalsites.write(tmp_path / "rules")
    for name, artist in (("anna", "Anna"), ("berta", "Berta")):
        own = site_policies.rules_of(folder, name)
        assert rule_folder.split(own) == (folder, name)
        assert rule_folder.load(own).stance.artist.name == artist
        assert site_policies.names(own, rule_folder.load(own)) == ()
    with pytest.raises(ConfigError, match='no site "carla"'):
        rule_folder.load(folder / "sites" / "carla")


def test_a_folder_called_sites_that_is_beside_no_stance_is_any_folder(tmp_path: Path) -> None:
    own = lay(tmp_path / "sites" / "anna", {"stance.yaml": "artist: {name: Alone}"})
    assert rule_folder.split(own) == (own, "")
    assert rule_folder.load(own).stance.artist.name == "Alone"
    assert rule_folder.split(None) == (None, "")
    assert rule_folder.split(tmp_path / "sites" / "No Name") == (tmp_path / "sites" / "No Name", "")


def test_mistakes_of_all_sites_are_reported_at_once(tmp_path: Path) -> None:
    shared = severalsites.SHARED.replace("artist: {name: Berta}", "artist: {nmae: Berta}")
    found = mistakes(severalsites.write(tmp_path / "rules", shared, "artist: {nmae: Anna}"))
    assert len(found) == 2
    assert "rules/sites/anna/stance.yaml:1:10" in found[0]
    assert "rules/stance.yaml:4:14" in found[1]


@pytest.mark.parametrize(
    ("shared", "anna", "said"),
    [
        (severalsites.SHARED, "{}", 'the site "anna" has no address'),
        (
            severalsites.SHARED,
            "publish: {address: https://www.berta.example}",
            '"www.berta.example" is the name of the site "anna" already',
        ),
        (
            severalsites.SHARED + "publish: {address: https://label.example}\n",
            severalsites.ANNA,
            "publish.address is of one site",
        ),
        (severalsites.SHARED + "site: {default: ana}\n", severalsites.ANNA, 'mean "anna"?'),
        (severalsites.SHARED.replace("berta:", "Berta:"), None, '"Berta" cannot be the name'),
        ("sites: [anna]", None, "sites must be fields"),
    ],
)
def test_sites_that_do_not_go_together_are_refused(
    tmp_path: Path, shared: str, anna: str | None, said: str
) -> None:
    assert any(said in text for text in mistakes(severalsites.write(tmp_path, shared, anna)))


def test_a_folder_that_cannot_be_a_site_is_reported(tmp_path: Path) -> None:
    folder = severalsites.write(tmp_path / "rules")
    lay(folder / "sites" / "No Name", {"stance.yaml": ""})
    (folder / "sites" / ".hidden").mkdir()
    assert 'sites/No Name: "No Name" cannot be the name of a site' in mistakes(folder)[0]


def test_a_file_in_the_place_of_a_folder_is_reported(tmp_path: Path) -> None:
    folder = severalsites.write(tmp_path / "rules")
    (folder / "sites" / "Dora.yaml").write_text("", "utf-8")
    assert "a site is a folder — call it sites/dora/stance.yaml" in mistakes(folder)[0]


def test_mitmproxy_needs_one_address_and_gets_a_plain_one(tmp_path: Path) -> None:
    folder = severalsites.write(tmp_path / "rules")
    shared = rule_folder.load(folder)
    assert site_policies.an_upstream(folder, shared) == "http://127.0.0.1:8002"
    assert site_policies.an_upstream(folder / "sites" / "anna", shared) == ""


def test_a_request_is_for_the_site_of_its_host(tmp_path: Path) -> None:
    shared, sites = loaded(severalsites.write(tmp_path / "rules"))
    assert site_policies.site_of("www.berta.example", sites, shared) == "berta"
    assert site_policies.site_of("nobody.example", sites, shared) == ""
    text = severalsites.SHARED + "site: {default: anna}\n"
    shared, sites = loaded(severalsites.write(tmp_path / "other", text))
    assert site_policies.site_of("nobody.example", sites, shared) == "anna"
