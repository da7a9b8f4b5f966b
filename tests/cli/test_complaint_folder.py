"""`stagedoor evidence complaint`, as an artist calls it."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import html

from ledgers import Clock, day_of_visits, visit, writing
from stagedoor.cli import main
from stagedoor.evidence.letter_texts import TEXTS


@pytest.fixture
def state(tmp_path: Path) -> Path:
    day_of_visits(tmp_path / "state", Clock(), 240)
    return tmp_path / "state"


def write(state: Path, out: Path, *more: str, operator: str = "openai") -> int:
    words = ["--state", str(state), "--since", "2026-10-01", "--until", "2026-10-02"]
    return main(["evidence", "complaint", operator, *words, "--out", str(out), *more])


def test_a_letter_with_a_folder_for_each_crawler(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "stance.yaml").write_text(
        "artist: {name: Ada Example, contact: 'mailto:ada@music.example'}\n"
        "publish: {address: 'https://music.example'}\n"
    )
    assert write(state, out, "--language", "fr", "--rules", str(rules)) == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        "CCBot", "GPTBot", "letter.html", "letter.pdf",
    ]  # fmt: skip
    page = html.fromstring((out / "letter.html").read_text("utf-8"))
    text = page.text_content()
    assert "Ada Example, ada@music.example" in text
    assert "https://music.example" in text
    shown = re.search(r"Proven: ([\d,]+) requests", said)
    assert shown is not None
    rows = page.xpath("//table")[0].xpath(".//tbody/tr")
    assert {row[0].text for row in rows} == {"CCBot", "GPTBot"}
    assert sum(int(row[3].text) for row in rows) == int(shown[1].replace(",", ""))
    assert (out / "letter.pdf").read_bytes().startswith(b"%PDF-")
    for folder in ("GPTBot", "CCBot"):
        checked = subprocess.run([sys.executable, str(out / folder / "verify.py")], check=False)
        assert checked.returncode == 0


def test_the_pdf_says_what_the_page_says(state: Path, tmp_path: Path) -> None:
    assert write(state, tmp_path / "out", "--to", "legal@openai.example") == 0
    page = html.fromstring((tmp_path / "out" / "letter.html").read_text("utf-8"))
    cells = [cell.text for cell in page.xpath("//table")[0].xpath(".//tbody//td")]
    pdf = (tmp_path / "out" / "letter.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert all(cell for cell in cells)
    assert len(pdf) > 10_000


def test_nothing_is_complained_of_where_nothing_was_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    ledger = writing(tmp_path / "state", clock)
    signal = ledger.publish("/robots.txt", "RFC 9309", "User-agent: *\n", clock.at)
    ledger.notice(visit(clock.at, proof="verified"), (signal,))
    ledger.refusal(visit(clock.at, proof="verified"), status=403, rule="ai-training-off")
    ledger.close()
    assert write(tmp_path / "state", tmp_path / "out") == 1
    assert "nothing to complain of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_operator_that_never_came_is_named_with_those_that_did(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write(state, tmp_path / "out", operator="OpenIA") == 1
    assert "OpenAI" in capsys.readouterr().err


def test_what_is_only_claimed_makes_a_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = Clock()
    ledger = writing(tmp_path / "state", clock)
    signal = ledger.publish("/robots.txt", "RFC 9309", "User-agent: *\n", clock.at)
    for _ in range(1_234):
        ledger.taking(visit(clock.at), status=200, size=10, against=True, signals=(signal,))
    ledger.close()
    assert write(tmp_path / "state", tmp_path / "out") == 0
    assert "asks, and does not complain" in capsys.readouterr().out
    text = html.fromstring((tmp_path / "out/letter.html").read_text("utf-8")).text_content()
    assert TEXTS["en"]["nothing-proven"].format("OpenAI") in text
    assert "1,234" in text


def test_the_same_ledger_makes_the_same_letter(state: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert write(state, tmp_path / name) == 0
    pages = [(tmp_path / name / "letter.html").read_text("utf-8") for name in ("one", "two")]
    assert len({hashlib.sha256(page.encode()).digest() for page in pages}) == 1
