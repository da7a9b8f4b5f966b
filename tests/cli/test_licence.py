"""`stagedoor licence`, as an artist calls it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stagedoor.cli import main
from stagedoor.identify.licences import digest
from stagedoor.verify.licence_file import FILE, read_licences


def call(state: Path, *words: str) -> int:
    return main(["licence", *words, "--state", str(state)])


def granted(state: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """The id and the token of a new licence."""
    assert call(state, "grant", *words) == 0
    said = capsys.readouterr().out
    found = re.search(r"Licence (\w+) to", said)
    token = re.search(r"^ {4}(sdl_\S+)$", said, re.MULTILINE)
    assert found is not None
    assert token is not None
    return found[1], token[1]


def test_grant_list_revoke(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = tmp_path / "state"
    words = (
        "Label X",
        "--uses",
        "train,input",
        "--paths",
        "/music/ep1/**",
        "--until",
        "2099-06-30",
    )
    name, token = granted(state, capsys, *words, "--key", "https://label.example")
    one = read_licences(state)[0]
    assert (one.id, one.to, one.uses, one.paths) == (
        name, "Label X", ("train", "input"), ("/music/ep1/**",),
    )  # fmt: skip
    assert one.token_digest == digest(token)
    assert token not in (state / FILE).read_text()
    assert state.stat().st_mode & 0o777 == 0o700
    other, second = granted(state, capsys, "Label Y")
    assert (other, second) != (name, token)
    assert call(state, "revoke", name) == 0
    assert call(state, "list") == 0
    said = capsys.readouterr().out
    assert re.search(rf"{name}  Label X: revoked on", said)
    assert re.search(rf"{other}  Label Y: in force", said)
    assert call(state, "revoke", name) == 0
    assert "already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        (("Label X", "--uses", "trian"), "train"),
        (("Label X", "--uses", ","), "write train"),
        (("Label X", "--paths", "music/**"), "write /music/**"),
        (("Label X", "--until", "30.6.2027"), "write 2027-06-30"),
        (("Label X", "--until", "2020-01-01"), "name a later one"),
        (("Label X", "--key", "label"), "write https://"),
        (("  ",), "Write a name"),
        (("x\x1b[2J",), "Write a name"),
    ],
)
def test_a_mistake_is_named_with_its_fix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], fix: str
) -> None:
    assert call(tmp_path, "grant", *words) == 1
    assert fix in capsys.readouterr().err
    assert not (tmp_path / FILE).exists()


def test_what_is_not_there_cannot_be_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, "revoke", "beef") == 1
    assert "there is no licence beef" in capsys.readouterr().err
    assert call(tmp_path, "list") == 0
    assert "No licence was granted yet" in capsys.readouterr().out
