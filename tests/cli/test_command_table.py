"""The table of commands, the parser made from it, and the help of `./run`."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

import pytest

from making import ROOT
from stagedoor.cli.command_table import COMMANDS, GROUPS, parser

HEAVY = ("mitmproxy", "mitmproxy_rs")
LIGHT_ONLY = (*HEAVY, "pydantic", "rich", "tornado", "orjson", "stagedoor.load.rule_folder")


def loaded(arguments: list[str], names: tuple[str, ...]) -> tuple[str, list[str]]:
    """What the program prints in a fresh interpreter, and which of `names` it has imported."""
    script = (
        "import sys\n"
        "from stagedoor.cli import main\n"
        "try:\n    main(sys.argv[2:])\n"
        "finally:\n"
        "    print(*[n for n in sys.argv[1].split(',') if n in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, ",".join(names), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout, done.stderr.split()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_without_mitmproxy(command: tuple[str, str, str]) -> None:
    out, heavy = loaded([command[0], "--help"], HEAVY)
    assert out.startswith(f"usage: stagedoor {command[0]} ")
    head = out.split("\n\n")[1]
    assert head[0].isupper()
    assert " ".join(head.split()).casefold().startswith(command[2].casefold())
    assert heavy == []


def test_the_list_of_commands_imports_none_of_them() -> None:
    out, found = loaded(["--help"], LIGHT_ONLY)
    assert found == []
    for command in COMMANDS:
        assert re.search(rf" {command.name} +\w", out), command.name


def helps() -> list[argparse.ArgumentParser]:
    """The parsers of all commands, and of those within."""
    found = []
    for command in COMMANDS:
        whole = parser(command.name)
        (commands,) = (a for a in whole._actions if isinstance(a, argparse._SubParsersAction))
        ahead = [commands.choices[command.name]]
        while ahead:
            one = ahead.pop()
            found.append(one)
            ahead += [
                inner for action in one._actions if isinstance(action, argparse._SubParsersAction)
                for inner in action.choices.values()
            ]  # fmt: skip
    return found


def test_help_fits_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = parser().format_help().splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    found = helps()
    assert len(found) > len(COMMANDS)
    for one in found:
        lines = one.format_help().splitlines()
        assert len(lines) <= 40, one.prog
        assert max(map(len, lines)) <= 80, one.prog


def test_a_long_usage_names_what_must_be_given_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = {one.prog: one.format_usage() for one in helps()}
    assert shown["stagedoor serve"] == "usage: stagedoor serve [OPTION ...]\n"
    assert "[--trusted-proxies A,B]" in shown["stagedoor replay"]
    monkeypatch.setenv("COLUMNS", "24")
    assert parser("replay")._actions
    (commands,) = (
        a for a in parser("replay")._actions if isinstance(a, argparse._SubParsersAction)
    )
    usage = commands.choices["replay"].format_usage()
    assert " ".join(usage.split()) == "usage: stagedoor replay [OPTION ...] FILE [FILE ...]"


def test_every_command_stands_in_one_group() -> None:
    grouped = [name for named in GROUPS.values() for name in named]
    assert sorted(grouped) == sorted(command.name for command in COMMANDS)
    assert all(0 < len(what) <= 23 for named in GROUPS.values() for what in named.values())


def test_identify_imports_no_mitmproxy() -> None:
    out, found = loaded(["identify", "GPTBot/1.0"], (*HEAVY, "tornado"))
    assert "GPTBot" in out
    assert found == []


def test_the_import_check_sees_a_heavy_import() -> None:
    assert loaded(["path"], ("pydantic",))[1] == ["pydantic"]


def test_every_command_brings_its_own_function() -> None:
    options = parser().parse_args(["check"])
    assert options.func.__module__ == "stagedoor.cli.check"


@pytest.mark.parametrize("arguments", [[], ["--help"], ["help"], ["-h"]])
def test_run_shows_every_command_with_a_line(arguments: list[str], tmp_path: Path) -> None:
    # No Python, no uv, nothing installed: help is there all the same.
    script = tmp_path / "run"
    script.write_bytes((ROOT / "run").read_bytes())
    table = tmp_path / "addons" / "stagedoor" / "cli" / "command_table.py"
    table.parent.mkdir(parents=True)
    table.write_bytes((ROOT / "addons/stagedoor/cli/command_table.py").read_bytes())
    done = subprocess.run(
        ["/bin/sh", script, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
    shown = [(line[1], line[2]) for line in lines if line[:1] == ["./run"]]
    assert shown[: len(COMMANDS)] == [(command.name, command.help) for command in COMMANDS]
    own = {name for name, _ in shown[len(COMMANDS) :]}
    cases = {
        name
        for line in script.read_text("utf-8").splitlines()
        if re.fullmatch(r"[a-z]+( \| [a-z]+)*\)", line)
        for name in line.removesuffix(")").split(" | ")
    }
    assert own == cases
    assert {"test", "bench"} <= own
    assert "STAGEDOOR_PYTHON" in done.stdout
    assert not (tmp_path / ".venv").exists()
