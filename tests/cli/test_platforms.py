"""`stagedoor platforms` on a real site of this machine, and its report."""

from __future__ import annotations

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import termpairs
from stagedoor.cli import main

TERMS = ["Last updated: 3 March 2024", *termpairs.PLAIN["en"], termpairs.AI["en"][0][0]]
PAGE = "<main>" + "".join(f"<p>{line}</p>" for line in TERMS) + "</main>"
FILES = {
    "/robots.txt": (
        "text/plain",
        "User-agent: Stagedoor\nDisallow: /closed/\n\nUser-agent: GPTBot\nDisallow: /\n",
    ),
    "/terms": ("text/html", PAGE),
    "/music/one": ("text/html", '<meta name="robots" content="noai">'),
    "/closed/terms": ("text/html", PAGE),
}


class Site(http.server.ThreadingHTTPServer):
    """What was asked, and by whom."""

    asked: list[tuple[str, str]]


class Handler(http.server.BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("User-Agent", "")))
        kind, text = FILES.get(self.path, ("text/plain", ""))
        self.send_response(200 if text else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Handler) as found:
        found.asked = []
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def run(*words: str, state: Path) -> int:
    return main(["platforms", *words, "--state", str(state), "--host", "127.0.0.1"])


def test_a_check_reads_once_a_day_and_says_who_it_is(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = f"http://127.0.0.1:{site.server_port}"
    assert run("check", f"{at}/terms", f"{at}/music/one", state=tmp_path) == 0
    told = capsys.readouterr().out
    assert "127.0.0.1, Terms: read for the first time" in told
    assert "about AI: lets the platform train AI" in told
    assert "127.0.0.1: a page with audio says train: no" in told
    assert all(agent.startswith("Stagedoor/") for _, agent in site.asked)
    assert [path for path, _ in site.asked].count("/robots.txt") == 1


def test_a_robots_txt_that_cannot_be_fetched_is_not_said_to_forbid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/terms"
        assert run("check", url, state=tmp_path) == 1
    said = capsys.readouterr().out
    assert f"{url}: not read, because robots.txt is not to be had: " in said
    assert "asks not to" not in said


def test_robots_txt_is_obeyed(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules" / "platforms"
    rules.mkdir(parents=True)
    (rules / "closed.yaml").write_text(
        f"""
name: Closed
hosts: [127.0.0.1]
reviewed: 2026-11-29
source: test
documents:
  - {{name: Terms, kind: terms, url: "http://127.0.0.1:{site.server_port}/closed/terms", source: test}}
  - {{name: Open terms, kind: terms, url: "http://127.0.0.1:{site.server_port}/terms", source: test}}
"""
    )
    words = ("check", "closed", "--rules", str(tmp_path / "rules"))
    assert run(*words, state=tmp_path / "state") == 1
    told = capsys.readouterr().out
    assert "/closed/terms: robots.txt asks not to read it" in told
    assert "/closed/terms" not in {path for path, _ in site.asked}
    run(*words, state=tmp_path / "state")
    assert f":{site.server_port}/terms: was read within a day" in capsys.readouterr().out
    assert [path for path, _ in site.asked].count("/terms") == 1


def test_report_and_history(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = f"http://127.0.0.1:{site.server_port}"
    run("check", f"{at}/terms", state=tmp_path)
    without = PAGE.replace(termpairs.AI["en"][0][0], "<b>All &lt;script&gt; is text.</b>")
    monkeypatch.setitem(FILES, "/terms", ("text/html", without))
    run("check", f"{at}/terms", state=tmp_path)
    capsys.readouterr()
    assert run("history", "127.0.0.1", state=tmp_path) == 0
    told = capsys.readouterr().out
    assert "~ " in told or "- You agree that your recordings" in told
    assert "grants-platform" in told
    assert run("report", str(tmp_path / "out"), state=tmp_path) == 0
    found = json.loads((tmp_path / "out" / "platforms.json").read_bytes())
    assert found["format"] == "stagedoor platforms 1"
    assert found["timeline"][0]["lost"] == ["grants-platform"]
    page = (tmp_path / "out" / "platforms.html").read_text("utf-8")
    assert "<script>" not in page
    assert "<del>" in page
    assert "http-equiv" not in page


def test_a_name_that_is_no_profile_gets_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("import", str(tmp_path), state=tmp_path)
    assert run("history", "soundclod", state=tmp_path) == 1
    assert 'did you mean "soundcloud"?' in capsys.readouterr().err


def test_without_a_history_the_report_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("report", str(tmp_path / "out"), state=tmp_path / "none") == 1
    assert "nothing has been kept" in capsys.readouterr().err
