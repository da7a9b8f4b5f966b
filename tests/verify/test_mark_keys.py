"""The key file: made once, for its owner alone, rotated, and old keys kept."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stagedoor.marks.mark import EPOCH, HOUR
from stagedoor.model.errors import StagedoorError
from stagedoor.verify.mark_keys import (
    FILE,
    ROTATION,
    SHOP,
    ensure_keys,
    read_keys,
    read_shop_secret,
)

NOW = EPOCH + 5000.5 * HOUR


def test_a_key_is_made_once(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert not read_keys(state)
    first = ensure_keys(state, NOW)
    assert ensure_keys(state, NOW + 5).keys == first.keys == read_keys(state).keys
    assert stat.S_IMODE((state / FILE).stat().st_mode) == 0o600
    assert [path.name for path in state.iterdir()] == [FILE]


def test_of_several_that_begin_at_once_one_makes_the_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: ensure_keys(tmp_path, NOW).keys, range(16)))
    assert len(set(rings)) == 1


def test_an_old_key_is_followed_by_a_new_one_and_kept(tmp_path: Path) -> None:
    before = ensure_keys(tmp_path, NOW)
    mark = before.issue("feed", NOW, 5)
    later = NOW + ROTATION + 2 * HOUR
    rotated = ensure_keys(tmp_path, later)
    assert len(rotated.keys) == 2
    assert rotated.read(mark) == before.read(mark)
    # The new one signs from the next hour on: each hour has one key.
    assert rotated.issue("feed", later, 5) == before.issue("feed", later, 5)
    assert rotated.issue("feed", later + HOUR, 5) != before.issue("feed", later + HOUR, 5)
    assert len(ensure_keys(tmp_path, later + 5).keys) == 2
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys of form 1": [{"since": 1}]}', "\0"])
def test_a_file_that_holds_no_keys_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(StagedoorError, match="holds no keys"):
        read_keys(tmp_path)
    (tmp_path / SHOP).write_text("no secret")
    with pytest.raises(StagedoorError, match="holds no secret"):
        read_shop_secret(tmp_path)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(StagedoorError, match="cannot be read"):
        read_keys(tmp_path)
