"""`stagedoor pass`, as an artist calls it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from stagedoor.cli import main
from stagedoor.verify.mark_keys import read_keys, read_shop_secret
from stagedoor.verify.sold_passes import FILE, read_sold


def call(state: Path, *words: str) -> int:
    return main(["pass", *words, "--state", str(state)])


def test_grant_list_revoke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    words = ["--path", "/music/ep1/**", "--path", "/a.zip", "--until", "2099-06-30", "--count", "3"]
    assert call(state, "grant", *words, "--note", "order  17") == 0
    said = capsys.readouterr().out
    link = re.search(r"^ {4}/a\.zip\?sd=([a-z2-7]{20})$", said, re.MULTILINE)
    assert link is not None
    mark = read_keys(state).read(link[1])
    assert mark is not None
    assert mark.kind == "bought"
    one = read_sold(state)[0]
    assert (one.serial, one.count, one.note) == (mark.serial, 3, "order 17")
    assert link[1] not in (state / FILE).read_text()
    for name in (FILE, "marks.key"):
        assert stat.S_IMODE((state / name).stat().st_mode) == 0o600
    assert call(state, "grant", "--path", "/b.zip", "--count", "1") == 0
    assert len(read_sold(state)) == 2
    assert call(state, "revoke", mark.serial.upper()) == 0
    assert call(state, "list") == 0
    said = capsys.readouterr().out
    assert re.search(rf"{mark.serial} \(order 17\): revoked on", said)
    assert "each file once, without an end" in said
    assert call(state, "revoke", mark.serial) == 0
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (["--path", "music/**"], "write /music/**"),
        (["--path", "/a", "--until", "30.6.2027"], "write 2027-06-30"),
        (["--path", "/a", "--until", "2020-01-01"], "name a later one"),
        (["--path", "/a", "--count", "-1"], "leave it out"),
    ],
)
def test_a_mistake_is_named_with_its_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], fix: str
) -> None:
    assert call(tmp_path, "grant", *words) == 1
    assert fix in capsys.readouterr().err
    assert not (tmp_path / FILE).exists()


def test_what_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, "list") == 0
    assert "No pass was sold yet" in capsys.readouterr().out
    assert call(tmp_path, "revoke", "nobody") == 1
    (tmp_path / FILE).write_text("[]")
    assert call(tmp_path, "list") == 1
    assert "is no list of passes" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert call(tmp_path / "file", "secret") == 1


def test_a_secret_for_a_shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_shop_secret(tmp_path) == b""
    assert call(tmp_path, "secret") == 0
    said = re.search(r"^ {4}([0-9a-f]{64})$", capsys.readouterr().out, re.MULTILINE)
    assert said is not None
    assert read_shop_secret(tmp_path) == bytes.fromhex(said[1])
    assert stat.S_IMODE((tmp_path / "shop.key").stat().st_mode) == 0o600
