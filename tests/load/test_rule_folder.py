"""Laying a directory over the shipped one, as it happens on a disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from making import CATALOGUE, FIREFOX, GPTBOT, TRAINING_OFF, asks, judgement, sources
from stagedoor.config.yamltext import MAX_BYTES
from stagedoor.load import rule_folder
from stagedoor.model.errors import ConfigError


def lay(folder: Path, files: dict[str, str]) -> Path:
    """Write `files` into `folder`."""
    for source in sources(files):
        path = folder / source.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.data)
    return folder


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small rules directory in the place of the shipped one."""
    folder = lay(tmp_path / "shipped", {**CATALOGUE, "20-ai.yaml": TRAINING_OFF, "stance.yaml": ""})
    monkeypatch.setattr(rule_folder, "SHIPPED_RULES", folder)
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """An artist's directory, still empty."""
    folder = tmp_path / "own"
    folder.mkdir()
    return folder


def verdict(folder: Path | None, agent: str = GPTBOT, target: str = "/music/a.mp3") -> str:
    """What becomes of a request under the rules in `folder`."""
    return judgement(rule_folder.load(folder), asks(agent, target))[2].action


@pytest.mark.usefixtures("shipped")
def test_without_a_directory_the_shipped_rules_are_in_force() -> None:
    assert verdict(None) == "block"


@pytest.mark.usefixtures("shipped")
def test_an_empty_directory_changes_nothing(own: Path) -> None:
    assert verdict(own) == "block"


@pytest.mark.usefixtures("shipped")
def test_a_directory_that_holds_nothing_but_a_stance_is_complete(own: Path) -> None:
    lay(own, {"stance.yaml": "ai: {train: yes}"})
    assert verdict(own) == "allow"


@pytest.mark.usefixtures("shipped")
def test_a_file_of_the_same_name_takes_the_place_of_the_shipped_one(own: Path) -> None:
    lay(own, {"20-ai.yaml": "- {id: nobody, title: Nobody, then: block}"})
    assert [rule.id for rule in rule_folder.load(own).rules] == ["nobody"]


@pytest.mark.usefixtures("shipped")
def test_a_file_with_another_name_is_added_in_the_order_of_the_names(own: Path) -> None:
    lay(
        own,
        {
            "10-first.yaml": "- {id: first, title: First, then: log}",
            "90-last.yaml": "- {id: last, title: Last, then: log}",
        },
    )
    assert [rule.id for rule in rule_folder.load(own).rules] == ["first", "ai-training-off", "last"]


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("nothing", ["", "\n", "# switched off\n", "---\n"])
def test_an_empty_file_switches_the_shipped_one_off(own: Path, nothing: str) -> None:
    lay(own, {"20-ai.yaml": nothing, "crawlers/google.yaml": nothing})
    found = rule_folder.load(own)
    assert found.rules == ()
    assert "Googlebot" not in found.catalogue.names
    assert "GPTBot" in found.catalogue.names


@pytest.mark.usefixtures("shipped")
def test_a_crawler_can_be_added(own: Path) -> None:
    lay(
        own,
        {
            "crawlers/mine.yaml": "reviewed: 2026-11-23\ncrawlers: [{name: Foo, token: FooFetch, purpose: ai-training}]"
        },
    )
    assert verdict(own, "FooFetch/1.0") == "block"
    assert verdict(own, FIREFOX) == "allow"


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    "name",
    [
        ".20-ai.yaml.swp",
        ".#20-ai.yaml",
        "20-ai.yaml~",
        "#20-ai.yaml#",
        "20-ai.yaml.orig",
        ".hidden.yaml",
        "README.md",
        "crawlers/.x.yaml",
    ],
)
def test_what_editors_and_people_leave_lying_about_is_ignored(own: Path, name: str) -> None:
    lay(own, {name: "\tthis: is [no rule"})
    assert verdict(own) == "block"


@pytest.mark.usefixtures("shipped")
def test_both_endings_of_yaml_files_are_read(own: Path) -> None:
    lay(own, {"10-mine.yml": "- {id: mine, title: Mine, then: log}"})
    assert rule_folder.load(own).rules[0].id == "mine"


