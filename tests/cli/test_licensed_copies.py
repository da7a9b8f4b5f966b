"""`stagedoor publish --into-files`: copies with the licence inside, originals as they were."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings import recording
from stagedoor.cli import main
from stagedoor.signals.inside import licence_inside
from stagedoor.signals.meaning import Said

STANCE = "publish: {address: 'https://ana.example'}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "music" / "ep 1").mkdir(parents=True)
    (folder / "music" / "ep 1" / "a.mp3").write_bytes(recording("cbr.mp3"))
    (folder / "b.m4a").write_bytes(recording("fast.m4a"))
    (folder / "c.ogg").write_bytes(recording("a.ogg"))
    (folder / "index.html").write_text("<p>Ana")
    return folder


def publish(site: Path, *more: str, stance: str = STANCE) -> int:
    rules = site.parent / "rules"
    rules.mkdir(exist_ok=True)
    (rules / "stance.yaml").write_text(stance)
    return main(["publish", str(site), "--rules", str(rules), *more])


def test_copies_are_written_and_the_recordings_stay(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "copies"
    for _ in range(2):  # the second time nothing is foreign, and nothing changes
        assert publish(site, "--into-files", str(out)) == 0
    told = capsys.readouterr().out
    assert "2 copies have your licence inside" in told
    assert "decoded by ffmpeg" in told
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert names == ["b.m4a", "headers/written.txt", "music/ep 1/a.mp3"]
    assert (site / "music" / "ep 1" / "a.mp3").read_bytes() == recording("cbr.mp3")
    copied = (out / "music" / "ep 1" / "a.mp3").read_bytes()
    assert [s.said for s in licence_inside.read(copied)] == [Said("no", "no", "yes")]
    assert b'url="https://ana.example/music/ep%201/a.mp3"' in copied


def test_it_is_off_unless_asked_for(site: Path) -> None:
    assert publish(site) == 0
    assert licence_inside.read((site / "b.m4a").read_bytes()) == ()
    assert (site / "b.m4a").read_bytes() == recording("fast.m4a")


@pytest.mark.slow
def test_copies_within_the_site_are_not_copied_again(site: Path) -> None:
    for _ in range(2):
        assert publish(site, "--into-files", str(site / "licensed")) == 0
    assert not (site / "licensed" / "licensed").exists()


def test_a_file_that_is_not_ours_is_left_alone(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "copies").mkdir()
    (tmp_path / "copies" / "b.m4a").write_bytes(b"mine")
    (site / "broken.mp3").write_bytes(b"no sound")
    assert publish(site, "--into-files", str(tmp_path / "copies")) == 1
    told = capsys.readouterr().err
    assert "b.m4a is not ours" in told
    assert "broken.mp3 is neither MP3 nor MP4" in told
    assert (tmp_path / "copies" / "b.m4a").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("stance", "out", "why"),
    [
        ("publish: {rsl: yes}\n", "copies", "names the file's address"),
        (STANCE.replace("{", "{rsl: no, "), "copies", "publishes no licence"),
        (STANCE, "site", "goes into copies"),
    ],
)
def test_what_cannot_be_done_is_said(
    site: Path, stance: str, out: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish(site, "--into-files", str(site.parent / out), stance=stance) != 0
    assert why in capsys.readouterr().err
