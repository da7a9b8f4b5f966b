"""What the guard asks beside its requests, put together."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from making import policy
from signing import Crawler
from stagedoor.cli.update import key_targets
from stagedoor.model.errors import ConfigError
from stagedoor.verify.claims import Claims
from stagedoor.verify.range_files import KEYS, Copy, write_copy

ORIGIN = "https://signer.example"
SIGNER = f"""
    operator: Signer
    reviewed: 2026-11-23
    crawlers:
      - {{name: SignerBot, token: SignerBot, purpose: search, proof: {{web_bot_auth: "{ORIGIN}"}}}}
    """


def known_keys(state: Path) -> set[str] | None:
    """The key ids the guard knows of the signer as soon as it stands, without asking anybody."""
    loaded = policy({"crawlers/signer.yaml": SIGNER})

    async def look() -> set[str] | None:
        claims = Claims(lambda _: None)
        claims.open(state, (), loaded)
        assert claims._directories is not None
        found = claims._directories.keys_for(ORIGIN)
        claims.close()
        return None if found is None else set(found)

    return asyncio.run(look())


def test_keys_that_an_update_has_fetched_are_known_at_the_start(tmp_path: Path) -> None:
    crawler = Crawler(ORIGIN)
    (target,) = key_targets(policy({"crawlers/signer.yaml": SIGNER}).catalogue.signatures)
    body = crawler.directory()
    assert target.read(body, "here") == {crawler.keyid}
    assert known_keys(tmp_path) is None
    write_copy(tmp_path / KEYS, Copy(target.url, "Signer", time.time(), body))
    assert known_keys(tmp_path) == {crawler.keyid}


def test_a_copy_that_was_changed_is_told_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (target,) = key_targets(policy({"crawlers/signer.yaml": SIGNER}).catalogue.signatures)
    write_copy(
        tmp_path / KEYS, Copy(target.url, "Signer", time.time(), Crawler(ORIGIN).directory())
    )
    (path,) = (tmp_path / KEYS).glob("*.json")
    path.write_text(path.read_text().replace("OKP", "EC"))
    assert known_keys(tmp_path) is None
    assert "was changed after it was fetched" in caplog.text


def test_what_is_no_key_directory_is_refused() -> None:
    (target,) = key_targets(policy({"crawlers/signer.yaml": SIGNER}).catalogue.signatures)
    with pytest.raises(ConfigError, match="here: it is not JSON"):
        target.read(b"<html>", "here")
