"""What the guard asks beside its requests, put together."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from making import policy
from signing import Crawler
from stagedoor.cli.update import key_targets
from stagedoor.fetch.fetch_policy import FetchError
from stagedoor.fronts.mitmproxy import inquiry as module
from stagedoor.fronts.mitmproxy.inquiry import Inquiry
from stagedoor.fronts.mitmproxy.options import Settings
from stagedoor.model.errors import ConfigError
from stagedoor.record.metrics import Metrics
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
    house = policy({"crawlers/signer.yaml": SIGNER})

    async def look() -> set[str] | None:
        inquiry = Inquiry(Metrics())
        settings = Settings(rules=None, state=state, metrics=None, mode=None, trusted_proxies=None)
        inquiry.open(settings, house)
        assert inquiry._directories is not None
        found = inquiry._directories.keys_for(ORIGIN)
        inquiry.close()
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


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::ffff:10.0.0.1]"])
def test_key_directories_are_fetched_from_nowhere_inside(host: str) -> None:
    with pytest.raises(FetchError, match=r"is at .*: not public") as caught:
        asyncio.run(module.client.fetch(f"https://{host}:1/"))
    assert caught.value.cause == "inside"
