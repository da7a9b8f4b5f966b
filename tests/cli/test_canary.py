"""`stagedoor canary find`: who was handed the links in what somebody publishes."""

from __future__ import annotations

import gzip
import io
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from ledgers import OCTOBER, Clock, visit, writing
from stagedoor.cli import main
from stagedoor.cli.published_lists import PIECE, marks_in
from stagedoor.marks.keyring import Key, Keyring
from stagedoor.marks.mark import EPOCH, SERIAL_LENGTH
from stagedoor.record.ledger.database import FILE
from stagedoor.verify.mark_keys import ensure_keys

AT = OCTOBER / 1000


@pytest.fixture
def mark(tmp_path: Path) -> str:
    """A mark that CCBot was handed with a feed."""
    ring = ensure_keys(tmp_path, AT)
    text = ring.issue("canary", AT, 77)
    ledger = writing(tmp_path, Clock())
    given = visit(path="/feed.xml", client="CCBot", proof="verified")
    ledger.handing(replace(given, operator="Common Crawl", mark=text[:SERIAL_LENGTH]), "canary")
    told = {
        "at": OCTOBER,
        "client": "CCBot",
        "operator": "Common Crawl",
        "proof": "verified",
        "path": "/feed.xml",
    }
    taker = visit(OCTOBER + 5, client="yt-dlp", address="203.0.113.9")
    ledger.use(replace(taker, mark=text[:SERIAL_LENGTH]), "canary", told, near=False)
    ledger.close()
    return text


def find(state: Path, *files: object) -> int:
    return main(["canary", "find", *map(str, files), "--state", str(state)])


def test_a_list_names_who_was_handed_it(
    tmp_path: Path, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = tmp_path / "list.txt"
    link = "https://music.example/a.mp3?sd="
    listed.write_text(f"# links\n{link}{mark}\n{link}{mark}\n{link}{'a' * 20}\n")
    assert find(tmp_path, listed) == 0
    said = capsys.readouterr().out
    assert f"{mark[:SERIAL_LENGTH]}  canary, 2 times; first in {listed}, line 2" in said
    assert "handed to CCBot of Common Crawl, in 198.51.100.0/24" in said
    assert "on 2026-10-01 00:00:00 UTC with /feed.xml" in said
    assert "by a client that calls itself yt-dlp, from another network" in said
    assert "The ledger is whole" in said


@pytest.mark.parametrize("form", ["csv", "jsonl", "html", "gzip", "zstd", "utf-16", "stdin"])
def test_every_form_is_read(
    tmp_path: Path,
    mark: str,
    form: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = f"https://music.example/a.mp3?sd={mark}"
    texts = {
        "csv": f"n,url,x\r\n1,{link},y\r\n",
        "jsonl": json.dumps({"url": link}) + "\n" + json.dumps({"url": link.replace("/", "\\/")}),
        "html": f"<a href='{link.replace('?', '?x=1&amp;')}'>x</a>",
    }
    data = texts.get(form, link).encode()
    if form == "gzip":
        data = gzip.compress(b"x" * 3 * PIECE + b" " + data)
    elif form == "zstd":
        data = zstandard.compress(data)
    elif form == "utf-16":
        data = link.encode("utf-16")
    path = tmp_path / "list"
    path.write_bytes(data)
    if form == "stdin":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        path = Path("-")
    assert find(tmp_path, path, "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert row["mark"] == mark[:SERIAL_LENGTH]
    assert row["handed"]["client"] == "CCBot"
    assert [use["client"] for use in row["uses"]] == ["yt-dlp"]


def test_a_parquet_file_is_read(
    tmp_path: Path, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    link = f"https://music.example/a.mp3?sd={mark}"
    table = pa.table({"url": ["https://b.example/", link], "n": [1, 2]})
    pq.write_table(table, tmp_path / "set.parquet")
    assert find(tmp_path, tmp_path / "set.parquet", "--json") == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["times"], row["first"]["line"]) == (1, 2)


@pytest.mark.parametrize("shift", range(-25, 26, 5))
def test_a_mark_across_two_pieces_is_found(tmp_path: Path, shift: int) -> None:
    ring = Keyring([Key(EPOCH, b"k" * 32)])
    mark = ring.issue("feed", AT, 5)
    path = tmp_path / "list"
    path.write_bytes(b"\n" * (PIECE + shift) + f"?sd={mark}\n".encode() + b"y" * PIECE)
    found = marks_in([str(path)], ring)
    assert [(one.mark.serial, one.times, one.line) for one in found] == [
        (mark[:SERIAL_LENGTH], 1, PIECE + shift + 1)
    ]


def test_nothing_is_found_in_what_is_not_ours(
    tmp_path: Path, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list"
    foreign = Keyring([Key(EPOCH, b"other" * 8)]).issue("canary", AT, 77)
    path.write_text(f"?sd={foreign}\n?sd={mark[:-1]}a{'' if mark[-1] != 'a' else 'b'}\n")
    assert find(tmp_path, path) == 1
    assert "No mark of this site" in capsys.readouterr().out


def test_what_cannot_be_read_is_said(
    tmp_path: Path, mark: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find(tmp_path, tmp_path / "missing") == 1
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"x" * 5000)[:-20])
    assert find(tmp_path, tmp_path / "cut.gz") == 1
    (tmp_path / "set.parquet").write_bytes(b"PAR1....PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert find(tmp_path, tmp_path / "set.parquet") == 1
    assert "stagedoor[parquet]" in capsys.readouterr().err
    empty = tmp_path / "empty"
    empty.mkdir()
    assert find(empty, tmp_path / "cut.gz") == 1
    assert "there are no keys of marks" in capsys.readouterr().err


def test_a_broken_ledger_is_said(
    tmp_path: Path, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute(
            "UPDATE entries SET body = CAST(replace(CAST(body AS TEXT), 'CCBot', 'GPTBot') AS BLOB)"
        )
    db.close()
    path = tmp_path / "list"
    path.write_text(mark)
    assert find(tmp_path, path) == 2
    assert "not whole" in capsys.readouterr().err


def test_without_a_ledger_the_hour_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = ensure_keys(tmp_path, time.time()).issue("feed", time.time(), 5)
    path = tmp_path / "list"
    path.write_text(mark)
    assert find(tmp_path, path) == 0
    assert "handed out by this site in the hour of" in capsys.readouterr().out
