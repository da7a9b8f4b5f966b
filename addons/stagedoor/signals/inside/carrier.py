"""What the containers of audio files share: errors, and XML among other bytes."""

from __future__ import annotations

from stagedoor.model.errors import StagedoorError

MOST = 1 << 20
"""Bytes of one frame or box that are looked at."""


class CarrierError(StagedoorError):
    """A file cannot take a licence. Its message follows the file's name."""


def xml_in(data: bytes) -> bytes:
    """From the first `<` to the last `>`: frames and boxes have fields of their own around it."""
    first, last = data.find(b"<"), data.rfind(b">")
    return data[first : last + 1] if 0 <= first < last else b""
