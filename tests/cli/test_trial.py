"""What a page of the site links. The trial itself runs in tests/e2e/test_setup.py."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path

import pytest

from stagedoor.audit.responses import Fetched
from stagedoor.cli import trial
from stagedoor.cli.setup_files import Plan
from stagedoor.cli.trial import recording


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ('<a href="/music/a.mp3">a</a>', "/music/a.mp3"),
        ("<audio src='b.opus'>", "/b.opus"),
        ("<source src=deep/c.FLAC >", "/deep/c.FLAC"),
        ('<a href="https://elsewhere.example/d.mp3">', ""),
        ('<a href="https://elsewhere.example/d.mp3"><a href="e.ogg">', "/e.ogg"),
        ('<a href="/mp3">', ""),
        ("", ""),
    ],
)
def test_the_first_recording_of_the_site_itself(page: str, path: str) -> None:
    assert recording(Fetched("http://site.example/", 200, body=page.encode())) == path


def a_plan(folder: Path, program: str) -> tuple[Plan, str]:
    """A plan whose guard is a shell script; and the address of a site that answers."""
    guard = folder / "guard"
    guard.write_text(f"#!/bin/sh\n{program}\n")
    guard.chmod(0o755)
    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{site.server_port}"
    plan = Plan(
        url, "127.0.0.1:0", "none", "", folder / "rules", folder / "state", observe=False,
        command=(str(guard),),
    )  # fmt: skip
    return plan, url


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo port 8080 is taken; exit 1", "✗ the guard does not start — port 8080 is taken"),
        ("exit 1", "✗ the guard does not start — it printed nothing"),
        ("echo thinking; exec sleep 60", "✗ the guard was not there after 1 s — start it by hand"),
    ],
)
def test_a_guard_that_does_not_come_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    monkeypatch.setattr(trial, "PATIENCE", 1.0)
    plan, url = a_plan(tmp_path, program)
    answers, failed = list(trial.try_out(plan))
    assert str(answers) == f"✓ your site answers at {url} (200)"
    assert str(failed).startswith(said)
