"""The built wheel in an environment of its own, with the source tree out of sight."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from e2e.clients import curl
from e2e.guarding import STARTED
from e2e.programs import PATIENCE, Program, program, run
from making import FIREFOX, GPTBOT, ROOT


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of an environment with nothing but the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    private = ROOT / ".venv-tools" / "bin" / "uv"  # where ./run puts one if there is none
    uv = str(private) if private.exists() else program("uv")
    steps = (
        (
            uv,
            "build",
            "--quiet",
            "--wheel",
            "--python",
            sys.executable,
            "--out-dir",
            str(folder),
            str(ROOT),
        ),
        (uv, "venv", "--quiet", "--python", sys.executable, str(folder / "v")),
    )
    for step in steps:
        done = run(*step, timeout=PATIENCE, cwd=folder)
        assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    python = str(folder / "v" / "bin" / "python")
    done = run(uv, "pip", "install", "--quiet", "--python", python, str(wheel), timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return folder / "v" / "bin"


def test_its_rules_hold(environment: Path, tmp_path: Path) -> None:
    done = run(str(environment / "stagedoor"), "check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert " cases and " in done.stdout


def test_a_stance_begun_with_it_has_its_schema_beside_it(environment: Path, tmp_path: Path) -> None:
    done = run(str(environment / "stagedoor"), "init", "mine", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shipped = ROOT / "rules" / "schema" / "stance.json"
    assert (tmp_path / "mine/schema/stance.json").read_bytes() == shipped.read_bytes()


def test_its_script_guards_a_site(environment: Path, tmp_path: Path) -> None:
    script = run(str(environment / "stagedoor"), "path", cwd=tmp_path).stdout.strip()
    assert script.startswith(str(environment.parent))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "index.html").write_text("<p>hello")
    origin = Program(
        sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1",
        cwd=tmp_path / "site", log=tmp_path / "origin.log",
    )  # fmt: skip
    assert "PYTHONPATH" not in os.environ
    with origin:
        port = origin.says(r"port (\d+)")[1]
        guard = Program(
            str(environment / "mitmdump"), "-s", script,
            "--mode", f"reverse:http://127.0.0.1:{port}@127.0.0.1:0",
            "--set", "guard_metrics=127.0.0.1:0",
            cwd=tmp_path, log=tmp_path / "guard.log",
        )  # fmt: skip
        with guard:
            door = f"http://{guard.says(STARTED)['address']}/"
            assert curl(door, agent=FIREFOX).body == b"<p>hello"
            assert curl(door, agent=GPTBOT).status == 403
