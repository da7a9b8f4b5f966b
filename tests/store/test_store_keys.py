"""Keys are the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys

from making import ROOT
from stagedoor.model.recording_keys import recording_key
from stagedoor.store.store_keys import once_key


def test_no_two_lists_of_parts_share_a_key() -> None:
    lists = [("a",), ("a", ""), ("", "a"), ("ab", "c"), ("a", "bc"), ("a\n", "b"), ("a", "\nb")]
    assert len({once_key("nonce", *parts) for parts in lists}) == len(lists)
    assert once_key("nonce", "a") != once_key("proof", "a")
    assert once_key("nonce", "a") == once_key("nonce", b"a")


def test_keys_are_the_same_in_another_process() -> None:
    script = (
        "from stagedoor.model.recording_keys import recording_key\n"
        "from stagedoor.store.store_keys import once_key\n"
        "print(once_key('nonce', 'a').hex(), recording_key('/é.mp3').hex())"
    )
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "addons")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert found == [once_key("nonce", "a").hex(), recording_key("/é.mp3").hex()]
