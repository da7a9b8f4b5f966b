"""What several sites share, what each says for itself, and what they must not say."""

from __future__ import annotations

import pytest

from stagedoor.config.site_stances import (
    clashes,
    default_fault,
    hosts_of,
    merged,
    of_one_site,
    stance_file,
)
from stagedoor.config.stance import Stance
from stagedoor.config.stance_reading import read_stance
from stagedoor.config.yamltext import Document, Source, parse
from stagedoor.model.errors import Location, Problem

SHARED = """\
artist: {name: The Label, contact: "mailto:label@example.org"}
ai:
  train: no
  search: no
audio: {paths: ["/music/**"]}
mode: observe
publish: {address: https://label.example, tags: no}
site: {listen: 8080, store: "valkey://127.0.0.1", upstream: "http://127.0.0.1:1", hosts: [a.example]}
sites:
  berta:
    artist: {name: Berta}
    ai: {search: yes}
    publish: {address: https://berta.example}
  carla:
"""
AT = Location("rules/stance.yaml", 3, 1)


def document(text: str, path: str = "rules/stance.yaml") -> Document:
    problems: list[Problem] = []
    found = parse(Source(path, text.encode()), problems)
    assert found is not None
    assert not problems
    return found


def stance_of(
    name: str, own: str | None = None, shared: str | None = SHARED
) -> tuple[Stance, list[str]]:
    problems: list[Problem] = []
    file = document(own, f"rules/{stance_file(name)}") if own is not None else None
    found = merged(document(shared) if shared is not None else None, file, name, problems)
    stance = read_stance(found, problems) if found is not None else Stance()
    return stance, list(map(str, problems))


def test_a_site_says_what_is_different_and_has_the_rest_from_all() -> None:
    stance, problems = stance_of("berta")
    assert not problems
    assert (stance.artist.name, stance.artist.contact) == ("Berta", "mailto:label@example.org")
    assert (stance.ai.train, stance.ai.search) == ("no", "yes")
    assert stance.audio.paths == ("/music/**",)
    assert stance.mode == "observe"
    assert stance.publish.says("tags") is False
    assert stance.site.upstream == "http://127.0.0.1:1"


def test_address_names_and_what_the_guard_needs_are_not_inherited() -> None:
    stance, problems = stance_of("carla")
    assert not problems
    assert (stance.publish.address, stance.site.hosts, stance.site.listen) == ("", (), "")
    assert (stance.site.store, stance.sites) == ("", ())


def test_a_site_in_a_file_of_its_own_is_the_same() -> None:
    own = "mode: enforce\nai: {search: yes}\nsite: {upstream: 'http://127.0.0.1:2'}\n"
    stance, problems = stance_of("anna", own)
    assert not problems
    assert (stance.mode, stance.ai.train, stance.ai.search) == ("enforce", "no", "yes")
    assert stance.site.upstream == "http://127.0.0.1:2"
    assert stance.artist.name == "The Label"


def test_a_site_in_a_file_needs_no_shared_stance() -> None:
    stance, problems = stance_of("anna", "ai: {train: yes}", shared=None)
    assert not problems
    assert stance.ai.train == "yes"
    assert stance_of("anna", "", shared="")[1] == []


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("ai: {trian: yes}", 'rules/sites/anna/stance.yaml:1:6: unknown field "trian"'),
        ("mode: enfroce", 'rules/sites/anna/stance.yaml:1:7: mode "enfroce" is not one of'),
        (
            "site: {listen: 80}",
            "sites/anna/stance.yaml:1:8: site.listen stands in the shared stance",
        ),
        ("site: {store: x}", "sites/anna/stance.yaml:1:8: site.store stands in the shared stance"),
        ("site: {default: x}", "site.default stands in the shared stance alone"),
        ("sites: {b: {}}", "sites/anna/stance.yaml:1:1: sites stands in the shared stance alone"),
        ("[1]", 'the site "anna" must be fields'),
    ],
)
def test_a_mistake_in_a_sites_file_names_that_file(own: str, said: str) -> None:
    _, problems = stance_of("anna", own)
    assert said in problems[0]


