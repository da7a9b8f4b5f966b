"""Credentials in real audio files, signed by a certificate of the day."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from datadiligence.rules import C2PAMetadataRule

from signed_recordings import Make, maker
from stagedoor.load import credentials
from stagedoor.signals.meaning import Said

NO_TRAINING = {"cawg.ai_training": {"use": "notAllowed"}, "cawg.ai_inference": {"use": "allowed"}}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make an audio file; with assertions (label → entries) it is signed."""
    return maker(tmp_path_factory.mktemp("credentials"))


@pytest.mark.parametrize("ending", [".mp3", ".wav", ".flac", ".m4a"])
def test_a_signed_file_says_what_was_signed(make: Make, ending: str) -> None:
    found = credentials.read(make(ending, {"cawg.training-mining": NO_TRAINING}))
    assert found
    assert found.said == Said(train="no", input="yes")
    assert found.text.splitlines()[-1] == "(Valid)"  # the signer is nobody's acquaintance
    assert credentials.read(make(ending)) is None
    assert credentials.read(make(ending, {})) is None


def test_the_older_label_is_read_by_others_too(make: Make) -> None:
    entries = {"c2pa.ai_generative_training": {"use": "notAllowed"}}
    file = make(".wav", {"c2pa.training-mining": entries})
    found = credentials.read(file)
    assert found
    assert found.said == Said(train="no")
    assert C2PAMetadataRule().is_allowed(path=str(file)) is False


def test_a_file_that_was_changed_afterwards_says_nothing(make: Make, tmp_path: Path) -> None:
    data = bytearray(make(".wav", {"cawg.training-mining": NO_TRAINING}).read_bytes())
    data[2_000] ^= 0xFF  # a sample of the sound
    changed = tmp_path / "changed.wav"
    changed.write_bytes(data)
    found = credentials.read(changed)
    assert found
    assert found.said == Said()
    assert found.text.splitlines()[-1] == "(Invalid)"


def test_endings_that_cannot_carry_credentials(tmp_path: Path) -> None:
    assert credentials.read(tmp_path / "not-even-there.ogg") is None


@pytest.mark.parametrize("ending", [".wav", ".flac", ".m4a", ".mp4"])
def test_a_file_that_is_no_audio_says_so(ending: str, tmp_path: Path) -> None:
    broken = tmp_path / f"broken{ending}"
    broken.write_bytes(b"RIFF")
    with pytest.raises(
        credentials.CredentialsError, match=r"cannot be read .* — does it play"
    ) as at:
        credentials.read(broken)
    assert str(at.value).startswith(f"{broken}: content credentials")


@pytest.mark.parametrize("ending", credentials.MEDIA_TYPES)
def test_noise_carries_no_credentials(ending: str, tmp_path: Path) -> None:
    noise = tmp_path / f"noise{ending}"
    noise.write_bytes(b"\xff" * 5_000)
    assert credentials.read(noise) is None


def test_a_file_that_is_missing_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        credentials.read(tmp_path / "missing.mp3")


def test_without_the_library_the_message_says_how_to_get_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(credentials.CredentialsError, match=r"pip install 'stagedoor\[c2pa\]'"):
        credentials.read(make(".mp3"))