@pytest.mark.usefixtures("shipped")
def test_a_stance_with_the_other_ending_is_read_or_told_of(own: Path) -> None:
    # Silence would mean that the artist's words count for nothing.
    lay(own, {"stance.yml": "ai: {train: yes}"})
    try:
        assert verdict(own) == "allow"
    except ConfigError as error:
        assert "stance.yaml" in str(error).replace("stance.yml", "")  # noqa: PT017


@pytest.mark.usefixtures("shipped")
def test_an_unknown_folder_is_reported(own: Path) -> None:
    # crawler/ instead of crawlers/: what stands in it would be left out without a word.
    lay(
        own,
        {
            "crawler/mine.yaml": "reviewed: 2026-11-23\ncrawlers: [{name: Foo, token: FooFetch, purpose: ai-training}]"
        },
    )
    with pytest.raises(ConfigError, match="crawler"):
        rule_folder.load(own)


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize("name", ["crawlers", "clients"])
def test_a_rules_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    lay(tmp_path / name, {"20-ai.yaml": "- {id: nobody, title: Nobody, then: block}"})
    assert [rule.id for rule in rule_folder.load(tmp_path / name).rules] == ["nobody"]


@pytest.mark.usefixtures("shipped")
def test_a_catalogue_file_may_be_called_stance(own: Path) -> None:
    lay(
        own,
        {
            "crawlers/stance.yaml": "reviewed: 2026-11-23\ncrawlers: [{name: Stance, token: StanceBot, purpose: seo}]"
        },
    )
    assert "Stance" in rule_folder.load(own).catalogue.names


def test_the_shipped_directory_may_be_named_itself(shipped: Path) -> None:
    assert len(rule_folder.load(shipped).rules) == 1


@pytest.mark.usefixtures("shipped")
def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        rule_folder.load(tmp_path / "nowhere")
    assert (
        str(told.value) == f"{tmp_path}/nowhere: there is no such directory — name the rules folder"
    )


@pytest.mark.usefixtures("shipped")
def test_files_that_cannot_be_read_are_all_told(own: Path) -> None:
    (own / "10-gone.yaml").symlink_to(own / "nowhere")
    (own / "20-folder.yaml").mkdir()
    with pytest.raises(ConfigError) as told:
        rule_folder.load(own)
    lines = str(told.value).splitlines()
    assert lines[0].startswith(f"{own}/10-gone.yaml: cannot be read: no such file or directory — ")
    assert lines[1].startswith(f"{own}/20-folder.yaml: cannot be read: is a directory — ")


@pytest.mark.usefixtures("shipped")
def test_a_file_without_end_is_not_read_to_its_end(own: Path) -> None:
    (own / "10-endless.yaml").symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match=f"at most {MAX_BYTES:,} are read"):
        rule_folder.load(own)


@pytest.mark.usefixtures("shipped")
def test_mistakes_name_the_file_as_a_person_would_type_it(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(own, {"stance.yaml": "modus: observe"})
    with pytest.raises(ConfigError) as told:
        rule_folder.load(own)
    assert str(told.value).startswith(f"{own}/stance.yaml:1:1: ")
    monkeypatch.chdir(own.parent)
    with pytest.raises(ConfigError) as told:
        rule_folder.load(own)
    assert str(told.value).startswith("own/stance.yaml:1:1: ")


@pytest.mark.usefixtures("shipped")
def test_a_mistake_in_any_file_is_told_and_nothing_is_loaded(own: Path) -> None:
    lay(
        own,
        {
            "stance.yaml": "modus: observe",
            "10-a.yaml": "- {id: a, title: A, then: blok}",
            "crawlers/b.yaml": "reviewed: x",
        },
    )
    with pytest.raises(ConfigError) as told:
        rule_folder.load(own)
    assert {Path(problem.location.path).name for problem in told.value.problems} == {
        "stance.yaml",
        "10-a.yaml",
        "b.yaml",
    }


def test_the_shipped_files_are_where_the_package_says() -> None:
    assert (rule_folder.SHIPPED_RULES / "stance.yaml").is_file()
    assert rule_folder.GUARD_SCRIPT.is_file()
    assert rule_folder.program_version()