def test_a_mistake_inside_the_shared_file_names_its_place_there() -> None:
    shared = "sites:\n  berta:\n    ai:\n      trian: no\n"
    assert stance_of("berta", shared=shared)[1][0].startswith(
        'rules/stance.yaml:4:7: unknown field "trian"'
    )
    shared = "sites:\n  berta: {site: {listen: 80}}\n"
    assert stance_of("berta", shared=shared)[1][0].startswith("rules/stance.yaml:2:18: site.listen")
    assert "must be fields" in stance_of("berta", shared="sites: {berta: 7}")[1][0]


def test_what_is_inherited_keeps_its_place_and_what_is_replaced_does_not() -> None:
    shared = "artist: {contact: nobody}\nai: {train: maybe, search: no}\nsites: {berta: {ai: {train: perhaps}}}\n"
    _, problems = stance_of("berta", shared=shared)
    assert any(text.startswith("rules/stance.yaml:1:19:") for text in problems)
    assert any(text.startswith("rules/stance.yaml:3:29:") for text in problems)
    assert not any(text.startswith("rules/stance.yaml:2:") for text in problems)


def test_a_whole_value_may_take_the_place_of_a_group_and_is_a_mistake_then() -> None:
    _, problems = stance_of("anna", "ai: no")
    assert problems[0].startswith("rules/sites/anna/stance.yaml:1:5: ai must be fields")
    assert stance_of("anna", "artist: {name: A}", shared="artist: 7")[1] == []


def test_two_stances_for_one_site_are_one_too_many() -> None:
    _, problems = stance_of("berta", "ai: {train: no}")
    assert "has two stances: here, and in rules/sites/berta/stance.yaml" in problems[0]


def test_a_site_that_is_not_there_is_reported_with_the_nearest() -> None:
    assert 'no site "brta" — did you mean "berta"?' in stance_of("brta")[1][0]
    assert "write sites/dora/stance.yaml" in stance_of("dora")[1][0]
    assert 'no site "dora"' in stance_of("dora", shared=None)[1][0]
    assert 'no site "dora"' in stance_of("dora", shared="7")[1][0]


def test_a_shared_file_that_is_no_stance_is_inherited_by_nobody() -> None:
    stance, problems = stance_of("anna", "ai: {train: yes}", shared="[1, 2]")
    assert not problems
    assert stance.ai.train == "yes"


def of(address: str = "", *hosts: str, default: str = "") -> Stance:
    site = {"hosts": list(hosts), "default": default}
    return Stance.model_validate({"publish": {"address": address}, "site": site})


def test_the_names_of_a_site_are_its_addresss_and_those_besides() -> None:
    assert hosts_of(of("https://Anna.Example:8443", "www.anna.example", "anna.example")) == (
        "anna.example",
        "www.anna.example",
    )
    assert hosts_of(of("http://[2001:db8::1]:80")) == ("[2001:db8::1]",)
    assert hosts_of(of()) == ()


def test_sites_that_cannot_be_told_apart_are_reported() -> None:
    others = {"anna": ("anna.example",), "berta": ("berta.example",)}
    assert clashes("anna", of("https://anna.example"), others, AT) == []
    found = clashes("carla", of("https://carla.example", "anna.example"), others, AT)
    assert '"anna.example" is the name of the site "anna" already' in str(found[0])
    assert 'the site "dora" has no address' in str(clashes("dora", of(), others, AT)[0])


def test_a_default_must_be_one_of_the_sites() -> None:
    assert default_fault(of(), ["anna"], AT) == []
    assert default_fault(of(default="anna"), ["anna"], AT) == []
    assert 'mean "anna"?' in str(default_fault(of(default="ana"), ["anna"], AT)[0])
    assert "one of: anna, berta" in str(default_fault(of(default="x"), ["berta", "anna"], AT)[0])


def test_the_shared_stance_has_no_address() -> None:
    found = of_one_site(of("https://anna.example", "b.example"), AT)
    assert [problem.message.partition(" ")[0] for problem in found] == [
        "publish.address",
        "site.hosts",
    ]
    assert of_one_site(of(), AT) == []
