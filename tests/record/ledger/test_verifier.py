"""The program in every export: it computes what we compute, needs nothing of ours, and misses nothing."""

from __future__ import annotations

import ast
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgers import Clock, day_of_visits
from stagedoor.cli import main
from stagedoor.evidence import chain
from stagedoor.record.ledger import verifier
from stagedoor.record.ledger.verifier import Broken, verify

TAMPERINGS = int(os.environ.get("STAGEDOOR_TAMPERINGS", "1000"))
READING = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export, of the last days of a ledger that was pruned, aged and erased from."""
    tmp = tmp_path_factory.mktemp("export")
    clock = Clock()
    for _ in range(7):
        day_of_visits(tmp / "state", clock, 25, keep=5, address=1)
        clock.days(1)
    assert (
        main(["evidence", "erase", "--state", str(tmp / "state"), "--address", "198.51.100.7"]) == 0
    )
    out = tmp / "out"
    assert main(["evidence", "export", "--state", str(tmp / "state"), "--crawler", "GPTBot",
                 "--since", "2026-10-04", str(out)]) == 0  # fmt: skip
    return out


CHARACTERS = st.characters(exclude_categories=["Cs"])  # UTF-8 has no surrogates
SHORT = st.text(CHARACTERS, max_size=8)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1)
    | st.text(CHARACTERS),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(SHORT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(SHORT, JSON, max_size=6))
def test_both_write_the_same_canonical_json(body: dict[str, Any]) -> None:
    assert verifier.canonical(body) == chain.canonical(body)


def test_it_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text("utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_it_runs_alone(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "carried away")
    for command in ([copy / "verify.py"], [copy / "verify.py", folder]):
        run = subprocess.run(
            [sys.executable, "-I", "-S", *command],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        assert (run.returncode, run.stderr) == (0, "")
        assert run.stdout.startswith("OK: 6 files")
    (copy / "texts" / "more.txt").write_text("")
    run = subprocess.run(
        [sys.executable, copy / "verify.py"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "NOT RIGHT: SHA256SUMS does not fit: texts/more.txt\n"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="there is no sha256sum")
def test_the_checksums_are_such_as_sha256sum_reads(folder: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True)


@pytest.mark.slow
def test_any_changed_byte_of_any_file_is_found(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert verify(copy)[0].startswith("OK")
    files = sorted(path for path in copy.rglob("*") if path.is_file())
    rnd = random.Random(20261123)
    for number in range(TAMPERINGS):
        path = files[number % len(files)]
        raw = path.read_bytes()
        place = rnd.randrange(len(raw))
        changed = {
            0: raw[:place] + bytes([raw[place] ^ (1 << rnd.randrange(8))]) + raw[place + 1 :],
            1: raw[:place] + raw[place + 1 :],
            2: raw[:place] + bytes([rnd.randrange(256)]) + raw[place:],
            3: raw[:place],
        }[rnd.randrange(4)]
        path.write_bytes(changed)
        with pytest.raises((Broken, *READING)):
            verify(copy)
        path.write_bytes(raw)
    verify(copy)


def sums(folder: Path) -> None:
    """New checksums, as a forger would write them."""
    import hashlib

    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    )  # fmt: skip
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names
    ]
    (folder / "SHA256SUMS").write_text("".join(lines))


@pytest.mark.parametrize("name", ["chain.txt", "entries.jsonl", "texts"])
def test_a_change_is_found_with_right_checksums_too(
    folder: Path, tmp_path: Path, name: str
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    path = copy / name
    path = min(path.iterdir()) if path.is_dir() else path
    raw = path.read_bytes()
    rnd = random.Random(1)
    for _ in range(100):
        place = rnd.randrange(len(raw))
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        path.write_bytes(changed)
        sums(copy)
        with pytest.raises((Broken, *READING)):
            verify(copy)
    path.write_bytes(raw)
    sums(copy)
    verify(copy)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (lambda lines: [lines[1], lines[0], *lines[2:]], "stands in the wrong place"),
        (lambda lines: [lines[0], *lines], "stands in the wrong place"),
        (lambda lines: [line for line in lines if b'"erasure"' not in line], "no erasure accounts"),
        (lambda lines: [line.replace(b'"status":403', b'"status":200') for line in lines],
         "not the one the chain was made of"),
    ],
)  # fmt: skip
def test_entries_cannot_be_left_out_or_moved_where_it_matters(
    folder: Path, tmp_path: Path, how: Any, told: str
) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    path = copy / "entries.jsonl"
    path.write_bytes(b"".join(how(path.read_bytes().splitlines(keepends=True))))
    sums(copy)
    with pytest.raises(Broken, match=told):
        verify(copy)


def test_a_link_is_no_file(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "report.html").unlink()
    (copy / "report.html").symlink_to(folder / "report.html")
    with pytest.raises(Broken, match=r"report\.html is a link"):
        verify(copy)
