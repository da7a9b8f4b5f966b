"""The file of licences: whole or not at all, followed while the guard runs."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from making import GPTBOT, asks, policy
from stagedoor.engine.transaction import Transaction
from stagedoor.identify.licences import Licence, digest
from stagedoor.model.errors import StagedoorError
from stagedoor.verify.licence_file import FILE, LicenceFile, read_licences, write_licences

POLICY = policy()
ONE = Licence(
    id="l1", to="Läbel X", token_digest=digest("t1"), uses=("train",), paths=("/**",),
    granted=date(2026, 11, 29), until=date(2099, 6, 30), key="https://a.example",
)  # fmt: skip


class Clock:
    at = 0.0

    def __call__(self) -> float:
        return self.at


def shown(token: str) -> Transaction:
    found = Transaction(POLICY, asks(GPTBOT, "/a.mp3", Authorization=f"License {token}"))
    found.signer = "https://a.example"
    return found


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    both = (ONE, replace(ONE, id="l2", until=None, revoked=date(2026, 12, 1)))
    write_licences(tmp_path, both)
    assert read_licences(tmp_path) == both
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert read_licences(tmp_path / "nothing") == ()


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"form": 1}', b'{"form": 1, "licences": [{}]}', b"null",
             b'{"form": 1, "licences": [{"id": 1}]}', b'{"form": 2, "licences": []}'],
)  # fmt: skip
def test_a_file_that_is_none_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(StagedoorError, match=FILE):
        read_licences(tmp_path)


def test_a_running_guard_follows_it_within_a_second(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changes: list[int] = []
    clock = Clock()
    file = LicenceFile(lambda: changes.append(1), clock)
    file.open(tmp_path)
    assert file.held(shown("t1")).standing == "unknown"
    write_licences(tmp_path, [ONE])
    assert file.held(shown("t1")).standing == "unknown"  # the second is not over
    clock.at += 1
    assert file.held(shown("t1")).standing == "valid"
    assert len(changes) == 1
    clock.at += 1
    write_licences(tmp_path, [replace(ONE, revoked=date(2026, 12, 1))])
    assert file.held(shown("t1")).standing == "revoked"
    clock.at += 1
    with caplog.at_level(logging.ERROR):
        (tmp_path / FILE).write_bytes(b"broken")
        assert file.held(shown("t1")).standing == "revoked"
        clock.at += 1
        assert file.held(shown("t1")).standing == "revoked"
    assert len(caplog.records) == 1


def test_without_a_state_directory_there_are_none() -> None:
    file = LicenceFile(lambda: None)
    file.open(None)
    assert file.held(shown("t1")).standing == "unknown"
