"""`stagedoor import`, as a person calls it, with the shipped rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from making import ROOT
from stagedoor.cli import main

AI_ROBOTS = ROOT.parent / "shared" / "data" / "ai-robots-txt.json"
ROBOTS = """\
User-agent: GPTBot
User-agent: AhrefsBot
Disallow: /
User-agent: HumBot
Disallow: /demos/
Crawl-delay: 5
"""


@pytest.fixture
def robots(tmp_path: Path) -> Path:
    path = tmp_path / "robots.txt"
    path.write_text(ROBOTS)
    return path


def test_it_prints_what_it_would_write(robots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", str(robots)]) == 0
    shown = capsys.readouterr()
    assert "client.name: AhrefsBot" in shown.out
    assert "token: HumBot" in shown.out
    assert f"{robots}:1:1: already so under your stance: GPTBot is refused" in shown.err
    assert (
        f"{robots}:6:1: Crawl-delay has no counterpart — keep the line in robots.txt" in shown.err
    )
    assert shown.err.endswith("2 of 4 carried over, 1 is so already, 1 is left.\n")
    assert [path.name for path in robots.parent.iterdir()] == ["robots.txt"]


def test_what_is_written_is_what_check_takes(
    robots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    robots.write_text("User-agent: HumBot\nDisallow: /demos/\n")
    out = tmp_path / "rules"
    assert main(["import", str(robots), "--out", str(out)]) == 0
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*.*")) == [
        "15-imported-robots.yaml",
        "crawlers/imported.yaml",
    ]
    assert main(["check", str(out)]) == 0
    assert "rules" in capsys.readouterr().out


def test_nothing_is_ever_overwritten(
    robots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rules"
    (out / "crawlers").mkdir(parents=True)
    (out / "crawlers" / "imported.yaml").write_text("")
    assert main(["import", str(robots), "--out", str(out)]) == 1
    assert "is there already; nothing was written — delete or rename it" in capsys.readouterr().err
    assert [p.name for p in out.rglob("*.yaml")] == ["imported.yaml"]


def test_a_second_import_of_the_same_file_says_so(
    robots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rules"
    assert main(["import", str(robots), "--out", str(out)]) == 0
    before = {path: path.read_bytes() for path in out.rglob("*.yaml")}
    assert main(["import", str(robots), "--out", str(out)]) == 1
    assert "is there already" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in out.rglob("*.yaml")} == before


def test_the_stance_of_the_folder_counts(
    robots: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "rules"
    out.mkdir()
    (out / "stance.yaml").write_text("ai: {train: yes}\nothers: {seo: no}\n")
    assert main(["import", str(robots), "--out", str(out)]) == 0
    assert "already so under your stance: AhrefsBot" in capsys.readouterr().err
    assert "client.name: GPTBot" in (out / "15-imported-robots.yaml").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.txt"], "nowhere.txt: cannot be read: no such file or directory — check"),
        ([str(ROOT / "LICENSE")], "nothing in it tells what kind of file it is — say what it is"),
    ],
)
def test_what_cannot_be_read_is_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", *arguments]) == 1
    assert told in capsys.readouterr().err


def test_what_a_map_includes_is_read_beside_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bots.d").mkdir()
    (tmp_path / "bots.d" / "a.conf").write_text("~*humbot 1;\n")
    (tmp_path / "site.conf").write_text(
        "map $http_user_agent $bad {\n  include bots.d/*.conf;\n  include gone.conf;\n}\n"
    )
    assert main(["import", str(tmp_path / "site.conf")]) == 0
    shown = capsys.readouterr()
    assert "a.conf" in shown.out
    assert "gone.conf was not found" in shown.err


def test_what_others_wrote_does_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "robots.txt").write_bytes(b"User-agent: \x1b[2JBot\nDisallow: /\n")
    assert main(["import", str(tmp_path / "robots.txt")]) == 0
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err


@pytest.mark.skipif(not AI_ROBOTS.exists(), reason="the list is not in this checkout")
def test_a_whole_list_of_ai_crawlers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "rules"
    assert main(["import", str(AI_ROBOTS), "--out", str(out)]) == 0
    told = capsys.readouterr().err
    assert " of 166 carried over" in told
    assert "GPTBot is refused (ai-training-off)" in told
    assert "Google-Extended: no request carries this name" in told
    (rules,) = out.glob("15-*.yaml")
    assert "facebookexternalhit" in rules.read_text()
