"""The password of a shared store."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagedoor.model.errors import StagedoorError
from stagedoor.store.store_password import store_password


def test_it_comes_from_the_environment_a_file_or_systemd(tmp_path: Path) -> None:
    (tmp_path / "store-password").write_text("credential\n")
    (tmp_path / "other").write_text("from a file\r\n")
    systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    named = {**systemd, "STAGEDOOR_STORE_PASSWORD_FILE": str(tmp_path / "other")}
    assert store_password({}) == ""
    assert store_password({"CREDENTIALS_DIRECTORY": "/nowhere"}) == ""
    assert store_password(systemd) == "credential"
    assert store_password(named) == "from a file"
    assert store_password({**named, "STAGEDOOR_STORE_PASSWORD": "s"}) == "s"


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff")
    for path, why in ((tmp_path / "none", "No such file"), (tmp_path / "binary", "it is no text")):
        with pytest.raises(StagedoorError, match=why):
            store_password({"STAGEDOOR_STORE_PASSWORD_FILE": str(path)})
