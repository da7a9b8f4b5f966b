"""`stagedoor publish`, and `stagedoor check --robots`."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from stagedoor.cli import main
from stagedoor.config.stance import Publish
from stagedoor.signals.robots.access import allowed, read
from stagedoor.signals.robots.merge import BEGIN

ADDRESS = "publish: {address: https://ghost.example}\n"
OWN = "User-agent: *\nDisallow: /drafts/\n"
AGAINST = "User-agent: GPTBot\nAllow: /\n\nUser-agent: CCBot\nDisallow:\n"
ALL = {
    "robots.txt",
    "ai.txt",
    "license.xml",
    ".well-known/tdmrep.json",
    ".well-known/tdm-policy.json",
    "tags.html",
    "headers/nginx.conf",
    "headers/Caddyfile",
    "headers/apache.conf",
    "headers/_headers",
    "headers/written.txt",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "index.html").write_text("<title>The Band</title>")
    return folder


def publish(site: Path, stance: str = ADDRESS, *more: str) -> int:
    rules = site.parent / "rules"
    rules.mkdir(exist_ok=True)
    (rules / "stance.yaml").write_text(stance)
    return main(["publish", str(site), "--rules", str(rules), *more])


def files(site: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(site)): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and path.name != "index.html"
    }


def test_everything_is_written_and_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(site) == 0
    assert set(files(site)) == ALL
    said = capsys.readouterr()
    assert all(f"  {name} " in said.out for name in ALL - {"headers/written.txt"})
    assert "belong to the top of your site: robots.txt" in said.out
    assert "Left out" not in said.out
    assert not said.err


def test_again_nothing_changes(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "robots.txt").write_text(OWN)
    publish(site)
    before = files(site)
    times = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    capsys.readouterr()
    assert publish(site) == 0
    assert files(site) == before
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == times
    assert "nothing was changed" in capsys.readouterr().out


def test_the_sites_own_lines_are_kept(site: Path) -> None:
    (site / "robots.txt").write_text(OWN)
    assert publish(site) == 0
    text = (site / "robots.txt").read_bytes()
    assert all(line in text.splitlines() for line in OWN.encode().splitlines())
    assert not allowed(read(text), "GPTBot", "/music/a.mp3")
    assert allowed(read(text), "Googlebot", "/music/a.mp3")
    assert not allowed(read(text), "Googlebot", "/drafts/a")


def test_a_robots_txt_from_elsewhere(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = site.parent / "own.txt"
    elsewhere.write_text(OWN)
    assert publish(site, ADDRESS, "--robots", str(elsewhere)) == 0
    assert b"Disallow: /drafts/" in (site / "robots.txt").read_bytes()
    assert elsewhere.read_text() == OWN
    elsewhere.write_text("User-agent: *\nDisallow: /sketches/\n")
    assert publish(site, ADDRESS, "--robots", str(elsewhere)) == 0  # ours may be made anew
    assert b"/drafts/" not in (site / "robots.txt").read_bytes()
    (site / "robots.txt").write_text("User-agent: *\nDisallow: /mine/\n")
    capsys.readouterr()
    assert publish(site, ADDRESS, "--robots", str(elsewhere)) == 1
    assert "robots.txt is not ours, or was changed since" in capsys.readouterr().err
    assert (site / "robots.txt").read_text() == "User-agent: *\nDisallow: /mine/\n"


def test_nothing_that_is_not_ours_is_overwritten(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "ai.txt").write_text("mine\n")
    assert publish(site) == 1
    assert (site / "ai.txt").read_text() == "mine\n"
    assert "ai.txt is not ours" in capsys.readouterr().err
    assert set(files(site)) == ALL  # the others were written


def test_what_is_switched_off_goes(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site / "robots.txt").write_text(OWN)
    publish(site)
    capsys.readouterr()
    assert publish(site, "publish: {rsl: no, robots: no, ai_txt: no, tags: no}") == 0
    assert set(files(site)) == ALL - {
        "ai.txt", "license.xml", "tags.html", ".well-known/tdm-policy.json",
    }  # fmt: skip
    assert (site / "robots.txt").read_text() == OWN
    assert "the stance says it no more" in capsys.readouterr().out
    (site / "robots.txt").unlink()
    publish(site)
    assert publish(site, "publish: {robots: no}") == 0
    assert "robots.txt" not in files(site)


def test_with_everything_off_nothing_is_left(site: Path) -> None:
    publish(site)
    off = ", ".join(f"{name}: no" for name in Publish.model_fields if name != "address")
    assert publish(site, f"publish: {{{off}}}") == 0
    assert files(site) == {}


def test_what_needs_an_address_is_told(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert publish(site, "") == 0
    told = capsys.readouterr().out
    assert "Left out: what leads to /license.xml" in told
    assert "/.well-known/tdm-policy.json" in told
    assert publish(site, "ai: {train: yes}\npublish: {rsl: no}") == 0
    assert "Left out" not in capsys.readouterr().out


def test_conflicts_are_shown_where_they_now_stand(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = site / "robots.txt"
    target.write_text(AGAINST)
    for _ in range(2):
        assert publish(site) == 1
        told = capsys.readouterr().err
        lines = target.read_text().splitlines()
        stands, settled = lines.index("Allow: /", lines.index("User-agent: GPTBot")), "Disallow:"
        assert f'{target}:{stands + 1}:1: "Allow: /" opens the site to GPTBot' in told
        assert f"{target}:{lines.index(settled) + 1}:1: " in told
        assert "the stance counts — take the line out" in told
        assert told.endswith("There the word of your robots.txt counts, not your stance.\n")


def test_a_conflict_that_the_stance_wins_is_no_failure(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "robots.txt").write_text("User-agent: CCBot\nDisallow:\n")
    assert publish(site) == 0
    assert "the stance counts" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["nowhere.txt", "."])
def test_a_robots_txt_that_cannot_be_read(
    site: Path, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(site, ADDRESS, "--robots", str(site / given)) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert files(site) == {}


def test_a_site_that_is_a_file(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["publish", str(site / "index.html")]) == 1
    assert "is a file — name the folder of your site" in capsys.readouterr().err


# -- stagedoor check --robots ----------------------------------------------------------------------


def test_check_holds_a_robots_txt_against_the_stance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.txt"
    own.write_text(AGAINST)
    assert main(["check", "--robots", str(own)]) == 1
    assert f'{own}:2:1: "Allow: /" opens the site to GPTBot' in capsys.readouterr().err
    own.write_text(OWN)
    assert main(["check", "--robots", str(own)]) == 0
    assert f"{own} and the stance agree." in capsys.readouterr().out
    assert BEGIN not in own.read_bytes()


def test_check_reads_a_pipe(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(AGAINST.encode())))
    assert main(["check", "--robots", "-"]) == 1
    assert 'robots.txt:2:1: "Allow: /"' in capsys.readouterr().err


def test_check_says_how_to_hold_the_sites_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stance.yaml").write_text('site: {upstream: "http://localhost:8000"}\n')
    assert main(["check", str(tmp_path)]) == 0
    wanted = "curl -s http://localhost:8000/robots.txt | stagedoor check --robots -"
    assert wanted in capsys.readouterr().out


def test_check_with_robots_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules, own = tmp_path / "rules", tmp_path / "own.txt"
    rules.mkdir()
    (rules / "stance.yaml").write_text("publish: {robots: no}\n")
    own.write_text(AGAINST)
    assert main(["check", str(rules), "--robots", str(own)]) == 0
    assert "leaves robots.txt alone" in capsys.readouterr().out
