"""The shipped profiles, and the one for hosts that the user names."""

from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from making import ROOT, document
from platformrules import profiles
from stagedoor.model.errors import Problem
from stagedoor.platforms.profiles import Claim, Setting, Text, case_faults, read_profiles

WANTED = {
    "SoundCloud", "YouTube", "X", "LinkedIn", "Bandcamp", "Mixcloud", "Audius",
    "Spotify for Artists",
}  # fmt: skip


def test_every_platform_is_there_and_its_cases_hold() -> None:
    found = profiles().all
    assert {profile.name for profile in found} == WANTED
    for profile in found:
        assert case_faults(profile) == []
        assert profile.file.cases.audio
        assert profile.file.cases.private
        assert any(document.kind == "terms" for document in profile.file.documents)


def test_nothing_is_called_confirmed_that_nobody_has_opened() -> None:
    for profile in profiles().all:
        facts: list[Text | Setting | Claim] = [*profile.file.documents, *profile.file.settings]
        facts += profile.file.claims
        assert not any(fact.confirmed for fact in facts)
        assert all(fact.source for fact in facts)


def test_a_case_that_does_not_hold_is_reported() -> None:
    profile = profiles().named("soundcloud")
    assert profile is not None
    cases = profile.file.cases.model_copy(update={"audio": ("https://soundcloud.com/discover",)})
    object.__setattr__(profile, "file", profile.file.model_copy(update={"cases": cases}))
    try:
        assert case_faults(profile) == [
            "soundcloud: https://soundcloud.com/discover is other, not audio"
        ]
    finally:
        profiles.cache_clear()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/library/tracks/12", "audio"),
        ("/terms", "document"),
        ("/datenschutz", "document"),
        ("/login", "private"),
        ("/en/account/settings", "private"),
        ("/checkout/pay", "private"),
        ("/", "other"),
    ],
)
def test_a_host_that_the_user_names_has_the_generic_profile(path: str, kind: str) -> None:
    profile = profiles("funk.example").of("FUNK.example.")
    assert profile is not None
    assert profile.page("funk.example", path).kind == kind


def test_hosts_that_nobody_named_have_no_profile() -> None:
    found = profiles("funk.example")
    assert found.of("evil.funk.example") is None
    assert found.of("soundcloud.com.evil.example") is None


def test_one_host_in_two_files_is_a_mistake() -> None:
    problems: list[Problem] = []
    text = "{name: A, hosts: [a.example], reviewed: 2026-11-29, source: test}"
    read_profiles(
        [document(text, "platforms/a.yaml"), document(text, "platforms/b.yaml")], [], problems
    )
    assert [p.message for p in problems] == ['the host "a.example" is already in a.yaml']


def test_the_editors_schemas_take_every_shipped_file() -> None:
    """As plain YAML, the way an editor reads it."""
    for folder, name in (("platforms", "platforms.json"), ("terms", "terms.json")):
        schema = json.loads((ROOT / "rules" / "schema" / name).read_text("utf-8"))
        for path in (ROOT / "rules" / folder).glob("*.yaml"):
            value = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
            faults = [
                e for e in Draft202012Validator(schema).iter_errors(value) if e.validator != "type"
            ]
            assert faults == [], path.name
            assert f"schema/{name}" in path.read_text("utf-8").splitlines()[0]
