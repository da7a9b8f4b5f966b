"""Recordings for the trap: made from the site's seed, and listed."""

from __future__ import annotations

import stat
import wave
from pathlib import Path

import pytest

from stagedoor.load import trap_music
from stagedoor.load.trap_recordings import FOLDER, LIST, SEED, fingerprint, make_traps, read_traps
from stagedoor.model.errors import StagedoorError


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trap_music, "SECONDS", 4)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A computer without ffmpeg and fpcalc."""
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_same_seed_makes_the_same_music_and_no_other_does() -> None:
    one, again = trap_music.compose(b"a" * 32, 0), trap_music.compose(b"a" * 32, 0)
    assert one == again
    others = [trap_music.compose(b"b" * 32, 0), trap_music.compose(b"a" * 32, 1)]
    assert all(one.samples != other.samples for other in others)
    assert len(one.samples) == 4 * trap_music.RATE
    assert max(one.samples) <= 28_000
    assert sum(map(abs, one.samples)) / len(one.samples) > 1_000  # it can be heard


@pytest.mark.usefixtures("bare")
def test_without_ffmpeg_they_are_wav(tmp_path: Path) -> None:
    made = make_traps(tmp_path, 2)
    assert [Path(one.file).suffix for one in made] == [".wav", ".wav"]
    assert [one.sound for one in made] == [(), ()]
    with wave.open(str(tmp_path / FOLDER / made[0].file)) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, trap_music.RATE)
        assert file.getnframes() == 4 * trap_music.RATE
    assert read_traps(tmp_path) == made
    assert make_traps(tmp_path, 2) == made  # the seed stays
    seed = tmp_path / FOLDER / SEED
    assert stat.S_IMODE(seed.stat().st_mode) == 0o600
    seed.unlink()
    more = make_traps(tmp_path, 1)
    assert more[0].file not in {one.file for one in made}
    assert more[1:] == made  # what was laid out before is still recognised
    with pytest.raises(StagedoorError, match="no fpcalc"):
        fingerprint(tmp_path / FOLDER / made[0].file)


def test_what_is_no_list_or_no_seed_is_reported(tmp_path: Path) -> None:
    assert read_traps(tmp_path) == ()
    folder = tmp_path / FOLDER
    folder.mkdir()
    (folder / LIST).write_text('{"trap recordings of form 1": [{"title": "x"}]}')
    with pytest.raises(StagedoorError, match="no list of recordings"):
        read_traps(tmp_path)
    (folder / LIST).write_text(
        '{"trap recordings of form 1": [{"title": "x", "file": "../../etc/passwd", "sound": []}]}'
    )
    assert read_traps(tmp_path) == ()
    (folder / SEED).write_bytes(b"short")
    with pytest.raises(StagedoorError, match="no seed"):
        make_traps(tmp_path, 1)
