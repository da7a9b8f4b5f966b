"""Tab in real shells: commands, options, their values and files, as the parsers have them."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest

from stagedoor.cli import main
from stagedoor.cli.command_table import COMMANDS
from stagedoor.cli.completion import SHELLS

from .programs import eventually, program


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with the scripts of all shells, and the program as it is installed."""
    for shell in SHELLS:
        done = subprocess.run(
            [sys.executable, "-m", "stagedoor", "completion", shell],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        (tmp_path / f"_{shell}").write_text(done.stdout)
    (tmp_path / "ledgers").mkdir()
    (tmp_path / "letters.txt").touch()
    return tmp_path


def environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return {**os.environ, "PATH": path, "HOME": str(home), "TERM": "dumb", "ZDOTDIR": str(home)}


def bash(home: Path, line: str) -> list[str]:
    """What bash offers behind `line`."""
    script = (
        'source _bash; COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; '
        'read -ra COMP_WORDS <<< "$1"; [[ "$1" == *" " ]] && COMP_WORDS+=(""); '
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _python_argcomplete stagedoor; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        [program("bash"), "--norc", "-c", script, "bash", line],
        cwd=home, env=environment(home), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(word.strip() for word in done.stdout.split("\n") if word.strip())


def fish(home: Path, line: str) -> list[str]:
    """What fish offers behind `line`."""
    done = subprocess.run(
        [program("fish"), "--no-config", "-c", f"source _fish; complete -C '{line}'"],
        cwd=home, env=environment(home), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(word.partition("\t")[0].strip() for word in done.stdout.splitlines())


def zsh(home: Path, line: str, wanted: str) -> str:
    """What zsh shows after a Tab behind `line`, until `wanted` is there."""
    (home / ".zshrc").write_text(
        "autoload -Uz compinit; compinit -u -D; source ./_zsh; PS1='ready> '\n"
        "unset zle_bracketed_paste\n"
    )
    master, slave = pty.openpty()
    started = subprocess.Popen(
        [program("zsh"), "-i"], stdin=slave, stdout=slave, stderr=slave, cwd=home,
        env=environment(home), start_new_session=True,
    )  # fmt: skip
    os.close(slave)
    seen = ""

    def shows(text: str) -> bool:
        nonlocal seen
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 4096).decode("utf-8", "replace")
        return text in seen

    try:
        eventually(lambda: shows("ready> ") or None, "a prompt")
        seen = ""
        os.write(master, f"{line}\t".encode())
        eventually(lambda: shows(wanted) or None, f"{wanted}, not {seen!r}")
    finally:
        started.kill()
        started.wait()
        os.close(master)
    return seen


def test_bash_completes_commands_options_values_and_folders(home: Path) -> None:
    assert set(bash(home, "stagedoor ")) == {command.name for command in COMMANDS}
    assert bash(home, "stagedoor ev") == ["evidence"]
    assert "complaint" in bash(home, "stagedoor evidence ")
    assert "--language" in bash(home, "stagedoor evidence complaint --")
    assert bash(home, "stagedoor evidence complaint --language ") == ["de", "en", "es", "fr"]
    assert bash(home, "stagedoor evidence list --state le") == ["ledgers/"]
    assert bash(home, "stagedoor completion ") == sorted(SHELLS)


def test_fish_completes_them_too(home: Path) -> None:
    assert fish(home, "stagedoor ev") == ["evidence"]
    assert fish(home, "stagedoor evidence complaint --language ") == ["de", "en", "es", "fr"]


def test_zsh_completes_them_too(home: Path) -> None:
    assert zsh(home, "stagedoor evid", "evidence")


def test_an_unknown_shell_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["completion", "dash"])
    assert "invalid choice: 'dash'" in capsys.readouterr().err
