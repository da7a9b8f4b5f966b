"""`./run watch`: what is started, and with which profile."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import trustme

from stagedoor.cli import watch
from stagedoor.model.errors import StagedoorError


def options(state: Path) -> argparse.Namespace:
    return argparse.Namespace(
        state=state, rules=None, host=["funk.example"], fetch=True, port=8099, browser=None
    )


def test_the_proxy_listens_on_loopback_with_a_state_of_its_own(tmp_path: Path) -> None:
    words = watch.command(options(tmp_path), tmp_path / "authority")
    assert words[words.index("--listen-host") + 1] == "127.0.0.1"
    assert f"watch_state={tmp_path}" in words
    assert "watch_hosts=funk.example" in words
    assert "watch_fetch=on" in words
    assert not [word for word in words if word.startswith("watch_rules")]
    assert Path(words[2]).name == "watch.py"
    assert Path(words[2]).is_file()


def test_chromium_believes_the_proxys_key_and_no_other(tmp_path: Path) -> None:
    certificate = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(certificate)
    words = watch.start_words("/usr/bin/chromium", tmp_path, 8099, certificate)
    assert f"--ignore-certificate-errors-spki-list={watch.key_hash(certificate)}" in words
    assert "--proxy-server=http://127.0.0.1:8099" in words
    assert f"--user-data-dir={tmp_path}" in words
    assert "--ignore-certificate-errors" not in words


def test_a_browser_that_is_not_there_is_said_so() -> None:
    with pytest.raises(StagedoorError, match="--no-browser"):
        watch.find("no-such-browser")
