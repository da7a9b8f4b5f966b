"""The shipped profiles, and the one for hosts that the user names."""

from __future__ import annotations

import json

import pytest
import yaml
from jsonschema import Draft202012Validator

from making import ROOT, document
from platformrules import profiles
from stagedoor.model.errors import Problem
from stagedoor.platforms.profiles import Claim, Setting, Text, read_profiles

WANTED = {
    "SoundCloud", "YouTube", "X", "LinkedIn", "Bandcamp", "Mixcloud", "Audius",
    "Spotify for Artists",
}  # fmt: skip


def test_every_platform_is_there_and_has_cases() -> None:
    found = profiles().all
    assert {profile.name for profile in found} == WANTED
    for profile in found:
        assert profile.file.cases.audio
        assert profile.file.cases.private
        assert any(document.kind == "terms" for document in profile.file.documents)


def test_nothing_is_called_confirmed_that_nobody_has_opened() -> None:
    for profile in profiles().all:
        facts: list[Text | Setting | Claim] = [*profile.file.documents, *profile.file.settings]
        facts += profile.file.claims
        assert not any(fact.confirmed for fact in facts)
        assert all(fact.source for fact in facts)


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


def mistakes(*lines: str) -> list[str]:
    problems: list[Problem] = []
    text = "\n".join(("name: A", "hosts: [a.example]", "reviewed: 2026-11-29", "source: s", *lines))
    read_profiles([document(text, "platforms/a.yaml")], [], problems)
    return [str(problem) for problem in problems]


DOCUMENT = "name: T, kind: terms, source: s"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (
            f"documents: [{{{DOCUMENT}, url: 'https://a.example/t', text: [{{css: 'main >'}}]}}]",
            ':5:88: "main >" is no CSS selector',
        ),
        (
            f"documents: [{{{DOCUMENT}, url: 'https://a.example/t', remove: ['div[']}}]",
            '"div[" is no CSS selector',
        ),
        (f"documents: [{{{DOCUMENT}, url: 'a.example/t'}}]", "write all of it: https://…"),
        (
            f"documents: [{{{DOCUMENT}, url: 'https://b.example/t'}}]",
            '"b.example" is none of the hosts of this profile — add it to hosts:',
        ),
        (
            f"documents: [{{{DOCUMENT}, url: 'https://a.example/t', paths: [terms]}}]",
            '"terms" is no path — begin with /',
        ),
        (
            f"documents: [{{{DOCUMENT}, url: 'https://a.example/t'}}, {{{DOCUMENT}, url: 'https://a.example/u'}}]",
            'the name "T" is there twice — give each its own name',
        ),
        (
            "settings: [{name: S, path: /s, label: '', means: m, source: s}]",
            ":5:39: label is empty — write something",
        ),
        ("settings: [{name: S, path: s, label: abc, means: m, source: s}]", "is no path"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_profile_has_its_place_and_its_fix(line: str, wanted: str) -> None:
    (found,) = mistakes(line)
    assert found.startswith("platforms/a.yaml:5:")
    assert wanted in found


def test_only_the_hosts_of_profiles_are_opened() -> None:
    found = profiles("funk.example")
    for host in (
        "soundcloud.com", "CF-media.sndcdn.com.", "rr3---sn-x.googlevideo.com", "a.b.googlevideo.com",
        "funk.example", "p.scdn.co",
    ):  # fmt: skip
        assert host in found
    for host in (
        "googlevideo.com", "evilgooglevideo.com", "googlevideo.com.evil.example", "sndcdn.com",
        "i1.sndcdn.com", "accounts.google.com", "", "com", ".", "x.funk.example",
    ):  # fmt: skip
        assert host not in found


def test_a_host_of_pages_is_no_sender() -> None:
    found = profiles()
    assert found.sender("soundcloud.com") is None
    sender = found.sender("cf-media.sndcdn.com")
    assert sender is not None
    assert sender.id == "soundcloud"
    assert found.of("cf-media.sndcdn.com") is None


@pytest.mark.parametrize("host", ["*", "*.com", "a.*.example", "https://a.example", "A.example"])
def test_a_pattern_that_would_open_too_much_is_a_mistake(host: str) -> None:
    (found,) = mistakes(f"media: ['{host}']")
    assert f'"{host}" is no host' in found
