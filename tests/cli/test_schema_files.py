"""`stagedoor schema`, and the schemas that `stagedoor init` puts beside the stance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from making import ROOT
from stagedoor.cli import main, schema_files
from stagedoor.load import rule_folder
from stagedoor.rules.json_schema import HEADER_LINE

SHIPPED = ROOT / "rules" / "schema"


def test_what_is_shipped_is_what_the_types_give_today() -> None:
    shipped = {path.name: path.read_text("utf-8") for path in SHIPPED.iterdir()}
    assert shipped == schema_files.rendered(), "write them anew: ./run schema rules/schema"


def test_it_writes_all_of_them_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", str(tmp_path / "new" / "schema")]) == 0
    names = sorted(path.name for path in (tmp_path / "new" / "schema").iterdir())
    assert names == [
        "crawlers.json",
        "fingerprints.json",
        "licence.json",
        "platforms.json",
        "profiles.json",
        "referrers.json",
        "rules.json",
        "stance.json",
        "terms.json",
    ]
    told = capsys.readouterr().out
    assert all(name in told for name in names)


def test_crawlers_of_ones_own_are_offered_too(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "crawlers").mkdir(parents=True)
    (own / "crawlers" / "mine.yaml").write_text(
        "operator: Me\nreviewed: 2026-11-23\ncrawlers: [{name: MyBot, token: MyBot, purpose: seo}]\n"
    )
    assert main(["schema", str(tmp_path / "schema"), "--rules", str(own)]) == 0
    rules = json.loads((tmp_path / "schema" / "rules.json").read_text("utf-8"))
    assert {"MyBot", "GPTBot"} <= set(rules["definitions"]["name"]["anyOf"][0]["enum"])


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("")
    assert main(["schema", str(tmp_path / "taken")]) == 1
    assert "taken cannot be written: " in capsys.readouterr().err


def test_a_stance_of_ones_own_finds_its_schema(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path)]) == 0
    first = (tmp_path / "stance.yaml").read_text("utf-8").partition("\n")[0]
    named = tmp_path / first.removeprefix(HEADER_LINE)
    assert json.loads(named.read_text("utf-8")) == json.loads(
        (SHIPPED / "stance.json").read_bytes()
    )
    assert [source.inside for source in rule_folder.read_directory(tmp_path)] == ["stance.yaml"]
